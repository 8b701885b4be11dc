"""A master record: code, two names, blocked or not, with its history kept."""

from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pypinyin import Style, lazy_pinyin

from core.models import CompanyOwned


def initials(text: str) -> str:
    """Pinyin initials of a name (连接套 → ljt), so that it can be found by typing them."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")).lower()[:60]


class Master(CompanyOwned):
    """What documents refer to by code. Names are kept in Chinese and English."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    pinyin = models.CharField(_("pinyin initials"), max_length=60, blank=True, editable=False, db_index=True)
    is_blocked = models.BooleanField(_("blocked"), default=False)

    class Meta:
        abstract = True
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="%(class)s_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and not (get_language() or "zh").startswith("zh") else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pinyin = initials(self.name)
        super().save(*args, **kwargs)

"""Companies, people, and who may do what where."""

from django.contrib.auth.models import AbstractUser, Group
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who logs in; keeps their language and theme."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    language = models.CharField(_("language"), max_length=10, blank=True, help_text=_("Empty: as the browser asks."))
    theme = models.CharField(_("theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Company(models.Model):
    """A legal entity with its own books, stock and documents."""

    class Standard(models.TextChoices):
        SMALL = "small", _("Accounting standard for small enterprises")
        ENTERPRISE = "enterprise", _("Accounting standards for enterprises")

    code = models.CharField(_("code"), max_length=20, unique=True, validators=[RegexValidator(r"^[A-Za-z0-9_-]+$")])
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    tax_number = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    currency = models.CharField(_("base currency"), max_length=3, default="CNY")
    currency_places = models.PositiveSmallIntegerField(_("decimals of the currency"), default=2)
    standard = models.CharField(_("accounting standard"), max_length=12, choices=Standard.choices, default=Standard.SMALL)
    start_date = models.DateField(_("books start on"))
    allow_self_approval = models.BooleanField(
        _("one person may make and approve"), default=False, help_text=_("For very small companies; every use is logged.")
    )
    over_receipt_percent = models.PositiveSmallIntegerField(_("over-receipt tolerance (%)"), default=0)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        permissions = [("view_cost", _("Can see costs and margins"))]

    def __str__(self) -> str:
        return self.name_en if self.name_en and not (get_language() or "").startswith("zh") else self.name


class Membership(models.Model):
    """That a user works for a company, in which roles (groups)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    company = models.ForeignKey(Company, models.PROTECT, related_name="memberships", verbose_name=_("company"))
    roles = models.ManyToManyField(Group, related_name="memberships", verbose_name=_("roles"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "company"], name="one_membership_per_company")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.company}"

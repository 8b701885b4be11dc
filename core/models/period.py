"""Accounting periods and the counters of document numbers."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models.company import Company


class Period(models.Model):
    """A month of a company. Closing goes in two steps: stock first, then the books."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        STOCK_CLOSED = "stock_closed", _("stock closed")
        CLOSED = "closed", _("closed")

    company = models.ForeignKey(Company, models.PROTECT, related_name="periods", verbose_name=_("company"))
    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(_("month"))
    start_date = models.DateField(_("first day"))
    end_date = models.DateField(_("last day"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)

    class Meta:
        verbose_name = _("accounting period")
        verbose_name_plural = _("accounting periods")
        ordering = ["company", "year", "month"]
        constraints = [
            models.UniqueConstraint(fields=["company", "year", "month"], name="one_period_per_month"),
            models.CheckConstraint(condition=Q(start_date__lte=F("end_date")), name="period_in_order"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """Year and month as people write it: 2026-11."""
        return f"{self.year}-{self.month:02d}"


class NumberSequence(models.Model):
    """The last number given for a kind of document in a period; the only row everybody needs, so it is taken last."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("number sequence")
        verbose_name_plural = _("number sequences")
        constraints = [models.UniqueConstraint(fields=["company", "kind", "period"], name="one_sequence_per_kind_and_period")]

    def __str__(self) -> str:
        return f"{self.kind} {self.period}: {self.last}"

"""What has been done to close a month."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import CompanyOwned, Period


class ClosingStep(CompanyOwned):
    """One step of a month end, with its findings; it can be run again until the period is closed."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="closing_steps", verbose_name=_("period"))
    step = models.CharField(_("step"), max_length=40)
    passed = models.BooleanField(_("passed"))
    findings = models.JSONField(_("findings"), default=list)
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("run by"))
    run_at = models.DateTimeField(_("run at"))

    class Meta:
        verbose_name = _("closing step")
        verbose_name_plural = _("closing steps")
        constraints = [models.UniqueConstraint(fields=["company", "period", "step"], name="one_row_per_step")]
        permissions = [
            ("close_period", _("Can close periods")),
            ("reopen_period", _("Can reopen periods")),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.period_id}"

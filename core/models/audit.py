"""Who did what, and the hash chain over all that was posted. Both are append-only."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.company import Company


class AuditEntry(models.Model):
    """One act on one document or master record, in the order of the database."""

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("user"))
    action = models.CharField(_("action"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    object_id = models.BigIntegerField(null=True)
    number = models.CharField(_("number"), max_length=40, blank=True)
    from_state = models.CharField(_("from"), max_length=20, blank=True)
    to_state = models.CharField(_("to"), max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    changes = models.JSONField(_("changes"), default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["id"]
        indexes = [models.Index(fields=["company", "kind", "object_id"], name="audit_by_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.number}"


class ChainHead(models.Model):
    """The newest link of a company's chain. Its hash proves all before it, so it is worth keeping a copy outside of the house."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("chain head")
        verbose_name_plural = _("chain heads")

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


class ChainLink(models.Model):
    """One posted thing (a voucher or a stock posting, with every line) and the hash that ties it to all before it (P12)."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("chain link")
        verbose_name_plural = _("chain links")
        ordering = ["company", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["company", "sequence"], name="one_link_per_sequence"),
            models.UniqueConstraint(fields=["company", "kind", "object_id"], name="one_link_per_object"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.object_id}"

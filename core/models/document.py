"""What all documents have in common: company, number, date, state, people, version. Behaviour lives in each app's verbs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.company import Company


class State(models.TextChoices):
    """Every state a document can have; each kind uses the few that its own transition table lists."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    RELEASED = "released", _("Released")
    RUNNING = "running", _("In progress")
    REVIEWED = "reviewed", _("Reviewed")
    POSTED = "posted", _("Posted")
    DONE = "done", _("Done")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")
    REVERSED = "reversed", _("Reversed")


class CompanyOwned(models.Model):
    """A row that belongs to one company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))

    class Meta:
        abstract = True


class Document(CompanyOwned):
    """Head of a business document. The number is given when the draft is saved and never reused (P7): drafts are cancelled, not deleted."""

    number = models.CharField(_("number"), max_length=30, blank=True)
    document_date = models.DateField(_("date"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    note = models.CharField(_("note"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    reversal_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("made at"))
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )
    updated_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("posted by")
    )
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], condition=~models.Q(number=""), name="%(class)s_number_once")]
        indexes = [
            models.Index(fields=["company", "state"], name="%(class)s_state"),
            models.Index(fields=["company", "document_date"], name="%(class)s_date"),
        ]

    def __str__(self) -> str:
        return self.number or str(_("new"))


class DocumentLine(models.Model):
    """A line of a document, numbered from 1."""

    line_no = models.PositiveIntegerField(_("line"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["line_no"]

    def __str__(self) -> str:
        return str(self.line_no)

"""What machines need: keys of repeated requests, events to hand out, long jobs, tokens, files already imported."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.company import Company


class IdempotencyKey(models.Model):
    """A request that was answered; inserted first in the same transaction, so a repetition has no second effect (P11)."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("request key")
        verbose_name_plural = _("request keys")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.scope}:{self.key}"


class OutboxEvent(models.Model):
    """Something other systems may want to know; written in the posting transaction, handed out later, at least once."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    class Meta:
        verbose_name = _("outbox event")
        verbose_name_plural = _("outbox events")
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Webhook(models.Model):
    """An address of another system that wants to hear of events; it has to be on the installation's list of allowed hosts."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=300)
    kinds = models.JSONField(
        _("kinds of events"), default=list, blank=True, help_text=_('A list such as ["shipment.posted"]; empty means all.')
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event on its way to one webhook: tried again with growing pauses until it is taken, at least once."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    taken_at = models.DateTimeField(_("taken at"), null=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_per_webhook_and_event")]
        indexes = [models.Index(fields=["next_try_at"], condition=models.Q(taken_at=None), name="deliveries_waiting")]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.webhook_id}"


class Job(models.Model):
    """Work longer than a click: who asked, how far it is, what came of it. Safe to run twice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=60)
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(_("progress"), default=0)
    log = models.TextField(_("log"), blank=True)
    result = models.JSONField(_("result"), null=True)
    error = models.CharField(_("why it failed"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    cancel_requested = models.BooleanField(default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=models.Q(state__in=["waiting", "running"]), name="jobs_not_done")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ApiToken(models.Model):
    """A machine's key: shown once, kept as a hash, bound to a company, with scopes and an end. Never approves (P18)."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens", verbose_name=_("acts as"))
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        permissions = [("manage_tokens", _("Can create and revoke API tokens"))]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ImportedFile(models.Model):
    """A spreadsheet that was taken in; the same file is not taken in twice."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=40)
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(_("rows"))
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")
        constraints = [models.UniqueConstraint(fields=["company", "kind", "sha256"], name="file_imported_once")]

    def __str__(self) -> str:
        return self.name

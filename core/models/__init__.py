"""Tables of the kernel, one file per aggregate."""

from core.models.audit import AuditEntry, ChainHead, ChainLink
from core.models.company import Company, Membership, User
from core.models.document import CompanyOwned, Document, DocumentLine, State
from core.models.machine import ApiToken, IdempotencyKey, ImportedFile, Job, OutboxEvent, Webhook, WebhookDelivery
from core.models.period import NumberSequence, Period
from core.models.view import SavedView

__all__ = [
    "ApiToken",
    "AuditEntry",
    "ChainHead",
    "ChainLink",
    "Company",
    "CompanyOwned",
    "Document",
    "DocumentLine",
    "IdempotencyKey",
    "ImportedFile",
    "Job",
    "Membership",
    "NumberSequence",
    "OutboxEvent",
    "Period",
    "SavedView",
    "State",
    "User",
    "Webhook",
    "WebhookDelivery",
]

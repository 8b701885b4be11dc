"""The history of a document in words: who did what and when."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.documents import DocumentType, Text
from core.models import AuditEntry, Document, State

ACTIONS: Mapping[str, Text] = {
    "create": _("made it"),
    "edit": _("changed it"),
    "submit": _("submitted it"),
    "approve": _("approved it"),
    "review": _("reviewed it"),
    "unreview": _("took back the review"),
    "release": _("released it"),
    "post": _("posted it"),
    "reverse": _("reversed it"),
    "cancel": _("cancelled it"),
    "close": _("closed it"),
    "start": _("started it"),
    "finish": _("finished it"),
    "ship": _("shipped goods of it"),
    "receive": _("received goods of it"),
    "order": _("ordered goods of it"),
    "reopen": _("opened it again"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One act: who, what, when, why."""

    at: dt.datetime
    who: str
    what: Text
    from_state: Text
    to_state: Text
    reason: str


def history_of(kind: DocumentType, document: Document) -> list[Happening]:
    """What happened to a document, the newest first (one statement)."""
    entries = (
        AuditEntry.objects.filter(company_id=document.company_id, kind=document._meta.label_lower, object_id=document.pk)
        .select_related("user")
        .order_by("-id")
    )
    return in_words(entries, {action.name: action.label for action in kind.actions})


def in_words(entries: Iterable[AuditEntry], labels: Mapping[str, Text]) -> list[Happening]:
    """Audit entries as sentences; an action without a phrase of its own is named by its button."""
    return [
        Happening(
            at=entry.at,
            who=str(entry.user) if entry.user else "—",
            what=ACTIONS.get(entry.action) or labels.get(entry.action) or entry.action,
            from_state=_state(entry.from_state) if entry.from_state != entry.to_state else "",
            to_state=_state(entry.to_state) if entry.from_state != entry.to_state else "",
            reason=entry.reason,
        )
        for entry in entries
    ]


def _state(state: str) -> Text:
    return State(state).label if state in State.values else state

"""What can be done next with a document: buttons, why a button is not there yet, and the documents that usually follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.access import Access
from core.documents import Action as DocumentAction
from core.documents import DocumentType, document_types
from core.models import Document, State
from core.web.actions import Action

LEADS_TO: Mapping[str, str] = {
    "submit": State.SUBMITTED,
    "approve": State.APPROVED,
    "release": State.RELEASED,
    "review": State.REVIEWED,
    "post": State.POSTED,
    "close": State.CLOSED,
}
"""The states that well-known actions end in; a kind's other states are those that its actions start from."""

ICONS: Mapping[str, str] = {
    "submit": "send",
    "approve": "check",
    "release": "player-play",
    "review": "rosette-discount-check",
    "post": "checks",
    "close": "lock",
    "reverse": "arrow-back-up",
    "cancel": "ban",
}
OFF_THE_PATH = (State.CANCELLED, State.REVERSED)
ENDS_IN_DONE = (State.APPROVED, State.RELEASED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Follower:
    """A button that opens the form of the next document, filled from this one (下推)."""

    label: object
    address: str


def is_reversal(document: Document) -> bool:
    """Whether a document takes another one back."""
    return document.reversal_of_id is not None  # type: ignore[attr-defined]


def path_of(kind: DocumentType) -> list[str]:
    """The states a document of this kind goes through, in order, for the step bar."""
    states = {State.DRAFT, *(LEADS_TO[action.name] for action in kind.actions if action.name in LEADS_TO)}
    states |= {State(state) for action in kind.actions for state in action.states}
    if not states & {State.POSTED} and states & {State.APPROVED, State.RUNNING}:
        states.add(State.DONE)
    return [state for state in State.values if state in states and state not in OFF_THE_PATH]


def offers(kind: DocumentType, document: Document, access: Access) -> list[Action]:
    """Edit and the kind's actions as buttons; one that isn't possible yet says why."""
    found = []
    if kind.edit and document.state in kind.editable and access.may(kind.permission("change")):
        found.append(Action("edit", _("Edit"), reverse(f"{kind.kind}-edit", args=[document.pk]), icon="pencil", method="get"))
    for action in kind.actions:
        shown = _offer(kind, action, document, access)
        if shown:
            found.append(shown)
    return found


def _offer(kind: DocumentType, action: DocumentAction, document: Document, access: Access) -> Action | None:
    path = path_of(kind)
    reason: object = ""
    if document.state not in action.states:
        wanted = [state for state in path if state in action.states]
        is_ahead = bool(wanted) and document.state in path and path.index(document.state) < path.index(wanted[0])
        if not is_ahead or action.style != "primary" or is_reversal(document):
            return None
        reason = format_lazy(_("only when it is {state}"), state=State(wanted[0]).label)
    elif is_reversal(document) and action.name == "reverse":
        return None
    elif not access.may(kind.right(action)):
        reason = _("your role does not include it")
    elif action.name == "approve" and not _is_other_person(document, access):
        reason = _("somebody else than its maker has to do it")
    return Action(
        name=action.name,
        label=action.label,
        url=reverse(f"{kind.kind}-{action.name}", args=[document.pk]),
        icon=ICONS.get(action.name, ""),
        style=action.style,
        method="get" if action.input else "post",
        reason=reason,  # type: ignore[arg-type]
        confirm=action.confirm
        or (format_lazy("{label}: {number}?", label=action.label, number=document.number) if action.style == "danger" else ""),
        wants_reason=action.wants_reason and not action.input,
    )


def _is_other_person(document: Document, access: Access) -> bool:
    makers = {document.created_by_id, document.updated_by_id}
    return access.user.pk not in makers or access.company.allow_self_approval


def followers(kind: DocumentType, document: Document, access: Access) -> Sequence[Follower]:
    """The next documents that may be made from this one now."""
    found = []
    for step in kind.next_steps:
        following = document_types().get(step.kind)
        if following is None or following.draft is None or document.state not in step.states or is_reversal(document):
            continue
        if access.may(following.permission("add")):
            found.append(Follower(step.label, f"{reverse(f'{following.kind}-new')}?{step.param}={document.pk}"))
    return found

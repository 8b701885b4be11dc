"""The posting transaction: the same few steps for every document, in one order (ARCHITECTURE.md, "The posting transaction").

A verb opens it inside `core.db.durable`, does its own part, and leaves the end to the frame:

    with posting_transaction(company=…, date=…, by=user, at=now, stock=True) as posting:   # period locked for share
        issue = claim(MaterialIssue, pk, {State.DRAFT})                                     # document locked, state checked
        …                                                                                   # reservations, balances, moves, vouchers
        posting.move_state(issue, State.POSTED, "post")
    # on leaving: state rows, audit, outbox; then numbers, then the chain – last of all
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import bulk, chain, numbering
from core.errors import AlreadyDone, MakerIsChecker, NotVisible, StateConflict
from core.models import AuditEntry, Company, Document, OutboxEvent, Period, State, User
from core.periods import lock_open_period
from core.versions import require_as_read

D = TypeVar("D", bound=Document)


@dataclass(slots=True)
class PostingTransaction:
    """What one posting gathers on its way to the end of its transaction."""

    company: Company
    date: dt.date
    by: User
    at: dt.datetime
    period: Period
    _audit: list[AuditEntry] = field(default_factory=list)
    _outbox: list[OutboxEvent] = field(default_factory=list)
    _numbers: list[Callable[[], None]] = field(default_factory=list)
    _seals: list[Callable[[], None]] = field(default_factory=list)
    _links: list[tuple[str, int, str]] = field(default_factory=list)
    _reversals: dict[tuple[str, str], Document] = field(default_factory=dict)

    def record(
        self,
        action: str,
        document: Document,
        *,
        from_state: str = "",
        to_state: str = "",
        reason: str = "",
        changes: dict[str, Any] | None = None,
    ) -> None:
        """Add an audit entry about `document`."""
        self._audit.append(
            audit_entry(action, document, by=self.by, at=self.at, from_state=from_state, to_state=to_state, reason=reason, changes=changes)
        )

    def announce(self, kind: str, payload: dict[str, Any]) -> None:
        """Add an event for other systems; it is handed out after the commit."""
        self._outbox.append(OutboxEvent(company=self.company, kind=kind, payload=chain.canonical(payload), created_at=self.at))

    def number_at_end(self, take: Callable[[], None]) -> None:
        """Run `take` after everything else is written: the place where documents get their numbers."""
        self._numbers.append(take)

    def seal_at_end(self, seal: Callable[[], None]) -> None:
        """Run `seal` after the documents have their numbers: the place where vouchers are numbered and closed."""
        self._seals.append(seal)

    def reversed_by(self, kind: str, number: str, reversal: Document) -> None:
        """Remember that this posting takes document `number` back by a document whose number is only known at the end."""
        self._reversals[kind, number] = reversal

    def final_origin(self, kind: str, number: str) -> str:
        """The number of the document that books: the reversal's own where `number` is taken back, once it is numbered."""
        reversal = self._reversals.get((kind, number))
        return reversal.number if reversal else number

    def link(self, kind: str, object_id: int, content: Any) -> None:
        """Tie a posted thing, with every line, into the company's hash chain."""
        self._links.append((kind, object_id, chain.digest(content)))

    def move_state(self, document: Document, to: State, action: str, *, reason: str = "", **stamps: Any) -> None:
        """Write the document's new state and what was stamped with it, with its audit entry. The row is locked by `claim`."""
        from_state = document.state
        values: dict[str, Any] = {"state": to, "version": document.version + 1, **stamps}
        for name, value in values.items():
            setattr(document, name, value)
        bulk.update([document], list(values))
        self.record(action, document, from_state=from_state, to_state=to, reason=reason)

    def finish(self) -> None:
        """Write audit and outbox, then take numbers – documents before vouchers, always – then append to the chain."""
        bulk.together((self._audit, ()), (self._outbox, ()))
        for act in (*self._numbers, *self._seals):
            act()
        chain.append(self.company, self._links)


@contextmanager
def posting_transaction(*, company: Company, date: dt.date, by: User, at: dt.datetime, stock: bool = False) -> Iterator[PostingTransaction]:
    """Hold the period of `date` open and gather what a posting writes; must be entered inside a `durable` verb.

    Raises:
        PeriodClosed, PeriodMissing: the date can't be posted to; nothing is written.
    """
    period = lock_open_period(company, date, stock=stock)
    posting = PostingTransaction(company=company, date=date, by=by, at=at, period=period)
    yield posting
    posting.finish()


def claim(model: type[D], pk: int, allowed: Sequence[str], *, done: Sequence[str] = (State.POSTED,), company: Company | None = None) -> D:
    """Lock a document and check its state, so that of two clicks one wins.

    Raises:
        NotVisible: there is no such document (of this company).
        AlreadyDone: it has been done before; carries its number.
        StateConflict: it is in another state than `allowed`.
        EditedByOther: the caller acts on another version than this one (`core.versions`).
    """
    scope = model._default_manager.select_for_update().filter(pk=pk)
    document = scope.filter(company=company).first() if company else scope.first()
    if document is None:
        raise NotVisible()
    if company is not None:
        document.company = company
    require_state(document, allowed, done=done)
    return document


def require_state(document: Document, allowed: Sequence[str], *, done: Sequence[str] = (State.POSTED,)) -> None:
    """Let a locked document pass whose state is one of `allowed`.

    Raises:
        AlreadyDone: it is in one of `done`; carries its number.
        StateConflict: it is in another state.
        EditedByOther: the caller acts on another version than this one (`core.versions`).
    """
    if document.state in allowed:
        require_as_read(document)
        return
    if document.state in done:
        raise AlreadyDone(number=document.number, state=document.get_state_display(), document=document.pk)
    wanted = ", ".join(str(State(state).label) for state in allowed)
    raise StateConflict(number=document.number, state=document.get_state_display(), wanted=wanted)


def audit_entry(
    action: str,
    document: Document,
    *,
    by: User,
    at: dt.datetime,
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> AuditEntry:
    """An unsaved audit entry about `document`."""
    return AuditEntry(
        company_id=document.company_id,
        at=at,
        user=by,
        action=action,
        kind=document._meta.label_lower,
        object_id=document.pk,
        number=document.number,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        changes=chain.canonical(changes or {}),
    )


def change_state(document: Document, to: State, action: str, *, by: User, at: dt.datetime, reason: str = "", **stamps: Any) -> None:
    """Move a claimed document to another state outside of a posting (approve, cancel, close), with its audit entry."""
    from_state = document.state
    values: dict[str, Any] = {"state": to, "version": document.version + 1, **stamps}
    type(document)._default_manager.filter(pk=document.pk).update(**values)
    for name, value in values.items():
        setattr(document, name, value)
    audit_entry(action, document, by=by, at=at, from_state=from_state, to_state=to, reason=reason).save(force_insert=True)


def require_other_person(document: Document, by: User) -> None:
    """P18: who made a document does not approve it, unless the company allows it (the audit entry shows both names).

    Raises:
        MakerIsChecker: maker and checker are one person.
    """
    if by.pk in {document.created_by_id, document.updated_by_id} and not document.company.allow_self_approval:
        raise MakerIsChecker(number=document.number)


def number_draft(document: Document, *, kind: str, prefix: str) -> None:
    """Give a new draft its number, as the last thing before commit."""
    serial = numbering.take(document.company, kind, document.document_date)[0]
    document.number = numbering.document_number(prefix, document.document_date, serial)
    type(document)._default_manager.filter(pk=document.pk).update(number=document.number)

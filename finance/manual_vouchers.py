"""Vouchers made by hand: drafted, reviewed by another person, posted; afterwards only reversed in red (记账凭证).

draft → reviewed → posted → (reversed by a red copy)
  ↑________|                                           a review can be taken back before posting, and it is logged
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.chain import canonical
from core.db import durable
from core.errors import (
    AlreadyDone,
    BusinessError,
    EditedByOther,
    InvalidInput,
    InvalidInputs,
    MakerIsChecker,
    NotVisible,
    PeriodMissing,
    StateConflict,
)
from core.models import AuditEntry, Company, Period, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, posting_transaction
from core.versions import is_as_read
from finance import vouchers
from finance.models import Account, Voucher, VoucherLine
from finance.vouchers import Entry
from masterdata.dimensions import Dimensions
from masterdata.models.base import Master


class ControlAccount(BusinessError):
    """A control account takes entries from documents only, so that it equals its sub-ledger."""

    code = "control_account"
    status = 400
    text = _("{account} is kept by documents (“{control}”) and takes no entries by hand.")
    hint = _("Enter the document instead: an invoice, a payment, a stock entry.")


class MadeByDocument(BusinessError):
    """An automatic voucher is changed through its document."""

    code = "made_by_document"
    text = _("{voucher} was made by {number}; reverse that document instead.")


class AlreadyReversed(BusinessError):
    """A voucher is reversed once, and a reversal not at all."""

    code = "already_reversed"
    text = _("{voucher} has been reversed, or is a reversal itself.")


@durable
def draft_voucher(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> Voucher:
    """Save a voucher as a draft; it gets its number when it is posted.

    Args:
        data: validated by `finance.inputs.VoucherInput`.

    Raises:
        Unbalanced: debit and credit differ.
        InvalidInputs: with every line at fault (control account, no leaf, both sides, no amount).
        PeriodMissing: the date lies in no period.
    """
    voucher = Voucher(company=company, source=Voucher.Source.MANUAL, prepared_by=by, prepared_at=at)
    entries = _fill(voucher, data)
    voucher.save(force_insert=True)
    vouchers.write_lines(voucher, entries)
    _audit(voucher, "create", by=by, at=at)
    return voucher


@durable
def edit_voucher(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> Voucher:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    voucher = _claim(company, document_id, {State.DRAFT})
    _require_manual(voucher)
    if voucher.version != version:
        raise EditedByOther(number=_name(voucher), by=voucher.prepared_by)
    before = _told(voucher)
    entries = _fill(voucher, data)
    voucher.version += 1
    voucher.prepared_by, voucher.prepared_at = by, at
    voucher.save(force_update=True)
    voucher.lines.all().delete()
    vouchers.write_lines(voucher, entries)
    _audit(voucher, "edit", by=by, at=at, changes={"lines": [before, _told(voucher)]})
    return voucher


@durable
def cancel_voucher(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Voucher:
    """Give up a draft; it has no number yet, so none is missing."""
    voucher = _claim(company, document_id, {State.DRAFT}, done={State.CANCELLED})
    _require_manual(voucher)
    _move(voucher, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    return voucher


@durable
def review_voucher(*, company: Company, document_id: int, by: User, at: dt.datetime) -> Voucher:
    """Review a draft (审核).

    Raises:
        MakerIsChecker: who prepared a voucher, or changed it since, does not review it, unless the company allows it.
    """
    voucher = _claim(company, document_id, {State.DRAFT}, done={State.REVIEWED, State.POSTED})
    if not company.allow_self_approval and by.pk in _makers(voucher):
        raise MakerIsChecker(number=_name(voucher))
    _move(voucher, State.REVIEWED, "review", by=by, at=at, reviewed_by_id=by.pk, reviewed_at=at)
    return voucher


def _makers(voucher: Voucher) -> set[int | None]:
    """Everybody who had a hand in what the voucher says."""
    entries = AuditEntry.objects.filter(kind=Voucher._meta.label_lower, object_id=voucher.pk, action__in=("create", "edit"))
    return {voucher.prepared_by_id, *entries.values_list("user_id", flat=True)}


@durable
def unreview_voucher(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Voucher:
    """Take a review back before posting (反审核); it is logged."""
    voucher = _claim(company, document_id, {State.REVIEWED}, done={State.DRAFT})
    _move(voucher, State.DRAFT, "unreview", by=by, at=at, reason=reason, reviewed_by_id=None, reviewed_at=None)
    return voucher


@durable
def post_voucher(*, company: Company, document_id: int, by: User, at: dt.datetime) -> Voucher:
    """Post a reviewed voucher (记账): it counts, it is numbered, and it never changes again.

    Raises:
        StateConflict: it has not been reviewed.
        PeriodClosed: its date can't be posted to.
    """
    date = _date_of(company, document_id)
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        voucher = _claim(company, document_id, {State.REVIEWED}, done={State.POSTED})
        if voucher.date != date:
            raise EditedByOther(number=_name(voucher), by=voucher.prepared_by)
        _move(voucher, State.REVIEWED, "post", by=by, at=at)
        rows = list(voucher.lines.select_related("account").order_by("line_no"))
        _refuse_accounts([(row.line_no, row.account) for row in rows])
        vouchers.book(transaction, voucher, rows)
        _announce(transaction, "voucher.posted", voucher)
    return voucher


@durable
def reverse_voucher(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Voucher:
    """Write the red copy of a posted voucher (红字冲销), dated like it while that period is open.

    Returns:
        the red voucher.

    Raises:
        MadeByDocument: an automatic voucher is changed through its document.
        AlreadyReversed: it was reversed before, or is a reversal itself.
    """
    date = date_for_reversal(company, _date_of(company, document_id))
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        voucher = _claim(company, document_id, {State.POSTED})
        if voucher.source not in (Voucher.Source.MANUAL, Voucher.Source.CLOSING):
            raise MadeByDocument(voucher=_name(voucher), number=voucher.origin_number)
        if voucher.reversal_of_id or Voucher.objects.filter(reversal_of=voucher).exists():
            raise AlreadyReversed(voucher=_name(voucher))
        red = vouchers.reverse(transaction, voucher, origin_kind=voucher.origin_kind, origin_number=voucher.origin_number)
        _audit(voucher, "reverse", by=by, at=at, reason=reason)
        _announce(transaction, "voucher.reversed", voucher)
    return red


def _fill(voucher: Voucher, data: Mapping[str, Any]) -> list[Entry]:
    date: dt.date = data["date"]
    period = Period.objects.filter(company=voucher.company, year=date.year, month=date.month).first()
    if period is None or date < voucher.company.start_date:
        raise PeriodMissing(field="date", date=date)
    voucher.period, voucher.date = period, date
    voucher.attachments_count = data.get("attachments_count", 0)
    entries = entries_of(data["lines"])
    _refuse_accounts([(number, entry.account) for number, entry in enumerate(entries, start=1)])
    voucher.total = vouchers.balanced_total(entries)
    return entries


def entries_of(lines: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Typed lines as entries.

    Raises:
        InvalidInputs: with every line that has no amount, or amounts on both sides.
    """
    wrong: list[BusinessError] = []
    entries = []
    for index, line in enumerate(lines):
        debit, credit = line["debit"], line["credit"]
        if debit and credit:
            wrong.append(InvalidInput("both_sides", _("A line has a debit or a credit, not both."), field=f"lines[{index}].credit"))
        elif not debit and not credit:
            wrong.append(InvalidInput("no_amount", _("Enter a debit or a credit."), field=f"lines[{index}].debit"))
        dimensions = Dimensions(
            customer_id=_pk(line.get("customer")),
            supplier_id=_pk(line.get("supplier")),
            department_id=_pk(line.get("department")),
            employee_id=_pk(line.get("employee")),
            project=line.get("project", ""),
        )
        entries.append(Entry(line["account"], debit or credit, bool(debit), line.get("summary", ""), dimensions))
    if wrong:
        raise InvalidInputs(wrong)
    return entries


def _pk(master: Master | None) -> int | None:
    return master.pk if master else None


def _refuse_accounts(lines: Sequence[tuple[int, Account]]) -> None:
    refuse_unusable(lines)
    kept: list[BusinessError] = [
        ControlAccount(field=f"lines[{number - 1}].account", account=str(account), control=account.get_control_display())
        for number, account in lines
        if account.control
    ]
    if kept:
        raise InvalidInputs(kept)


def refuse_unusable(lines: Sequence[tuple[int, Account]]) -> None:
    """Let pass only accounts that take entries, each with the number of its line.

    Raises:
        InvalidInputs: with every line whose account has sub-accounts or is blocked.
    """
    text = _("{account} takes no entries; choose one of its sub-accounts.")
    wrong: list[BusinessError] = [
        InvalidInput("not_a_leaf", text, field=f"lines[{number - 1}].account", account=str(account))
        for number, account in lines
        if not account.is_leaf or account.is_blocked
    ]
    if wrong:
        raise InvalidInputs(wrong)


def _claim(company: Company, pk: int, allowed: Collection[str], done: Collection[str] = ()) -> Voucher:
    """Lock a voucher and check its state and version, as `core.posting.claim` does for documents.

    Raises:
        NotVisible: the company has no such voucher.
        AlreadyDone: it is in one of `done`.
        StateConflict: it is in another state.
        EditedByOther: the caller acts on another version than this one (`core.versions`).
    """
    voucher = Voucher.objects.select_for_update(of=("self",)).select_related("company", "period").filter(company=company, pk=pk).first()
    if voucher is None:
        raise NotVisible()
    if voucher.state in allowed:
        if not is_as_read(voucher):
            raise EditedByOther(number=_name(voucher), by=voucher.prepared_by)
        return voucher
    if voucher.state in done:
        raise AlreadyDone(number=_name(voucher), state=voucher.get_state_display(), document=voucher.pk)
    wanted = ", ".join(str(State(state).label) for state in allowed)
    raise StateConflict(number=_name(voucher), state=voucher.get_state_display(), wanted=wanted)


def _require_manual(voucher: Voucher) -> None:
    if voucher.source != Voucher.Source.MANUAL:
        raise MadeByDocument(voucher=_name(voucher), number=voucher.origin_number)


def _date_of(company: Company, pk: int) -> dt.date:
    found = Voucher.objects.filter(company=company, pk=pk).values_list("date", flat=True).first()
    if found is None:
        raise NotVisible()
    return found


def _move(voucher: Voucher, to: State, action: str, *, by: User, at: dt.datetime, reason: str = "", **stamps: Any) -> None:
    from_state = voucher.state
    values: dict[str, Any] = {"state": to, "version": voucher.version + 1, **stamps}
    Voucher.objects.filter(pk=voucher.pk).update(**values)
    for name, value in values.items():
        setattr(voucher, name, value)
    _audit(voucher, action, by=by, at=at, reason=reason, from_state=from_state, to_state=to)


def _audit(
    voucher: Voucher,
    action: str,
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
    from_state: str = "",
    to_state: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    AuditEntry.objects.create(
        company_id=voucher.company_id,
        at=at,
        user=by,
        action=action,
        kind=Voucher._meta.label_lower,
        object_id=voucher.pk,
        number=_name(voucher),
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        changes=canonical(changes or {}),
    )


def _announce(transaction: PostingTransaction, kind: str, voucher: Voucher) -> None:
    """Tell other systems once the number is known."""
    transaction.announce(kind, {"voucher": voucher.pk, "date": voucher.date, "total": voucher.total})


def _name(voucher: Voucher) -> str:
    return str(voucher) if voucher.number else f"#{voucher.pk}"


def _told(voucher: Voucher) -> list[Any]:
    rows = VoucherLine.objects.filter(voucher=voucher).order_by("line_no")
    return [[row.account_id, row.summary, row.debit, row.credit, row.customer_id, row.supplier_id, row.department_id] for row in rows]

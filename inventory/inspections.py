"""Inspections: quantities to look at, and what was decided about them.

Whoever brings goods that must be looked at drafts the inspections in its own posting (`draft_inspections`). For goods in the
warehouse the decision frees or blocks them. For finished work no goods move: production wraps `decide` and `take_back` in verbs
of its own, which carry the accepted quantity to the work order.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core import numbering
from core.db import durable
from core.decimals import ZERO
from core.drafts import date_of
from core.errors import BusinessError, DateOrder, InvalidInput
from core.models import AuditEntry, Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, audit_entry, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from inventory import events
from inventory import ledger as stock_ledger
from inventory.ledger import MoveRequest, Origin, Place, lock_stock
from inventory.ledger.posting import upsert
from inventory.models import Bin, Inspection, Lot, StockPosting, StockStatus, Warehouse
from masterdata.models import Item
from masterdata.usable import refuse_fractions

KIND, PREFIX = "inspection", "QI"


class NotAsInspected(BusinessError):
    """Accepted and rejected together are not what was to be inspected."""

    code = "inspection_incomplete"
    status = 400
    text = _("Accepted and rejected together must be {quantity}; they are {sum}.")


class BelongsToProduction(BusinessError):
    """A final inspection is taken back where its work order is known."""

    code = "final_inspection"
    text = _("{number} inspects finished work; it is taken back through its work order.")


@dataclass(frozen=True, slots=True)
class ToInspect:
    """A quantity that must be looked at; warehouse, bin and lot where the goods are in the warehouse already."""

    line: int
    item: Item
    quantity: Decimal
    warehouse: Warehouse | None = None
    bin: Bin | None = None
    lot: Lot | None = None


def draft_inspections(transaction: PostingTransaction, *, kind: str, origin: Origin, wanted: Sequence[ToInspect]) -> list[Inspection]:
    """Draft one inspection for each quantity, within a posting; their numbers are taken at its end (building block)."""
    rows = [
        Inspection(
            company=transaction.company,
            document_date=transaction.date,
            created_by=transaction.by,
            created_at=transaction.at,
            kind=kind,
            origin_kind=origin.kind,
            origin_number=origin.number,
            origin_line=want.line,
            item=want.item,
            warehouse=want.warehouse,
            bin=want.bin,
            lot=want.lot,
            quantity=want.quantity,
        )
        for want in wanted
    ]
    if rows:
        Inspection.objects.bulk_create(rows)
        transaction.number_at_end(lambda: _number(transaction, rows))
    return rows


def _number(transaction: PostingTransaction, rows: Sequence[Inspection]) -> None:
    serials = numbering.take(transaction.company, KIND, transaction.date, len(rows))
    for row, serial in zip(rows, serials, strict=True):
        row.number = numbering.document_number(PREFIX, transaction.date, serial)
    upsert(Inspection, rows, ["number"])
    AuditEntry.objects.bulk_create([audit_entry("create", row, by=transaction.by, at=transaction.at) for row in rows])


def decide(
    transaction: PostingTransaction, document_id: int, *, accepted: Decimal, rejected: Decimal = ZERO, finding: str = ""
) -> Inspection:
    """Lock a drafted inspection and write down what was found; its state moves to posted (building block).

    Raises:
        DateOrder: the decision is dated before the draft.
        NotAsInspected: accepted and rejected don't add up to the inspected quantity.
        AlreadyDone, StateConflict: it has been decided before, or was cancelled.
    """
    inspection = claim(Inspection, document_id, [State.DRAFT], company=transaction.company)
    if transaction.date < inspection.document_date:
        raise DateOrder(field="document_date", later=_("The decision"), earlier=_("the arrival of what it is about"))
    if accepted < 0 or rejected < 0 or accepted + rejected != inspection.quantity:
        raise NotAsInspected(field="accepted", quantity=_plain(inspection.quantity), sum=_plain(accepted + rejected))
    refuse_fractions([("accepted", inspection.item, accepted)])
    if rejected and not finding:
        raise InvalidInput("required", _("Say why goods are rejected."), field="finding")
    transaction.move_state(
        inspection,
        State.POSTED,
        "post",
        accepted=accepted,
        rejected=rejected,
        finding=finding,
        document_date=transaction.date,
        posted_by_id=transaction.by.pk,
        posted_at=transaction.at,
    )
    transaction.announce(
        "inspection.posted",
        {
            "number": inspection.number,
            "origin": inspection.origin_number,
            "item": inspection.item.code,
            "accepted": accepted,
            "rejected": rejected,
        },
    )
    return inspection


@durable
def post_inspection(
    *,
    company: Company,
    document_id: int,
    by: User,
    at: dt.datetime,
    accepted: Decimal,
    rejected: Decimal = ZERO,
    finding: str = "",
    document_date: dt.date | None = None,
) -> Inspection:
    """Decide about a quantity: of goods in the warehouse, what is accepted becomes free and what is rejected blocked.

    Args:
        document_date: the day of the decision; without one it is dated like its draft, or on the first open day after.

    Raises:
        NotAsInspected: accepted and rejected don't add up to the inspected quantity.
    """
    date = document_date or date_for_reversal(company, date_of(Inspection, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        inspection = decide(transaction, document_id, accepted=accepted, rejected=rejected, finding=finding)
        if inspection.kind == Inspection.Kind.INCOMING:
            _move_goods(transaction, inspection)
    return inspection


def _move_goods(transaction: PostingTransaction, inspection: Inspection) -> None:
    warehouse, home, item = inspection.warehouse, inspection.bin, inspection.item
    assert warehouse is not None and home is not None, "incoming goods lie somewhere"
    waiting = Place(item.pk, warehouse.pk, home.pk, inspection.lot_id, StockStatus.INSPECTION)
    outcomes = [(StockStatus.FREE, inspection.accepted), (StockStatus.BLOCKED, inspection.rejected)]
    arriving = [waiting._replace(status=status) for status, quantity in outcomes if quantity]
    stock = lock_stock(transaction.company, items=[item], warehouses=[warehouse], arriving=[waiting, *arriving], valued=False)
    requests = [
        MoveRequest(line=1, item=item, warehouse=warehouse, place=place, quantity=signed, lot=inspection.lot, valued=False)
        for status, quantity in outcomes
        if quantity
        for place, signed in ((waiting, -quantity), (waiting._replace(status=status), quantity))
    ]
    stock_ledger.post(transaction, stock, event=events.INSPECTION, origin=Origin(KIND, inspection.number), requests=requests)


@durable
def reverse_inspection(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Inspection:
    """Take a decision about goods in the warehouse back; they wait for a new inspection, which is drafted.

    Returns:
        the reversing inspection.

    Raises:
        WouldGoNegative: accepted goods have been used since.
        BelongsToProduction: it is a final inspection.
    """
    date = date_for_reversal(company, date_of(Inspection, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original, copy = take_back(transaction, document_id, reason=reason)
        if original.kind != Inspection.Kind.INCOMING:
            raise BelongsToProduction(number=original.number)
        posting = StockPosting.objects.get(company=company, origin_kind=KIND, origin_number=original.number, reversal_of=None)
        stock_ledger.reverse(transaction, posting, origin=Origin(KIND, original.number))
        again = ToInspect(original.origin_line, original.item, original.quantity, original.warehouse, original.bin, original.lot)
        draft_inspections(transaction, kind=original.kind, origin=Origin(original.origin_kind, original.origin_number), wanted=[again])
    return copy


def take_back(transaction: PostingTransaction, document_id: int, *, reason: str = "") -> tuple[Inspection, Inspection]:
    """Reverse what `decide` wrote, with a reversing inspection that is numbered at the end (building block).

    Returns:
        the original and its reversal.
    """
    original = claim_posted(Inspection, document_id, company=transaction.company)
    copy = copy_for_reversal(original, date=transaction.date, by=transaction.by, at=transaction.at)
    transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
    transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=transaction.by.pk, posted_at=transaction.at)
    transaction.announce("inspection.reversed", {"number": original.number, "origin": original.origin_number})
    number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return original, copy


def cancel_drafts(transaction: PostingTransaction, origin: Origin) -> None:
    """Cancel the undecided inspections of a document that is taken back (building block)."""
    rows = (
        Inspection.objects.select_for_update()
        .filter(company=transaction.company, origin_kind=origin.kind, origin_number=origin.number, state=State.DRAFT)
        .order_by("id")
    )
    for row in rows:
        transaction.record("cancel", row, from_state=State.DRAFT, to_state=State.CANCELLED)
    Inspection.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.CANCELLED)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"

"""Other receipts and issues: opening stock, goods found, goods given away, each with its reason."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.amounts import worth
from core.db import durable
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, InvalidInput, InvalidInputs
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from inventory import events
from inventory import ledger as stock_ledger
from inventory.ledger import MoveRequest, Origin, Place, lock_stock
from inventory.ledger.issuing import Wanted, issue_requests, negative_places
from inventory.ledger.reversal import receipt_ref
from inventory.lots import NewLot, find_lots, refuse_missing, take_lots
from inventory.models import Lot, StockEntry, StockEntryLine
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.dimensions import NONE, Dimensions
from masterdata.models import Item
from masterdata.usable import line_path, refuse_blocked, refuse_fractions

KIND, PREFIX = "stock_entry", "SE"

EVENTS = {
    StockEntry.Kind.OPENING: events.OPENING,
    StockEntry.Kind.OTHER_IN: events.OTHER_IN,
    StockEntry.Kind.OTHER_OUT: events.OTHER_OUT,
}


class NotAtTheStart(BusinessError):
    """Opening stock is what was there when the books started; a later one would change balances that were closed."""

    code = "not_at_the_start"
    status = 400
    text = _("Opening stock belongs to {start}, the first day of the books.")
    hint = _("What is found or given away later is another receipt or another issue.")


@durable
def draft_entry(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> StockEntry:
    """Prepare opening stock, another receipt or another issue.

    Args:
        data: validated by `inventory.inputs.StockEntryInput`; bins and lots by code, new lots are made when goods come in.

    Raises:
        InvalidInputs, SomeBlocked: with every field at fault; nothing is written.
        NotAtTheStart: opening stock of another day than the first.
    """
    entry = StockEntry(company=company)
    lines = _fill(entry, data)
    return save_draft(entry, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_entry(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> StockEntry:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    entry = open_draft(StockEntry, document_id, company=company, version=version)
    lines = _fill(entry, data)
    return save_edit(entry, lines, by=by, at=at)


@durable
def cancel_entry(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> StockEntry:
    """Give up an entry that has not been posted."""
    return cancel_draft(StockEntry, document_id, company=company, by=by, at=at, reason=reason)


def _fill(entry: StockEntry, data: Mapping[str, Any]) -> list[StockEntryLine]:
    for name in ("kind", "document_date", "warehouse", "reason"):
        setattr(entry, name, data[name])
    entry.department, entry.note = data.get("department"), data.get("note", "")
    typed: Sequence[Mapping[str, Any]] = data["lines"]
    _refuse_late_opening(entry, entry.document_date)
    _check(entry, typed)
    bins = find_bins(entry.warehouse, [line.get("bin") for line in typed])
    lots = _lots(entry, typed)
    return [
        StockEntryLine(
            document=entry,
            line_no=number,
            item=line["item"],
            bin=bin,
            lot=lot,
            quantity=line["quantity"],
            unit_cost=line.get("unit_cost") or Decimal(0),
            note=line.get("note", ""),
        )
        for number, (line, bin, lot) in enumerate(zip(typed, bins, lots, strict=True), start=1)
    ]


def _comes_in(entry: StockEntry) -> bool:
    return entry.kind != StockEntry.Kind.OTHER_OUT


def _refuse_late_opening(entry: StockEntry, date: dt.date) -> None:
    if entry.kind == StockEntry.Kind.OPENING and date != entry.company.start_date:
        raise NotAtTheStart(field="document_date", start=entry.company.start_date)


def _check(entry: StockEntry, lines: Sequence[Mapping[str, Any]]) -> None:
    named = list(enumerate(lines, start=1))
    refuse_blocked([("warehouse", entry.warehouse), *((line_path(number, "item"), line["item"]) for number, line in named)])
    refuse_fractions((line_path(number, "quantity"), line["item"], line["quantity"]) for number, line in named)
    if not _comes_in(entry):
        return
    refuse_missing([(line["item"], line.get("lot")) for line in lines])
    unvalued = [number for number, line in named if line.get("unit_cost") is None]
    if unvalued:
        raise InvalidInputs(
            [InvalidInput("required", _("What comes in needs a unit cost."), field=line_path(number, "unit_cost")) for number in unvalued]
        )


def _lots(entry: StockEntry, lines: Sequence[Mapping[str, Any]]) -> Sequence[Lot | None]:
    if not _comes_in(entry):
        return find_lots([(line["item"], line.get("lot")) for line in lines])
    made = take_lots(
        entry.company, [NewLot(line["item"], str(line.get("lot") or ""), line=number) for number, line in enumerate(lines, start=1)]
    )
    return [made.get((line["item"].pk, str(line.get("lot") or ""))) for line in lines]


@durable
def post_entry(*, company: Company, document_id: int, by: User, at: dt.datetime) -> StockEntry:
    """Let the goods come in at the cost given, or go out at the cost that valuation says.

    Raises:
        PeriodClosed: the date lies in a closed period.
        NotAtTheStart: opening stock of another day than the first.
        StockShort: free stock does not suffice; nothing is written.
    """
    date = date_of(StockEntry, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        entry = claim_draft(transaction, StockEntry, document_id)
        lines = list(entry.lines.select_related("item__category", "bin", "lot").order_by("line_no"))
        refuse_blocked([("warehouse", entry.warehouse)])
        _refuse_late_opening(entry, transaction.date)
        posted = (_bring_in if _comes_in(entry) else _take_out)(transaction, entry, lines)
        transaction.move_state(entry, State.POSTED, "post", posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("stock_entry.posted", {"number": entry.number, "kind": entry.kind, "warehouse": entry.warehouse.code})
    return entry


def _items(lines: Sequence[StockEntryLine]) -> list[Item]:
    return list({line.item_id: line.item for line in lines}.values())


def _dimensions(entry: StockEntry) -> Dimensions:
    return Dimensions(department_id=entry.department_id) if entry.department_id else NONE


def _value(line: StockEntryLine, company: Company) -> Decimal:
    return worth(line.quantity, line.unit_cost, company.currency_places)


def _bring_in(transaction: PostingTransaction, entry: StockEntry, lines: Sequence[StockEntryLine]) -> StockPosted:
    homes = {} if all(line.bin_id for line in lines) else default_bins([entry.warehouse])
    places = [Place(line.item_id, entry.warehouse_id, line.bin_id or homes[entry.warehouse_id].pk, line.lot_id) for line in lines]
    stock = lock_stock(transaction.company, items=_items(lines), warehouses=[entry.warehouse], arriving=places)
    requests = [
        MoveRequest(
            line=line.line_no,
            item=line.item,
            warehouse=entry.warehouse,
            place=place,
            quantity=line.quantity,
            lot=line.lot,
            value=_value(line, transaction.company),
            receipt_ref=receipt_ref(KIND, entry.number, line.line_no),
            dimensions=_dimensions(entry),
        )
        for line, place in zip(lines, places, strict=True)
    ]
    return stock_ledger.post(
        transaction, stock, event=EVENTS[StockEntry.Kind(entry.kind)], origin=Origin(KIND, entry.number), requests=requests
    )


def _take_out(transaction: PostingTransaction, entry: StockEntry, lines: Sequence[StockEntryLine]) -> StockPosted:
    wanted = [
        Wanted(line.line_no, line.item, entry.warehouse, line.quantity, bin=line.bin, lot=line.lot, dimensions=_dimensions(entry))
        for line in lines
    ]
    if entry.warehouse.allow_negative:
        refuse_missing([(line.item, line.lot) for line in lines])
    homes = default_bins([entry.warehouse]) if entry.warehouse.allow_negative else {}
    stock = lock_stock(transaction.company, items=_items(lines), warehouses=[entry.warehouse], arriving=negative_places(wanted, homes))
    requests = issue_requests(stock, wanted, default_bins=homes, on=transaction.date)
    return stock_ledger.post(transaction, stock, event=events.OTHER_OUT, origin=Origin(KIND, entry.number), requests=requests)


@durable
def reverse_entry(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> StockEntry:
    """Take a posted entry back with a reversing document.

    Returns:
        the reversing entry.

    Raises:
        WouldGoNegative: goods that came in have been used since; the followers are named.
        NotAtTheStart: the first day of the books is closed, so its opening stock stands.
    """
    date = date_for_reversal(company, date_of(StockEntry, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(StockEntry, document_id, company=company)
        _refuse_late_opening(original, date)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        lines = list(original.lines.all())
        posted = stock_ledger.reverse(
            transaction,
            original.posting,
            origin=Origin(KIND, original.number),
            parts={line.line_no: {"": _value(line, company)} for line in lines} if _comes_in(original) else None,
            dimensions={line.line_no: _dimensions(original) for line in lines},
        )
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("stock_entry.reversed", {"number": original.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

"""Transfers: goods moved from one warehouse or bin to another, in one step, at the cost they have."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, Busy, InvalidInput, InvalidInputs
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from inventory import events
from inventory import ledger as stock_ledger
from inventory.ledger import LockedStock, MoveRequest, Origin, Pick, Place, lock_stock
from inventory.ledger.issuing import Wanted, short_of
from inventory.ledger.posting import StockShort
from inventory.ledger.reversal import receipt_ref
from inventory.lots import find_lots
from inventory.models import StockBalance, StockStatus, StockTransfer, StockTransferLine
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.usable import line_path, refuse_blocked, refuse_fractions

KIND, PREFIX = "stock_transfer", "ST"


@durable
def draft_transfer(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> StockTransfer:
    """Prepare a transfer.

    Args:
        data: validated by `inventory.inputs.StockTransferInput`; bins and lots by code.

    Raises:
        InvalidInputs: with every line that would go to where it is, or names a bin or lot that is not there.
    """
    transfer = StockTransfer(company=company)
    lines = _fill(transfer, data)
    return save_draft(transfer, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_transfer(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> StockTransfer:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    transfer = open_draft(StockTransfer, document_id, company=company, version=version)
    lines = _fill(transfer, data)
    return save_edit(transfer, lines, by=by, at=at)


@durable
def cancel_transfer(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> StockTransfer:
    """Give up a transfer that has not been posted."""
    return cancel_draft(StockTransfer, document_id, company=company, by=by, at=at, reason=reason)


def _fill(transfer: StockTransfer, data: Mapping[str, Any]) -> list[StockTransferLine]:
    for name in ("document_date", "warehouse", "to_warehouse"):
        setattr(transfer, name, data[name])
    transfer.note = data.get("note", "")
    typed: Sequence[Mapping[str, Any]] = data["lines"]
    bins = find_bins(transfer.warehouse, [line.get("bin") for line in typed])
    to_bins = find_bins(transfer.to_warehouse, [line.get("to_bin") for line in typed], field="to_bin")
    lots = find_lots([(line["item"], line.get("lot")) for line in typed])
    lines = [
        StockTransferLine(
            document=transfer,
            line_no=number,
            item=line["item"],
            bin=bin,
            to_bin=to_bin,
            lot=lot,
            quantity=line["quantity"],
            note=line.get("note", ""),
        )
        for number, (line, bin, to_bin, lot) in enumerate(zip(typed, bins, to_bins, lots, strict=True), start=1)
    ]
    _check(transfer, lines)
    return lines


def _check(transfer: StockTransfer, lines: Sequence[StockTransferLine]) -> None:
    items = [(line_path(line.line_no, "item"), line.item) for line in lines]
    refuse_blocked([("warehouse", transfer.warehouse), ("to_warehouse", transfer.to_warehouse), *items])
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    if transfer.warehouse != transfer.to_warehouse:
        return
    wrong: list[BusinessError] = []
    for line in lines:
        if line.bin is None or line.to_bin is None:
            wrong.append(
                InvalidInput(
                    "required", _("Inside one warehouse, name both bins."), field=line_path(line.line_no, "to_bin" if line.bin else "bin")
                )
            )
        elif line.bin == line.to_bin:
            wrong.append(
                InvalidInput(
                    "same_place", _("{bin} is where the goods are already."), field=line_path(line.line_no, "to_bin"), bin=line.bin
                )
            )
    if wrong:
        raise InvalidInputs(wrong)


@durable
def post_transfer(*, company: Company, document_id: int, by: User, at: dt.datetime) -> StockTransfer:
    """Move the goods; between valuation areas their cost moves with them.

    Raises:
        PeriodClosed: the date lies in a closed period.
        StockShort: free stock does not suffice; nothing is written.
    """
    date = date_of(StockTransfer, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        transfer = claim_draft(transaction, StockTransfer, document_id)
        lines = list(transfer.lines.select_related("item__category", "bin", "to_bin", "lot").order_by("line_no"))
        refuse_blocked([("warehouse", transfer.warehouse), ("to_warehouse", transfer.to_warehouse)])
        posted = _move(transaction, transfer, lines)
        transaction.move_state(transfer, State.POSTED, "post", posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce(
            "stock_transfer.posted", {"number": transfer.number, "from": transfer.warehouse.code, "to": transfer.to_warehouse.code}
        )
    return transfer


def _move(transaction: PostingTransaction, transfer: StockTransfer, lines: Sequence[StockTransferLine]) -> StockPosted:
    homes = {} if all(line.to_bin_id for line in lines) else default_bins([transfer.to_warehouse])
    targets = {line.line_no: line.to_bin_id or homes[transfer.to_warehouse_id].pk for line in lines}
    stock = lock_stock(
        transaction.company,
        items=list({line.item_id: line.item for line in lines}.values()),
        warehouses=list({warehouse.pk: warehouse for warehouse in (transfer.warehouse, transfer.to_warehouse)}.values()),
        arriving=_arriving(transfer, lines, targets),
    )
    requests: list[MoveRequest] = []
    for line, pick in _picks(stock, transfer, lines, on=transaction.date):
        target = Place(line.item_id, transfer.to_warehouse_id, targets[line.line_no], pick.place.lot_id)
        if target not in stock.balances:
            raise Busy()
        requests.append(
            MoveRequest(
                line=line.line_no, item=line.item, warehouse=transfer.warehouse, place=pick.place, quantity=-pick.quantity, lot=pick.lot
            )
        )
        requests.append(
            MoveRequest(
                line=line.line_no,
                item=line.item,
                warehouse=transfer.to_warehouse,
                place=target,
                quantity=pick.quantity,
                lot=pick.lot,
                receipt_ref=receipt_ref(KIND, transfer.number, line.line_no),
            )
        )
    return stock_ledger.post(transaction, stock, event=events.TRANSFER, origin=Origin(KIND, transfer.number), requests=requests)


def _arriving(transfer: StockTransfer, lines: Sequence[StockTransferLine], targets: Mapping[int, int]) -> list[Place]:
    """Where goods may come to: for lines that leave the lot open, one place for every lot that lies in the warehouse now."""
    lots: dict[int, set[int | None]] = {}
    there = StockBalance.objects.filter(
        warehouse=transfer.warehouse, item__in={line.item_id for line in lines if not line.lot_id}, status=StockStatus.FREE, on_hand__gt=0
    )
    for item_id, lot_id in there.values_list("item_id", "lot_id"):
        lots.setdefault(item_id, set()).add(lot_id)
    return [
        Place(line.item_id, transfer.to_warehouse_id, targets[line.line_no], lot_id)
        for line in lines
        for lot_id in ({line.lot_id} if line.lot_id else lots.get(line.item_id, set()))
    ]


def _picks(
    stock: LockedStock, transfer: StockTransfer, lines: Sequence[StockTransferLine], *, on: dt.date
) -> list[tuple[StockTransferLine, Pick]]:
    found: list[tuple[StockTransferLine, Pick]] = []
    short: list[BusinessError] = []
    for line in lines:
        picks, missing = stock.pick(line.item, transfer.warehouse, line.quantity, bin_id=line.bin_id, lot_id=line.lot_id, on=on)
        if missing > 0:
            short.append(short_of(stock, Wanted(line.line_no, line.item, transfer.warehouse, line.quantity, lot=line.lot), on=on))
        found += [(line, pick) for pick in picks]
    if short:
        raise StockShort(short)
    return found


@durable
def reverse_transfer(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> StockTransfer:
    """Move the goods of a posted transfer back with a reversing document.

    Returns:
        the reversing transfer.

    Raises:
        WouldGoNegative: they have been used since; the followers are named.
    """
    date = date_for_reversal(company, date_of(StockTransfer, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(StockTransfer, document_id, company=company)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        posted = stock_ledger.reverse(transaction, original.posting, origin=Origin(KIND, original.number))
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("stock_transfer.reversed", {"number": original.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

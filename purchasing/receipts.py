"""Purchase receipts: goods come in at the price of the order, the payable is accrued; what must be looked at waits for inspection."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.amounts import worth
from core.db import durable
from core.decimals import EXACT, ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs, StateConflict
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from finance import goods_received
from inventory import events, inspections, requirements
from inventory import ledger as stock_ledger
from inventory.inspections import ToInspect
from inventory.ledger import MoveRequest, Origin, Place, lock_stock
from inventory.ledger.posting import upsert
from inventory.ledger.reversal import receipt_ref
from inventory.lots import NewLot, refuse_missing, take_lots
from inventory.models import Inspection, StockStatus, Supply
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.dimensions import Dimensions
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from purchasing import orders
from purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseReceipt, PurchaseReceiptLine

KIND, PREFIX = "purchase_receipt", "GR"


class OverReceived(BusinessError):
    """More has come than was ordered, beyond the company's tolerance."""

    code = "over_receipt"
    text = _("{item}: {wanted} came, only {open} of the order still open (tolerance included).")
    hint = _("Receive at most what is open, or have the order changed.")


class DeliveredTwice(BusinessError):
    """The delivery note has been entered for this order before."""

    code = "duplicate_delivery_note"
    text = _("Delivery note {note} has been entered for {order} before, as {number}.")
    hint = _("Look at that receipt first; leave the field empty if the supplier really used a number twice.")


class ReceiptRefused(InvalidInputs):
    """One or more lines receive more than was ordered; nothing is written."""

    code = "over_receipt"
    status = 409
    text = _("More would be received than was ordered.")


@durable
def draft_receipt(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> PurchaseReceipt:
    """Prepare the receipt of goods of an approved order.

    Args:
        data: validated by `purchasing.inputs.PurchaseReceiptInput`; lines name order lines, bins by code, lots by code.

    Raises:
        StateConflict: the order is not approved.
        ReceiptRefused: a line receives more than is open, tolerance included.
    """
    receipt = PurchaseReceipt(company=company)
    lines = _fill(receipt, data)
    return save_draft(receipt, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_receipt(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> PurchaseReceipt:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    receipt = open_draft(PurchaseReceipt, document_id, company=company, version=version)
    lines = _fill(receipt, data)
    return save_edit(receipt, lines, by=by, at=at)


@durable
def cancel_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> PurchaseReceipt:
    """Give up a receipt that has not been posted."""
    return cancel_draft(PurchaseReceipt, document_id, company=company, by=by, at=at, reason=reason)


def _fill(receipt: PurchaseReceipt, data: Mapping[str, Any]) -> list[PurchaseReceiptLine]:
    order: PurchaseOrder = data["order"]
    if order.state != State.APPROVED:
        raise StateConflict(field="order", number=order.number, state=order.get_state_display(), wanted=State.APPROVED.label)
    receipt.order, receipt.supplier = order, order.supplier
    receipt.document_date, receipt.note, receipt.delivery_note = data["document_date"], data.get("note", ""), data.get("delivery_note", "")
    receipt.warehouse = data.get("warehouse") or order.warehouse
    known = {line.line_no: line for line in order.lines.select_related("item__unit", "item__category")}
    typed: Sequence[Mapping[str, Any]] = data["lines"]
    order_lines = _order_lines(known, typed)
    bins = find_bins(receipt.warehouse, [line.get("bin") for line in typed])
    lines = [
        PurchaseReceiptLine(
            document=receipt,
            line_no=number,
            order_line=order_line,
            item=order_line.item,
            bin=bin,
            lot_code=str(line.get("lot_code") or ""),
            expiry_date=line.get("expiry_date"),
            quantity=line["quantity"],
            note=line.get("note", ""),
        )
        for number, (order_line, line, bin) in enumerate(zip(order_lines, typed, bins, strict=True), start=1)
    ]
    _check(receipt, lines)
    return lines


def _order_lines(known: Mapping[int, PurchaseOrderLine], lines: Sequence[Mapping[str, Any]]) -> list[PurchaseOrderLine]:
    wrong: list[BusinessError] = []
    for number, line in enumerate(lines, start=1):
        found = known.get(line["order_line"])
        if found is None:
            wrong.append(
                InvalidInput(
                    "not_found", _("The order has no line {line}."), field=line_path(number, "order_line"), line=line["order_line"]
                )
            )
        elif line.get("item") is not None and line["item"].pk != found.item_id:
            wrong.append(
                InvalidInput(
                    "item_differs",
                    _("Line {line} of the order is about {item}."),
                    field=line_path(number, "item"),
                    line=found.line_no,
                    item=found.item,
                )
            )
    if wrong:
        raise InvalidInputs(wrong)
    return [known[line["order_line"]] for line in lines]


def _check(receipt: PurchaseReceipt, lines: Sequence[PurchaseReceiptLine]) -> None:
    refuse_blocked([("warehouse", receipt.warehouse), ("order", receipt.supplier)])
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    refuse_missing([(line.item, line.lot_code) for line in lines], field="lot_code")
    if receipt.document_date < receipt.order.document_date:
        raise DateOrder(field="document_date", later=_("The receipt"), earlier=_("its order"))
    expired: list[BusinessError] = [
        DateOrder(field=line_path(line.line_no, "expiry_date"), later=_("The expiry date"), earlier=_("the receipt"))
        for line in lines
        if line.expiry_date and line.expiry_date < receipt.document_date
    ]
    if expired:
        raise InvalidInputs(expired)
    _refuse_over_receipt(lines, {line.order_line_id: line.order_line for line in lines}, receipt.company)
    _refuse_second_entry(receipt)


def _refuse_second_entry(receipt: PurchaseReceipt) -> None:
    if not receipt.delivery_note:
        return
    same = PurchaseReceipt.objects.filter(order=receipt.order, delivery_note=receipt.delivery_note, state__in=[State.DRAFT, State.POSTED])
    number = same.filter(reversal_of=None).exclude(pk=receipt.pk).values_list("number", flat=True).first()
    if number:
        raise DeliveredTwice(field="delivery_note", note=receipt.delivery_note, order=receipt.order.number, number=number)


def _refuse_over_receipt(lines: Sequence[PurchaseReceiptLine], order_lines: Mapping[int, PurchaseOrderLine], company: Company) -> None:
    wanted: dict[int, Decimal] = {}
    refused: list[BusinessError] = []
    for line in lines:
        wanted[line.order_line_id] = wanted.get(line.order_line_id, ZERO) + line.quantity
        order_line = order_lines[line.order_line_id]
        tolerance = EXACT.divide(EXACT.multiply(order_line.quantity, Decimal(company.over_receipt_percent)), Decimal(100))
        still_open = max(order_line.quantity + tolerance - order_line.received, ZERO)
        if wanted[line.order_line_id] > still_open:
            refused.append(
                OverReceived(
                    field=line_path(line.line_no, "quantity"),
                    item=line.item,
                    wanted=_plain(wanted[line.order_line_id]),
                    open=_plain(still_open),
                )
            )
    if refused:
        raise ReceiptRefused(refused)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


@dataclass(slots=True)
class _Claimed:
    """A receipt with all that is locked for it: its order, the order's lines and their supply rows."""

    receipt: PurchaseReceipt
    lines: list[PurchaseReceiptLine]
    order: PurchaseOrder
    order_lines: dict[int, PurchaseOrderLine]
    supplies: dict[int, Any]

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.receipt.number)

    @property
    def dimensions(self) -> Dimensions:
        return Dimensions(supplier_id=self.receipt.supplier_id)


def _claim_around(receipt: PurchaseReceipt, order_states: Sequence[str]) -> _Claimed:
    order = claim(PurchaseOrder, receipt.order_id, order_states, done=(), company=receipt.company)
    order_lines = {line.pk: line for line in PurchaseOrderLine.objects.select_for_update().filter(document=order).order_by("id")}
    supplies = requirements.lock(Supply, receipt.company, orders.origin_of(order))
    lines = list(receipt.lines.select_related("item__category", "bin").order_by("line_no"))
    return _Claimed(receipt, lines, order, order_lines, supplies)


@durable
def post_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime) -> PurchaseReceipt:
    """Take the goods into stock at the price of the order, accrue the payable, and draft inspections where they are asked for.

    Raises:
        PeriodClosed: the date lies in a closed period.
        ReceiptRefused: more has come than was ordered, beyond the tolerance.
        LotDiffers: a lot of this code exists with another expiry date; nothing is written.
    """
    date = date_of(PurchaseReceipt, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        receipt = claim_draft(transaction, PurchaseReceipt, document_id)
        work = _claim_around(receipt, [State.APPROVED])
        refuse_blocked([("warehouse", receipt.warehouse), ("order", receipt.supplier)])
        _refuse_over_receipt(work.lines, work.order_lines, company)
        posted = _bring_in(transaction, work)
        goods_received.name_source(company, work.origin, work.order.number)
        _advance(transaction, work, 1)
        _draft_inspections(transaction, work)
        upsert(PurchaseReceiptLine, work.lines, ["lot", "value"])
        transaction.move_state(receipt, State.POSTED, "post", posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce(
            "purchase_receipt.posted", {"number": receipt.number, "order": work.order.number, "supplier": receipt.supplier.code}
        )
    return receipt


def _bring_in(transaction: PostingTransaction, work: _Claimed) -> StockPosted:
    receipt, company = work.receipt, transaction.company
    lots = take_lots(
        company,
        [
            NewLot(line.item, line.lot_code, line.expiry_date, supplier=receipt.supplier, origin=work.origin, line=line.line_no)
            for line in work.lines
        ],
    )
    homes = {} if all(line.bin_id for line in work.lines) else default_bins([receipt.warehouse])
    places = []
    for line in work.lines:
        line.lot = lots.get((line.item_id, line.lot_code))
        line.bin = line.bin or homes[receipt.warehouse_id]
        line.value = worth(line.quantity, work.order_lines[line.order_line_id].unit_price, company.currency_places)
        status = StockStatus.INSPECTION if line.item.inspect_on_receipt else StockStatus.FREE
        places.append(Place(line.item_id, receipt.warehouse_id, line.bin.pk, line.lot.pk if line.lot else None, status))
    items = list({line.item_id: line.item for line in work.lines}.values())
    stock = lock_stock(company, items=items, warehouses=[receipt.warehouse], arriving=places)
    requests = [
        MoveRequest(
            line=line.line_no,
            item=line.item,
            warehouse=receipt.warehouse,
            place=place,
            quantity=line.quantity,
            lot=line.lot,
            value=line.value,
            receipt_ref=receipt_ref(KIND, receipt.number, line.line_no),
            dimensions=work.dimensions,
        )
        for line, place in zip(work.lines, places, strict=True)
    ]
    return stock_ledger.post(transaction, stock, event=events.PURCHASE_RECEIPT, origin=work.origin, requests=requests)


def _draft_inspections(transaction: PostingTransaction, work: _Claimed) -> None:
    wanted = [
        ToInspect(line.line_no, line.item, line.quantity, work.receipt.warehouse, line.bin, line.lot)
        for line in work.lines
        if line.item.inspect_on_receipt
    ]
    inspections.draft_inspections(transaction, kind=Inspection.Kind.INCOMING, origin=work.origin, wanted=wanted)


def _advance(transaction: PostingTransaction, work: _Claimed, sign: int) -> None:
    """Carry the received quantities to the order, its supply and its state."""
    done: dict[int, Decimal] = {}
    for line in work.lines:
        order_line = work.order_lines[line.order_line_id]
        order_line.received += sign * line.quantity
        done[order_line.line_no] = done.get(order_line.line_no, ZERO) + sign * line.quantity
    upsert(
        PurchaseOrderLine, list({line.order_line_id: work.order_lines[line.order_line_id] for line in work.lines}.values()), ["received"]
    )
    requirements.advance(Supply, work.supplies, done)
    if work.order.state == State.CLOSED:
        requirements.close(Supply, transaction.company, orders.origin_of(work.order))
        return
    state = State.DONE if all(line.received >= line.quantity for line in work.order_lines.values()) else State.APPROVED
    if state != work.order.state:
        transaction.move_state(work.order, state, "receive" if sign > 0 else "reopen")


@durable
def reverse_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> PurchaseReceipt:
    """Take a posted receipt back with a reversing document; inspections that were not decided are cancelled.

    Returns:
        the reversing receipt.

    Raises:
        WouldGoNegative: goods have been used (or inspected) since; the followers are named.
        AlreadyInvoiced: the supplier has invoiced some of it.
    """
    date = date_for_reversal(company, date_of(PurchaseReceipt, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(PurchaseReceipt, document_id, company=company)
        inspections.cancel_drafts(transaction, Origin(KIND, original.number))
        work = _claim_around(original, [State.APPROVED, State.DONE, State.CLOSED])
        goods_received.lock(company, work.origin)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        posted = stock_ledger.reverse(
            transaction,
            original.posting,
            origin=work.origin,
            parts={line.line_no: {"": line.value} for line in work.lines},
            dimensions={line.line_no: work.dimensions for line in work.lines},
        )
        _advance(transaction, work, -1)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("purchase_receipt.reversed", {"number": original.number, "order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

"""Finished receipts: accepted products enter stock at what the order has cost, element by element.

A partial receipt leaves at the planned unit cost, as far as cost has been collected; the final one takes all that is left.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import EXACT, ZERO, allocate, round_money
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, StateConflict
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from inventory import events, requirements, reservations
from inventory import ledger as stock_ledger
from inventory.ledger import LockedStock, MoveRequest, Origin, Place, lock_stock
from inventory.ledger.posting import upsert
from inventory.ledger.reversal import receipt_ref
from inventory.lots import NewLot, needs_lot, take_lots
from inventory.models import Demand, Lot, Supply
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.usable import refuse_blocked, refuse_fractions
from production.costs import Parts, collected, cost_out, dimensions_of, origin_of, record
from production.materials import carry_issued, plain
from production.models import FinishedReceipt, WorkOrder
from production.models.work_order import CostElement
from production.work_orders import promise

KIND, PREFIX = "finished_receipt", "FR"


class NotAccepted(BusinessError):
    """More is to be received than quality has accepted."""

    code = "not_accepted"
    text = _("{number}: {wanted} to be received, {open} are accepted and not received yet.")
    hint = _("Report the last operation and decide its inspection first.")


@durable
def draft_receipt(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> FinishedReceipt:
    """Prepare the receipt of finished products of an order.

    Args:
        data: validated by `production.inputs.FinishedReceiptInput`.

    Raises:
        StateConflict: nothing has been done on the order yet, or it is done.
        NotAccepted: more than quality has accepted.
    """
    receipt = FinishedReceipt(company=company)
    _fill(receipt, data)
    return save_draft(receipt, (), kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_receipt(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> FinishedReceipt:
    """Save a draft again.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    receipt = open_draft(FinishedReceipt, document_id, company=company, version=version)
    _fill(receipt, data)
    return save_edit(receipt, (), by=by, at=at)


@durable
def cancel_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> FinishedReceipt:
    """Give up a receipt that has not been posted."""
    return cancel_draft(FinishedReceipt, document_id, company=company, by=by, at=at, reason=reason)


def _fill(receipt: FinishedReceipt, data: Mapping[str, Any]) -> None:
    order: WorkOrder = data["work_order"]
    if order.state != State.RUNNING:
        raise StateConflict(field="work_order", number=order.number, state=order.get_state_display(), wanted=State.RUNNING.label)
    receipt.work_order, receipt.item = order, order.item
    receipt.document_date, receipt.quantity, receipt.note = data["document_date"], data["quantity"], data.get("note", "")
    receipt.warehouse = data.get("warehouse") or order.target_warehouse
    receipt.bin = find_bins(receipt.warehouse, [data.get("bin")])[0]
    receipt.lot_code = data.get("lot_code") or (order.number if needs_lot(order.item) else "")
    receipt.is_final = data.get("is_final", False)
    refuse_blocked([("warehouse", receipt.warehouse)])
    refuse_fractions([("quantity", order.item, receipt.quantity)])
    if receipt.document_date < order.document_date:
        raise DateOrder(field="document_date", later=_("The receipt"), earlier=_("its work order"))
    _refuse_not_accepted(receipt, order, has_operations=order.operations.exists())


def receivable(order: WorkOrder, *, has_operations: bool) -> Decimal:
    """How many pieces may be received now: those accepted, or – where nobody reports operations – those ordered."""
    return (order.accepted if has_operations else order.quantity) - order.received


def _refuse_not_accepted(receipt: FinishedReceipt, order: WorkOrder, *, has_operations: bool) -> None:
    there = receivable(order, has_operations=has_operations)
    if receipt.quantity > there:
        raise NotAccepted(field="quantity", number=order.number, wanted=plain(receipt.quantity), open=plain(max(there, ZERO)))


@dataclass(slots=True)
class _Claimed:
    """A receipt with all that is locked for it: its order, what the order promised and, where it ends or opens again, what it wanted."""

    receipt: FinishedReceipt
    order: WorkOrder
    demands: dict[int, Demand]
    supplies: dict[int, Supply]

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.receipt.number)


def _lock_around(receipt: FinishedReceipt, order: WorkOrder, *, ends: bool) -> _Claimed:
    """Lock what an order promised and, where the receipt ends it (or takes its end back), what it wanted."""
    demands = requirements.lock(Demand, order.company, origin_of(order)) if ends else {}
    return _Claimed(receipt, order, demands, requirements.lock(Supply, order.company, origin_of(order)))


@durable
def post_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime) -> FinishedReceipt:
    """Receive the products: stock up, cost of the order down, by element.

    The last receipt makes the order done: it wants no more material, and what is still reserved for it is given back.

    Raises:
        PeriodClosed: the date lies in a closed period.
        NotAccepted: more than quality has accepted.
    """
    date = date_of(FinishedReceipt, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        receipt = claim_draft(transaction, FinishedReceipt, document_id)
        order = claim(WorkOrder, receipt.work_order_id, [State.RUNNING], done=(), company=company)
        refuse_blocked([("warehouse", receipt.warehouse)])
        _refuse_not_accepted(receipt, order, has_operations=order.operations.exists())
        receipt.is_final = receipt.is_final or completes(order, receipt.quantity)
        work = _lock_around(receipt, order, ends=receipt.is_final)
        parts = worth(work.order, receipt.quantity, collected(work.order), final=receipt.is_final, places=company.currency_places)
        lot = _lot(transaction, work)
        place = _place(receipt, lot)
        stock = _lock_stock(work, place)
        posted = _bring_goods(transaction, work, stock, place, lot, parts)
        record(work.order, cost_out(parts), date=date, origin=work.origin)
        _advance(transaction, work, 1)
        reservations.trim(company, list(work.demands.values()), stock=stock)
        transaction.move_state(
            receipt,
            State.POSTED,
            "post",
            posted_by_id=by.pk,
            posted_at=at,
            posting_id=posted.posting.pk,
            lot_id=lot.pk if lot else None,
            is_final=receipt.is_final,
            value=sum(parts.values(), ZERO),
            material_cost=parts[CostElement.MATERIAL],
            labour_cost=parts[CostElement.LABOUR],
            overhead_cost=parts[CostElement.OVERHEAD],
        )
        transaction.announce(
            "finished_receipt.posted",
            {"number": receipt.number, "work_order": work.order.number, "quantity": receipt.quantity, "value": receipt.value},
        )
    return receipt


def completes(order: WorkOrder, quantity: Decimal) -> bool:
    """Tell whether nothing more can come from an order after receiving `quantity`: all else was received or scrapped."""
    return order.received + quantity >= order.quantity - order.scrapped


def worth(order: WorkOrder, quantity: Decimal, left: Mapping[str, Decimal], *, final: bool, places: int) -> Parts:
    """Value of received products by element, out of the cost that is left on their order; the parts sum to the whole.

    Where nothing was planned, a partial receipt takes its share of what has been collected.
    """
    total = sum(left.values(), ZERO)
    if total < 0:
        return dict.fromkeys(left, ZERO)
    if final:
        return dict(left)
    planned = EXACT.multiply(order.planned_unit_cost, quantity) or EXACT.divide(
        EXACT.multiply(total, quantity), order.quantity - order.received
    )
    value = min(round_money(planned, places), total)
    return dict(zip(left, allocate(value, list(left.values()), places), strict=True)) if total else dict.fromkeys(left, ZERO)


def _lot(transaction: PostingTransaction, work: _Claimed) -> Lot | None:
    receipt = work.receipt
    if not receipt.lot_code:
        return None
    wish = NewLot(item=receipt.item, code=receipt.lot_code, production_date=receipt.document_date, origin=origin_of(work.order))
    return take_lots(transaction.company, [wish])[(receipt.item_id, receipt.lot_code)]


def _place(receipt: FinishedReceipt, lot: Lot | None) -> Place:
    home = receipt.bin or default_bins([receipt.warehouse])[receipt.warehouse_id]
    return Place(receipt.item_id, receipt.warehouse_id, home.pk, lot.pk if lot else None)


def _lock_stock(work: _Claimed, place: Place) -> LockedStock:
    receipt = work.receipt
    return lock_stock(
        work.order.company,
        items=[receipt.item],
        warehouses=[receipt.warehouse],
        arriving=[place],
        demand_ids=[demand.pk for demand in work.demands.values()],
    )


def _bring_goods(
    transaction: PostingTransaction, work: _Claimed, stock: LockedStock, place: Place, lot: Lot | None, parts: Parts
) -> StockPosted:
    receipt = work.receipt
    request = MoveRequest(
        line=1,
        item=receipt.item,
        warehouse=receipt.warehouse,
        place=place,
        quantity=receipt.quantity,
        lot=lot,
        value=sum(parts.values(), ZERO),
        receipt_ref=receipt_ref(KIND, receipt.number, 1),
        parts=parts,
        dimensions=dimensions_of(work.order),
    )
    return stock_ledger.post(transaction, stock, event=events.PRODUCTION_RECEIPT, origin=work.origin, requests=[request])


def _advance(transaction: PostingTransaction, work: _Claimed, sign: int) -> None:
    """Carry the received quantity to the order and what it promised; a final receipt ends all that it promised and wanted."""
    order, receipt = work.order, work.receipt
    order.received += sign * receipt.quantity
    order.save(update_fields=["received"])
    requirements.advance(Supply, work.supplies, {1: sign * receipt.quantity})
    if sign > 0 and receipt.is_final:
        _end(transaction, work)
    elif sign < 0 and order.state == State.DONE:
        _reopen(transaction, work)


def _end(transaction: PostingTransaction, work: _Claimed) -> None:
    requirements.close(Supply, transaction.company, origin_of(work.order))
    for demand in work.demands.values():
        demand.is_open = False
    upsert(Demand, list(work.demands.values()), ["is_open"])
    transaction.move_state(work.order, State.DONE, "finish")


def _reopen(transaction: PostingTransaction, work: _Claimed) -> None:
    """Tell planning again what an order that goes on still wants and still can bring."""
    transaction.move_state(work.order, State.RUNNING, "reopen")
    upsert(Demand, carry_issued(work.order, work.order.materials.all(), work.demands), ["done", "is_open"])
    promise(work.order)


@durable
def reverse_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> FinishedReceipt:
    """Take a posted receipt back with a reversing document: goods and cost return to the order, to the cent.

    An order that was done goes on; what it still wants is wanted again, but not reserved again.

    Returns:
        the reversing receipt.

    Raises:
        WouldGoNegative: the products have been used or shipped since.
        AlreadyDone, ReversalIsFinal, StateConflict: it has been reversed, is a reversal, or its order is closed.
    """
    date = date_for_reversal(company, date_of(FinishedReceipt, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(FinishedReceipt, document_id, company=company)
        order = claim(WorkOrder, original.work_order_id, [State.RUNNING, State.DONE], done=(), company=company)
        work = _lock_around(original, order, ends=order.state == State.DONE)
        copy = copy_for_reversal(original, date=date, by=by, at=at)
        parts = {
            CostElement.MATERIAL.value: original.material_cost,
            CostElement.LABOUR.value: original.labour_cost,
            CostElement.OVERHEAD.value: original.overhead_cost,
        }
        assert original.posting is not None
        posted = stock_ledger.reverse(
            transaction, original.posting, origin=work.origin, parts={1: parts}, dimensions={1: dimensions_of(work.order)}
        )
        record(work.order, [(1, element, amount) for element, amount in parts.items()], date=date, origin=work.origin)
        _advance(transaction, work, -1)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("finished_receipt.reversed", {"number": original.number, "work_order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

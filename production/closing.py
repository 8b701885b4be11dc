"""Closing a work order: what its receipts did not take is settled, so that nothing of it stays in work in process.

The rest follows the received products: the share still on hand goes into stock, the share already gone is expensed. An order
that gave nothing is expensed as a whole.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO, allocate
from core.errors import BusinessError, DateOrder, NotVisible
from core.models import Company, State, User
from core.posting import PostingTransaction, claim, posting_transaction
from finance import events as books
from finance import vouchers
from finance.rules import Amount, RuleBook
from inventory import events, inspections, reservations
from inventory import ledger as stock_ledger
from inventory.ledger import LockedStock, MoveRequest, Place, lock_stock
from inventory.ledger.locking import Area, area_of
from inventory.ledger.reversal import receipt_ref
from inventory.models import Demand, Inspection
from inventory.places import default_bins
from inventory.valuation import METHODS
from production.costs import Parts, collected, cost_out, dimensions_of, origin_of, record
from production.models import FinishedReceipt, MaterialIssue, MaterialReturn, OperationReport, WorkOrder
from production.receipts import KIND as RECEIPT
from production.work_orders import KIND, withdraw


class DraftsWaiting(BusinessError):
    """Documents of the order are not posted yet."""

    code = "drafts_waiting"
    text = _("{number} can't be closed: {drafts} are not posted yet.")
    hint = _("Post or cancel them first.")


@durable
def close_order(
    *, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "", document_date: dt.date | None = None
) -> WorkOrder:
    """Close an order on which no more will be done: its remaining cost is settled, its reservations are given back.

    Inspections that nobody decided are cancelled: what they would accept could not be received any more.

    Args:
        document_date: day of the settlement; without one it is today, or the day of the last cost where that is later.

    Raises:
        DraftsWaiting: an issue, return, report or receipt of it is still a draft.
        DateOrder: something was put on the order or taken off it later than that day.
        PeriodClosed: the date lies in a closed period.
    """
    seen = _see(company, document_id)
    date = document_date or max(timezone.localdate(at), _last_cost(seen) or dt.date.min)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        inspections.cancel_drafts(transaction, origin_of(seen))  # before the order: the order of locks
        order = claim(WorkOrder, document_id, [State.RUNNING, State.DONE], done=[State.CLOSED], company=company)
        _refuse_drafts(order)
        _refuse_before_its_costs(order, date)
        settle(transaction, order, withdraw(order))
        transaction.move_state(order, State.CLOSED, "close", reason=reason)
        transaction.announce("work_order.closed", {"number": order.number, "received": order.received})
    return order


def _see(company: Company, document_id: int) -> WorkOrder:
    """Read an order without locking it: the period and its inspections are locked before."""
    seen = WorkOrder.objects.filter(company=company, pk=document_id).first()
    if seen is None:
        raise NotVisible()
    return seen


def _refuse_drafts(order: WorkOrder) -> None:
    """What waits could never be finished once its order is closed. An inspection is among it only if it was asked for a moment ago."""
    kinds: Sequence[Any] = (MaterialIssue, MaterialReturn, OperationReport, FinishedReceipt)
    numbers = [
        number
        for model in kinds
        for number in model._default_manager.filter(work_order=order, state=State.DRAFT).order_by("id").values_list("number", flat=True)
    ]
    waiting = Inspection.objects.filter(company=order.company, origin_kind=KIND, origin_number=order.number, state=State.DRAFT)
    numbers += waiting.order_by("id").values_list("number", flat=True)
    if numbers:
        raise DraftsWaiting(number=order.number, drafts=", ".join(numbers))


def _refuse_before_its_costs(order: WorkOrder, date: dt.date) -> None:
    """A settlement dated before the costs that it settles would leave work in process below zero in between."""
    last = _last_cost(order)
    if last is not None and date < last:
        raise DateOrder(field="document_date", later=_("The closing"), earlier=_("the last cost of its work order"))


def _last_cost(order: WorkOrder) -> dt.date | None:
    last: dt.date | None = order.costs.aggregate(last=Max("date"))["last"]
    return last


def settle(transaction: PostingTransaction, order: WorkOrder, demands: Sequence[Demand]) -> Parts:
    """Take what is left of an order's cost out of work in process, and give back what is held for it (building block).

    Materials and products are locked together: one after the other they could stand in each other's way.

    Returns:
        what was settled, by element.
    """
    left = collected(order)
    receipts = order.receipts.filter(state=State.POSTED, reversal_of=None).select_related("warehouse", "item__category").order_by("id")
    groups = _groups(receipts)
    places = _places(groups)
    stock = lock_stock(
        transaction.company,
        items=[order.item],
        warehouses=list({one.warehouse_id: one.warehouse for group in groups for one in group}.values()),
        arriving=places,
        demand_ids=[demand.pk for demand in demands],
    )
    reservations.trim(transaction.company, demands, stock=stock)
    if any(left.values()):
        if groups:
            _follow_products(transaction, order, list(zip(groups, places, strict=True)), left, stock)
        else:
            _expense(transaction, order, left)
        record(order, cost_out(left), date=transaction.date, origin=origin_of(order))
    return left


def _places(groups: Sequence[Sequence[FinishedReceipt]]) -> list[Place]:
    """Where the products of each group came to lie."""
    firsts = [group[0] for group in groups]
    homes = default_bins({one.warehouse_id: one.warehouse for one in firsts if one.bin_id is None}.values())
    return [Place(one.item_id, one.warehouse_id, one.bin_id or homes[one.warehouse_id].pk, one.lot_id) for one in firsts]


def _follow_products(
    transaction: PostingTransaction,
    order: WorkOrder,
    groups: Sequence[tuple[Sequence[FinishedReceipt], Place]],
    left: Parts,
    stock: LockedStock,
) -> None:
    covered = [sum((receipt.quantity for receipt in group), ZERO) for group, _place in groups]
    shares = {element: allocate(amount, covered, transaction.company.currency_places) for element, amount in left.items()}
    requests = [
        _correction(order, group[0], place, quantity, {element: share[index] for element, share in shares.items()})
        for index, ((group, place), quantity) in enumerate(zip(groups, covered, strict=True))
    ]
    stock_ledger.post(transaction, stock, event=events.PRODUCTION_SETTLEMENT, origin=origin_of(order), requests=requests)


def _groups(receipts: Iterable[FinishedReceipt]) -> list[list[FinishedReceipt]]:
    """Receipts that are valued together: in one pool, and under FIFO one by one, as each has its own layer."""
    groups: dict[tuple[Area, int], list[FinishedReceipt]] = {}
    for receipt in receipts:
        layered = METHODS[receipt.item.category.valuation_method].uses_layers
        key = (area_of(receipt.item, receipt.warehouse, receipt.lot_id), receipt.pk if layered else 0)
        groups.setdefault(key, []).append(receipt)
    return list(groups.values())


def _correction(order: WorkOrder, receipt: FinishedReceipt, place: Place, covered: Decimal, parts: Parts) -> MoveRequest:
    return MoveRequest(
        line=1,
        item=order.item,
        warehouse=receipt.warehouse,
        place=place,
        quantity=ZERO,
        value=sum(parts.values(), ZERO),
        covered=covered,
        receipt_ref=receipt_ref(RECEIPT, receipt.number, 1),
        parts=parts,
        dimensions=dimensions_of(order),
    )


def _expense(transaction: PostingTransaction, order: WorkOrder, left: Parts) -> None:
    amounts = [
        Amount(
            event=books.WORK_ORDER_VARIANCE,
            amount=amount,
            line=1,
            category_id=order.item.category_id,
            element=element,
            department_id=order.department_id,
            dimensions=dimensions_of(order),
        )
        for element, amount in left.items()
    ]
    entries = RuleBook(transaction.company, {books.WORK_ORDER_VARIANCE}).entries(amounts, number=order.number)
    vouchers.write(transaction, entries, origin_kind=KIND, origin_number=order.number)

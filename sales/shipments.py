"""Shipments: goods leave for a customer; cost of sales, revenue, output tax and the receivable are booked in the same breath."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.amounts import total
from core.db import durable
from core.decimals import ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs, StateConflict
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from finance.credit import has_limit, lock_credit
from inventory import events, requirements, reservations
from inventory import ledger as stock_ledger
from inventory.ledger import Origin, lock_stock
from inventory.ledger.issuing import Wanted, issue_requests, negative_places
from inventory.ledger.locking import LockedStock
from inventory.ledger.posting import upsert, values_by_line
from inventory.lots import find_lots, refuse_missing
from inventory.models import Bin, Demand, Warehouse
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.dimensions import Dimensions
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from sales import orders, revenue
from sales.models import SalesOrder, SalesOrderLine, Shipment, ShipmentLine

KIND, PREFIX = "shipment", "SH"


class OverShipped(BusinessError):
    """More is to leave than the order line still wants."""

    code = "over_shipment"
    text = _("{item}: {wanted} to be shipped, only {open} of the order still open.")
    hint = _("Ship at most what is open; more needs another order.")


class ShipmentRefused(InvalidInputs):
    """One or more lines ship more than was ordered; nothing is written."""

    code = "over_shipment"
    status = 409
    text = _("More would be shipped than was ordered.")


@durable
def draft_shipment(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> Shipment:
    """Prepare a shipment of an approved order.

    Args:
        data: validated by `sales.inputs.ShipmentInput`; lines name order lines, and bins and lots by code where the user insists on them.

    Raises:
        StateConflict: the order is not approved.
        ShipmentRefused: a line ships more than is open.
    """
    shipment = Shipment(company=company)
    lines = _fill(shipment, data)
    return save_draft(shipment, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_shipment(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> Shipment:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    shipment = open_draft(Shipment, document_id, company=company, version=version)
    lines = _fill(shipment, data)
    return save_edit(shipment, lines, by=by, at=at)


@durable
def cancel_shipment(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Shipment:
    """Give up a shipment that has not been posted."""
    return cancel_draft(Shipment, document_id, company=company, by=by, at=at, reason=reason)


def _fill(shipment: Shipment, data: Mapping[str, Any]) -> list[ShipmentLine]:
    order: SalesOrder = data["order"]
    if order.state != State.APPROVED:
        raise StateConflict(field="order", number=order.number, state=order.get_state_display(), wanted=State.APPROVED.label)
    shipment.order, shipment.customer = order, order.customer
    shipment.document_date, shipment.note = data["document_date"], data.get("note", "")
    shipment.warehouse = data.get("warehouse") or order.warehouse
    shipment.due_date = data.get("due_date") or shipment.document_date + dt.timedelta(days=order.customer.payment_days)
    known = {line.line_no: line for line in order.lines.select_related("item__unit", "item__category")}
    order_lines = _order_lines(known, data["lines"])
    bins = find_bins(shipment.warehouse, [line.get("bin") for line in data["lines"]])
    lots = find_lots([(known.item, line.get("lot")) for known, line in zip(order_lines, data["lines"], strict=True)])
    lines = [
        ShipmentLine(
            document=shipment,
            line_no=number,
            order_line=order_line,
            item=order_line.item,
            quantity=line["quantity"],
            bin=bin,
            lot=lot,
            note=line.get("note", ""),
        )
        for number, (order_line, line, bin, lot) in enumerate(zip(order_lines, data["lines"], bins, lots, strict=True), start=1)
    ]
    _check(shipment, lines)
    return lines


def _order_lines(known: Mapping[int, SalesOrderLine], lines: Sequence[Mapping[str, Any]]) -> list[SalesOrderLine]:
    wrong: list[BusinessError] = []
    for index, line in enumerate(lines):
        found = known.get(line["order_line"])
        if found is None:
            wrong.append(
                InvalidInput("not_found", _("The order has no line {line}."), field=f"lines[{index}].order_line", line=line["order_line"])
            )
        elif line.get("item") is not None and line["item"].pk != found.item_id:
            wrong.append(
                InvalidInput(
                    "item_differs",
                    _("Line {line} of the order is about {item}."),
                    field=f"lines[{index}].item",
                    line=found.line_no,
                    item=found.item,
                )
            )
    if wrong:
        raise InvalidInputs(wrong)
    return [known[line["order_line"]] for line in lines]


def _check(shipment: Shipment, lines: Sequence[ShipmentLine]) -> None:
    refuse_blocked([("warehouse", shipment.warehouse), ("order", shipment.customer)])
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    if shipment.due_date and shipment.due_date < shipment.document_date:
        raise DateOrder(field="due_date", later=_("The due date"), earlier=_("the date of the shipment"))
    if shipment.document_date < shipment.order.document_date:
        raise DateOrder(field="document_date", later=_("The shipment"), earlier=_("its order"))
    _refuse_over_shipment(lines, {line.order_line_id: line.order_line for line in lines})


def _refuse_over_shipment(lines: Sequence[ShipmentLine], order_lines: Mapping[int, SalesOrderLine]) -> None:
    wanted: dict[int, Decimal] = {}
    refused: list[BusinessError] = []
    for line in lines:
        wanted[line.order_line_id] = wanted.get(line.order_line_id, ZERO) + line.quantity
        order_line = order_lines[line.order_line_id]
        still_open = order_line.quantity - order_line.shipped
        if wanted[line.order_line_id] > still_open:
            refused.append(
                OverShipped(
                    field=line_path(line.line_no, "quantity"),
                    item=line.item,
                    wanted=_plain(wanted[line.order_line_id]),
                    open=_plain(still_open),
                )
            )
    if refused:
        raise ShipmentRefused(refused)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


@dataclass(slots=True)
class _Claimed:
    """A shipment with all that is locked for it: its order, the order's lines and their demands."""

    shipment: Shipment
    lines: list[ShipmentLine]
    order: SalesOrder
    order_lines: dict[int, SalesOrderLine]
    demands: dict[int, Any]

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.shipment.number)

    @property
    def dimensions(self) -> Dimensions:
        return Dimensions(customer_id=self.shipment.customer_id)

    def demand_of(self, line: ShipmentLine) -> int | None:
        row = self.demands.get(self.order_lines[line.order_line_id].line_no)
        return row.pk if row else None


def _claim_around(shipment: Shipment, order_states: Sequence[str]) -> _Claimed:
    order = claim(SalesOrder, shipment.order_id, order_states, done=(), company=shipment.company)
    order_lines = {line.pk: line for line in SalesOrderLine.objects.select_for_update().filter(document=order).order_by("id")}
    demands = requirements.lock(Demand, shipment.company, orders.origin_of(order))
    lines = list(shipment.lines.select_related("item__category", "bin", "lot").order_by("line_no"))
    return _Claimed(shipment, lines, order, order_lines, demands)


@durable
def post_shipment(*, company: Company, document_id: int, by: User, at: dt.datetime, reservation_id: int | None = None) -> Shipment:
    """Let the goods leave: stock and cost of sales, revenue, tax and receivable, and the order's progress.

    Args:
        reservation_id: whoever confirms a reservation names it: its goods are taken first.

    Raises:
        PeriodClosed: the date lies in a closed period.
        ShipmentRefused: more would leave than was ordered.
        StockShort: free stock (besides what is reserved for this order) does not suffice; nothing is written.
        CreditExceeded: what the customer owes and has on order is above a limit that was lowered since.
    """
    date = date_of(Shipment, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        shipment = claim_draft(transaction, Shipment, document_id)
        work = _claim_around(shipment, [State.APPROVED])
        refuse_blocked([("warehouse", shipment.warehouse), ("order", shipment.customer)])
        _refuse_over_shipment(work.lines, work.order_lines)
        wanted = _wanted(work, reservation_id)
        stock = _lock(work, wanted)
        posted = _take_goods(transaction, work, wanted, stock)
        orders.refuse_beyond_credit(company, shipment.customer)
        costs = values_by_line(posted)
        for line in work.lines:
            line.cost = costs.get(line.line_no, ZERO)
        revenue.set_amounts(work.lines, work.order_lines, places=company.currency_places)
        voucher = revenue.book(transaction, shipment, work.lines, origin=work.origin, dimensions=work.dimensions)
        _advance(transaction, work, 1)
        reservations.trim(company, list(work.demands.values()), stock=stock)
        upsert(ShipmentLine, work.lines, ["net_amount", "tax_amount", "cost"])
        amounts = total(work.lines)
        transaction.move_state(
            shipment,
            State.POSTED,
            "post",
            posted_by_id=by.pk,
            posted_at=at,
            posting_id=posted.posting.pk,
            voucher_id=voucher.pk if voucher else None,
            net_amount=amounts.net,
            tax_amount=amounts.tax,
            gross_amount=amounts.gross,
        )
        transaction.announce(
            "shipment.posted",
            {"number": shipment.number, "order": work.order.number, "customer": shipment.customer.code, "gross_amount": amounts.gross},
        )
    return shipment


def _wanted(work: _Claimed, reservation_id: int | None) -> list[Wanted]:
    return [
        Wanted(
            line.line_no,
            line.item,
            work.shipment.warehouse,
            line.quantity,
            demand_id=work.demand_of(line),
            bin=line.bin,
            lot=line.lot,
            reservation_id=reservation_id,
            dimensions=work.dimensions,
        )
        for line in work.lines
    ]


def _homes(warehouse: Warehouse) -> dict[int, Bin]:
    return default_bins([warehouse]) if warehouse.allow_negative else {}


def _lock(work: _Claimed, wanted: Sequence[Wanted]) -> LockedStock:
    warehouse = work.shipment.warehouse
    if warehouse.allow_negative:
        refuse_missing([(line.item, line.lot) for line in work.lines])
    return lock_stock(
        work.shipment.company,
        items=list({line.item_id: line.item for line in work.lines}.values()),
        warehouses=[warehouse],
        arriving=negative_places(wanted, _homes(warehouse)),
        demand_ids=[want.demand_id for want in wanted if want.demand_id],
    )


def _take_goods(transaction: PostingTransaction, work: _Claimed, wanted: Sequence[Wanted], stock: LockedStock) -> StockPosted:
    requests = issue_requests(stock, wanted, default_bins=_homes(work.shipment.warehouse), on=transaction.date)
    return stock_ledger.post(transaction, stock, event=events.SALES_SHIPMENT, origin=work.origin, requests=requests)


def _advance(transaction: PostingTransaction, work: _Claimed, sign: int) -> None:
    """Carry the shipped quantities to the order, its demand and its state."""
    done: dict[int, Decimal] = {}
    for line in work.lines:
        order_line = work.order_lines[line.order_line_id]
        order_line.shipped += sign * line.quantity
        done[order_line.line_no] = done.get(order_line.line_no, ZERO) + sign * line.quantity
    upsert(SalesOrderLine, list({line.order_line_id: work.order_lines[line.order_line_id] for line in work.lines}.values()), ["shipped"])
    requirements.advance(Demand, work.demands, done)
    if work.order.state == State.CLOSED:
        requirements.close(Demand, transaction.company, orders.origin_of(work.order))
        return
    state = State.DONE if all(line.shipped >= line.quantity for line in work.order_lines.values()) else State.APPROVED
    if state != work.order.state:
        transaction.move_state(work.order, state, "ship" if sign > 0 else "reopen")


@durable
def reverse_shipment(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Shipment:
    """Take a posted shipment back with a reversing document: goods, cost, revenue, tax and receivable, to the cent.

    Returns:
        the reversing shipment.

    Raises:
        AlreadySettled: the customer has paid some of it.
        AlreadyReversed, ReversalIsFinal: it has been reversed, or is a reversal itself.
    """
    date = date_for_reversal(company, date_of(Shipment, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(Shipment, document_id, company=company)
        work = _claim_around(original, [State.APPROVED, State.DONE, State.CLOSED])
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        posted = stock_ledger.reverse(
            transaction, original.posting, origin=work.origin, dimensions={line.line_no: work.dimensions for line in work.lines}
        )
        if has_limit(original.customer):
            lock_credit(original.customer)
        red = revenue.unbook(transaction, original, origin=work.origin)
        _advance(transaction, work, -1)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(
            copy,
            State.POSTED,
            "post",
            reason=reason,
            posted_by_id=by.pk,
            posted_at=at,
            posting_id=posted.posting.pk,
            voucher_id=red.pk if red else None,
        )
        transaction.announce("shipment.reversed", {"number": original.number, "order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

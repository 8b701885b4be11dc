"""Sales orders: entered, approved (they become demand), cancelled or closed; shipments fulfil them."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.amounts import line_amounts, total
from core.db import durable
from core.decimals import ZERO
from core.drafts import open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs
from core.models import Company, State, User
from core.posting import change_state, claim, require_other_person
from finance.credit import check_credit, has_limit, lock_credit
from inventory import requirements, reservations
from inventory.ledger import Origin
from inventory.models import Demand
from inventory.requirements import Requirement
from masterdata.models import Customer, Item
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from sales.models import SalesOrder, SalesOrderLine, ShipmentLine

KIND, PREFIX = "sales_order", "SO"
USUAL_TAX_PERCENT = Decimal(13)


class PartlyShipped(BusinessError):
    """An order of which something has left can't be cancelled any more."""

    code = "partly_shipped"
    text = _("{number} has been shipped in part, so it can't be cancelled.")
    hint = _("Close it instead: what is still open is no longer wanted.")


def origin_of(order: SalesOrder) -> Origin:
    """How the floors below name this order."""
    return Origin(KIND, order.number)


@durable
def draft_order(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> SalesOrder:
    """Enter a customer's order as a draft.

    Args:
        data: validated by `sales.inputs.SalesOrderInput`.

    Raises:
        DateOrder, InvalidInputs, SomeBlocked: with every field at fault; nothing is written.
    """
    order = SalesOrder(company=company)
    lines = _fill(order, data)
    return save_draft(order, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_order(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> SalesOrder:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    order = open_draft(SalesOrder, document_id, company=company, version=version)
    lines = _fill(order, data)
    return save_edit(order, lines, by=by, at=at)


def _fill(order: SalesOrder, data: Mapping[str, Any]) -> list[SalesOrderLine]:
    for name in ("customer", "document_date", "due_date", "warehouse"):
        setattr(order, name, data[name])
    order.customer_reference, order.note = data.get("customer_reference", ""), data.get("note", "")
    lines = [_line(order, number, line) for number, line in enumerate(data["lines"], start=1)]
    _check(order, lines)
    amounts = total(lines)
    order.net_amount, order.tax_amount, order.gross_amount = amounts.net, amounts.tax, amounts.gross
    return lines


def _line(order: SalesOrder, number: int, data: Mapping[str, Any]) -> SalesOrderLine:
    item: Item = data["item"]
    price = item.list_price if data.get("unit_price") is None else data["unit_price"]
    percent = usual_tax_percent(order.customer) if data.get("tax_percent") is None else data["tax_percent"]
    amounts = line_amounts(data["quantity"], price, percent, order.company.currency_places)
    return SalesOrderLine(
        document=order,
        line_no=number,
        item=item,
        quantity=data["quantity"],
        unit_price=price,
        tax_percent=percent,
        net_amount=amounts.net,
        tax_amount=amounts.tax,
        due_date=data.get("due_date") or order.due_date,
        note=data.get("note", ""),
    )


def usual_tax_percent(customer: Customer) -> Decimal:
    """The customer's usual tax rate, else the general one."""
    return customer.tax_rate.percent if customer.tax_rate else USUAL_TAX_PERCENT


def _check(order: SalesOrder, lines: list[SalesOrderLine]) -> None:
    refuse_blocked(_named(order, lines))
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    dates = [("due_date", order.due_date), *((line_path(line.line_no, "due_date"), line.due_date) for line in lines)]
    late: list[BusinessError] = [
        DateOrder(field=field, later=_("The delivery date"), earlier=_("the date of the order"))
        for field, date in dates
        if date < order.document_date
    ]
    late += [
        InvalidInput("not_sold", _("{item} is not marked as sold."), field=line_path(line.line_no, "item"), item=line.item)
        for line in lines
        if not line.item.is_sold
    ]
    if late:
        raise InvalidInputs(late)


def _named(order: SalesOrder, lines: list[SalesOrderLine]) -> list[tuple[str, Any]]:
    return [("customer", order.customer), ("warehouse", order.warehouse), *((line_path(line.line_no, "item"), line.item) for line in lines)]


@durable
def approve_order(*, company: Company, document_id: int, by: User, at: dt.datetime) -> SalesOrder:
    """Confirm an order: it becomes demand for planning and the warehouse.

    Raises:
        MakerIsChecker: it was made or changed by the same person.
        CreditExceeded: what the customer owes, has ordered, and orders now is above the limit; nothing is written.
        SomeBlocked: customer or items have been blocked since.
    """
    order = claim(SalesOrder, document_id, [State.DRAFT], done=(State.APPROVED, State.DONE), company=company)
    require_other_person(order, by)
    lines = list(order.lines.select_related("item").order_by("line_no"))
    refuse_blocked(_named(order, lines))
    refuse_beyond_credit(company, order.customer, order.gross_amount)
    wanted = [Requirement(line.line_no, line.item, line.quantity, line.due_date, order.warehouse) for line in lines]
    requirements.register(Demand, company, origin_of(order), wanted)
    change_state(order, State.APPROVED, "approve", by=by, at=at, approved_by_id=by.pk, approved_at=at)
    return order


def refuse_beyond_credit(company: Company, customer: Customer, more: Decimal = ZERO) -> None:
    """Refuse where what a customer owes, has on order, and orders now (`more`) is above the limit; the limit stays locked until commit.

    Raises:
        CreditExceeded: nothing is written.
    """
    if has_limit(customer):
        lock_credit(customer)
        check_credit(company, customer, more + _not_shipped(customer))


def _not_shipped(customer: Customer) -> Decimal:
    """What the approved orders of a customer come to, minus what has been shipped of them (and is a receivable by now)."""
    ordered = SalesOrder.objects.filter(customer=customer, state=State.APPROVED).aggregate(sum=Sum("gross_amount"))["sum"] or ZERO
    shipped = ShipmentLine.objects.filter(
        document__order__customer=customer, document__order__state=State.APPROVED, document__state=State.POSTED, document__reversal_of=None
    ).aggregate(net=Sum("net_amount"), tax=Sum("tax_amount"))
    return ordered - (shipped["net"] or ZERO) - (shipped["tax"] or ZERO)


@durable
def cancel_order(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SalesOrder:
    """Call an order off before anything has left; what was reserved for it is given back.

    Raises:
        PartlyShipped: something has left.
    """
    order = claim(SalesOrder, document_id, [State.DRAFT, State.APPROVED], done=(State.CANCELLED,), company=company)
    if order.lines.exclude(shipped=0).exists():
        raise PartlyShipped(number=order.number)
    stop_wanting(order)
    change_state(order, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    return order


@durable
def close_order(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SalesOrder:
    """Declare that what is still open of an order will not be shipped; what was reserved for it is given back."""
    order = claim(SalesOrder, document_id, [State.APPROVED], done=(State.CLOSED, State.DONE), company=company)
    stop_wanting(order)
    change_state(order, State.CLOSED, "close", by=by, at=at, reason=reason)
    return order


def stop_wanting(order: SalesOrder) -> None:
    """Close the order's demand and give back what is held for it (building block)."""
    rows = requirements.lock(Demand, order.company, origin_of(order))
    reservations.give_back(order.company, [row.pk for row in rows.values()])
    requirements.close(Demand, order.company, origin_of(order))

"""Reserving stock for a sales order: try (freeze what is free, or say what is short) and cancel (give it back); the shipment confirms."""

import datetime as dt
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.errors import BusinessError
from core.models import Company, State, User
from core.posting import audit_entry, claim
from inventory import requirements, reservations
from inventory.models import Demand, Reservation
from inventory.reservations import Hold
from sales.models import SalesOrder
from sales.orders import origin_of


class NothingToReserve(BusinessError):
    """Everything that is open of an order is reserved already."""

    code = "nothing_to_reserve"
    text = _("All that is open of {number} is reserved already.")


class NothingToGiveBack(BusinessError):
    """No stock is reserved for an order (any more)."""

    code = "nothing_to_give_back"
    text = _("No stock is reserved for {number}.")


@durable
def reserve_order(*, company: Company, document_id: int, by: User, at: dt.datetime) -> SalesOrder:
    """Freeze what is still to be shipped of an approved order, all of it or nothing.

    Raises:
        StockShort: less is free; every line that is short is named, nothing is written.
        NothingToReserve: it has been reserved before.
    """
    order = claim(SalesOrder, document_id, [State.APPROVED], done=(State.DONE, State.CLOSED), company=company)
    demands = requirements.lock(Demand, company, origin_of(order))
    items = {line.line_no: line.item for line in order.lines.select_related("item__category")}
    held = _held(list(demands.values()))
    wishes = []
    for line_no, demand in sorted(demands.items()):
        missing = demand.quantity - demand.done - held.get(demand.pk, ZERO)
        if missing > 0:
            demand.item = items[line_no]
            wishes.append(Hold(demand, order.warehouse, missing, line=line_no))
    if not wishes:
        raise NothingToReserve(number=order.number)
    reservations.hold(company, wishes, by=by, at=at)
    audit_entry("reserve", order, by=by, at=at).save(force_insert=True)
    return order


def _held(demands: list[Demand]) -> dict[int, Decimal]:
    rows = Reservation.objects.filter(demand__in=demands, state=Reservation.State.HELD).values("demand_id").annotate(held=Sum("quantity"))
    return {row["demand_id"]: row["held"] for row in rows.order_by()}


@durable
def give_back_order(*, company: Company, document_id: int, by: User, at: dt.datetime) -> SalesOrder:
    """Give back all that is reserved for an order.

    Raises:
        NothingToGiveBack: nothing is reserved, for instance because it has been given back already.
    """
    order = claim(SalesOrder, document_id, [State.APPROVED], done=(State.DONE, State.CLOSED, State.CANCELLED), company=company)
    demands = requirements.lock(Demand, company, origin_of(order))
    if not reservations.give_back(company, [demand.pk for demand in demands.values()]):
        raise NothingToGiveBack(number=order.number)
    audit_entry("give_back", order, by=by, at=at).save(force_insert=True)
    return order

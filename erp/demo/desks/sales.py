"""The sales desk: customers' orders come in and are approved; what is due and in stock is shipped."""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Sum

from core.models import State
from erp.demo.calendar import at, chance
from erp.demo.masters import Factory
from finance.credit import CreditExceeded
from inventory.models import StockBalance, StockStatus
from masterdata.models import Customer
from sales.models import SalesOrder, SalesOrderLine, Shipment
from sales.orders import approve_order, draft_order
from sales.shipments import draft_shipment, post_shipment

WANTED = {"FG-CP50": (30, 14), "FG-CP80": (22, 9), "FG-MP40": (11, 5), "FG-WG63": (18, 24), "FG-HG100": (13, 12), "FG-HG160": (6, 5)}
"""How often a product is asked for, and how many at most at a time."""
DISCOUNTS = (Decimal("1"), Decimal("1"), Decimal("0.98"), Decimal("0.95"))
ORDERS_PER_DAY = (0, 1, 1, 1, 2, 2, 3)
OPEN_AT_START = 12
RUSH_CUSTOMER, RUSH_QUANTITY = "C005", 24


def take_orders(factory: Factory, day: dt.date) -> None:
    """Enter the day's orders; the boss approves those that the customer's credit bears, the others wait."""
    number = (day - factory.company.start_date).days
    luck = chance(number, "orders")
    for _ in range(luck.choice(ORDERS_PER_DAY)):
        _take(factory, day, luck, due=day + dt.timedelta(days=luck.randint(12, 30)))


def bring_open_orders(factory: Factory, day: dt.date) -> None:
    """Enter what was open in the old books when the new ones start."""
    luck = chance(0, "open orders")
    for number in range(OPEN_AT_START):
        _take(factory, day, luck, due=day + dt.timedelta(days=2 + number))


def take_rush_order(factory: Factory, day: dt.date) -> None:
    """Promise more of the biggest pump, and sooner, than the factory can make."""
    customer = next(one for one in factory.customers if one.code == RUSH_CUSTOMER)
    approve(factory, day, enter_order(factory, day, customer, [("FG-MP40", RUSH_QUANTITY)], due=day + dt.timedelta(days=10)))


def _take(factory: Factory, day: dt.date, luck: Random, *, due: dt.date) -> None:
    customer, wishes = luck.choice(factory.customers), _wishes(luck)
    approve(factory, day, enter_order(factory, day, customer, wishes, due=due))


def _wishes(luck: Random) -> list[tuple[str, int]]:
    names = list(WANTED)
    weights = [weight for weight, _most in WANTED.values()]
    products = dict.fromkeys(luck.choices(names, weights, k=luck.choice((1, 1, 2, 3))))
    return [(product, luck.randint(WANTED[product][1] // 3, WANTED[product][1])) for product in products]


def enter_order(factory: Factory, day: dt.date, customer: Customer, wishes: list[tuple[str, int]], *, due: dt.date) -> SalesOrder:
    """Enter one order at list price, less the customer's discount."""
    discount = DISCOUNTS[customer.pk % len(DISCOUNTS)]
    data: dict[str, Any] = {
        "customer": customer,
        "customer_reference": f"{customer.code}-{day:%m%d}",
        "document_date": day,
        "due_date": due,
        "warehouse": factory.warehouses["FIN"],
        "lines": [
            {
                "item": factory.items[code],
                "quantity": Decimal(quantity),
                "unit_price": (factory.items[code].list_price * discount).quantize(Decimal("0.01")),
            }
            for code, quantity in wishes
        ],
    }
    return draft_order(company=factory.company, data=data, by=factory.people.sales, at=at(day, 9, 10))


def approve(factory: Factory, day: dt.date, order: SalesOrder) -> bool:
    """Have the boss approve an order; False where the credit limit does not bear it."""
    try:
        approve_order(company=factory.company, document_id=order.pk, by=factory.people.boss, at=at(day, 9, 40))
    except CreditExceeded:
        return False
    return True


def ask_again(factory: Factory, day: dt.date) -> None:
    """Approve orders that waited for credit, if it suffices now."""
    for order in SalesOrder.objects.filter(company=factory.company, state=State.DRAFT, document_date__lt=day).order_by("id"):
        approve(factory, day, order)


def ship_due_orders(factory: Factory, day: dt.date) -> None:
    """Ship what is due within two days, as far as it is in stock; the earliest promised first."""
    free = free_stock(factory)
    orders = SalesOrder.objects.filter(company=factory.company, state=State.APPROVED, due_date__lte=day + dt.timedelta(days=2)).order_by(
        "due_date", "id"
    )
    for order in orders.select_related("customer", "warehouse"):
        ship(factory, day, order, free)


def free_stock(factory: Factory) -> dict[int, Decimal]:
    """Products that may be shipped, by item id."""
    rows = StockBalance.objects.filter(company=factory.company, warehouse=factory.warehouses["FIN"], status=StockStatus.FREE, on_hand__gt=0)
    sums = rows.values("item_id").annotate(there=Sum("on_hand"), held=Sum("reserved")).order_by()
    return {row["item_id"]: row["there"] - row["held"] for row in sums}


def ship(factory: Factory, day: dt.date, order: SalesOrder, free: dict[int, Decimal]) -> Shipment | None:
    """Ship as much of an order as is free; None where nothing is."""
    lines = []
    for line in SalesOrderLine.objects.filter(document=order).order_by("line_no"):
        quantity = min(line.quantity - line.shipped, free.get(line.item_id, Decimal(0)))
        if quantity > 0:
            lines.append({"order_line": line.line_no, "quantity": quantity})
            free[line.item_id] -= quantity
    if not lines:
        return None
    shipment = draft_shipment(
        company=factory.company,
        data={"order": order, "document_date": day, "lines": lines},
        by=factory.people.warehouse,
        at=at(day, 15, 30),
    )
    return post_shipment(company=factory.company, document_id=shipment.pk, by=factory.people.warehouse, at=at(day, 16))

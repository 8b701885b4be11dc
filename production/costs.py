"""The cost ledger of work orders: what went in by cost element, what left with received goods or settlement.

Every row mirrors an amount that the same transaction books on the work-in-process accounts with the order's dimension, so
that an order's rows always add up to its balance there (P5).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import Sum

from core import bulk
from core.decimals import ZERO
from inventory.ledger import Origin
from inventory.signals import StockPosted
from masterdata.dimensions import Dimensions
from production.models import WorkOrder, WorkOrderCost
from production.models.work_order import CostElement

Parts = dict[str, Decimal]
"""Amounts by cost element."""


def origin_of(order: WorkOrder) -> Origin:
    """How the floors below name a work order."""
    return Origin("work_order", order.number)


def dimensions_of(order: WorkOrder) -> Dimensions:
    """What the books note beside every amount of an order: workshop and order."""
    return Dimensions(department_id=order.department_id, work_order=order.number)


def collected(order: WorkOrder) -> Parts:
    """What is left on an order now, by element (every element is named)."""
    sums = WorkOrderCost.objects.filter(work_order=order).values("element").annotate(amount=Sum("amount")).order_by()
    return dict.fromkeys(CostElement.values, ZERO) | {row["element"]: row["amount"] for row in sums}


def record(order: WorkOrder, amounts: Sequence[tuple[int, str, Decimal]], *, date: dt.date, origin: Origin) -> None:
    """Append (document line, element, amount) to an order's cost; what is zero is left out."""
    bulk.insert(cost_rows(order, amounts, date=date, origin=origin))


def cost_rows(order: WorkOrder, amounts: Sequence[tuple[int, str, Decimal]], *, date: dt.date, origin: Origin) -> list[WorkOrderCost]:
    """The rows that `record` appends, for who writes them together with others."""
    return [
        WorkOrderCost(
            company_id=order.company_id,
            work_order=order,
            element=element,
            amount=amount,
            date=date,
            origin_kind=origin.kind,
            origin_number=origin.number,
            origin_line=line,
        )
        for line, element, amount in amounts
        if amount
    ]


def cost_out(parts: Mapping[str, Decimal]) -> list[tuple[int, str, Decimal]]:
    """What leaves an order, as rows for `record`."""
    return [(1, element, -amount) for element, amount in parts.items()]


def amounts_by_line(posted: StockPosted, *booked_as: str) -> dict[int, Decimal]:
    """What the books took for each document line under some events (a settlement of negative stock is none of the order's cost)."""
    sums: dict[int, Decimal] = {}
    for line in posted.lines:
        if line.event in booked_as:
            number = line.move.origin_line
            sums[number] = sums.get(number, ZERO) + line.amount
    return sums

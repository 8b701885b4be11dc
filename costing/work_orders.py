"""The cost sheet of a work order (成本计算单): planned and collected by element, what went into stock, what is still in process."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from core.decimals import ZERO, round_money
from core.models import Company
from production.models import WorkOrder, WorkOrderCost, WorkOrderMaterial, WorkOrderOperation
from production.models.work_order import CostElement
from production.unit_costs import cost_of_minutes

_RECEIPT, _ORDER = "finished_receipt", "work_order"


@dataclass(frozen=True, slots=True)
class ElementCost:
    """One cost element of an order."""

    element: str
    label: str
    planned: Decimal
    """at today's standard costs and rates, for the whole ordered quantity"""
    collected: Decimal
    received: Decimal
    """what left with finished receipts"""
    settled: Decimal
    """what left when the order was closed"""

    @property
    def in_process(self) -> Decimal:
        """What is still on the order."""
        return self.collected - self.received - self.settled

    @property
    def variance(self) -> Decimal:
        """Collected minus planned: + is dearer."""
        return self.collected - self.planned


@dataclass(frozen=True, slots=True)
class CostSheet:
    """What an order was planned to cost, what it has collected, what has left it."""

    order: WorkOrder
    elements: tuple[ElementCost, ...]

    def _total(self, name: str) -> Decimal:
        return sum((getattr(element, name) for element in self.elements), ZERO)

    def _collected(self, element: CostElement) -> Decimal:
        return next(one.collected for one in self.elements if one.element == element)

    @property
    def material(self) -> Decimal:
        """Direct material collected."""
        return self._collected(CostElement.MATERIAL)

    @property
    def labour(self) -> Decimal:
        """Direct labour collected."""
        return self._collected(CostElement.LABOUR)

    @property
    def overhead(self) -> Decimal:
        """Overhead collected."""
        return self._collected(CostElement.OVERHEAD)

    @property
    def planned(self) -> Decimal:
        """What the ordered quantity was planned to cost when the order was made out."""
        return round_money(self.order.planned_unit_cost * self.order.quantity)

    @property
    def collected(self) -> Decimal:
        """All elements together."""
        return self._total("collected")

    @property
    def out(self) -> Decimal:
        """What was received into stock or settled."""
        return self._total("received") + self._total("settled")

    @property
    def in_process(self) -> Decimal:
        """What has not been received or settled yet."""
        return self.collected - self.out

    @property
    def unit_cost(self) -> Decimal | None:
        """What one received piece has cost so far; None before the first receipt."""
        return round_money(self.out / self.order.received, 4) if self.order.received else None


def cost_sheet(order: WorkOrder) -> CostSheet:
    """The cost sheet of one order."""
    return cost_sheets([order])[0]


def cost_sheets(orders: Iterable[WorkOrder]) -> list[CostSheet]:
    """The cost sheets of some orders, in three statements."""
    wanted = list(orders)
    planned = _planned(wanted)
    sums = (
        WorkOrderCost.objects.filter(work_order__in=wanted)
        .values("work_order_id", "element")
        .annotate(
            collected=Sum("amount", filter=~Q(origin_kind__in=[_RECEIPT, _ORDER])),
            received=Sum("amount", filter=Q(origin_kind=_RECEIPT)),
            settled=Sum("amount", filter=Q(origin_kind=_ORDER)),
        )
        .order_by()
    )
    found: dict[tuple[int, str], dict[str, Any]] = {(row["work_order_id"], row["element"]): {**row} for row in sums}
    return [
        CostSheet(
            order,
            tuple(
                _element(element, planned.get((order.pk, element.value), ZERO), found.get((order.pk, element.value), {}))
                for element in CostElement
            ),
        )
        for order in wanted
    ]


def _element(element: CostElement, planned: Decimal, sums: dict[str, Decimal | None]) -> ElementCost:
    return ElementCost(
        element=element.value,
        label=str(element.label),
        planned=planned,
        collected=sums.get("collected") or ZERO,
        received=-(sums.get("received") or ZERO),
        settled=-(sums.get("settled") or ZERO),
    )


def _planned(orders: list[WorkOrder]) -> dict[tuple[int, str], Decimal]:
    """Planned cost by order and element: materials at today's standard cost, minutes at today's rates."""
    amounts: dict[tuple[int, str], Decimal] = {}

    def add(order_id: int, element: CostElement, amount: Decimal) -> None:
        key = (order_id, element.value)
        amounts[key] = amounts.get(key, ZERO) + amount

    for material in WorkOrderMaterial.objects.filter(document__in=orders).select_related("item"):
        add(material.document_id, CostElement.MATERIAL, round_money(material.quantity * material.item.standard_cost))
    for operation in WorkOrderOperation.objects.filter(document__in=orders).select_related("work_center"):
        centre = operation.work_center
        add(operation.document_id, CostElement.LABOUR, cost_of_minutes(operation.planned_minutes, centre.labour_rate))
        add(operation.document_id, CostElement.OVERHEAD, cost_of_minutes(operation.planned_minutes, centre.machine_rate))
    return amounts


def open_sheets(company: Company) -> list[CostSheet]:
    """Cost sheets of all orders with something left in process (在产品)."""
    left = WorkOrderCost.objects.filter(company=company).values("work_order_id", "element").annotate(sum=Sum("amount")).order_by()
    ids = set(left.exclude(sum=0).values_list("work_order_id", flat=True))
    return cost_sheets(WorkOrder.objects.filter(pk__in=ids).select_related("item", "department").order_by("id"))


def in_process(company: Company, orders: QuerySet[WorkOrder]) -> Decimal:
    """The cost of some orders that is still in process, in one statement."""
    rows = WorkOrderCost.objects.filter(company=company, work_order__in=orders)
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO

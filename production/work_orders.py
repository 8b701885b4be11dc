"""Work orders: made out with their own list of materials and operations, released with their materials reserved, cancelled.

States: draft → released → running (first issue or report) → done (final receipt) → closed (`production.closing`).
The order announces itself to planning and warehouse by one Supply row and a Demand row for each material.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, Sum, When
from django.utils.translation import gettext_lazy as _

from core import numbering
from core.db import durable
from core.decimals import EXACT, PRICE_PLACES, ZERO, round_half_up
from core.drafts import open_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput
from core.models import AuditEntry, Company, State, User
from core.posting import audit_entry, change_state, claim
from inventory import requirements, reservations
from inventory.models import Demand, Reservation, Supply, Warehouse
from inventory.reservations import Hold
from masterdata.models import Department, Item
from masterdata.usable import refuse_blocked, refuse_fractions
from production.costs import collected, origin_of
from production.engineering import Engineering, Need, explode, planned_minutes, read_engineering
from production.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation
from production.registering import register, register_again
from production.unit_costs import cost_of_minutes, unit_costs

KIND, PREFIX = "work_order", "WO"


class NotMade(InvalidInput):
    """An item that is bought has no work order."""

    def __init__(self, item: Item) -> None:
        super().__init__(
            "not_manufactured",
            _("{item} is not made here (supply type: {supply})."),
            field="item",
            item=item,
            supply=item.get_supply_type_display(),
        )


class InProgress(BusinessError):
    """An order on which something has been done can't be cancelled."""

    code = "in_progress"
    text = _("{number} can't be cancelled: materials were issued or work was reported.")
    hint = _("Return the materials and reverse the reports first, or close the order.")


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What a new work order is to be, before it has materials, operations and a number."""

    item: Item
    quantity: Decimal
    document_date: dt.date
    start_date: dt.date
    due_date: dt.date
    department: Department
    material_warehouse: Warehouse
    target_warehouse: Warehouse
    note: str = ""
    source_number: str = ""


@dataclass(slots=True)
class _Made:
    """A work order with its rows, not saved yet."""

    order: WorkOrder
    materials: list[WorkOrderMaterial] = field(default_factory=list)
    operations: list[WorkOrderOperation] = field(default_factory=list)


@durable
def draft_order(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> WorkOrder:
    """Make out a work order: its materials and operations are a copy of what bill and routing say on its start date.

    Args:
        data: validated by `production.inputs.WorkOrderInput`.

    Raises:
        NotMade, NoBom, DateOrder, InvalidInputs, SomeBlocked: nothing is written.
    """
    plan = OrderPlan(**data)
    check([plan])
    return make_orders(company, [plan], by=by, at=at)[0]


@durable
def edit_order(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> WorkOrder:
    """Save a draft again; materials and operations are exploded anew. What is held for it stays held as far as it is still needed.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    order = open_draft(WorkOrder, document_id, company=company, version=version)
    plan = OrderPlan(**{**data, "source_number": order.source_number})
    check([plan])
    made = _build(company, [plan], into=[order])[0]
    order.materials.all().delete()
    order.operations.all().delete()
    save_edit(order, (), by=by, at=at)
    _save_rows([made])
    register_again(order, made.materials)
    return order


def check(plans: Sequence[OrderPlan]) -> None:
    """Let pass only what can be made as planned.

    Raises:
        NotMade, DateOrder, SomeBlocked, InvalidInputs: it can't.
    """
    for plan in plans:
        if plan.item.supply_type != Item.Supply.MANUFACTURED:
            raise NotMade(plan.item)
        if plan.due_date < plan.start_date:
            raise DateOrder(field="due_date", later=_("The due date"), earlier=_("the start date"))
    named = ("item", "department", "material_warehouse", "target_warehouse")
    refuse_blocked({(name, getattr(plan, name).pk): (name, getattr(plan, name)) for plan in plans for name in named}.values())
    refuse_fractions(("quantity", plan.item, plan.quantity) for plan in plans)


def make_orders(company: Company, plans: Sequence[OrderPlan], *, by: User, at: dt.datetime) -> list[WorkOrder]:
    """Save new work orders in bulk: the number of statements does not depend on how many (building block)."""
    made = _build(company, plans, into=[WorkOrder() for _plan in plans])
    orders = [one.order for one in made]
    for order in orders:
        order.created_by, order.created_at = by, at
    _number(company, orders)
    WorkOrder.objects.bulk_create(orders)
    _save_rows(made)
    register(company, [(one.order, one.materials) for one in made])
    AuditEntry.objects.bulk_create([audit_entry("create", order, by=by, at=at) for order in orders])
    return orders


def _number(company: Company, orders: Sequence[WorkOrder]) -> None:
    """Number new orders, month by month, in their order."""
    months: dict[tuple[int, int], list[WorkOrder]] = {}
    for order in orders:
        months.setdefault((order.document_date.year, order.document_date.month), []).append(order)
    for month in sorted(months):
        serials = numbering.take(company, KIND, months[month][0].document_date, len(months[month]))
        for order, serial in zip(months[month], serials, strict=True):
            order.number = numbering.document_number(PREFIX, order.document_date, serial)


def _build(company: Company, plans: Sequence[OrderPlan], *, into: Sequence[WorkOrder]) -> list[_Made]:
    book = read_engineering(company, [plan.item for plan in plans])
    made = [_explode(company, plan, order, book) for plan, order in zip(plans, into, strict=True)]
    _plan_costs(company, made)
    return made


def _explode(company: Company, plan: OrderPlan, order: WorkOrder, book: Engineering) -> _Made:
    order.company = company
    for name in (
        "item",
        "quantity",
        "document_date",
        "start_date",
        "due_date",
        "department",
        "material_warehouse",
        "target_warehouse",
        "note",
        "source_number",
    ):
        setattr(order, name, getattr(plan, name))
    order.bom = book.bom_of(plan.item, plan.start_date)
    needs = explode(book, plan.item, plan.quantity, on=plan.start_date)
    operations = book.operations.get(plan.item.pk, [])
    return _Made(
        order,
        [_material(order, number, need) for number, need in enumerate(needs, start=1)],
        [
            WorkOrderOperation(
                document=order,
                line_no=number,
                operation_no=op.operation_no,
                name=op.name,
                name_en=op.name_en,
                work_center=op.work_center,
                planned_minutes=minutes,
            )
            for number, (op, minutes) in enumerate(zip(operations, planned_minutes(operations, plan.quantity), strict=True), start=1)
        ],
    )


def _material(order: WorkOrder, number: int, need: Need) -> WorkOrderMaterial:
    return WorkOrderMaterial(document=order, line_no=number, item=need.item, quantity=need.quantity, operation_no=need.operation_no)


def _plan_costs(company: Company, made: Sequence[_Made]) -> None:
    """Set the planned unit cost: materials at standard (made ones without a standard rolled up), minutes at the work centres' rates."""
    rolled: dict[int, Decimal] = {}
    if any(not row.item.standard_cost and row.item.supply_type == Item.Supply.MANUFACTURED for one in made for row in one.materials):
        rolled = {pk: cost.total for pk, cost in unit_costs(company, on=min(one.order.start_date for one in made)).items()}
    for one in made:
        total = sum((EXACT.multiply(row.quantity, row.item.standard_cost or rolled.get(row.item_id, ZERO)) for row in one.materials), ZERO)
        total += sum((planned_operation_cost(op) for op in one.operations), ZERO)
        one.order.planned_unit_cost = round_half_up(EXACT.divide(total, one.order.quantity), PRICE_PLACES)


def planned_operation_cost(operation: WorkOrderOperation) -> Decimal:
    """Planned minutes of an operation at labour and machine rate."""
    centre = operation.work_center
    return cost_of_minutes(operation.planned_minutes, centre.labour_rate + centre.machine_rate, PRICE_PLACES)


def _save_rows(made: Sequence[_Made]) -> None:
    WorkOrderMaterial.objects.bulk_create([row for one in made for row in one.materials])
    WorkOrderOperation.objects.bulk_create([row for one in made for row in one.operations])


@durable
def release_order(*, company: Company, document_id: int, by: User, at: dt.datetime, partial: bool = False) -> WorkOrder:
    """Give an order to the workshop: its materials are reserved (try), as far as they have not been reserved before.

    Args:
        partial: reserve what is there and release although something is short.

    Raises:
        StockShort: with every material that is short, unless `partial`; nothing is written.
    """
    order = claim(WorkOrder, document_id, [State.DRAFT], done=[State.RELEASED, State.RUNNING], company=company)
    refuse_blocked([("item", order.item), ("material_warehouse", order.material_warehouse)])
    demands = requirements.lock(Demand, company, origin_of(order))
    items = {row.line_no: row.item for row in order.materials.select_related("item__category")}
    demands = {line: demands[line] for line in sorted(items)}
    for line, row in demands.items():
        row.item = items[line]
    held = _held(demands.values())
    missing = {line: row.quantity - row.done - held.get(row.pk, ZERO) for line, row in demands.items()}
    wishes = [Hold(demands[line], order.material_warehouse, quantity, line) for line, quantity in missing.items() if quantity > 0]
    if wishes:
        reservations.hold(company, wishes, by=by, at=at, partial=partial)
    change_state(order, State.RELEASED, "release", by=by, at=at)
    return order


def _held(demands: Iterable[Demand]) -> dict[int, Decimal]:
    """What is frozen already: a shop-floor system may have reserved for the draft."""
    rows = Reservation.objects.filter(demand__in=list(demands), state=Reservation.State.HELD)
    return {row["demand_id"]: row["held"] for row in rows.values("demand_id").annotate(held=Sum("quantity")).order_by()}


@durable
def cancel_order(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> WorkOrder:
    """Give an order up: what was reserved for it is free again (cancel), and planning forgets it.

    A running order can be given up when all that was done on it has been taken back.

    Raises:
        InProgress: materials were issued or work was reported.
    """
    order = claim(WorkOrder, document_id, [State.DRAFT, State.RELEASED, State.RUNNING], done=[State.CANCELLED], company=company)
    if order.state == State.RUNNING and _was_worked_on(order):
        raise InProgress(number=order.number)
    forget(order)
    change_state(order, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    return order


def _was_worked_on(order: WorkOrder) -> bool:
    """Tell whether anything of what was done on an order still stands."""
    pieces = order.good or order.scrapped or order.accepted or order.received
    return bool(pieces) or order.materials.filter(issued__gt=0).exists() or any(collected(order).values())


def promise(order: WorkOrder) -> None:
    """Tell planning how many pieces can still come of an order on which work is done: what was scrapped won't."""
    coming = order.quantity - order.scrapped
    supplies = Supply.objects.filter(company=order.company, origin_kind=KIND, origin_number=order.number)
    supplies.update(quantity=coming, is_open=Case(When(done__lt=coming, then=True), default=False))


def forget(order: WorkOrder) -> None:
    """Free what is reserved for an order and close what it wanted and promised."""
    reservations.give_back(order.company, [row.pk for row in withdraw(order)])


def withdraw(order: WorkOrder) -> list[Demand]:
    """Close what an order wanted and promised.

    Returns:
        its demands, locked; what is held for them is still to be given back. Demand and supply come before stock in the order of locks.
    """
    origin = origin_of(order)
    demands = list(requirements.lock(Demand, order.company, origin).values())
    requirements.close(Demand, order.company, origin)
    requirements.close(Supply, order.company, origin)
    for row in demands:
        row.is_open = False
    return demands

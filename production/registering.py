"""What a work order tells planning and warehouse: one Supply row, and a Demand row for each material."""

from collections.abc import Sequence

from core.decimals import ZERO
from core.models import Company
from inventory import requirements, reservations
from inventory.ledger.posting import upsert
from inventory.models import Demand, Supply
from inventory.requirements import Requirement
from production.costs import origin_of
from production.models import WorkOrder, WorkOrderMaterial


def register(company: Company, orders: Sequence[tuple[WorkOrder, Sequence[WorkOrderMaterial]]]) -> None:
    """Tell planning what new orders will bring and what they take, in two statements."""
    Supply.objects.bulk_create([_supply(order) for order, _materials in orders])
    Demand.objects.bulk_create([row for order, materials in orders for row in _demands(order, materials)])


def _supply(order: WorkOrder) -> Supply:
    brings = Requirement(1, order.item, order.quantity, order.due_date, order.target_warehouse)
    return requirements.rows(Supply, order.company, origin_of(order), [brings])[0]


def _demands(order: WorkOrder, materials: Sequence[WorkOrderMaterial]) -> list[Demand]:
    wants = [Requirement(m.line_no, m.item, m.quantity, order.start_date, order.material_warehouse) for m in materials]
    return requirements.rows(Demand, order.company, origin_of(order), wants)


def register_again(order: WorkOrder, materials: Sequence[WorkOrderMaterial]) -> None:
    """Tell planning what an edited draft will bring and what it takes.

    Its rows stay, because stock may be held for them: a hold on what is still wanted from the same place stays up to the new quantity,
    any other is given back. A row that has no material any more is closed.
    """
    company, origin = order.company, origin_of(order)
    known = requirements.lock(Demand, company, origin)
    wanted = {row.origin_line: row for row in _demands(order, materials)}
    elsewhere = [row.pk for line, row in known.items() if line in wanted and not _same_goods(row, wanted[line])]
    for line, row in known.items():
        _say_anew(row, wanted.get(line))
    upsert(Demand, list(known.values()), ["item", "warehouse", "due_date", "quantity", "is_open"])
    Demand.objects.bulk_create([row for line, row in wanted.items() if line not in known])
    Supply.objects.filter(company=company, origin_kind=origin.kind, origin_number=origin.number).delete()
    _supply(order).save(force_insert=True)
    if elsewhere:
        reservations.give_back(company, elsewhere)
    reservations.trim(company, list(known.values()))


def _same_goods(row: Demand, wanted: Demand) -> bool:
    return (row.item_id, row.warehouse_id) == (wanted.item_id, wanted.warehouse_id)


def _say_anew(row: Demand, wanted: Demand | None) -> None:
    if wanted is None:
        row.quantity, row.is_open = ZERO, False
        return
    row.item, row.warehouse, row.due_date, row.quantity, row.is_open = (
        wanted.item,
        wanted.warehouse,
        wanted.due_date,
        wanted.quantity,
        True,
    )

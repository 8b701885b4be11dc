"""A scratch database on the server of DATABASE_URL, filled by the real services, removed afterwards."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import connection

from inventory.entries import draft_entry, post_entry
from inventory.models import StockEntry
from masterdata.models import Item
from production.bom import save_bom
from production.issues import draft_issue
from production.models import WorkOrder
from production.work_orders import draft_order, release_order
from tests.factory import NOW, START, TODAY, Factory, build_factory


@contextmanager
def scratch_database() -> Iterator[str]:
    """Create a migrated database beside the one of DATABASE_URL, point Django at it, and remove it in the end."""
    before = connection.settings_dict["NAME"]
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield name
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def plant(products: int, lines: int) -> tuple[Factory, list[WorkOrder]]:
    """A factory with one released work order per product, each with `lines` materials of its own, all in stock."""
    factory = build_factory("BENCH")
    unit, raw, finished = factory.bolt.unit, factory.bolt.category, factory.frame.category
    materials = [
        Item(company=factory.company, code=f"M{p:02d}-{n:03d}", name=f"材料 {p}-{n}", unit=unit, category=raw, standard_cost=Decimal(3))
        for p in range(products)
        for n in range(lines)
    ]
    Item.objects.bulk_create(materials)
    stock = [{"item": item, "quantity": Decimal(1_000_000), "unit_cost": Decimal("3.17")} for item in materials]
    for start in range(0, len(stock), 500):
        data: dict[str, Any] = {
            "kind": StockEntry.Kind.OPENING,
            "document_date": START,
            "warehouse": factory.store,
            "reason": "bench",
            "lines": stock[start : start + 500],
        }
        entry = draft_entry(company=factory.company, data=data, by=factory.nora, at=NOW)
        post_entry(company=factory.company, document_id=entry.pk, by=factory.nora, at=NOW)
    orders = [_order(factory, p, materials[p * lines : (p + 1) * lines], unit, finished) for p in range(products)]
    return factory, orders


def _order(factory: Factory, number: int, materials: list[Item], unit: Any, category: Any) -> WorkOrder:
    product = Item.objects.create(
        company=factory.company,
        code=f"P{number:02d}",
        name=f"产品 {number}",
        unit=unit,
        category=category,
        supply_type=Item.Supply.MANUFACTURED,
    )
    bom = {"item": product, "valid_from": START, "lines": [{"component": item, "quantity": Decimal(1)} for item in materials]}
    save_bom(company=factory.company, data=bom, by=factory.ada, at=NOW)
    head = {
        "item": product,
        "quantity": Decimal(100_000),
        "document_date": TODAY,
        "start_date": TODAY,
        "due_date": TODAY + dt.timedelta(days=30),
        "department": factory.workshop,
        "material_warehouse": factory.store,
        "target_warehouse": factory.store,
    }
    order = draft_order(company=factory.company, data=head, by=factory.nora, at=NOW)
    release_order(company=factory.company, document_id=order.pk, by=factory.nora, at=NOW)
    return order


def issues(factory: Factory, order: WorkOrder, count: int, lines: int) -> list[int]:
    """Draft `count` issues of one piece of each material; gives their ids."""
    data = {"work_order": order, "document_date": TODAY, "lines": [{"material": n, "quantity": Decimal(1)} for n in range(1, lines + 1)]}
    order.refresh_from_db()
    return [draft_issue(company=factory.company, data=data, by=factory.nora, at=NOW).pk for _ in range(count)]

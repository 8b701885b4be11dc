"""Steps of buying, storing and selling, in a line each: the given-part of stories. Everything goes through the real services."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from core.errors import BusinessError
from inventory import entries
from inventory.models import StockBalance, StockEntry
from masterdata.models import Item
from purchasing import orders as purchase_orders
from purchasing import receipts
from purchasing.models import PurchaseOrder, PurchaseReceipt
from sales import orders as sales_orders
from sales import shipments
from sales.models import SalesOrder, Shipment
from tests.factory import NOW, TODAY, Factory
from tests.faults import dump

Line = tuple[Item, str, str]
"""An item, how many, and its price or unit cost."""


def day(number: int) -> dt.date:
    """So many days from the day of the tests."""
    return TODAY + dt.timedelta(days=number)


def by_nora(factory: Factory) -> dict[str, Any]:
    """What every verb wants to know, said by the storekeeper."""
    return {"company": factory.company, "by": factory.nora, "at": NOW}


def by_ada(factory: Factory) -> dict[str, Any]:
    """The same, said by the one who approves."""
    return {"company": factory.company, "by": factory.ada, "at": NOW}


def stock(factory: Factory, *lines: Line, **more: Any) -> StockEntry:
    """Opening stock, posted: item, quantity, unit cost."""
    entry = entries.draft_entry(
        **by_nora(factory),
        data={
            "kind": "opening",
            "document_date": factory.company.start_date,
            "warehouse": factory.store,
            "reason": "Opening stock",
            "lines": [{"item": item, "quantity": Decimal(quantity), "unit_cost": Decimal(cost), **more} for item, quantity, cost in lines],
        },
    )
    return entries.post_entry(**by_nora(factory), document_id=entry.pk)


def order_data(factory: Factory, *lines: Line, **head: Any) -> dict[str, Any]:
    """A customer's order as its input gives it: item, quantity, price."""
    typed = [{"item": item, "quantity": Decimal(quantity), "unit_price": Decimal(price)} for item, quantity, price in lines]
    return {"customer": factory.customer, "document_date": TODAY, "due_date": day(7), "warehouse": factory.store, "lines": typed, **head}


def sales_order(factory: Factory, *lines: Line, approved: bool = True, **head: Any) -> SalesOrder:
    """A customer's order, approved unless said otherwise."""
    order = sales_orders.draft_order(**by_nora(factory), data=order_data(factory, *lines, **head))
    return sales_orders.approve_order(**by_ada(factory), document_id=order.pk) if approved else order


def shipment(factory: Factory, order: SalesOrder, *quantities: str, posted: bool = True, **head: Any) -> Shipment:
    """A shipment of so many of the order's lines, from the first on; posted unless said otherwise."""
    order.refresh_from_db()
    lines = [
        {"order_line": number, "quantity": Decimal(quantity)} for number, quantity in enumerate(quantities, start=1) if quantity != "0"
    ]
    drafted = shipments.draft_shipment(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": lines, **head})
    return shipments.post_shipment(**by_nora(factory), document_id=drafted.pk) if posted else drafted


def _parts(quantities: tuple[str, ...]) -> list[dict[str, Any]]:
    """So many of each order line, from the first on; none of those that say 0."""
    return [{"order_line": number, "quantity": Decimal(part)} for number, part in enumerate(quantities, start=1) if part != "0"]


def purchase_data(factory: Factory, *lines: Line, **head: Any) -> dict[str, Any]:
    """A purchase order as its input gives it: item, quantity, price."""
    typed = [{"item": item, "quantity": Decimal(quantity), "unit_price": Decimal(price)} for item, quantity, price in lines]
    return {"supplier": factory.supplier, "document_date": TODAY, "due_date": day(7), "warehouse": factory.store, "lines": typed, **head}


def purchase_order(factory: Factory, *lines: Line, approved: bool = True, **head: Any) -> PurchaseOrder:
    """An order to the supplier, approved unless said otherwise."""
    order = purchase_orders.draft_order(**by_nora(factory), data=purchase_data(factory, *lines, **head))
    return purchase_orders.approve_order(**by_ada(factory), document_id=order.pk) if approved else order


def receipt(
    factory: Factory, order: PurchaseOrder, *quantities: str, posted: bool = True, line: Any = None, **head: Any
) -> PurchaseReceipt:
    """A receipt of so many of the order's lines, from the first on; `line` says more about each."""
    order.refresh_from_db()
    lines = [{**part, **(line or {})} for part in _parts(quantities)]
    drafted = receipts.draft_receipt(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": lines, **head})
    return receipts.post_receipt(**by_nora(factory), document_id=drafted.pk) if posted else drafted


def on_hand(item: Item) -> str:
    """What lies where: bin, lot, status, quantity, what is reserved; one place per line."""
    rows = StockBalance.objects.filter(item=item).exclude(on_hand=0).select_related("bin", "lot", "warehouse")
    rows = rows.order_by("warehouse__code", "bin__code", "lot__code", "status")
    return "\n".join(
        " ".join(
            [
                f"{row.warehouse.code}/{row.bin.code}",
                *([row.lot.code] if row.lot else []),
                row.status,
                f"{row.on_hand.normalize():f}",
                *([f"({row.reserved.normalize():f} reserved)"] if row.reserved else []),
            ]
        )
        for row in rows
    )


@contextmanager
def refused(error: type[BusinessError]) -> Iterator[Any]:
    """Expect the block to be refused, and that no table has changed; gives what pytest.raises gives."""
    before = dump()
    with pytest.raises(error) as refusal:
        yield refusal
    after = dump()
    assert after == before, f"refused, but written: {[table for table in before if before[table] != after[table]]}"


def fields(refusal: Any) -> list[tuple[str, str]]:
    """The problems of a refusal: field and code."""
    return [(problem.field, problem.code) for problem in refusal.value.problems()]

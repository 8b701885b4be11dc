"""Whatever the number of lines, a verb of buying, storing and selling takes the same number of SQL statements."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.inputs import validated
from inventory import entries, transfers
from inventory.models import Bin, Warehouse
from masterdata.models import Item
from purchasing import orders as purchase_orders
from purchasing import receipts, requisitions
from purchasing.inputs import PurchaseOrderInput, PurchaseReceiptInput, RequisitionInput
from purchasing.models import PurchaseOrder
from sales import orders as sales_orders
from sales import reserving, shipments
from sales.inputs import SalesOrderInput, ShipmentInput
from tests.factory import TODAY, Factory
from tests.trade import by_ada, by_nora, day

D = Decimal
LIMIT = 55
"""More than this is too much for any of them."""


@pytest.fixture
def goods(factory: Factory) -> list[Item]:
    """Fifty different things to buy, keep by lot, and sell."""
    common = {
        "company": factory.company,
        "unit": factory.bolt.unit,
        "category": factory.bolt.category,
        "is_sold": True,
        "lot_tracked": True,
    }
    return [Item.objects.create(**common, code=f"G-{number:02d}", name=f"货物{number}") for number in range(50)]


def statements(verb: Callable[..., Any], **arguments: Any) -> tuple[Any, int]:
    """What a verb gives, and how many statements it took (without the test's own savepoints)."""
    with CaptureQueriesContext(connection) as queries:
        answer = verb(**arguments)
    return answer, sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries)


class Counted:
    """Somebody who does one thing after another, and notes how many statements each took."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self.counts: dict[str, int] = {}

    def step(self, name: str, verb: Callable[..., Any], *, by: str = "nora", **arguments: Any) -> Any:
        """Do one thing, the maker unless said otherwise."""
        says = by_nora(self.factory) if by == "nora" else by_ada(self.factory)
        answer, self.counts[name] = statements(verb, **says, **arguments)
        return answer

    def typed(self, serializer: Any, **data: Any) -> dict[str, Any]:
        """Pass what was typed through the input of a document."""
        data = {"document_date": str(TODAY), **data}
        name = f"read {serializer.__name__}"
        answer, self.counts[name] = statements(validated, serializer_class=serializer, data=data, company=self.factory.company)
        return answer


def buy(counted: Counted, goods: list[Item]) -> None:
    """Ask for goods, order, receive, take back, receive again."""
    factory, step = counted.factory, counted.step
    asked = [{"item": item.code, "quantity": "4", "due_date": str(day(5)), "supplier": "S1"} for item in goods]
    requisition = step("draft requisition", requisitions.draft_requisition, data=counted.typed(RequisitionInput, lines=asked))
    step("approve requisition", requisitions.approve_requisition, by="ada", document_id=requisition.pk)
    to = {"warehouse": factory.store, "document_date": TODAY}
    step("order requisition", purchase_orders.order_requisition, document_id=requisition.pk, **to)
    bought = [
        {"item": item.code, "quantity": "4", "unit_price": "2.35", "requisition_line": f"{requisition.number}/{number}"}
        for number, item in enumerate(goods, start=1)
    ]
    order = PurchaseOrder.objects.get(lines__requisition_line__document=requisition, lines__line_no=1)
    data = counted.typed(PurchaseOrderInput, supplier="S1", warehouse="MAIN", due_date=str(day(5)), lines=bought)
    step("edit purchase order", purchase_orders.edit_order, document_id=order.pk, version=1, data=data)
    step("approve purchase order", purchase_orders.approve_order, by="ada", document_id=order.pk)
    came = [{"order_line": number, "quantity": "4", "lot_code": f"{len(goods)}-{number}"} for number in range(1, len(goods) + 1)]
    for suffix in ("", " again"):
        data = counted.typed(PurchaseReceiptInput, order=order.number, lines=came)
        drafted = step("draft receipt" + suffix, receipts.draft_receipt, data=data)
        received = step("post receipt" + suffix, receipts.post_receipt, document_id=drafted.pk)
        if not suffix:
            step("reverse receipt", receipts.reverse_receipt, document_id=received.pk)


def store(counted: Counted, goods: list[Item]) -> None:
    """Move goods and take some out, and take both back."""
    factory, step = counted.factory, counted.step
    yard = Warehouse.objects.get(company=factory.company, code="YARD")
    lines = [{"item": item, "quantity": D(1)} for item in goods]
    moved = {"document_date": TODAY, "warehouse": factory.store, "to_warehouse": yard, "lines": lines}
    transfer = step("draft transfer", transfers.draft_transfer, data=moved)
    step("post transfer", transfers.post_transfer, document_id=transfer.pk)
    step("reverse transfer", transfers.reverse_transfer, document_id=transfer.pk)

    taken = {"kind": "other_out", "document_date": TODAY, "warehouse": factory.store, "reason": "samples", "lines": lines}
    entry = step("draft entry", entries.draft_entry, data=taken)
    step("post entry", entries.post_entry, document_id=entry.pk)
    step("reverse entry", entries.reverse_entry, document_id=entry.pk)


def sell(counted: Counted, goods: list[Item]) -> None:
    """Enter an order, reserve, ship, and take it back."""
    step = counted.step
    sold = [{"item": item.code, "quantity": "3", "unit_price": "9.99"} for item in goods]
    wanted = counted.typed(SalesOrderInput, customer="C1", warehouse="MAIN", due_date=str(day(5)), lines=sold)
    order = step("draft order", sales_orders.draft_order, data=wanted)
    step("edit order", sales_orders.edit_order, document_id=order.pk, version=1, data=wanted)
    step("approve order", sales_orders.approve_order, by="ada", document_id=order.pk)
    step("reserve order", reserving.reserve_order, document_id=order.pk)
    leaving = [{"order_line": number, "item": item.code, "quantity": "3"} for number, item in enumerate(goods, start=1)]
    data = counted.typed(ShipmentInput, order=order.number, lines=leaving)
    drafted = step("draft shipment", shipments.draft_shipment, data=data)
    shipped = step("post shipment", shipments.post_shipment, document_id=drafted.pk)
    step("reverse shipment", shipments.reverse_shipment, document_id=shipped.pk)


def through_all_doors(factory: Factory, goods: list[Item]) -> dict[str, int]:
    """Buy, store and sell all of `goods`; the statements of each step."""
    counted = Counted(factory)
    for part in (buy, store, sell):
        part(counted, goods)
    return counted.counts


def test_one_line_or_fifty(on_postgres: None, factory: Factory, goods: list[Item]) -> None:
    """SQLite splits long inserts, so only PostgreSQL shows it."""
    yard = Warehouse.objects.create(company=factory.company, code="YARD", name="料场")
    Bin.objects.create(company=factory.company, warehouse=yard, code="Y-01", is_default=True)
    through_all_doors(factory, goods[:2])  # number sequences and the chain's head exist from here on

    few, more, many = (through_all_doors(factory, goods[:count]) for count in (1, 10, 50))

    assert few == more == many
    assert {name: count for name, count in many.items() if count > LIMIT} == {}

"""The cost sheet of an order: planned, actual, received and settled by element, and what the orders in process add up to."""

from decimal import Decimal

import pytest

from costing.work_orders import cost_sheet, in_process, open_sheets
from production import closing
from production.models import WorkOrder
from tests.factory import Factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "900.00"))
    return factory


def test_an_order_by_element_from_issue_to_close(shop: Factory) -> None:
    order = w.released(shop)
    assert open_sheets(shop.company) == []
    w.issue(shop, order)
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="10", minutes="140")
    sheet = cost_sheet(order)
    assert [(e.element, e.planned, e.collected, e.variance) for e in sheet.elements] == [
        ("material", D(680), D(700), D(20)),
        ("labour", D(210), D(208), D(-2)),
        ("overhead", D(105), D(104), D(-1)),
    ]
    assert (sheet.planned, sheet.in_process, sheet.unit_cost) == (D(995), D(1012), None)
    assert [one.order.number for one in open_sheets(shop.company)] == [order.number]
    assert in_process(shop.company, WorkOrder.objects.all()) == 1012

    w.accept(shop, order, "10")
    w.receive(shop, order, "6")
    order.refresh_from_db()
    sheet = cost_sheet(order)
    # 6 × 99.50, split as the cost stands on the order: 700 : 208 : 104 of 1,012
    assert [e.received for e in sheet.elements] == [D("412.94"), D("122.70"), D("61.36")]
    assert sheet.in_process == D("415.00")

    closing.close_order(document_id=order.pk, **w.as_nora(shop))
    order.refresh_from_db()
    sheet = cost_sheet(order)
    assert (sheet.out, sheet.in_process, sheet.unit_cost) == (D("1012.00"), D(0), D("168.6667"))
    assert open_sheets(shop.company) == []
    w.assert_costs_are_in_the_books(shop)

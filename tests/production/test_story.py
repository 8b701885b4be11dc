"""Ten frames are made: from the order to the products in the store, and every cent of their cost."""

from decimal import Decimal
from textwrap import dedent

import pytest

from core.models import State
from inventory.models import Demand, Lot, Supply, ValuationPool
from production import closing, work_orders
from tests.books import trial_balance, voucher_text
from tests.factory import Factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "900.00"))
    return factory


def test_ten_frames_from_order_to_stock(shop: Factory) -> None:
    # The planner makes out an order: the bill's materials and the routing's operations are copied onto it.
    order = w.order(shop)
    assert [(m.item.code, m.quantity) for m in order.materials.select_related("item")] == [("BOLT", 40), ("PLATE", 20)]
    assert [(o.operation_no, o.planned_minutes) for o in order.operations.all()] == [(10, 90), (20, 150)]
    # 40 × 2 + 20 × 30 + 90 min × 90/h + 150 min × 72/h = 680 + 135 + 180
    assert order.planned_unit_cost == D("99.5")

    # It is released, so its materials are reserved …
    w.released(shop, "1")  # a small order before it takes 4 bolts and 2 plates
    work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (44, 22)

    # … and leave the store, at what they have cost.
    issue = w.issue(shop, order)
    order.refresh_from_db()
    assert order.state == State.RUNNING
    assert (w.on_hand(shop.bolt), w.reserved(shop.bolt)) == (60, 4)
    assert voucher_text(issue.number) == dedent("""\
        借  40010101  直接材料        700.00  W1 WO-202603-0001
        贷  140301    原料及主要材料  700.00  W1 WO-202603-0001""")

    # Sawing and welding: one frame cracks.
    w.report(shop, order, 10, good="10", minutes="96")
    report = w.report(shop, order, 20, good="9", scrapped="1", minutes="150")
    assert voucher_text(report.number) == dedent("""\
        借  40010102  直接人工        120.00  W1 WO-202603-0001
        借  40010103  制造费用         60.00  W1 WO-202603-0001
        贷  221101    职工工资        120.00  W1
        贷  410198    已分配制造费用   60.00  W1""")
    w.assert_costs_are_in_the_books(shop)

    # Quality accepts nine; four go into stock at the planned cost, the last five take all that is left.
    w.accept(shop, order, "9")
    first = w.receive(shop, order, "4")
    assert first.value == D("398.00")
    last = w.receive(shop, order, "5")
    order.refresh_from_db()
    assert (last.is_final, order.state, order.received, order.scrapped) == (True, State.DONE, 9, 1)
    assert first.value + last.value == 700 + 96 + 48 + 120 + 60
    assert w.cost_of(order) == {}
    assert ValuationPool.objects.get(item=shop.frame).value == D("1024.00")
    assert not Supply.objects.get(origin_number=order.number).is_open
    assert not Demand.objects.filter(origin_number=order.number, is_open=True).exists()

    closing.close_order(document_id=order.pk, **w.as_nora(shop))
    w.assert_costs_are_in_the_books(shop)
    assert not Lot.objects.exists()
    assert trial_balance(shop.company) == dedent("""\
        140301  原料及主要材料     450.00
        140501  产成品           1,024.00
        221101  职工工资          -216.00
        310415  未分配利润      -1,150.00
        410198  已分配制造费用    -108.00""")

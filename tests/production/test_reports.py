"""Work is reported, inspected and received; what goes too far is refused, what was wrong is taken back."""

from decimal import Decimal
from typing import Any

import pytest

from core.errors import AlreadyDone, InvalidInput, StateConflict
from core.models import State
from finance.models import Voucher
from inventory.inspections import NotAsInspected
from inventory.ledger.reversal import WouldGoNegative
from inventory.models import Inspection, Lot, Supply
from masterdata.models import Item
from production import inspection, receipts, reports
from production.inspection import AlreadyReceived
from production.models import Routing, WorkOrder, WorkOrderCost
from production.receipts import NotAccepted
from production.reports import MoreThanGiven, NothingIssued, NothingReported, PassedOn
from tests.factory import TODAY, Factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "900.00"))
    return factory


@pytest.fixture
def order(shop: Factory) -> WorkOrder:
    """Ten frames, materials issued."""
    made = w.released(shop)
    w.issue(shop, made)
    return made


def state_of(order: WorkOrder) -> tuple[Any, ...]:
    order.refresh_from_db()
    return order.state, order.good, order.scrapped, order.accepted, order.received


def test_pieces_go_from_operation_to_operation(shop: Factory, order: WorkOrder) -> None:
    with pytest.raises(MoreThanGiven):
        w.report(shop, order, 20, good="1", minutes="10")
    w.report(shop, order, 10, good="6", minutes="60", scrapped="1")
    with pytest.raises(MoreThanGiven):
        w.report(shop, order, 20, good="5", minutes="10", scrapped="2")
    with pytest.raises(MoreThanGiven) as refusal:
        w.report(shop, order, 10, good="4", minutes="1")
    assert refusal.value.facts["open"] == "3"
    w.report(shop, order, 20, good="5", minutes="75")
    assert state_of(order) == (State.RUNNING, 5, 1, 0, 0)
    assert Supply.objects.get(origin_number=order.number).quantity == 9
    assert Inspection.objects.get().quantity == 5
    w.assert_costs_are_in_the_books(shop)


def test_nothing_is_reported_before_material_or_without_figures(shop: Factory, order: WorkOrder) -> None:
    other = w.released(shop, "1")
    with pytest.raises(NothingIssued):
        w.report(shop, other, 10, good="1", minutes="1")
    with pytest.raises(NothingReported):
        w.report(shop, order, 10, good="0", minutes="0")
    with pytest.raises(InvalidInput) as unknown:
        w.report(shop, order, 99, good="1", minutes="0")
    assert unknown.value.field == "operation"
    assert not Voucher.objects.filter(origin_kind="operation_report").exists()


def test_minutes_alone_cost_and_give_no_piece(shop: Factory, order: WorkOrder) -> None:
    report = w.report(shop, order, 10, good="0", minutes="12.5")
    assert (report.labour_cost, report.machine_cost) == (D("12.50"), D("6.25"))
    assert state_of(order) == (State.RUNNING, 0, 0, 0, 0)


def test_a_report_taken_back_leaves_nothing_behind(shop: Factory, order: WorkOrder) -> None:
    w.report(shop, order, 10, good="10", minutes="96")
    before = w.cost_of(order)
    last = w.report(shop, order, 20, good="4", minutes="60", scrapped="1")
    waiting = Inspection.objects.get()
    back = reports.reverse_report(document_id=last.pk, reason="wrong order", **w.as_nora(shop))
    waiting.refresh_from_db()
    assert (waiting.state, back.reversal_of_id) == (State.CANCELLED, last.pk)
    assert (state_of(order), w.cost_of(order)) == ((State.RUNNING, 0, 0, 0, 0), before)
    assert Supply.objects.get(origin_number=order.number).quantity == 10
    w.assert_costs_are_in_the_books(shop)
    with pytest.raises(AlreadyDone):
        reports.reverse_report(document_id=last.pk, **w.as_nora(shop))


def test_what_has_gone_on_is_taken_back_from_the_end(shop: Factory, order: WorkOrder) -> None:
    sawn = w.report(shop, order, 10, good="10", minutes="96")
    welded = w.report(shop, order, 20, good="4", minutes="60")
    with pytest.raises(PassedOn):
        reports.reverse_report(document_id=sawn.pk, **w.as_nora(shop))
    decided = w.accept(shop, order, "4")
    with pytest.raises(PassedOn):
        reports.reverse_report(document_id=welded.pk, **w.as_nora(shop))
    received = w.receive(shop, order, "4")
    with pytest.raises(AlreadyReceived):
        inspection.reverse_inspection(document_id=decided.pk, **w.as_nora(shop))

    receipts.reverse_receipt(document_id=received.pk, **w.as_nora(shop))
    inspection.reverse_inspection(document_id=decided.pk, **w.as_nora(shop))
    assert Inspection.objects.filter(state=State.DRAFT).count() == 1
    reports.reverse_report(document_id=welded.pk, **w.as_nora(shop))
    reports.reverse_report(document_id=sawn.pk, **w.as_nora(shop))
    assert (state_of(order), w.cost_of(order)) == ((State.RUNNING, 0, 0, 0, 0), {"material": D("700.00")})
    w.assert_costs_are_in_the_books(shop)


def test_quality_decides_about_all_of_it_and_says_why(shop: Factory, order: WorkOrder) -> None:
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="10", minutes="150")
    with pytest.raises(NotAsInspected):
        w.accept(shop, order, "9")
    w.accept(shop, order, "8", rejected="2")
    assert state_of(order) == (State.RUNNING, 10, 2, 8, 0)
    with pytest.raises(NotAccepted) as refusal:
        w.receive(shop, order, "9")
    assert refusal.value.facts["open"] == "8"
    # Nothing more can come, so eight complete the order and take all of its cost.
    receipt = w.receive(shop, order, "8")
    assert (receipt.is_final, receipt.value) == (True, D(700 + 96 + 48 + 120 + 60))
    assert state_of(order)[0] == State.DONE


def test_a_receipt_taken_back_reopens_its_order(shop: Factory, order: WorkOrder) -> None:
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="10", minutes="150")
    w.accept(shop, order, "10")
    before = w.cost_of(order)
    receipt = w.receive(shop, order, "10", lot_code="L-77")
    assert Lot.objects.get().code == "L-77"
    with pytest.raises(AlreadyDone):
        receipts.post_receipt(document_id=receipt.pk, **w.as_nora(shop))
    receipts.reverse_receipt(document_id=receipt.pk, reason="wrong lot", **w.as_nora(shop))
    assert (state_of(order), w.cost_of(order)) == ((State.RUNNING, 10, 0, 10, 0), before)
    assert Supply.objects.get(origin_number=order.number).is_open
    w.assert_costs_are_in_the_books(shop)

    again = w.receive(shop, order, "10")
    w.ship(shop, "1")
    with pytest.raises(WouldGoNegative):
        receipts.reverse_receipt(document_id=again.pk, **w.as_nora(shop))
    assert state_of(order)[0] == State.DONE


def test_goods_kept_by_lot_take_the_orders_number(shop: Factory, order: WorkOrder) -> None:
    Item.objects.filter(pk=shop.frame.pk).update(lot_tracked=True)
    order.refresh_from_db()
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="10", minutes="150")
    w.accept(shop, order, "10")
    w.receive(shop, order, "10")
    lot = Lot.objects.get()
    assert (lot.code, lot.production_date, lot.origin_number) == (order.number, TODAY, order.number)


def test_without_operations_what_is_issued_may_be_received(shop: Factory) -> None:
    Routing.objects.all().delete()
    order = w.released(shop, "2")
    with pytest.raises(StateConflict):  # completed before issue
        w.receive(shop, order, "2")
    w.issue(shop, order)
    with pytest.raises(NotAccepted):
        w.receive(shop, order, "3")
    receipt = w.receive(shop, order, "2")
    assert (receipt.value, receipt.material_cost, state_of(order)[0]) == (D("140.00"), D("140.00"), State.DONE)
    w.assert_costs_are_in_the_books(shop)


def test_parts_are_exact_to_the_cent_and_sum_to_the_whole(shop: Factory, order: WorkOrder) -> None:
    w.report(shop, order, 10, good="10", minutes="97")
    w.report(shop, order, 20, good="10", minutes="151")
    w.accept(shop, order, "10")
    values = [w.receive(shop, order, quantity) for quantity in ("3", "3", "3", "1")]
    for receipt in values:
        assert receipt.value == receipt.material_cost + receipt.labour_cost + receipt.overhead_cost
    assert [receipt.value for receipt in values[:3]] == [D("298.50")] * 3
    spent = sum((row.amount for row in WorkOrderCost.objects.filter(work_order=order, amount__gt=0)), D(0))
    assert sum((receipt.value for receipt in values), D(0)) == spent == D("1026.70")
    assert w.cost_of(order) == {}
    w.assert_costs_are_in_the_books(shop)

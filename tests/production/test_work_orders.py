"""Work orders: explosion, release with reservation, what is short, cancelling, and closing with what is left."""

import datetime as dt
from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import AlreadyDone, DateOrder, EditedByOther, InvalidInput, InvalidInputs, NotVisible, StateConflict
from core.models import AuditEntry, State
from finance.models import Voucher
from inventory import reservations
from inventory.ledger.posting import StockShort
from inventory.models import Demand, Inspection, Reservation, StockBalance, Supply, ValuationPool
from masterdata.models import Item, ItemCategory
from production import closing, issues, receipts, reports, returns, work_orders
from production.closing import DraftsWaiting
from production.engineering import NoBom
from production.models import Bom, WorkOrder
from production.work_orders import InProgress
from tests.books import voucher_text
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "900.00"))
    return factory


def plan(order: WorkOrder) -> Any:
    return {row.item.code: row.quantity for row in order.materials.select_related("item")}


def close(shop: Factory, order: WorkOrder, **changes: Any) -> WorkOrder:
    return closing.close_order(document_id=order.pk, **w.as_nora(shop), **changes)


def test_losses_and_fractions_are_rounded_up_once(shop: Factory) -> None:
    Bom.objects.all().delete()
    lines = [
        {"component": shop.bolt, "quantity": D(10), "scrap_percent": D("2.5")},
        {"component": shop.plate, "quantity": D(1)},
    ]
    w.bill(shop, shop.frame, base_quantity=D(3), lines=lines)
    order = w.order(shop, "7")
    assert plan(order) == {"BOLT": 24, "PLATE": 3}  # 7 × 10 / 3 / 0.975 = 23.93; 7 / 3 = 2.33


def test_a_phantom_gives_way_to_its_parts(shop: Factory) -> None:
    common = {"company": shop.company, "unit": shop.bolt.unit, "category": shop.bolt.category}
    kit = Item.objects.create(**common, code="KIT", name="紧固件包", supply_type=Item.Supply.PHANTOM)
    inner = Item.objects.create(**common, code="INNER", name="内包", supply_type=Item.Supply.PHANTOM)
    Bom.objects.all().delete()
    w.bill(shop, inner, (shop.bolt, "3"))
    w.bill(shop, kit, (inner, "2"), (shop.bolt, "1"))
    w.bill(shop, shop.frame, (kit, "2"), (shop.plate, "1"))
    assert plan(w.order(shop, "5")) == {"BOLT": 70, "PLATE": 5}


def test_the_version_of_the_start_date_counts(shop: Factory) -> None:
    spring = TODAY + dt.timedelta(days=30)
    w.bill(shop, shop.frame, (shop.bolt, "1"), version="2", valid_from=spring)
    assert plan(w.order(shop, "1")) == {"BOLT": 4, "PLATE": 2}
    assert plan(w.order(shop, "1", start_date=spring, due_date=spring)) == {"BOLT": 1}


def test_what_cannot_be_made_is_refused(shop: Factory) -> None:
    with pytest.raises(InvalidInput) as bought:
        w.order(shop, item=shop.bolt)
    assert bought.value.code == "not_manufactured"
    Bom.objects.all().delete()
    with pytest.raises(NoBom):
        w.order(shop)
    with pytest.raises(DateOrder):
        w.order(shop, due_date=TODAY - dt.timedelta(days=1))
    with pytest.raises(InvalidInputs):
        w.order(shop, "1.5")
    shop.store.is_blocked = True
    with pytest.raises(InvalidInputs) as blocked:
        w.order(shop)
    assert blocked.value.code == "blocked"
    assert not WorkOrder.objects.exists()
    assert not Demand.objects.exists()


def test_release_says_every_shortage_and_writes_nothing(shop: Factory) -> None:
    order = w.order(shop, "30")
    with pytest.raises(StockShort) as refusal:
        work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    assert [(p.field, *p.facts.values()) for p in refusal.value.problems()] == [
        ("lines[0].quantity", "BOLT 螺栓", "主仓", "120", "100", "0"),
        ("lines[1].quantity", "PLATE 钢板", "主仓", "60", "30", "0"),
    ]
    order.refresh_from_db()
    assert (order.state, w.reserved(shop.bolt)) == (State.DRAFT, 0)
    work_orders.release_order(document_id=order.pk, partial=True, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (100, 30)
    with pytest.raises(AlreadyDone):
        work_orders.release_order(document_id=order.pk, **w.as_nora(shop))


def test_a_release_reserves_what_is_not_reserved_yet(shop: Factory) -> None:
    # The shop floor has held 20 of the 30 plates for the draft: ten frames need no others.
    order = w.order(shop)
    plates = Demand.objects.get(origin_number=order.number, item=shop.plate)
    reservations.try_hold(demand=plates, warehouse=shop.store, quantity=D(20), **w.as_nora(shop))
    bolts = Demand.objects.get(origin_number=order.number, item=shop.bolt)
    reservations.try_hold(demand=bolts, warehouse=shop.store, quantity=D(15), **w.as_nora(shop))
    work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (40, 20)


def test_an_order_taken_back_completely_can_be_cancelled(shop: Factory) -> None:
    order = w.released(shop, "1")
    issue = w.issue(shop, order)
    report = w.report(shop, order, 10, good="1", minutes="10")
    issues.reverse_issue(document_id=issue.pk, **w.as_nora(shop))
    with pytest.raises(InProgress):
        work_orders.cancel_order(document_id=order.pk, **w.as_nora(shop))
    reports.reverse_report(document_id=report.pk, **w.as_nora(shop))
    assert work_orders.cancel_order(document_id=order.pk, **w.as_nora(shop)).state == State.CANCELLED
    assert (w.cost_of(order), w.reserved(shop.plate)) == ({}, 0)
    assert not Demand.objects.filter(is_open=True).exists()


def test_cancelling_gives_the_material_back(shop: Factory) -> None:
    order = w.released(shop)
    work_orders.cancel_order(document_id=order.pk, reason="customer withdrew", **w.as_nora(shop))
    assert w.reserved(shop.bolt) == 0
    assert not Demand.objects.filter(is_open=True).exists()
    assert not Supply.objects.filter(is_open=True).exists()
    assert AuditEntry.objects.filter(action="cancel", number=order.number, reason="customer withdrew").exists()
    with pytest.raises(AlreadyDone):
        work_orders.cancel_order(document_id=order.pk, **w.as_nora(shop))
    running = w.released(shop, "1")
    w.issue(shop, running)
    with pytest.raises(InProgress):
        work_orders.cancel_order(document_id=running.pk, **w.as_nora(shop))


def three_frames(shop: Factory) -> dict[str, Any]:
    """What is typed over a draft: three frames, all of it today."""
    days = dict.fromkeys(("document_date", "start_date", "due_date"), TODAY)
    places = dict.fromkeys(("material_warehouse", "target_warehouse"), shop.store)
    return {"item": shop.frame, "quantity": D(3), "department": shop.workshop, **days, **places}


def test_an_edited_draft_is_exploded_anew(shop: Factory) -> None:
    order = w.order(shop)
    data = three_frames(shop) | {"note": "urgent"}
    edited = work_orders.edit_order(document_id=order.pk, version=1, data=data, **w.as_nora(shop))
    assert (plan(edited), edited.note, edited.number) == ({"BOLT": 12, "PLATE": 6}, "urgent", order.number)
    assert list(Demand.objects.order_by("origin_line").values_list("quantity", flat=True)) == [12, 6]
    assert Supply.objects.get().quantity == 3
    with pytest.raises(EditedByOther):
        work_orders.edit_order(document_id=order.pk, version=1, data=data, **w.as_nora(shop))
    work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    with pytest.raises(StateConflict):
        work_orders.edit_order(document_id=order.pk, version=3, data=data, **w.as_nora(shop))


def test_a_draft_for_which_stock_is_held_can_be_edited(shop: Factory) -> None:
    # The shop floor holds 20 plates and 40 bolts for ten frames; then the order is for three, then of another make.
    order = w.order(shop)
    for item, quantity in ((shop.plate, "20"), (shop.bolt, "40")):
        demand = Demand.objects.get(origin_number=order.number, item=item)
        reservations.try_hold(demand=demand, warehouse=shop.store, quantity=D(quantity), **w.as_nora(shop))
    data = three_frames(shop)
    work_orders.edit_order(document_id=order.pk, version=1, data=data, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (12, 6)
    assert planning(order) == [("BOLT", 12, 0, True), ("PLATE", 6, 0, True), ("FRAME", 3, 0, True)]

    Bom.objects.update(is_active=False)
    w.bill(shop, shop.frame, (shop.plate, "1"), version="2")
    work_orders.edit_order(document_id=order.pk, version=2, data=data, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (0, 0)
    assert planning(order) == [("PLATE", 3, 0, True), ("PLATE", 0, 0, False), ("FRAME", 3, 0, True)]
    work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (0, 3)
    w.issue(shop, order)
    assert planning(order)[0] == ("PLATE", 3, 3, False)


def test_strangers_see_no_order(shop: Factory) -> None:
    other = build_factory("OTHER")
    order = w.order(shop)
    who: dict[str, Any] = {"company": other.company, "by": other.nora, "at": NOW}
    for verb in (work_orders.release_order, work_orders.cancel_order, closing.close_order):
        with pytest.raises(NotVisible):
            verb(document_id=order.pk, **who)


# ---- done and opened again ------------------------------------------------------------------------------------------------


def planning(order: WorkOrder) -> list[tuple[str, Decimal, Decimal, bool]]:
    """What planning is told of an order: item, quantity, done, open."""
    told: list[Demand | Supply] = [*Demand.objects.filter(origin_number=order.number).order_by("origin_line")]
    told += Supply.objects.filter(origin_number=order.number)
    return [(row.item.code, row.quantity, row.done, row.is_open) for row in told]


def test_an_order_that_is_done_wants_and_holds_nothing(shop: Factory) -> None:
    # Two frames are made with bolts only; the four plates stay in the store, free for others.
    order = w.released(shop, "2")
    w.issue(shop, order, (1, "8"))
    w.report(shop, order, 10, good="2", minutes="0")
    w.report(shop, order, 20, good="2", minutes="0")
    w.accept(shop, order, "2")
    assert w.reserved(shop.plate) == 4
    last = w.receive(shop, order, "2")
    assert (last.is_final, w.reserved(shop.plate)) == (True, 0)
    assert planning(order) == [("BOLT", 8, 8, False), ("PLATE", 4, 0, False), ("FRAME", 2, 2, False)]
    receipts.reverse_receipt(document_id=last.pk, **w.as_nora(shop))
    assert planning(order) == [("BOLT", 8, 8, False), ("PLATE", 4, 0, True), ("FRAME", 2, 0, True)]


def test_what_came_back_from_a_done_order_is_wanted_when_it_goes_on(shop: Factory) -> None:
    order = w.released(shop, "1")
    w.issue(shop, order)
    w.report(shop, order, 10, good="1", minutes="0")
    w.report(shop, order, 20, good="1", minutes="0")
    w.accept(shop, order, "1")
    last = w.receive(shop, order, "1")
    order.refresh_from_db()
    data = {"work_order": order, "document_date": TODAY, "lines": [{"material": 1, "quantity": D(3)}]}
    returns.post_return(document_id=returns.draft_return(data=data, **w.as_nora(shop)).pk, **w.as_nora(shop))
    assert planning(order)[0] == ("BOLT", 4, 1, False)
    receipts.reverse_receipt(document_id=last.pk, **w.as_nora(shop))
    assert planning(order)[0] == ("BOLT", 4, 1, True)


def test_pieces_rejected_after_the_end_do_not_come_when_it_goes_on(shop: Factory) -> None:
    order = w.released(shop, "4")
    w.issue(shop, order)
    w.report(shop, order, 10, good="4", minutes="0")
    w.report(shop, order, 20, good="2", minutes="0")
    w.report(shop, order, 20, good="2", minutes="0")
    w.accept(shop, order, "2")
    last = w.receive(shop, order, "2", is_final=True)
    w.accept(shop, order, "0", rejected="2")
    receipts.reverse_receipt(document_id=last.pk, **w.as_nora(shop))
    assert planning(order)[-1] == ("FRAME", 2, 0, True)


# ---- closing -------------------------------------------------------------------------------------------------------------


def test_an_order_that_gave_nothing_is_expensed(shop: Factory) -> None:
    order = w.released(shop, "2")
    w.issue(shop, order)
    w.report(shop, order, 10, good="0", scrapped="2", minutes="30")
    assert w.cost_of(order) == {"labour": D("30.00"), "material": D("140.00"), "overhead": D("15.00")}
    assert not Supply.objects.get(origin_number=order.number).is_open
    close(shop, order)
    assert w.cost_of(order) == {}
    assert voucher_text(order.number) == dedent("""\
        借  540103    成本差异转入  185.00  W1 WO-202603-0001
        贷  40010101  直接材料      140.00  W1 WO-202603-0001
        贷  40010102  直接人工       30.00  W1 WO-202603-0001
        贷  40010103  制造费用       15.00  W1 WO-202603-0001""")
    w.assert_costs_are_in_the_books(shop)
    with pytest.raises(AlreadyDone):
        close(shop, order)


def test_an_order_is_not_closed_before_its_costs(shop: Factory) -> None:
    # Settled in January, the order would owe work in process 140.00 until the issue of March.
    order = w.released(shop, "2")
    w.issue(shop, order)
    with pytest.raises(DateOrder) as refusal:
        close(shop, order, document_date=dt.date(2026, 1, 15))
    assert refusal.value.field == "document_date"
    assert w.cost_of(order) == {"material": D("140.00")}
    assert close(shop, order, document_date=TODAY).state == State.CLOSED
    assert not order.costs.filter(date__lt=TODAY).exists()


def test_without_a_date_it_is_closed_on_the_day_of_a_later_cost(shop: Factory) -> None:
    order = w.released(shop, "2")
    tomorrow = TODAY + dt.timedelta(days=1)
    w.issue(shop, order, document_date=tomorrow)
    close(shop, order)
    assert set(order.costs.values_list("date", flat=True)) == {tomorrow}


def test_what_quality_never_decided_is_cancelled_with_its_order(shop: Factory) -> None:
    order = half_finished(shop)
    w.report(shop, order, 20, good="1", minutes="0")
    waiting = Inspection.objects.get(origin_number=order.number, state=State.DRAFT)
    close(shop, order)
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED
    assert AuditEntry.objects.filter(action="cancel", number=waiting.number).exists()


def half_finished(shop: Factory) -> WorkOrder:
    """Four of ten frames are received at the planned cost; 700 + 96 + 48 − 398 is left."""
    order = w.released(shop)
    w.issue(shop, order)
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="4", minutes="0")
    w.accept(shop, order, "4")
    w.receive(shop, order, "4")
    return order


def test_a_closed_order_locks_materials_and_products_together(shop: Factory) -> None:
    # Materials held and products received would be locked one after the other, against the order of locks.
    order = half_finished(shop)
    w.issue(shop, order, (1, "1"), reason="料废")
    bolts = Demand.objects.get(origin_number=order.number, item=shop.bolt)
    Reservation.objects.update_or_create(
        demand=bolts,
        balance=StockBalance.objects.get(item=shop.bolt),
        defaults={"company": shop.company, "quantity": D(2), "state": Reservation.State.HELD, "held_by": shop.nora, "held_at": NOW},
    )
    StockBalance.objects.filter(item=shop.bolt).update(reserved=2)
    with CaptureQueriesContext(connection) as statements:
        close(shop, order)
    tables = ["inventory_demand", "inventory_supply", "inventory_reservation", "inventory_stockbalance", "inventory_valuationpool"]
    touched = [next((t for t in tables if f'FROM "{t}"' in q["sql"] or f'UPDATE "{t}"' in q["sql"]), "") for q in statements]
    firsts = sorted((touched.index(table), table) for table in tables)
    assert [table for _position, table in firsts] == tables
    assert sum(q["sql"].startswith("SELECT") and touched[n] == "inventory_stockbalance" for n, q in enumerate(statements)) == 1
    assert w.reserved(shop.bolt) == 0


def test_what_is_left_follows_the_products(shop: Factory) -> None:
    order = half_finished(shop)
    assert ValuationPool.objects.get(item=shop.frame).value == D("398.00")
    w.stock(shop, (shop.frame, "1", "100.00"), number="SE-2")
    # Three of the five are gone when the order is closed: 446.00 is left, all of it covers four pieces, of which two are still there.
    w.ship(shop, "3")
    close(shop, order)
    assert ValuationPool.objects.get(item=shop.frame).value == D("199.20") + D("223.00")
    assert voucher_text(order.number) == dedent("""\
        借  140501    产成品        223.00  W1 WO-202603-0001
        借  540103    成本差异转入  223.00  W1 WO-202603-0001
        贷  40010101  直接材料      184.96  W1 WO-202603-0001
        贷  40010102  直接人工       25.37  W1 WO-202603-0001
        贷  40010103  制造费用       12.67  W1 WO-202603-0001
        贷  40010101  直接材料      184.95  W1 WO-202603-0001
        贷  40010102  直接人工       25.36  W1 WO-202603-0001
        贷  40010103  制造费用       12.69  W1 WO-202603-0001""")
    w.assert_costs_are_in_the_books(shop)


@pytest.mark.parametrize("method", ["fifo", "specific", "standard", "month_average"])
def test_every_method_of_valuation_keeps_books_and_orders_equal(shop: Factory, method: str) -> None:
    ItemCategory.objects.filter(pk=shop.frame.category_id).update(valuation_method=method)
    shop.frame.refresh_from_db()
    order = w.released(shop)
    w.issue(shop, order)
    w.report(shop, order, 10, good="10", minutes="96")
    w.report(shop, order, 20, good="10", minutes="141")
    w.accept(shop, order, "9", rejected="1")
    first = w.receive(shop, order, "3", lot_code="L-1")
    w.assert_costs_are_in_the_books(shop)
    second = w.receive(shop, order, "4", lot_code="L-2")
    w.assert_costs_are_in_the_books(shop)
    receipts.reverse_receipt(document_id=second.pk, **w.as_nora(shop))
    w.assert_costs_are_in_the_books(shop)
    w.receive(shop, order, "5", lot_code="L-3")
    w.ship(shop, "2")
    order.refresh_from_db()
    close(shop, order)
    assert w.cost_of(order) == {}
    w.assert_costs_are_in_the_books(shop)
    assert first.value == D("298.50")


def test_drafts_keep_an_order_open(shop: Factory) -> None:
    order = half_finished(shop)
    order.refresh_from_db()
    data = {"work_order": order, "operation": 20, "document_date": TODAY, "good": D(1)}
    draft = reports.draft_report(data=data, **w.as_nora(shop))
    before = Voucher.objects.count()
    with pytest.raises(DraftsWaiting) as waiting:
        close(shop, order)
    assert draft.number in waiting.value.message()
    assert Voucher.objects.count() == before

"""Materials leave the store for an order, and come back: quantities, reservations, cost and books, and what is refused."""

from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest
from django.db import connection

from core.errors import AlreadyDone, EditedByOther, InvalidInputs, NotVisible, PeriodClosed, StateConflict
from core.inputs import validated
from core.models import AuditEntry, OutboxEvent, Period, State
from core.reversal import ReversalIsFinal
from finance.models import Voucher
from inventory import reservations
from inventory.ledger.posting import StockShort
from inventory.models import Demand, Reservation, StockMove, Warehouse
from inventory.models.places import Bin
from masterdata.models import Item
from production import issues, receipts, returns, work_orders
from production.inputs import MaterialReturnInput
from production.issues import InProducts, Returned
from production.materials import IssueAboveNeed, NothingToIssue
from production.models import MaterialIssue, MaterialReturn, WorkOrder
from production.returns import OverReturn
from tests.books import voucher_text
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "901.00"))
    return factory


def draft(shop: Factory, order: WorkOrder, *lines: tuple[int, str], **changes: Any) -> MaterialIssue:
    data = {
        "work_order": order,
        "document_date": TODAY,
        "lines": [{"material": n, "quantity": D(quantity)} for n, quantity in lines],
        **changes,
    }
    return issues.draft_issue(data=data, **w.as_nora(shop))


def give_back(shop: Factory, order: WorkOrder, *lines: tuple[int, str]) -> MaterialReturn:
    order.refresh_from_db()
    data = {"work_order": order, "document_date": TODAY, "lines": [{"material": n, "quantity": D(quantity)} for n, quantity in lines]}
    return returns.post_return(document_id=returns.draft_return(data=data, **w.as_nora(shop)).pk, **w.as_nora(shop))


def ledger_size() -> tuple[int, ...]:
    return StockMove.objects.count(), Voucher.objects.count(), AuditEntry.objects.count(), OutboxEvent.objects.count()


def test_a_draft_without_lines_takes_all_that_is_open(shop: Factory) -> None:
    order = w.released(shop)
    first = draft(shop, order, (1, "15"))
    issues.post_issue(document_id=first.pk, **w.as_nora(shop))
    order.refresh_from_db()
    rest = draft(shop, order)
    assert [(line.item.code, line.quantity) for line in rest.lines.select_related("item")] == [("BOLT", 25), ("PLATE", 20)]
    issues.post_issue(document_id=rest.pk, **w.as_nora(shop))
    order.refresh_from_db()
    with pytest.raises(NothingToIssue):
        draft(shop, order)
    assert not Demand.objects.filter(origin_number=order.number, is_open=True).exists()
    assert not Reservation.objects.filter(state=Reservation.State.HELD).exists()
    w.assert_costs_are_in_the_books(shop)


def test_what_is_held_for_others_is_not_taken(shop: Factory) -> None:
    w.released(shop, "12")  # holds 48 bolts and 24 plates
    order = work_orders.release_order(document_id=w.order(shop, "10").pk, partial=True, **w.as_nora(shop))
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (88, 30)
    before = ledger_size()
    with pytest.raises(StockShort) as refusal:
        w.issue(shop, order)
    assert [(p.facts["item"], p.facts["wanted"], p.facts["available"]) for p in refusal.value.problems()] == [("PLATE 钢板", "20", "0")]
    assert ledger_size()[:2] == before[:2]
    assert MaterialIssue.objects.get().state == State.DRAFT


def test_more_than_the_order_needs_wants_a_reason(shop: Factory) -> None:
    order = w.released(shop, "1")
    with pytest.raises(IssueAboveNeed) as refusal:
        draft(shop, order, (1, "3"), (1, "2"))
    assert [p.field for p in refusal.value.problems()] == ["lines[1].quantity"]
    posted = w.issue(shop, order, (1, "5"), reason="料废")
    material = order.materials.get(line_no=1)
    assert (material.issued, material.issued_value) == (5, D("12.50"))
    assert posted.lines.get().value == D("12.50")
    assert not Demand.objects.get(origin_number=order.number, origin_line=1).is_open
    w.assert_costs_are_in_the_books(shop)


def test_posting_twice_is_done_once(shop: Factory) -> None:
    issue = w.issue(shop, w.released(shop))
    size = ledger_size()
    with pytest.raises(AlreadyDone) as done:
        issues.post_issue(document_id=issue.pk, **w.as_nora(shop))
    assert done.value.facts["number"] == issue.number
    assert ledger_size() == size


def test_wrong_states_and_strangers(shop: Factory) -> None:
    order = w.order(shop)
    with pytest.raises(StateConflict):
        draft(shop, order)
    order = w.released(shop, "1")
    issue = draft(shop, order)
    other = build_factory("OTHER")
    with pytest.raises(NotVisible):
        issues.post_issue(company=other.company, document_id=issue.pk, by=other.nora, at=NOW)
    issues.cancel_issue(document_id=issue.pk, reason="wrong order", **w.as_nora(shop))
    with pytest.raises(StateConflict):
        issues.post_issue(document_id=issue.pk, **w.as_nora(shop))
    late = draft(shop, order)
    work_orders.cancel_order(document_id=order.pk, **w.as_nora(shop))
    with pytest.raises(StateConflict):
        issues.post_issue(document_id=late.pk, **w.as_nora(shop))


def test_a_closed_month_takes_no_issue(shop: Factory) -> None:
    issue = draft(shop, w.released(shop))
    Period.objects.filter(company=shop.company, month=TODAY.month).update(state=Period.State.STOCK_CLOSED)
    before = ledger_size()
    with pytest.raises(PeriodClosed):
        issues.post_issue(document_id=issue.pk, **w.as_nora(shop))
    assert ledger_size() == before


def test_an_edit_replaces_the_lines_and_sees_other_edits(shop: Factory) -> None:
    order = w.released(shop)
    issue = draft(shop, order, (1, "10"))
    data = {"work_order": order, "document_date": TODAY, "lines": [{"material": 2, "quantity": D(4)}]}
    edited = issues.edit_issue(document_id=issue.pk, version=1, data=data, **w.as_nora(shop))
    assert [(line.item.code, line.quantity) for line in edited.lines.select_related("item")] == [("PLATE", 4)]
    with pytest.raises(EditedByOther):
        issues.edit_issue(document_id=issue.pk, version=1, data=data, **w.as_nora(shop))


def test_a_reversed_issue_leaves_nothing_behind(shop: Factory) -> None:
    order = w.released(shop, "3")
    issue = w.issue(shop, order)
    assert w.cost_of(order) == {"material": D("210.20")}
    back = issues.reverse_issue(document_id=issue.pk, reason="wrong order", **w.as_nora(shop))
    assert (back.number, back.reversal_of_id, back.state) == ("MI-202603-0002", issue.pk, State.POSTED)
    assert (w.on_hand(shop.bolt), w.on_hand(shop.plate), w.cost_of(order)) == (100, 30, {})
    assert [(m.issued, m.issued_value) for m in order.materials.all()] == [(0, 0), (0, 0)]
    assert Demand.objects.filter(origin_number=order.number, is_open=True, done=0).count() == 2
    assert voucher_text(issue.number) == dedent("""\
        借  40010101  直接材料        210.20  W1 WO-202603-0001
        贷  140301    原料及主要材料  210.20  W1 WO-202603-0001""")
    assert voucher_text(back.number) == dedent("""\
        借  40010101  直接材料        -210.20  W1 WO-202603-0001
        贷  140301    原料及主要材料  -210.20  W1 WO-202603-0001""")
    w.assert_costs_are_in_the_books(shop)
    with pytest.raises(AlreadyDone):
        issues.reverse_issue(document_id=issue.pk, **w.as_nora(shop))
    with pytest.raises(ReversalIsFinal):
        issues.reverse_issue(document_id=back.pk, **w.as_nora(shop))


def test_material_inside_received_products_stays_issued(shop: Factory) -> None:
    # Two frames take 8 bolts and 4 plates; one of them is in the store already, with 71.00 of material inside.
    order = w.released(shop, "2")
    issue = w.issue(shop, order)
    w.report(shop, order, 10, good="2", minutes="0")
    w.report(shop, order, 20, good="2", minutes="0")
    w.accept(shop, order, "2")
    first = w.receive(shop, order, "1")
    left = w.cost_of(order)
    with pytest.raises(InProducts) as refusal:
        issues.reverse_issue(document_id=issue.pk, **w.as_nora(shop))
    assert (refusal.value.facts["number"], w.cost_of(order)) == (issue.number, left)
    assert order.number in refusal.value.message()

    # With the frame taken out of the store again, the issue can be reversed; a second issue that nothing was made of, at any time.
    receipts.reverse_receipt(document_id=first.pk, **w.as_nora(shop))
    more = w.issue(shop, order, (1, "1"), reason="料废")
    w.receive(shop, order, "1")
    issues.reverse_issue(document_id=more.pk, **w.as_nora(shop))
    assert w.cost_of(order) == left
    w.assert_costs_are_in_the_books(shop)


def test_surplus_comes_back_at_what_it_cost(shop: Factory) -> None:
    order = w.released(shop, "7")
    issue = w.issue(shop, order)  # 28 bolts 70.00, 14 plates 420.47
    first = give_back(shop, order, (2, "3"))
    assert first.lines.get().value == D("90.10")
    with pytest.raises(Returned):
        issues.reverse_issue(document_id=issue.pk, **w.as_nora(shop))
    second = give_back(shop, order, (2, "11"))
    assert first.lines.get().value + second.lines.get().value == D("420.47")
    assert w.cost_of(order) == {"material": D("70.00")}
    assert w.on_hand(shop.plate) == 30
    assert Demand.objects.get(origin_number=order.number, origin_line=2).is_open
    assert voucher_text(second.number) == dedent("""\
        借  40010101  直接材料        -330.37  W1 WO-202603-0001
        贷  140301    原料及主要材料  -330.37  W1 WO-202603-0001""")
    with pytest.raises(OverReturn):
        give_back(shop, order, (2, "1"))
    w.assert_costs_are_in_the_books(shop)

    returns.reverse_return(document_id=second.pk, reason="still needed", **w.as_nora(shop))
    assert w.cost_of(order) == {"material": D("400.37")}
    w.assert_costs_are_in_the_books(shop)
    issue.refresh_from_db()
    returns.reverse_return(document_id=first.pk, **w.as_nora(shop))
    issues.reverse_issue(document_id=issue.pk, **w.as_nora(shop))
    assert (w.cost_of(order), w.on_hand(shop.plate)) == ({}, 30)
    w.assert_costs_are_in_the_books(shop)


def test_a_return_of_nothing_is_no_return(shop: Factory) -> None:
    order = w.released(shop, "1")
    w.issue(shop, order)
    data = {"work_order": order.number, "document_date": TODAY.isoformat(), "lines": []}
    with pytest.raises(InvalidInputs) as refusal:
        validated(MaterialReturnInput, data, company=shop.company, today=TODAY)
    assert [(p.code, p.field) for p in refusal.value.problems()] == [("empty", "lines")]


def test_taken_from_elsewhere_what_was_held_is_free_again(shop: Factory) -> None:
    side = Warehouse.objects.create(company=shop.company, code="SIDE", name="边仓")
    Bin.objects.create(company=shop.company, warehouse=side, code="S-01", is_default=True)
    order = w.released(shop, "1")
    shop.store, main = side, shop.store
    shop.shelf, shelf = Bin.objects.get(warehouse=side), shop.shelf
    w.stock(shop, (shop.bolt, "4", "9.00"), number="SE-SIDE")
    shop.store, shop.shelf = main, shelf
    assert w.reserved(shop.bolt) == 4
    w.issue(shop, order, (1, "4"), warehouse=side)
    assert (w.reserved(shop.bolt), w.reserved(shop.plate)) == (0, 2)


def test_what_stays_held_is_what_the_order_still_needs(shop: Factory) -> None:
    # Forty bolts are held in the main bin; thirty are taken from the side bin: ten are still needed, so thirty are free again.
    side = Bin.objects.create(company=shop.company, warehouse=shop.store, code="B-01")
    shop.shelf, shelf = side, shop.shelf
    w.stock(shop, (shop.bolt, "30", "75.00"), number="SE-SIDE")
    shop.shelf = shelf
    order = w.order(shop)
    bolts = Demand.objects.get(origin_number=order.number, item=shop.bolt)
    work_orders.release_order(document_id=order.pk, **w.as_nora(shop))
    assert held_in(bolts) == {"A-01": 40}
    w.issue(shop, order, lines=[{"material": 1, "quantity": D(30), "bin": "B-01"}])
    assert held_in(bolts) == {"A-01": 10}
    assert w.reserved(shop.bolt) == 10


def held_in(demand: Demand) -> dict[str, Decimal]:
    rows = Reservation.objects.filter(demand=demand, state=Reservation.State.HELD).values_list("balance__bin__code", "quantity")
    return dict(rows)


def test_a_return_taken_back_gives_back_what_was_held_for_it(shop: Factory) -> None:
    order = w.released(shop, "1")
    w.issue(shop, order)
    back = give_back(shop, order, (2, "2"))
    plates = Demand.objects.get(origin_number=order.number, origin_line=2)
    reservations.try_hold(demand=plates, warehouse=shop.store, quantity=D(2), **w.as_nora(shop))
    returns.reverse_return(document_id=back.pk, reason="still needed", **w.as_nora(shop))
    plates.refresh_from_db()
    assert (plates.done, plates.is_open, w.reserved(shop.plate)) == (2, False, 0)


def wide_order(shop: Factory, width: int) -> WorkOrder:
    """An order of one CABINET that takes `width` different parts, all reserved."""
    parts = Item.objects.bulk_create(
        [
            Item(
                company=shop.company,
                code=f"P{width}-{n}",
                name=f"零件{n}",
                unit=shop.bolt.unit,
                category=shop.bolt.category,
                standard_cost=D(1),
            )
            for n in range(width)
        ]
    )
    cabinet = Item.objects.create(
        company=shop.company,
        code=f"CAB{width}",
        name="柜",
        unit=shop.bolt.unit,
        category=shop.frame.category,
        supply_type=Item.Supply.MANUFACTURED,
    )
    w.bill(shop, cabinet, *[(part, "2") for part in parts])
    w.stock(shop, *[(part, "5", "7.00") for part in parts], number=f"SE-{width}")
    return w.released(shop, "1", item=cabinet)


def test_an_issue_takes_as_many_statements_for_a_hundred_lines_as_for_one(shop: Factory) -> None:
    counts = {}
    for width in (1, 10, 100):
        issue = draft(shop, wide_order(shop, width))
        statements: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, statements: list[str] = statements) -> Any:
            if not sql.startswith(("SAVEPOINT", "RELEASE")):
                statements.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            issues.post_issue(document_id=issue.pk, **w.as_nora(shop))
        counts[width] = len(statements)
    if connection.vendor == "postgresql":
        assert set(counts.values()) == {counts[1]}, counts
        assert counts[100] <= 23, "\n".join(statement[:110] for statement in statements)
    else:  # SQLite takes 999 values at a time, so long documents need a few more
        assert counts[1] == counts[10] <= 32, counts
        assert counts[100] <= counts[10] + 6, counts

"""A customer's order: entered, approved by another person, cancelled or closed."""

from decimal import Decimal

import pytest

from core.errors import AlreadyDone, EditedByOther, InvalidInput, InvalidInputs, MakerIsChecker, NotVisible, StateConflict
from core.models import AuditEntry, State
from finance.credit import CreditExceeded
from inventory import reservations
from inventory.models import Demand
from masterdata.models import TaxRate
from masterdata.usable import SomeBlocked
from sales.orders import PartlyShipped, approve_order, cancel_order, close_order, draft_order, edit_order
from tests.factory import NOW, Factory, build_factory
from tests.trade import by_ada, by_nora, day, fields, on_hand, order_data, refused, sales_order, shipment, stock

D = Decimal


def test_an_order_is_entered_with_its_money(factory: Factory) -> None:
    order = draft_order(**by_nora(factory), data=order_data(factory, (factory.frame, "3", "33.333"), (factory.frame, "1", "0.55")))

    assert (order.number, order.state) == ("SO-202603-0001", State.DRAFT)
    # 3 × 33.333 = 99.999 → 100.00, tax 13.00; 0.55, tax 0.0715 → 0.07
    assert [(line.net_amount, line.tax_amount) for line in order.lines.all()] == [(D("100.00"), D("13.00")), (D("0.55"), D("0.07"))]
    assert (order.net_amount, order.tax_amount, order.gross_amount) == (D("100.55"), D("13.07"), D("113.62"))
    assert AuditEntry.objects.get(action="create").number == order.number


def test_price_tax_and_date_have_usual_values(factory: Factory) -> None:
    factory.frame.list_price = D("150")
    factory.customer.tax_rate = TaxRate.objects.create(company=factory.company, code="V6", name="6 %", percent=D(6))
    data = order_data(factory)
    data["lines"] = [{"item": factory.frame, "quantity": D(2)}]

    line = draft_order(**by_nora(factory), data=data).lines.get()

    assert (line.unit_price, line.tax_percent, line.net_amount, line.tax_amount, line.due_date) == (150, 6, 300, 18, day(7))


def test_approved_it_becomes_demand(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "3", "100"), (factory.frame, "2", "90"))

    assert (order.state, order.approved_by) == (State.APPROVED, factory.ada)
    demands = Demand.objects.order_by("origin_line").values_list("origin_kind", "origin_number", "origin_line", "quantity", "is_open")
    assert list(demands) == [("sales_order", order.number, 1, D(3), True), ("sales_order", order.number, 2, D(2), True)]


def test_who_made_it_does_not_approve_it(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
    with refused(MakerIsChecker):
        approve_order(**by_nora(factory), document_id=order.pk)


def test_who_changed_it_does_not_approve_it_either(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
    edit_order(**by_ada(factory), document_id=order.pk, version=1, data=order_data(factory, (factory.frame, "4", "100")))
    with refused(MakerIsChecker):
        approve_order(**by_ada(factory), document_id=order.pk)


def test_approving_twice_has_one_effect(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "3", "100"))
    with refused(AlreadyDone) as refusal:
        approve_order(**by_ada(factory), document_id=order.pk)
    assert refusal.value.facts["number"] == order.number


def test_a_stranger_does_not_find_it(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
    other = build_factory("OTHER")
    with refused(NotVisible):
        approve_order(**by_ada(other), document_id=order.pk)


class TestCredit:
    """What the customer owes, has ordered and orders now must fit into the limit."""

    @pytest.fixture(autouse=True)
    def limit_of_1000(self, factory: Factory) -> None:
        factory.customer.credit_limit = D(1000)
        factory.customer.save()

    def test_up_to_the_limit_is_fine(self, factory: Factory) -> None:
        assert sales_order(factory, (factory.frame, "1", "884.95")).gross_amount == D("999.99")

    def test_beyond_it_is_refused(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "1", "900"), approved=False)
        with refused(CreditExceeded) as refusal:
            approve_order(**by_ada(factory), document_id=order.pk)
        assert refusal.value.code == "credit_block"

    def test_open_orders_and_receivables_count_once(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "50"))
        first = sales_order(factory, (factory.frame, "4", "100"))  # 452.00 with tax, half of it shipped: a receivable of 226.00
        shipment(factory, first, "2")

        sales_order(factory, (factory.frame, "1", "484.95"))  # 547.99 with tax: together 999.99, just inside
        last = sales_order(factory, (factory.frame, "1", "1"), approved=False)
        with refused(CreditExceeded):
            approve_order(**by_ada(factory), document_id=last.pk)


class TestEditing:
    def test_replaces_lines_and_keeps_what_was(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"), approved=False)

        edited = edit_order(
            **by_nora(factory), document_id=order.pk, version=1, data=order_data(factory, (factory.frame, "5", "80"), note="by telephone")
        )

        assert (edited.version, edited.net_amount, edited.number) == (2, 400, order.number)
        assert [line.quantity for line in edited.lines.all()] == [5]
        changes = AuditEntry.objects.get(action="edit").changes
        assert changes["note"] == ["", "by telephone"]
        assert changes["lines"][0][0]["quantity"] == "3"

    def test_a_second_tab_is_told(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
        data = order_data(factory, (factory.frame, "5", "80"))
        edit_order(**by_nora(factory), document_id=order.pk, version=1, data=data)
        with refused(EditedByOther) as refusal:
            edit_order(**by_ada(factory), document_id=order.pk, version=1, data=data)
        assert str(refusal.value.facts["by"]) == "Nora"

    def test_only_while_it_is_a_draft(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"))
        with refused(StateConflict):
            edit_order(**by_nora(factory), document_id=order.pk, version=2, data=order_data(factory, (factory.frame, "5", "80")))


class TestBadInput:
    def test_dates_out_of_order(self, factory: Factory) -> None:
        data = order_data(factory, (factory.frame, "1", "1"), (factory.frame, "1", "1"), due_date=day(-1))
        data["lines"][1]["due_date"] = day(3)
        with refused(InvalidInputs) as refusal:
            draft_order(**by_nora(factory), data=data)
        assert fields(refusal) == [("due_date", "date_order"), ("lines[0].due_date", "date_order")]

    def test_blocked_masters(self, factory: Factory) -> None:
        factory.customer.is_blocked = factory.frame.is_blocked = True
        with refused(SomeBlocked) as refusal:
            draft_order(**by_nora(factory), data=order_data(factory, (factory.frame, "1", "1")))
        assert fields(refusal) == [("customer", "blocked"), ("lines[0].item", "blocked")]

    def test_blocked_since_it_was_drafted(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "1", "1"), approved=False)
        factory.customer.is_blocked = True
        factory.customer.save()
        with refused(SomeBlocked):
            approve_order(**by_ada(factory), document_id=order.pk)

    def test_half_a_piece(self, factory: Factory) -> None:
        with refused(InvalidInputs) as refusal:
            draft_order(**by_nora(factory), data=order_data(factory, (factory.frame, "1", "1"), (factory.frame, "2.5", "1")))
        assert fields(refusal) == [("lines[1].quantity", "too_many_decimals")]

    def test_something_that_is_not_sold(self, factory: Factory) -> None:
        with refused(InvalidInputs) as refusal:
            draft_order(**by_nora(factory), data=order_data(factory, (factory.bolt, "1", "1")))
        assert fields(refusal) == [("lines[0].item", "not_sold")]

    def test_a_price_that_no_ledger_can_hold(self, factory: Factory) -> None:
        with refused(InvalidInput) as refusal:
            draft_order(**by_nora(factory), data=order_data(factory, (factory.frame, "900000000000", "90000000000")))
        assert refusal.value.code == "out_of_range"


class TestCancelling:
    def test_gives_back_what_was_reserved(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "50"))
        order = sales_order(factory, (factory.frame, "3", "100"))
        demand = Demand.objects.get()
        reservations.try_hold(company=factory.company, demand=demand, warehouse=factory.store, quantity=D(3), by=factory.nora, at=NOW)
        assert on_hand(factory.frame) == "MAIN/A-01 free 10 (3 reserved)"

        cancelled = cancel_order(**by_nora(factory), document_id=order.pk, reason="the customer withdrew")

        assert cancelled.state == State.CANCELLED
        assert on_hand(factory.frame) == "MAIN/A-01 free 10"
        assert not Demand.objects.get().is_open
        assert AuditEntry.objects.get(action="cancel").reason == "the customer withdrew"

    def test_of_a_draft(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
        assert cancel_order(**by_nora(factory), document_id=order.pk).state == State.CANCELLED

    def test_twice(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"))
        cancel_order(**by_nora(factory), document_id=order.pk)
        with refused(AlreadyDone):
            cancel_order(**by_nora(factory), document_id=order.pk)

    def test_not_after_something_has_left(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "50"))
        order = sales_order(factory, (factory.frame, "3", "100"))
        shipment(factory, order, "1")
        with refused(PartlyShipped):
            cancel_order(**by_nora(factory), document_id=order.pk)


class TestClosing:
    def test_what_is_open_is_no_longer_wanted(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "50"))
        order = sales_order(factory, (factory.frame, "3", "100"))
        shipment(factory, order, "1")

        assert close_order(**by_nora(factory), document_id=order.pk).state == State.CLOSED

        demand = Demand.objects.get()
        assert (demand.done, demand.is_open) == (1, False)

    def test_a_draft_is_cancelled_not_closed(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "3", "100"), approved=False)
        with refused(StateConflict):
            close_order(**by_nora(factory), document_id=order.pk)

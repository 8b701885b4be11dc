"""Goods leave for a customer, and stock, cost of sales, revenue, tax and receivable change in one breath."""

from decimal import Decimal
from textwrap import dedent

import pytest
from django.db.models import Sum

from core.errors import AlreadyDone, DateOrder, InvalidInputs, NotVisible, PeriodClosed, PeriodMissing, StateConflict
from core.models import OutboxEvent, Period, State
from core.periods import open_year
from core.reversal import ReversalIsFinal
from finance.credit import CreditExceeded
from finance.models import OpenItem, PostingRule
from finance.rules import MissingRule
from inventory import reservations
from inventory.ledger.posting import StockShort
from inventory.lots import find_lots
from inventory.models import Bin, Demand, Reservation
from sales.models import SalesOrder, Shipment, ShipmentLine
from sales.orders import close_order
from sales.shipments import ShipmentRefused, cancel_shipment, draft_shipment, edit_shipment, post_shipment, reverse_shipment
from tests.books import trial_balance, voucher_text
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.proof.locks import recorded
from tests.trade import by_nora, day, fields, on_hand, refused, sales_order, shipment, stock

D = Decimal


def test_goods_leave_and_the_books_follow(factory: Factory) -> None:
    # Ten frames lie in the store, worth 55.00 each; the customer wants four at 100.00, tax 13 %.
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "4", "100"))

    shipped = shipment(factory, order, "4")

    assert (shipped.number, shipped.state, shipped.due_date) == ("SH-202603-0001", State.POSTED, day(30))
    assert voucher_text(shipped.number) == dedent("""\
        借  540101    产品销售成本  220.00  C1
        贷  140501    产成品        220.00  C1

        借  112201    应收款        452.00  C1
        贷  500101    产品销售收入  400.00  C1
        贷  22210105  销项税额       52.00  C1""")
    assert trial_balance(factory.company) == dedent("""\
        112201    应收款         452.00
        140501    产成品         330.00
        22210105  销项税额       -52.00
        310415    未分配利润    -550.00
        500101    产品销售收入  -400.00
        540101    产品销售成本   220.00""")
    # … the customer owes it, the order is done, nothing is wanted any more, and whoever listens will hear of it.
    item = OpenItem.objects.get()
    assert (item.side, item.amount, item.open_amount, item.due_date, item.origin_number) == (
        "receivable",
        452,
        452,
        day(30),
        shipped.number,
    )
    order.refresh_from_db()
    assert order.state == State.DONE
    assert not Demand.objects.get().is_open
    assert ShipmentLine.objects.get().cost == 220
    assert OutboxEvent.objects.filter(kind="shipment.posted").get().payload["gross_amount"] == "452"


def test_parts_sum_to_the_order_to_the_cent(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "3", "33.3333"))  # 100.00, tax 13.00

    nets = [shipment(factory, order, "1").net_amount for _ in range(3)]

    assert nets == [D("33.33"), D("33.34"), D("33.33")]
    sums = Shipment.objects.aggregate(net=Sum("net_amount"), tax=Sum("tax_amount"), gross=Sum("gross_amount"))
    assert sums == {"net": order.net_amount, "tax": order.tax_amount, "gross": order.gross_amount}


def test_a_part_leaves_the_order_open(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "4", "100"), (factory.frame, "2", "90"))

    shipment(factory, order, "4", "1")

    order.refresh_from_db()
    assert order.state == State.APPROVED
    assert [line.shipped for line in order.lines.all()] == [4, 1]
    assert list(Demand.objects.order_by("origin_line").values_list("done", "is_open")) == [(4, False), (1, True)]


def test_what_is_reserved_for_the_order_goes_first(factory: Factory) -> None:
    # Six are left, all of them reserved for this order; somebody else's order gets none.
    stock(factory, (factory.frame, "6", "55"))
    ours = sales_order(factory, (factory.frame, "6", "100"))
    theirs = sales_order(factory, (factory.frame, "1", "100"))
    demand = Demand.objects.get(origin_number=ours.number)
    reservations.try_hold(company=factory.company, demand=demand, warehouse=factory.store, quantity=D(6), by=factory.nora, at=NOW)

    waiting = shipment(factory, theirs, "1", posted=False)
    with refused(StockShort) as refusal:
        post_shipment(**by_nora(factory), document_id=waiting.pk)
    assert refusal.value.problems()[0].facts == {
        "item": "FRAME 机架",
        "warehouse": "主仓",
        "wanted": "1",
        "available": "0",
        "reserved": "6",
    }

    shipment(factory, ours, "6")

    assert on_hand(factory.frame) == ""
    assert Reservation.objects.get().state == Reservation.State.CONFIRMED


def ship_from_another_bin(factory: Factory, *, held: str, shipped: str) -> None:
    """Frames are reserved on the shelf A-01 for an order that wants as many; some leave from the bin B-01 instead."""
    Bin.objects.create(company=factory.company, warehouse=factory.store, code="B-01")
    stock(factory, (factory.frame, held, "55"))
    order = sales_order(factory, (factory.frame, held, "100"))
    reservations.try_hold(
        company=factory.company, demand=Demand.objects.get(), warehouse=factory.store, quantity=D(held), by=factory.nora, at=NOW
    )
    stock(factory, (factory.frame, shipped, "55"), bin="B-01")
    line = {"order_line": 1, "quantity": D(shipped), "bin": "B-01"}
    drafted = draft_shipment(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": [line]})
    post_shipment(**by_nora(factory), document_id=drafted.pk)


def test_what_stays_reserved_after_the_last_piece_is_given_back(factory: Factory) -> None:
    ship_from_another_bin(factory, held="1", shipped="1")
    assert on_hand(factory.frame) == "MAIN/A-01 free 1"
    assert Reservation.objects.get().state == Reservation.State.CANCELLED


def test_no_more_stays_reserved_than_the_order_still_wants(factory: Factory) -> None:
    # Four are reserved, three have left, so only one need wait for the customer.
    ship_from_another_bin(factory, held="4", shipped="3")
    assert on_hand(factory.frame) == "MAIN/A-01 free 4 (1 reserved)"
    assert Reservation.objects.get().quantity == 1


class TestCredit:
    """A limit that was lowered after the order is asked about again before the goods leave."""

    @pytest.fixture
    def order(self, factory: Factory) -> SalesOrder:
        stock(factory, (factory.frame, "10", "55"))
        return sales_order(factory, (factory.frame, "4", "100"))  # 452.00 with tax

    @staticmethod
    def limit(factory: Factory, amount: str) -> None:
        factory.customer.credit_limit = D(amount)
        factory.customer.save()

    def test_goods_stay_when_the_limit_does_not_bear_what_is_ordered(self, factory: Factory, order: SalesOrder) -> None:
        drafted = shipment(factory, order, "4", posted=False)
        self.limit(factory, "451.99")
        with refused(CreditExceeded) as refusal:
            post_shipment(**by_nora(factory), document_id=drafted.pk)
        assert refusal.value.facts["wanted"] == "452.00"

        self.limit(factory, "452")
        assert post_shipment(**by_nora(factory), document_id=drafted.pk).state == State.POSTED

    def test_what_is_shipped_counts_as_a_receivable_and_no_longer_as_an_order(self, factory: Factory, order: SalesOrder) -> None:
        self.limit(factory, "452")
        shipment(factory, order, "3")
        shipment(factory, order, "1")
        self.limit(factory, "460")
        small = sales_order(factory, (factory.frame, "1", "5"))  # 5.65 with tax: 457.65 altogether
        shipment(factory, small, "1")
        order.refresh_from_db()
        assert order.state == State.DONE

    @pytest.mark.postgres
    def test_whoever_reckons_the_credit_waits_for_a_shipment_and_for_its_reversal(
        self, on_postgres: None, factory: Factory, order: SalesOrder
    ) -> None:
        # Between two readings nothing may turn from a receivable into an order: both verbs hold the customer until they are done.
        self.limit(factory, "1000")
        drafted = shipment(factory, order, "4", posted=False)
        for verb in (post_shipment, reverse_shipment):
            with recorded() as locks:
                verb(**by_nora(factory), document_id=drafted.pk)
            assert "masterdata_customer" in locks.tables()
            assert not locks.wrong


def test_lots_leave_in_the_order_of_their_expiry(factory: Factory) -> None:
    factory.frame.lot_tracked = True
    factory.frame.save()
    stock(factory, (factory.frame, "2", "55"), lot="OLD")
    stock(factory, (factory.frame, "5", "55"), lot="NEW")
    old, new = find_lots([(factory.frame, "OLD"), (factory.frame, "NEW")])
    assert old and new
    old.expiry_date, new.expiry_date = day(300), day(100)
    old.save()
    new.save()

    shipment(factory, sales_order(factory, (factory.frame, "6", "100")), "6")

    assert on_hand(factory.frame) == "MAIN/A-01 OLD free 1"


def test_a_gift_books_no_revenue_and_no_receivable(factory: Factory) -> None:
    stock(factory, (factory.frame, "1", "55"))
    shipped = shipment(factory, sales_order(factory, (factory.frame, "1", "0")), "1")

    assert voucher_text(shipped.number) == dedent("""\
        借  540101  产品销售成本  55.00  C1
        贷  140501  产成品        55.00  C1""")
    assert not OpenItem.objects.exists()
    reverse_shipment(**by_nora(factory), document_id=shipped.pk)
    assert on_hand(factory.frame) == "MAIN/A-01 free 1"


class TestRefused:
    def test_more_than_ordered_in_one_go(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "4", "100"))
        with refused(ShipmentRefused) as refusal:
            shipment(factory, order, "5")
        assert fields(refusal) == [("lines[0].quantity", "over_shipment")]
        assert refusal.value.problems()[0].facts["open"] == "4"

    def test_more_than_ordered_over_two_lines(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "4", "100"))
        lines = [{"order_line": 1, "quantity": D(3)}, {"order_line": 1, "quantity": D(2)}]
        with refused(ShipmentRefused) as refusal:
            draft_shipment(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": lines})
        assert fields(refusal) == [("lines[1].quantity", "over_shipment")]

    def test_more_than_ordered_over_two_drafts(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        order = sales_order(factory, (factory.frame, "4", "100"), (factory.frame, "1", "100"))
        first, second = (shipment(factory, order, "3", posted=False) for _ in range(2))
        post_shipment(**by_nora(factory), document_id=first.pk)
        with refused(ShipmentRefused):
            post_shipment(**by_nora(factory), document_id=second.pk)

    def test_more_than_there_is(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "3", "55"))
        order = sales_order(factory, (factory.frame, "4", "100"))
        drafted = shipment(factory, order, "4", posted=False)
        with refused(StockShort) as refusal:
            post_shipment(**by_nora(factory), document_id=drafted.pk)
        assert fields(refusal) == [("lines[0].quantity", "insufficient_stock")]

    def test_an_order_that_is_not_approved(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "4", "100"), approved=False)
        with refused(StateConflict):
            shipment(factory, order, "4", posted=False)

    def test_an_order_closed_since(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        order = sales_order(factory, (factory.frame, "4", "100"))
        drafted = shipment(factory, order, "4", posted=False)
        close_order(**by_nora(factory), document_id=order.pk)
        with refused(StateConflict):
            post_shipment(**by_nora(factory), document_id=drafted.pk)

    def test_twice(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        shipped = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4")
        with refused(AlreadyDone) as refusal:
            post_shipment(**by_nora(factory), document_id=shipped.pk)
        assert refusal.value.facts["number"] == shipped.number

    @pytest.mark.parametrize("state", [Period.State.CLOSED, Period.State.STOCK_CLOSED])
    def test_in_a_closed_month(self, factory: Factory, state: str) -> None:
        stock(factory, (factory.frame, "10", "55"))
        drafted = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False)
        Period.objects.filter(month=3).update(state=state)
        with refused(PeriodClosed) as refusal:
            post_shipment(**by_nora(factory), document_id=drafted.pk)
        assert str(refusal.value.facts["next_open"]) == "2026-04-01"

    def test_a_stranger(self, factory: Factory) -> None:
        drafted = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False)
        other = build_factory("OTHER")
        with refused(NotVisible):
            post_shipment(**by_nora(other), document_id=drafted.pk)

    @pytest.mark.parametrize(
        ("line", "field", "code"),
        [
            ({"order_line": 7}, "lines[0].order_line", "not_found"),
            ({"bin": "Z-99"}, "lines[0].bin", "not_found"),
            ({"bin": "BLOCKED"}, "lines[0].bin", "blocked"),
            ({"lot": "L-99"}, "lines[0].lot", "not_found"),
            ({"item": "BOLT"}, "lines[0].item", "item_differs"),
            ({"quantity": D("0.5")}, "lines[0].quantity", "too_many_decimals"),
        ],
    )
    def test_a_line_that_names_what_is_not_there(self, factory: Factory, line: dict[str, object], field: str, code: str) -> None:
        Bin.objects.create(company=factory.company, warehouse=factory.store, code="BLOCKED", is_blocked=True)
        order = sales_order(factory, (factory.frame, "4", "100"))
        if line.get("item") == "BOLT":
            line = {"item": factory.bolt}
        typed = {"order_line": 1, "quantity": D(1), **line}
        with refused(InvalidInputs) as refusal:
            draft_shipment(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": [typed]})
        assert fields(refusal) == [(field, code)]

    @pytest.mark.parametrize("head", [{"due_date": day(-1)}, {"document_date": day(-1)}])
    def test_dates_out_of_order(self, factory: Factory, head: dict[str, object]) -> None:
        order = sales_order(factory, (factory.frame, "4", "100"))
        with refused(DateOrder):
            shipment(factory, order, "4", posted=False, **head)


class TestDrafts:
    def test_a_draft_is_edited(self, factory: Factory) -> None:
        order = sales_order(factory, (factory.frame, "4", "100"))
        drafted = shipment(factory, order, "4", posted=False)
        edited = edit_shipment(
            **by_nora(factory),
            document_id=drafted.pk,
            version=1,
            data={"order": order, "document_date": day(1), "lines": [{"order_line": 1, "quantity": D(2)}]},
        )
        assert (edited.document_date, edited.due_date, [line.quantity for line in edited.lines.all()]) == (day(1), day(31), [2])

    def test_a_draft_is_given_up(self, factory: Factory) -> None:
        drafted = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False)
        assert cancel_shipment(**by_nora(factory), document_id=drafted.pk).state == State.CANCELLED
        with refused(StateConflict):
            post_shipment(**by_nora(factory), document_id=drafted.pk)


class TestReversing:
    def test_everything_comes_back_to_the_cent(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        before = trial_balance(factory.company)
        order = sales_order(factory, (factory.frame, "4", "100"))
        shipped = shipment(factory, order, "4")

        reversal = reverse_shipment(**by_nora(factory), document_id=shipped.pk, reason="wrong customer")

        assert trial_balance(factory.company) == before
        assert on_hand(factory.frame) == "MAIN/A-01 free 10"
        shipped.refresh_from_db()
        order.refresh_from_db()
        assert (shipped.state, reversal.state, reversal.number, reversal.reversal_of) == (
            State.REVERSED,
            State.POSTED,
            "SH-202603-0002",
            shipped,
        )
        assert (order.state, order.lines.get().shipped) == (State.APPROVED, 0)
        demand = Demand.objects.get()
        assert (demand.done, demand.is_open) == (0, True)
        assert [item.open_amount for item in OpenItem.objects.all()] == [0]
        assert voucher_text(reversal.number).endswith(
            dedent("""\
                借  112201    应收款        -452.00  C1
                贷  500101    产品销售收入  -400.00  C1
                贷  22210105  销项税额       -52.00  C1""")
        )

    def test_the_goods_can_be_shipped_again(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        order = sales_order(factory, (factory.frame, "3", "33.3333"))
        first = shipment(factory, order, "1")
        shipment(factory, order, "1")
        reverse_shipment(**by_nora(factory), document_id=first.pk)

        last = shipment(factory, order, "2")

        assert last.net_amount + D("33.34") == order.net_amount
        order.refresh_from_db()
        assert order.state == State.DONE

    def test_of_a_closed_order_it_stays_closed(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        order = sales_order(factory, (factory.frame, "4", "100"))
        shipped = shipment(factory, order, "1")
        close_order(**by_nora(factory), document_id=order.pk)

        reverse_shipment(**by_nora(factory), document_id=shipped.pk)

        order.refresh_from_db()
        demand = Demand.objects.get()
        assert (order.state, demand.done, demand.is_open) == (State.CLOSED, 0, False)

    def test_is_dated_on_the_first_open_day_when_its_month_is_closed(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        shipped = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4")
        Period.objects.filter(month__lte=3).update(state=Period.State.CLOSED)

        reversal = reverse_shipment(**by_nora(factory), document_id=shipped.pk)

        assert (str(reversal.document_date), reversal.number) == ("2026-04-01", "SH-202604-0001")

    def test_twice(self, factory: Factory) -> None:
        stock(factory, (factory.frame, "10", "55"))
        shipped = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4")
        reversal = reverse_shipment(**by_nora(factory), document_id=shipped.pk)
        with refused(AlreadyDone):
            reverse_shipment(**by_nora(factory), document_id=shipped.pk)
        with refused(ReversalIsFinal):
            reverse_shipment(**by_nora(factory), document_id=reversal.pk)

    def test_of_a_draft(self, factory: Factory) -> None:
        drafted = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False)
        with refused(StateConflict):
            reverse_shipment(**by_nora(factory), document_id=drafted.pk)


def test_without_a_posting_rule_nothing_is_booked(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    drafted = shipment(factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False)
    PostingRule.objects.filter(event="sale_tax").delete()
    with refused(MissingRule):
        post_shipment(**by_nora(factory), document_id=drafted.pk)


def test_a_year_that_is_not_open(factory: Factory) -> None:
    drafted = shipment(
        factory, sales_order(factory, (factory.frame, "4", "100")), "4", posted=False, document_date=day(400), due_date=day(430)
    )
    with refused(PeriodMissing):
        post_shipment(**by_nora(factory), document_id=drafted.pk)
    open_year(factory.company, 2027)
    stock(factory, (factory.frame, "10", "55"))
    assert post_shipment(**by_nora(factory), document_id=drafted.pk).number == "SH-202704-0001"

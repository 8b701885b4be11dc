"""Goods are ordered, come, are looked at, and the books know what will be invoiced."""

from decimal import Decimal
from textwrap import dedent

import pytest

from core.errors import AlreadyDone, BusinessError, DateOrder, InvalidInputs, MakerIsChecker, NotVisible, PeriodClosed, StateConflict
from core.models import Company, Period, State
from finance.goods_received import AlreadyInvoiced
from finance.models import GoodsReceived
from inventory import entries
from inventory.inspections import BelongsToProduction, post_inspection, reverse_inspection
from inventory.ledger import WouldGoNegative
from inventory.lots import LotDiffers
from inventory.models import CostLayer, Inspection, Lot, Supply
from masterdata.models import ItemCategory, Supplier
from masterdata.usable import SomeBlocked
from purchasing.models import PurchaseOrder
from purchasing.orders import PartlyReceived, approve_order, cancel_order, close_order, draft_order, edit_order
from purchasing.receipts import DeliveredTwice, ReceiptRefused, cancel_receipt, draft_receipt, edit_receipt, post_receipt, reverse_receipt
from tests.books import trial_balance, voucher_text
from tests.factory import TODAY, Factory, build_factory
from tests.trade import by_ada, by_nora, day, fields, on_hand, purchase_data, purchase_order, receipt, refused

D = Decimal


class TestOrders:
    def test_entered_and_approved_it_becomes_supply(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "1.995"), (factory.plate, "3", "30"))

        assert (order.number, order.state, order.net_amount, order.tax_amount) == (
            "PO-202603-0001",
            State.APPROVED,
            D("289.50"),
            D("37.64"),
        )
        coming = Supply.objects.order_by("origin_line").values_list("origin_kind", "origin_number", "quantity", "due_date")
        assert list(coming) == [("purchase_order", order.number, 100, day(7)), ("purchase_order", order.number, 3, day(7))]

    def test_the_maker_does_not_approve(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"), approved=False)
        with refused(MakerIsChecker):
            approve_order(**by_nora(factory), document_id=order.pk)

    def test_approving_twice(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        with refused(AlreadyDone):
            approve_order(**by_ada(factory), document_id=order.pk)

    def test_edited_while_it_is_a_draft(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"), approved=False)
        data = purchase_data(factory, (factory.bolt, "50", "3"))
        assert edit_order(**by_nora(factory), document_id=order.pk, version=1, data=data).net_amount == 150
        approve_order(**by_ada(factory), document_id=order.pk)
        with refused(StateConflict):
            edit_order(**by_nora(factory), document_id=order.pk, version=3, data=data)

    def test_delivery_before_the_order(self, factory: Factory) -> None:
        with refused(InvalidInputs) as refusal:
            draft_order(**by_nora(factory), data=purchase_data(factory, (factory.bolt, "1", "1"), due_date=day(-1)))
        assert fields(refusal) == [("due_date", "date_order"), ("lines[0].due_date", "date_order")]

    def test_cancelled_until_something_comes(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        cancel_order(**by_nora(factory), document_id=order.pk)
        assert not Supply.objects.get().is_open

        begun = purchase_order(factory, (factory.bolt, "100", "2"))
        receipt(factory, begun, "1")
        with refused(PartlyReceived):
            cancel_order(**by_nora(factory), document_id=begun.pk)
        assert close_order(**by_nora(factory), document_id=begun.pk).state == State.CLOSED
        assert not Supply.objects.filter(is_open=True).exists()


class TestReceipts:
    def test_goods_come_and_what_we_will_owe_is_accrued(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "1.995"), (factory.plate, "3", "30"))

        received = receipt(factory, order, "100", "2", delivery_note="LS-77")

        assert (received.number, received.state) == ("GR-202603-0001", State.POSTED)
        assert voucher_text(received.number) == dedent("""\
            借  140301  原料及主要材料  259.50  S1
            贷  220202  暂估应付款      259.50  S1""")
        assert on_hand(factory.bolt) == "MAIN/A-01 free 100"
        order.refresh_from_db()
        assert (order.state, [line.received for line in order.lines.all()]) == (State.APPROVED, [100, 2])
        assert list(Supply.objects.order_by("origin_line").values_list("done", "is_open")) == [(100, False), (2, True)]
        accrued = GoodsReceived.objects.order_by("origin_line").values_list("origin_number", "quantity", "amount", "source_number")
        assert list(accrued) == [(received.number, 100, D("199.50"), order.number), (received.number, 2, D("60.00"), order.number)]

    def test_the_last_one_finishes_the_order(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        receipt(factory, order, "60")
        receipt(factory, order, "40")
        order.refresh_from_db()
        assert order.state == State.DONE

    def test_a_lot_is_made_once(self, factory: Factory) -> None:
        factory.bolt.lot_tracked = True
        factory.bolt.save()
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        for _ in range(2):
            receipt(factory, order, "10", line={"lot_code": "L-1", "expiry_date": day(365)})

        lot = Lot.objects.get()
        assert (lot.code, lot.supplier, lot.expiry_date, lot.origin_number) == ("L-1", factory.supplier, day(365), "GR-202603-0001")
        assert on_hand(factory.bolt) == "MAIN/A-01 L-1 free 20"
        another = receipt(factory, order, "10", posted=False, line={"lot_code": "L-1", "expiry_date": day(200)})
        with refused(LotDiffers) as refusal:
            post_receipt(**by_nora(factory), document_id=another.pk)
        assert fields(refusal) == [("lines[0].expiry_date", "lot_differs")]

    def test_a_fifo_layer_knows_its_receipt(self, factory: Factory) -> None:
        ItemCategory.objects.update(valuation_method="fifo")
        factory.bolt.category.refresh_from_db()
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        assert CostLayer.objects.get().receipt_ref == f"purchase_receipt:{received.number}:1"

    def test_within_the_tolerance_more_may_come(self, factory: Factory) -> None:
        Company.objects.update(over_receipt_percent=5)
        factory.company.refresh_from_db()
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        receipt(factory, order, "105")
        order.refresh_from_db()
        assert (order.state, order.lines.get().received) == (State.DONE, 105)

    def test_beyond_it_not(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        with refused(ReceiptRefused) as refusal:
            receipt(factory, order, "101")
        assert fields(refusal) == [("lines[0].quantity", "over_receipt")]
        first, second = (receipt(factory, order, "60", posted=False) for _ in range(2))
        post_receipt(**by_nora(factory), document_id=first.pk)
        with refused(ReceiptRefused):
            post_receipt(**by_nora(factory), document_id=second.pk)

    def test_a_delivery_note_is_entered_once_for_an_order(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        first = receipt(factory, order, "10", delivery_note="LS-77")
        with refused(DeliveredTwice) as refusal:
            receipt(factory, order, "10", delivery_note="LS-77")
        assert refusal.value.facts["number"] == first.number
        reverse_receipt(**by_nora(factory), document_id=first.pk)
        receipt(factory, order, "10", delivery_note="LS-77")

    def test_from_a_supplier_blocked_since(self, factory: Factory) -> None:
        drafted = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100", posted=False)
        Supplier.objects.update(is_blocked=True)
        with refused(SomeBlocked):
            post_receipt(**by_nora(factory), document_id=drafted.pk)

    def test_twice(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        with refused(AlreadyDone):
            post_receipt(**by_nora(factory), document_id=received.pk)

    def test_of_an_order_that_is_not_approved(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"), approved=False)
        with refused(StateConflict):
            receipt(factory, order, "100")

    def test_in_a_closed_month(self, factory: Factory) -> None:
        drafted = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100", posted=False)
        Period.objects.filter(month=3).update(state=Period.State.STOCK_CLOSED)
        with refused(PeriodClosed):
            post_receipt(**by_nora(factory), document_id=drafted.pk)

    def test_by_a_stranger(self, factory: Factory) -> None:
        drafted = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100", posted=False)
        other = build_factory("OTHER")
        with refused(NotVisible):
            post_receipt(**by_nora(other), document_id=drafted.pk)

    @pytest.mark.parametrize(
        ("line", "field", "code"),
        [
            ({"order_line": 9}, "lines[0].order_line", "not_found"),
            ({"bin": "Z-99"}, "lines[0].bin", "not_found"),
            ({"lot_code": ""}, "lines[0].lot_code", "lot_needed"),
            ({"expiry_date": day(-1)}, "lines[0].expiry_date", "date_order"),
            ({"quantity": D("0.25")}, "lines[0].quantity", "too_many_decimals"),
        ],
    )
    def test_a_line_that_can_not_be(self, factory: Factory, line: dict[str, object], field: str, code: str) -> None:
        factory.bolt.lot_tracked = True
        factory.bolt.save()
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        typed = {"order_line": 1, "quantity": D(1), "lot_code": "L-1", **line}
        with refused(InvalidInputs) as refusal:
            draft_receipt(**by_nora(factory), data={"order": order, "document_date": TODAY, "lines": [typed]})
        assert fields(refusal) == [(field, code)]

    def test_a_draft_is_edited_or_given_up(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        drafted = receipt(factory, order, "100", posted=False)
        data = {"order": order, "document_date": day(1), "lines": [{"order_line": 1, "quantity": D(5)}]}
        assert edit_receipt(**by_nora(factory), document_id=drafted.pk, version=1, data=data).lines.get().quantity == 5
        assert cancel_receipt(**by_nora(factory), document_id=drafted.pk).state == State.CANCELLED


class TestReversing:
    def test_everything_comes_back(self, factory: Factory) -> None:
        order = purchase_order(factory, (factory.bolt, "100", "2"))
        received = receipt(factory, order, "100")

        reversal = reverse_receipt(**by_nora(factory), document_id=received.pk, reason="not ours")

        assert (reversal.number, reversal.reversal_of) == ("GR-202603-0002", received)
        assert trial_balance(factory.company) == ""
        assert on_hand(factory.bolt) == ""
        order.refresh_from_db()
        assert (order.state, order.lines.get().received) == (State.APPROVED, 0)
        assert (Supply.objects.get().done, Supply.objects.get().is_open) == (0, True)
        assert GoodsReceived.objects.get().quantity == 0
        with refused(AlreadyDone):
            reverse_receipt(**by_nora(factory), document_id=received.pk)
        receipt(factory, order, "100")
        assert PurchaseOrder.objects.get().state == State.DONE

    def test_not_when_the_goods_are_gone(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        issue = entries.draft_entry(
            **by_nora(factory),
            data={
                "kind": "other_out",
                "document_date": TODAY,
                "warehouse": factory.store,
                "reason": "samples",
                "lines": [{"item": factory.bolt, "quantity": D(1)}],
            },
        )
        entries.post_entry(**by_nora(factory), document_id=issue.pk)
        with refused(WouldGoNegative) as refusal:
            reverse_receipt(**by_nora(factory), document_id=received.pk)
        assert refusal.value.facts["followers"] == issue.number

    def test_not_when_it_has_been_invoiced(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        GoodsReceived.objects.update(invoiced_quantity=1)
        with refused(AlreadyInvoiced):
            reverse_receipt(**by_nora(factory), document_id=received.pk)


class TestInspection:
    @pytest.fixture(autouse=True)
    def bolts_are_looked_at(self, factory: Factory) -> None:
        factory.bolt.inspect_on_receipt = True
        factory.bolt.save()

    def test_what_is_accepted_is_free_and_what_is_not_is_blocked(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2"), (factory.plate, "1", "30")), "100", "1")
        assert on_hand(factory.bolt) == "MAIN/A-01 inspection 100"
        assert on_hand(factory.plate) == "MAIN/A-01 free 1"
        inspection = Inspection.objects.get()
        assert (inspection.number, inspection.origin_number, inspection.quantity) == ("QI-202603-0001", received.number, 100)
        before = trial_balance(factory.company)

        decided = post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(97), rejected=D(3), finding="thread torn")

        assert (decided.state, decided.finding) == (State.POSTED, "thread torn")
        assert on_hand(factory.bolt) == "MAIN/A-01 blocked 3\nMAIN/A-01 free 97"
        assert trial_balance(factory.company) == before

    @pytest.mark.parametrize(
        ("accepted", "rejected", "finding", "field", "code"),
        [
            ("99", "0", "", "accepted", "inspection_incomplete"),
            ("101", "-1", "", "accepted", "inspection_incomplete"),
            ("90", "11", "rust", "accepted", "inspection_incomplete"),
            ("99", "1", "", "finding", "required"),
            ("99.5", "0.5", "rust", "accepted", "too_many_decimals"),
        ],
    )
    def test_a_decision_must_add_up(self, factory: Factory, accepted: str, rejected: str, finding: str, field: str, code: str) -> None:
        receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        inspection = Inspection.objects.get()
        with refused(BusinessError) as refusal:
            post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(accepted), rejected=D(rejected), finding=finding)
        assert fields(refusal) == [(field, code)]

    def test_deciding_twice(self, factory: Factory) -> None:
        receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        inspection = Inspection.objects.get()
        post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(100))
        with refused(AlreadyDone):
            post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(100))

    def test_decided_after_the_month_was_closed(self, factory: Factory) -> None:
        receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        Period.objects.filter(month__lte=3).update(state=Period.State.CLOSED)
        decided = post_inspection(**by_ada(factory), document_id=Inspection.objects.get().pk, accepted=D(100))
        assert (str(decided.document_date), on_hand(factory.bolt)) == ("2026-04-01", "MAIN/A-01 free 100")

    def test_decided_before_the_goods_came(self, factory: Factory) -> None:
        receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        inspection = Inspection.objects.get()
        with refused(DateOrder) as refusal:
            post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(100), document_date=day(-1))
        assert fields(refusal) == [("document_date", "date_order")]

    def test_taken_back_the_goods_wait_again(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        inspection = Inspection.objects.get()
        post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(97), rejected=D(3), finding="thread torn")

        reverse_inspection(**by_ada(factory), document_id=inspection.pk)

        assert on_hand(factory.bolt) == "MAIN/A-01 inspection 100"
        waiting = Inspection.objects.get(state=State.DRAFT)
        assert (waiting.origin_number, waiting.quantity) == (received.number, 100)

    def test_a_receipt_is_taken_back_only_before_the_decision(self, factory: Factory) -> None:
        received = receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        inspection = Inspection.objects.get()
        post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(100))
        with refused(WouldGoNegative) as refusal:
            reverse_receipt(**by_nora(factory), document_id=received.pk)
        assert refusal.value.facts["followers"] == inspection.number

        reverse_inspection(**by_ada(factory), document_id=inspection.pk)
        reverse_receipt(**by_nora(factory), document_id=received.pk)

        assert on_hand(factory.bolt) == ""
        assert not Inspection.objects.filter(state=State.DRAFT).exists()

    def test_finished_work_is_taken_back_elsewhere(self, factory: Factory) -> None:
        receipt(factory, purchase_order(factory, (factory.bolt, "100", "2")), "100")
        Inspection.objects.update(kind=Inspection.Kind.FINAL)
        inspection = Inspection.objects.get()
        post_inspection(**by_ada(factory), document_id=inspection.pk, accepted=D(100))
        assert on_hand(factory.bolt) == "MAIN/A-01 inspection 100"
        with refused(BelongsToProduction):
            reverse_inspection(**by_ada(factory), document_id=inspection.pk)


@pytest.mark.parametrize("method", ["moving_average", "fifo", "month_average", "standard"])
def test_taken_back_nothing_stays_behind_whatever_the_valuation(factory: Factory, method: str) -> None:
    # The standard cost of a bolt is 2.00; it comes at 2.30.
    ItemCategory.objects.update(valuation_method=method)
    for item in (factory.bolt, factory.plate):
        item.category.refresh_from_db()
    received = receipt(factory, purchase_order(factory, (factory.bolt, "10", "2.30"), (factory.plate, "3", "29.99")), "10", "3")
    assert received.lines.first().value == 23

    reverse_receipt(**by_nora(factory), document_id=received.pk)

    assert trial_balance(factory.company) == ""

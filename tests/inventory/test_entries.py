"""Opening stock, other receipts and issues: in at the cost that is given, out at the cost that valuation says."""

import datetime as dt
from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest

from core.errors import AlreadyDone, BusinessError, EditedByOther, InvalidInputs, NotVisible, PeriodClosed, StateConflict
from core.models import Period, State
from finance.models import PostingRule
from finance.rules import MissingRule
from inventory.entries import NotAtTheStart, cancel_entry, draft_entry, edit_entry, post_entry, reverse_entry
from inventory.ledger import WouldGoNegative
from inventory.ledger.posting import StockShort
from inventory.models import Bin, Demand, Lot, StockBalance, StockEntry
from inventory.reservations import try_hold
from masterdata.models import ItemCategory
from tests.books import trial_balance, voucher_text
from tests.factory import TODAY, Factory, build_factory
from tests.trade import by_nora, day, fields, on_hand, refused, sales_order, stock

D = Decimal


def entry_data(factory: Factory, kind: str, *lines: dict[str, Any], **head: Any) -> dict[str, Any]:
    """An entry as its input gives it."""
    date = factory.company.start_date if kind == "opening" else TODAY
    return {"kind": kind, "document_date": date, "warehouse": factory.store, "reason": "for the test", "lines": lines, **head}


def entry(factory: Factory, kind: str, *lines: dict[str, Any], posted: bool = True, **head: Any) -> StockEntry:
    """An entry, posted unless said otherwise."""
    drafted = draft_entry(**by_nora(factory), data=entry_data(factory, kind, *lines, **head))
    return post_entry(**by_nora(factory), document_id=drafted.pk) if posted else drafted


def test_opening_stock(factory: Factory) -> None:
    opened = stock(factory, (factory.bolt, "100", "1.995"), (factory.plate, "3", "30"))

    assert (opened.number, opened.state) == ("SE-202601-0001", State.POSTED)
    assert voucher_text(opened.number) == dedent("""\
        借  140301  原料及主要材料  289.50
        贷  310415  未分配利润      289.50""")


class TestOpeningStock:
    """What was there when the books started; a later one would change the opening balances of months that are closed."""

    def test_belongs_to_the_first_day_of_the_books(self, factory: Factory) -> None:
        with refused(NotAtTheStart) as refusal:
            entry(factory, "opening", {"item": factory.bolt, "quantity": D(10), "unit_cost": D(3)}, document_date=TODAY)
        assert fields(refusal) == [("document_date", "not_at_the_start")]
        assert refusal.value.facts == {"start": factory.company.start_date}

    def test_is_looked_at_again_when_it_is_posted(self, factory: Factory) -> None:
        # The draft was made when the books were to start in January; meanwhile they start in February.
        drafted = entry(factory, "opening", {"item": factory.bolt, "quantity": D(10), "unit_cost": D(3)}, posted=False)
        StockEntry.objects.update(document_date=dt.date(2026, 2, 2))
        factory.company.start_date = dt.date(2026, 2, 1)
        factory.company.save()
        with refused(NotAtTheStart):
            post_entry(**by_nora(factory), document_id=drafted.pk)

    def test_stands_once_its_month_is_closed(self, factory: Factory) -> None:
        opened = stock(factory, (factory.bolt, "10", "3"))
        Period.objects.filter(month=1).update(state=Period.State.STOCK_CLOSED)
        with refused(NotAtTheStart):
            reverse_entry(**by_nora(factory), document_id=opened.pk)


def test_found_and_given_away(factory: Factory) -> None:
    # Three bolts are found, worth 2.00 each; the workshop takes two of them as samples.
    found = entry(factory, "other_in", {"item": factory.bolt, "quantity": D(3), "unit_cost": D(2)})
    taken = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(2)}, department=factory.workshop)

    assert voucher_text(found.number) == dedent("""\
        借  140301  原料及主要材料  6.00
        贷  530104  盘盈收益        6.00""")
    assert voucher_text(taken.number) == dedent("""\
        借  560299  其他管理费用    4.00  W1
        贷  140301  原料及主要材料  4.00  W1""")
    assert on_hand(factory.bolt) == "MAIN/A-01 free 1"


def test_a_lot_is_made_when_goods_come_in_and_named_when_they_go(factory: Factory) -> None:
    factory.bolt.lot_tracked = True
    factory.bolt.save()
    stock(factory, (factory.bolt, "10", "2"), lot="L-1")
    stock(factory, (factory.bolt, "10", "2"), lot="L-2")
    assert set(Lot.objects.values_list("code", flat=True)) == {"L-1", "L-2"}

    entry(factory, "other_out", {"item": factory.bolt, "quantity": D(4), "lot": "L-2"})

    assert on_hand(factory.bolt) == "MAIN/A-01 L-1 free 10\nMAIN/A-01 L-2 free 6"


def test_a_warehouse_may_go_below_zero_where_it_is_allowed(factory: Factory) -> None:
    factory.store.allow_negative = True
    factory.store.save()
    stock(factory, (factory.bolt, "10", "2"))

    entry(factory, "other_out", {"item": factory.bolt, "quantity": D(12)})
    assert on_hand(factory.bolt) == "MAIN/A-01 free -2"

    # The next receipt fills the hole at its own cost: 2 × 0.50 more goes to cost of sales.
    stock(factory, (factory.bolt, "5", "2.50"))
    assert trial_balance(factory.company) == dedent("""\
        140301  原料及主要材料    7.50
        310415  未分配利润      -32.50
        540101  产品销售成本      1.00
        560299  其他管理费用     24.00""")


def test_a_warehouse_may_be_allowed_below_zero_later(factory: Factory) -> None:
    stock(factory, (factory.bolt, "100", "2"))
    factory.store.allow_negative = True
    factory.store.save()

    entry(factory, "other_out", {"item": factory.bolt, "quantity": D(150)})
    assert on_hand(factory.bolt) == "MAIN/A-01 free -50"

    # It is forbidden again: the hole may be filled bit by bit, but not made deeper.
    factory.store.allow_negative = False
    factory.store.save()
    entry(factory, "other_in", {"item": factory.bolt, "quantity": D(20), "unit_cost": D(2)})
    assert on_hand(factory.bolt) == "MAIN/A-01 free -30"
    drafted = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(1)}, posted=False)
    with refused(StockShort):
        post_entry(**by_nora(factory), document_id=drafted.pk)
    entry(factory, "other_in", {"item": factory.bolt, "quantity": D(30), "unit_cost": D(2)})
    assert not StockBalance.objects.get(item=factory.bolt).may_go_negative


def test_what_is_reserved_stays_where_a_warehouse_may_go_below_zero(factory: Factory) -> None:
    # A hundred frames, forty of them held for a customer; seventy are to be given away.
    factory.store.allow_negative = True
    factory.store.save()
    stock(factory, (factory.frame, "100", "55"))
    order = sales_order(factory, (factory.frame, "40", "100"))
    try_hold(**by_nora(factory), demand=Demand.objects.get(origin_number=order.number), warehouse=factory.store, quantity=D(40))
    drafted = entry(factory, "other_out", {"item": factory.frame, "quantity": D(70)}, posted=False)
    with refused(StockShort) as refusal:
        post_entry(**by_nora(factory), document_id=drafted.pk)
    facts = refusal.value.problems()[0].facts
    assert (facts["wanted"], facts["available"], facts["reserved"]) == ("70", "60", "40")


class TestPicking:
    """What nobody names is picked where it may be taken from."""

    def test_nothing_is_picked_from_a_blocked_bin(self, factory: Factory) -> None:
        stock(factory, (factory.bolt, "10", "2"))
        spare = Bin.objects.create(company=factory.company, warehouse=factory.store, code="B-01")
        stock(factory, (factory.bolt, "5", "2"), bin="B-01")
        factory.shelf.is_blocked = True
        factory.shelf.save()

        entry(factory, "other_out", {"item": factory.bolt, "quantity": D(4)})
        assert on_hand(factory.bolt) == f"MAIN/A-01 free 10\nMAIN/{spare.code} free 1"

        drafted = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(2)}, posted=False)
        with refused(StockShort) as refusal:
            post_entry(**by_nora(factory), document_id=drafted.pk)
        assert refusal.value.problems()[0].facts["available"] == "1", "what may not be taken is not offered"

    def test_an_expired_lot_leaves_only_by_name(self, factory: Factory) -> None:
        factory.bolt.lot_tracked = True
        factory.bolt.save()
        for lot, days in (("PAST", -1), ("TODAY", 0), ("LATER", 90)):
            stock(factory, (factory.bolt, "5", "2"), lot=lot)
            Lot.objects.filter(code=lot).update(expiry_date=day(days))

        entry(factory, "other_out", {"item": factory.bolt, "quantity": D(7)})
        assert on_hand(factory.bolt) == "MAIN/A-01 LATER free 3\nMAIN/A-01 PAST free 5"

        drafted = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(4)}, posted=False)
        with refused(StockShort):
            post_entry(**by_nora(factory), document_id=drafted.pk)
        entry(factory, "other_out", {"item": factory.bolt, "quantity": D(5), "lot": "PAST"})
        assert on_hand(factory.bolt) == "MAIN/A-01 LATER free 3"


@pytest.mark.parametrize(
    ("kind", "line", "field", "code"),
    [
        ("other_in", {"unit_cost": None}, "lines[0].unit_cost", "required"),
        ("opening", {"unit_cost": D(1), "quantity": D("0.5")}, "lines[0].quantity", "too_many_decimals"),
        ("opening", {"unit_cost": D(1), "bin": "Z-99"}, "lines[0].bin", "not_found"),
        ("other_out", {"lot": "L-99"}, "lines[0].lot", "not_found"),
    ],
)
def test_a_line_that_can_not_be(factory: Factory, kind: str, line: dict[str, Any], field: str, code: str) -> None:
    with refused(InvalidInputs) as refusal:
        entry(factory, kind, {"item": factory.bolt, "quantity": D(1), **line})
    assert fields(refusal) == [(field, code)]


def test_an_item_kept_by_lot_needs_one(factory: Factory) -> None:
    factory.bolt.lot_tracked = True
    with refused(InvalidInputs) as refusal:
        stock(factory, (factory.plate, "1", "30"), (factory.bolt, "1", "2"))
    assert fields(refusal) == [("lines[1].lot", "lot_needed")]


def test_below_zero_an_item_kept_by_lot_needs_one_too(factory: Factory) -> None:
    factory.store.allow_negative = factory.bolt.lot_tracked = True
    factory.store.save()
    factory.bolt.save()
    drafted = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(1)}, posted=False)
    with refused(InvalidInputs):
        post_entry(**by_nora(factory), document_id=drafted.pk)


def test_more_than_there_is(factory: Factory) -> None:
    stock(factory, (factory.bolt, "10", "2"), (factory.plate, "1", "30"))
    lines = ({"item": factory.bolt, "quantity": D(11)}, {"item": factory.plate, "quantity": D(1)})
    drafted = entry(factory, "other_out", *lines, posted=False)
    with refused(StockShort) as refusal:
        post_entry(**by_nora(factory), document_id=drafted.pk)
    assert fields(refusal) == [("lines[0].quantity", "insufficient_stock")]


def test_two_lines_for_the_last_piece(factory: Factory) -> None:
    stock(factory, (factory.bolt, "10", "2"))
    lines = [{"item": factory.bolt, "quantity": D(6)}, {"item": factory.bolt, "quantity": D(6)}]
    drafted = entry(factory, "other_out", *lines, posted=False)
    with refused(StockShort) as refusal:
        post_entry(**by_nora(factory), document_id=drafted.pk)
    assert fields(refusal) == [("lines[1].quantity", "insufficient_stock")]


class TestRefused:
    def test_twice(self, factory: Factory) -> None:
        opened = stock(factory, (factory.bolt, "10", "2"))
        with refused(AlreadyDone):
            post_entry(**by_nora(factory), document_id=opened.pk)

    def test_in_a_closed_month(self, factory: Factory) -> None:
        drafted = entry(factory, "other_in", {"item": factory.bolt, "quantity": D(1), "unit_cost": D(1)}, posted=False)
        Period.objects.filter(month=3).update(state=Period.State.STOCK_CLOSED)
        with refused(PeriodClosed):
            post_entry(**by_nora(factory), document_id=drafted.pk)

    def test_without_a_rule(self, factory: Factory) -> None:
        drafted = entry(factory, "opening", {"item": factory.bolt, "quantity": D(1), "unit_cost": D(1)}, posted=False)
        PostingRule.objects.filter(event="opening").delete()
        with refused(MissingRule):
            post_entry(**by_nora(factory), document_id=drafted.pk)

    def test_by_a_stranger(self, factory: Factory) -> None:
        drafted = entry(factory, "opening", {"item": factory.bolt, "quantity": D(1), "unit_cost": D(1)}, posted=False)
        other = build_factory("OTHER")
        with refused(NotVisible):
            post_entry(**by_nora(other), document_id=drafted.pk)

    @pytest.mark.parametrize("blocked", ["bolt", "store"])
    def test_with_something_blocked(self, factory: Factory, blocked: str) -> None:
        getattr(factory, blocked).is_blocked = True
        with refused(BusinessError) as refusal:
            stock(factory, (factory.bolt, "1", "1"))
        assert refusal.value.code == "blocked"


class TestDrafts:
    def test_edited(self, factory: Factory) -> None:
        drafted = entry(factory, "opening", {"item": factory.bolt, "quantity": D(1), "unit_cost": D(1)}, posted=False)
        data = entry_data(factory, "other_in", {"item": factory.plate, "quantity": D(2), "unit_cost": D(3)})
        edited = edit_entry(**by_nora(factory), document_id=drafted.pk, version=1, data=data)
        assert (edited.kind, edited.lines.get().item) == ("other_in", factory.plate)
        with refused(EditedByOther):
            edit_entry(**by_nora(factory), document_id=drafted.pk, version=1, data=data)

    def test_given_up(self, factory: Factory) -> None:
        drafted = entry(factory, "opening", {"item": factory.bolt, "quantity": D(1), "unit_cost": D(1)}, posted=False)
        cancel_entry(**by_nora(factory), document_id=drafted.pk)
        with refused(StateConflict):
            post_entry(**by_nora(factory), document_id=drafted.pk)


class TestReversing:
    @pytest.mark.parametrize("method", ["moving_average", "fifo", "month_average", "standard"])
    def test_what_came_in_goes_out_again(self, factory: Factory, method: str) -> None:
        ItemCategory.objects.update(valuation_method=method)
        factory.bolt.category.refresh_from_db()
        opened = stock(factory, (factory.bolt, "10", "2.30"))
        reversal = reverse_entry(**by_nora(factory), document_id=opened.pk)
        assert (reversal.number, on_hand(factory.bolt), trial_balance(factory.company)) == ("SE-202601-0002", "", "")

    def test_what_went_out_comes_in_at_its_cost(self, factory: Factory) -> None:
        stock(factory, (factory.bolt, "10", "2"))
        taken = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(4)}, department=factory.workshop)
        stock(factory, (factory.bolt, "4", "5"))
        back = reverse_entry(**by_nora(factory), document_id=taken.pk)
        assert voucher_text(back.number) == dedent("""\
            借  560299  其他管理费用    -8.00  W1
            贷  140301  原料及主要材料  -8.00  W1""")
        assert on_hand(factory.bolt) == "MAIN/A-01 free 14"

    def test_not_when_the_goods_are_gone(self, factory: Factory) -> None:
        opened = stock(factory, (factory.bolt, "10", "2"))
        taken = entry(factory, "other_out", {"item": factory.bolt, "quantity": D(4)})
        with refused(WouldGoNegative) as refusal:
            reverse_entry(**by_nora(factory), document_id=opened.pk)
        assert refusal.value.facts["followers"] == taken.number

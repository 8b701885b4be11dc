"""Two people want the last piece, twenty post the same items, one closes while others post: what only PostgreSQL can show.

At the end the broken variants: without locks, checks or order the same crowd does damage, so the tests above can see it.
"""

import random
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Sum

from core.db import durable
from core.errors import AlreadyDone, PeriodClosed
from core.models import Company, Document, NumberSequence, Period, State
from finance.models import AccountBalance, Voucher
from inventory.ledger.posting import StockShort
from inventory.models import Demand, Reservation, StockBalance, StockMove, StockPosting, ValuationPool
from inventory.reservations import DemandClosed, try_hold
from sales import shipments
from tests.factory import TODAY
from tests.proof import house as h
from tests.proof.crowd import at_once, errors, unexpected
from tests.proof.house import House, build_house
from tests.proof.locks import recorded
from tests.proof.promises import assert_reconciled
from tests.proof.stories import verb_of

D = Decimal
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_postgres")]


@pytest.fixture
def house(on_postgres: None) -> House:
    return build_house()


def posting(house: House, kind: str, document: Document) -> Callable[[], Any]:
    """A job that posts a draft."""
    return lambda: house.post(verb_of(kind, "post"), document, by=house.factory.ada)


def bring_in(house: House, *lines: tuple[Any, str, str]) -> None:
    posting(house, "stock_entry", h.entry(house, "other_in", house.factory.store, *lines))()


def take(house: House, *lines: tuple[Any, str]) -> Any:
    """A draft that gives something away."""
    return h.entry(house, "other_out", house.factory.store, *((item, quantity, "0") for item, quantity in lines))


def assert_agreement(company: Company) -> None:
    """What a crowd must not break: balances are the sums of moves, stock and books agree, nothing is below zero, no number is missing."""
    moved = StockMove.objects.filter(company=company)
    on_hand = StockBalance.objects.filter(company=company).values_list("item__code").annotate(sum=Sum("on_hand"))
    assert dict(on_hand) == dict(moved.values_list("item__code").annotate(sum=Sum("quantity")).order_by())
    worth = ValuationPool.objects.filter(company=company).values_list("item__code").annotate(sum=Sum("value"))
    assert dict(worth) == dict(moved.values_list("item__code").annotate(sum=Sum("value")).order_by())
    stock = AccountBalance.objects.filter(company=company, account__control="inventory").aggregate(debit=Sum("debit"), credit=Sum("credit"))
    assert stock["debit"] - stock["credit"] == sum(dict(worth).values())
    assert not StockBalance.objects.filter(company=company, on_hand__lt=0).exists()
    numbers = list(Voucher.objects.filter(company=company, state=State.POSTED).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert NumberSequence.objects.get(company=company, kind="voucher:记").last == len(numbers)
    assert_reconciled(company)


# ---- the last piece -------------------------------------------------------------------------------------------------------


def test_two_issues_for_the_last_piece_one_wins(house: House) -> None:
    bring_in(house, (house.factory.plate, "1", "30.00"))
    drafts = [take(house, (house.factory.plate, "1")) for _ in range(2)]
    answers = at_once([posting(house, "stock_entry", draft) for draft in drafts])
    assert sorted(type(answer.error) for answer in answers if answer.error) == [StockShort]
    assert_agreement(house.factory.company)


def test_twenty_sellers_of_the_last_frame_one_ships(house: House) -> None:
    bring_in(house, (house.factory.frame, "1", "100.00"))
    drafts = [h.shipment(house, h.sales_order(house, (house.factory.frame, "1", "199")), (1, "1")) for _ in range(20)]
    answers = at_once([posting(house, "shipment", draft) for draft in drafts])
    assert not unexpected(answers, StockShort)
    assert len(errors(answers)) == 19
    assert_agreement(house.factory.company)


def test_two_first_reservations_of_eight_from_ten_one_gets_them(house: House) -> None:
    # There is no reservation yet that could be locked: the balance row is what they meet at.
    bring_in(house, (house.factory.frame, "10", "100.00"))
    orders = [h.sales_order(house, (house.factory.frame, "8", "199")) for _ in range(2)]
    demands = [Demand.objects.select_related("item__category").get(origin_number=order.number) for order in orders]
    store = house.factory.store
    answers = at_once([lambda d=demand: try_hold(demand=d, warehouse=store, quantity=D(8), **house.who()) for demand in demands])
    assert [type(error) for error in errors(answers)] == [StockShort]
    assert StockBalance.objects.get(item=house.factory.frame, reserved__gt=0).reserved == 8
    assert Reservation.objects.filter(state="held").aggregate(sum=Sum("quantity"))["sum"] == 8


def test_an_issue_and_a_reservation_want_the_same_goods(house: House) -> None:
    bring_in(house, (house.factory.frame, "10", "100.00"))
    order = h.sales_order(house, (house.factory.frame, "7", "199"))
    demand = Demand.objects.select_related("item__category").get(origin_number=order.number)
    out = take(house, (house.factory.frame, "7"))
    hold = lambda: try_hold(demand=demand, warehouse=house.factory.store, quantity=D(7), **house.who())  # noqa: E731
    answers = at_once([hold, posting(house, "stock_entry", out)])
    assert [type(error) for error in errors(answers)] == [StockShort]
    assert_agreement(house.factory.company)


def shipment_from_the_yard(house: House) -> Any:
    """A draft that ships two frames from the yard, though two are held for the order in the store."""
    f = house.factory
    order = h.sales_order(house, (f.frame, "2", "199"))
    try_hold(demand=Demand.objects.get(origin_number=order.number), warehouse=f.store, quantity=D(2), **house.who())
    data = {"order": order, "document_date": TODAY, "warehouse": house.yard, "lines": [{"order_line": 1, "quantity": D(2)}]}
    return shipments.draft_shipment(data=data, **house.who())


def test_what_is_held_in_one_warehouse_is_locked_with_what_leaves_the_other(house: House) -> None:
    """The hold is given back in the store while goods leave the yard and others receive in the store: nobody waits for ever."""
    f = house.factory
    bring_in(house, (f.frame, "40", "100.00"))
    posting(house, "stock_entry", h.entry(house, "other_in", house.yard, (f.frame, "40", "100.00")))()
    ship = posting(house, "shipment", shipment_from_the_yard(house))
    with recorded() as locks:
        ship()
    assert not locks.wrong, "all balances in one go, and before the pools"

    retries = 0
    for _ in range(8):
        drafts = ("shipment", shipment_from_the_yard(house)), ("stock_entry", h.entry(house, "other_in", f.store, (f.frame, "1", "99")))
        answers = at_once([posting(house, kind, draft) for kind, draft in drafts])
        assert not errors(answers)
        retries += sum(answer.retries for answer in answers)
    assert retries == 0
    assert not Reservation.objects.filter(state="held").exists()
    assert_agreement(f.company)


def test_an_order_is_given_up_while_goods_are_held_for_it(house: House) -> None:
    """Whoever comes first: at the end nothing is held for an order that nobody wants."""
    f = house.factory
    bring_in(house, (f.frame, "10", "100.00"))
    for _ in range(8):
        order = h.sales_order(house, (f.frame, "5", "199"))
        demand = Demand.objects.get(origin_number=order.number)
        answers = at_once(
            [
                lambda d=demand: try_hold(demand=d, warehouse=f.store, quantity=D(5), **house.who()),
                lambda o=order: house.post(verb_of("sales_order", "cancel"), o),
            ]
        )
        assert not unexpected(answers, DemandClosed)
        assert not Reservation.objects.filter(demand=demand, state="held").exists()
    assert not StockBalance.objects.filter(reserved__gt=0).exists()


# ---- the same document ------------------------------------------------------------------------------------------------------


def test_four_posts_of_one_document_have_one_effect(house: House) -> None:
    bring_in(house, (house.factory.plate, "10", "30.00"))
    draft = take(house, (house.factory.plate, "2"))
    answers = at_once([posting(house, "stock_entry", draft)] * 4)
    refused = errors(answers)
    assert [type(error) for error in refused] == [AlreadyDone] * 3
    assert {error.facts["number"] for error in refused} == {draft.number}  # type: ignore[attr-defined]
    assert StockPosting.objects.filter(origin_number=draft.number).count() == 1
    assert Voucher.objects.filter(origin_number=draft.number).count() == 1
    assert_agreement(house.factory.company)


def test_posting_and_cancelling_at_once_one_of_them_happens(house: House) -> None:
    bring_in(house, (house.factory.plate, "10", "30.00"))
    for _ in range(5):
        draft = take(house, (house.factory.plate, "1"))
        cancel = lambda one=draft: house.post(verb_of("stock_entry", "cancel"), one)  # noqa: E731
        answers = at_once([posting(house, "stock_entry", draft), cancel])
        assert len(errors(answers)) == 1
        draft.refresh_from_db()
        moved = StockPosting.objects.filter(origin_number=draft.number).exists()
        assert (draft.state, moved) in {(State.POSTED, True), (State.CANCELLED, False)}


def test_a_receipt_is_taken_back_while_its_goods_leave(house: House) -> None:
    """Reversing a receipt and issuing its goods: one of the two, never both."""
    for round_number in range(5):
        entry = h.entry(house, "other_in", house.factory.store, (house.factory.plate, "4", "30"))
        posting(house, "stock_entry", entry)()
        out = take(house, (house.factory.plate, "4"))
        back = lambda one=entry: house.post(verb_of("stock_entry", "reverse"), one)  # noqa: E731
        answers = at_once([posting(house, "stock_entry", out), back])
        assert len(errors(answers)) == 1, f"round {round_number}"
    assert_agreement(house.factory.company)


# ---- many hands on the same items -------------------------------------------------------------------------------------------


def test_twenty_postings_of_the_same_items_in_any_order(house: House) -> None:
    f, dice = house.factory, random.Random(20)
    items = [f.bolt, f.plate, f.frame, house.paint]
    bring_in(house, *((item, "1000", "7.77") for item in items))
    drafts = []
    for number in range(20):
        lines = dice.sample(items, len(items))
        if number % 2:
            drafts.append(take(house, *((item, str(dice.randint(1, 9))) for item in lines)))
        else:
            drafts.append(h.entry(house, "other_in", f.store, *((item, str(dice.randint(1, 9)), "8.13") for item in lines)))
    answers = at_once([posting(house, "stock_entry", draft) for draft in drafts])
    assert not errors(answers), "neither a deadlock nor anything else reaches the user"
    assert sum(answer.retries for answer in answers) == 0, "sorted locks leave nothing to be tried again"
    assert_agreement(f.company)
    states = {type(draft)._default_manager.get(pk=draft.pk).state for draft in drafts}
    assert states == {State.POSTED}


def test_one_hot_item_and_eight_hands(house: House) -> None:
    bring_in(house, (house.factory.bolt, "100", "2.00"))
    drafts = [[take(house, (house.factory.bolt, "2")) for _ in range(8)] for _ in range(8)]

    def all_of(mine: list[Any]) -> int:
        done = 0
        for draft in mine:
            try:
                posting(house, "stock_entry", draft)()
            except StockShort:
                continue
            done += 1
        return done

    answers = at_once([lambda mine=mine: all_of(mine) for mine in drafts])
    assert not errors(answers)
    assert sum(answer.value for answer in answers) == 50, "exactly what was there has left"
    assert not StockBalance.objects.filter(item=house.factory.bolt).exclude(on_hand=0).exists()
    assert_agreement(house.factory.company)


def test_first_goods_of_an_item_come_in_twice_at_once(house: House) -> None:
    # Neither balance nor pool exists yet: both postings make them, and both find them.
    lines = [(item, "3", "5.00") for item in (house.factory.plate, house.factory.frame)]
    drafts = [h.entry(house, "other_in", house.factory.store, *order) for order in (lines, lines[::-1], lines, lines[::-1])]
    answers = at_once([posting(house, "stock_entry", draft) for draft in drafts])
    assert not errors(answers)
    assert ValuationPool.objects.get(item=house.factory.plate).quantity == 12
    assert_agreement(house.factory.company)


def test_drafts_made_at_once_have_numbers_without_gap(house: House) -> None:
    make = lambda: h.entry(house, "other_in", house.factory.store, (house.factory.plate, "1", "1"))  # noqa: E731
    answers = at_once([make] * 12)
    assert not errors(answers)
    serials = sorted(int(answer.value.number[-4:]) for answer in answers)
    assert serials == list(range(1, 13))


# ---- a month closes while others post -----------------------------------------------------------------------------------------


def test_stock_is_posted_before_the_month_closes_or_refused(house: House) -> None:
    """Thirty rounds: what the closer sees under its lock is all that the month ever has."""
    f = house.factory
    month = Period.objects.get(company=f.company, year=2026, month=3)
    bring_in(house, (f.plate, "1000", "30.00"))

    @durable
    def close_and_count() -> int:
        period = Period.objects.select_for_update().get(pk=month.pk)
        period.state = Period.State.STOCK_CLOSED
        period.save(update_fields=["state"])
        return _moves(month)

    accepted = refused = disagreements = 0
    for _ in range(30):
        drafts = [take(house, (f.plate, "1")) for _ in range(3)]
        *posted, counted = at_once([*(posting(house, "stock_entry", draft) for draft in drafts), close_and_count])
        assert not unexpected([*posted, counted], PeriodClosed)
        accepted, refused = accepted + 3 - len(errors(posted)), refused + len(errors(posted))
        disagreements += counted.value != _moves(month)
        Period.objects.filter(pk=month.pk).update(state=Period.State.OPEN)
    assert disagreements == 0
    assert accepted > 0 < refused, "the race was run, with either end"


def _moves(month: Period) -> int:
    return StockMove.objects.filter(company=month.company, date__gte=month.start_date, date__lte=month.end_date).count()


# ---- the broken variants: the harness sees what the locks prevent --------------------------------------------------------------


def test_without_a_lock_an_update_is_lost(house: House) -> None:
    bring_in(house, (house.factory.plate, "10", "30.00"))
    both_have_read = threading.Barrier(2)

    def take_one_without_lock() -> None:
        with transaction.atomic():
            balance = StockBalance.objects.get(item=house.factory.plate)
            both_have_read.wait(timeout=30)
            balance.on_hand -= 1
            balance.save(update_fields=["on_hand"])

    assert not errors(at_once([take_one_without_lock] * 2))
    assert StockBalance.objects.get(item=house.factory.plate).on_hand == 9, "two took one each, one is left too many"
    with pytest.raises(AssertionError):
        assert_agreement(house.factory.company)


def test_checking_first_and_acting_later_sells_twice(house: House) -> None:
    bring_in(house, (house.factory.plate, "10", "30.00"))
    both_have_looked = threading.Barrier(2)

    def hold_eight_after_a_look() -> None:
        with transaction.atomic():
            balance = StockBalance.objects.get(item=house.factory.plate)
            assert balance.on_hand - balance.reserved >= 8
            both_have_looked.wait(timeout=30)
            StockMove.objects.filter(item=house.factory.plate).exists()
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO core_numbersequence (company_id, kind, period, last) VALUES (%s, %s, 'held', 8)",
                    [house.factory.company.pk, threading.current_thread().name],
                )

    assert not errors(at_once([hold_eight_after_a_look] * 2))
    assert NumberSequence.objects.filter(period="held").aggregate(sum=Sum("last"))["sum"] == 16


def test_locks_in_any_order_deadlock_and_the_frame_tries_again(house: House) -> None:
    f = house.factory
    bring_in(house, (f.plate, "10", "30.00"), (f.frame, "10", "100.00"))
    rows = [StockBalance.objects.get(item=item).pk for item in (f.plate, f.frame)]

    def taking(first: int, second: int, both_hold_one: threading.Barrier, frame: Callable[..., Any]) -> Callable[[], None]:
        tries: list[int] = []

        def lock_both() -> None:
            tries.append(1)
            StockBalance.objects.select_for_update().get(pk=first)
            if len(tries) == 1:
                both_hold_one.wait(timeout=30)
            StockBalance.objects.select_for_update().get(pk=second)

        return frame(lock_both)

    gate = threading.Barrier(2)
    unframed = at_once([taking(*rows, gate, transaction.atomic), taking(*rows[::-1], gate, transaction.atomic)])
    assert [type(error) for error in errors(unframed)] == [OperationalError], "one of the two is thrown out"

    gate = threading.Barrier(2)
    framed = at_once([taking(*rows, gate, durable), taking(*rows[::-1], gate, durable)])
    assert not errors(framed)
    assert sum(answer.retries for answer in framed) == 1

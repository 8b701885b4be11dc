"""Whatever happens to a pool, in whatever order: nothing is lost, no cents stay behind, and a second calculation agrees.

The reference model below shares nothing with the code it checks: it works on fractions and lists.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.valuation import (
    METHODS,
    Holding,
    Pool,
    Standard,
    change_method,
    current_value,
    month_end_differences,
    return_value,
    transfer,
)

ZERO = Decimal(0)


def exactly(*numbers: str | int) -> tuple[Decimal, ...]:
    return tuple(Decimal(number) for number in numbers)


quantities = st.decimals("0.000001", "99999", places=6, allow_nan=False)
coarse = st.integers(1, 60).map(Decimal)
amounts = st.decimals("0", "999999.99", places=2, allow_nan=False)
differences = st.decimals("-9999.99", "9999.99", places=2, allow_nan=False)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.one_of(quantities, coarse), amounts),
        st.tuples(st.just("out"), st.one_of(quantities, coarse), st.just(ZERO)),
        st.tuples(st.just("out exactly"), coarse, amounts),
        st.tuples(st.just("adjust"), coarse, differences),
    ),
    max_size=40,
)


def empty_pool(code: str) -> Pool:
    return Pool(ZERO, ZERO, ZERO, standard_cost=Decimal("3.3333") if code == "standard" else ZERO)


def assert_sound(pool: Pool, code: str) -> None:
    """What holds after every step (contract of `inventory.valuation`)."""
    if pool.quantity == 0:
        assert pool.value == 0
    if pool.quantity >= 0:
        assert pool.value >= 0
    else:
        assert pool.value <= 0
    assert pool.value == pool.value.quantize(Decimal("0.01"))
    if METHODS[code].uses_layers:
        assert sum(layer.quantity for layer in pool.layers) == max(pool.quantity, ZERO)
        assert sum(layer.value for layer in pool.layers) == max(pool.value, ZERO)
        assert all(layer.value >= 0 and (layer.quantity > 0 or layer.value == 0) for layer in pool.layers)


@pytest.mark.parametrize("below_zero", [False, True], ids=["never below zero", "below zero allowed"])
@pytest.mark.parametrize("code", METHODS)
@given(steps=steps)
def test_nothing_is_lost_and_no_cent_stays_behind(code: str, below_zero: bool, steps: list[tuple[str, Decimal, Decimal]]) -> None:
    method, pool, book = METHODS[code], empty_pool(code), ZERO
    for number, (verb, quantity, amount) in enumerate(steps):
        if verb.startswith("out") and not below_zero:
            quantity = min(quantity, pool.quantity)
            if not quantity:
                continue
        if verb == "in":
            flow = method.take_in(pool, quantity, amount, receipt_ref=f"receipt:{number}:1")
            assert flow.stock_value + flow.variance == amount
            book += flow.stock_value + flow.settlement
        elif verb == "out":
            book -= method.take_out(pool, quantity)
        elif verb == "out exactly":
            left = method.take_out_exact(pool, quantity, amount, receipt_ref=f"receipt:{number - 1}:1")
            assert left.stock_value + left.difference == amount
            book -= left.stock_value
        else:
            split = method.adjust(pool, amount, quantity, receipt_ref=f"receipt:{number - 1}:1")
            assert split.stock_part + split.expensed_part == amount
            book += split.stock_part
        assert pool.value == book
        assert_sound(pool, code)
    if pool.quantity > 0:
        assert method.take_out(pool, pool.quantity) == book
        assert_sound(pool, code)


# --- a second calculation ------------------------------------------------------------------------------------------------


def to_cents(value: Fraction) -> Fraction:
    return Fraction(floor(value * 100 + Fraction(1, 2)), 100)


class AverageByHand:
    """Value times part over whole, with fractions."""

    def __init__(self) -> None:
        self.quantity = self.value = Fraction(0)

    def take_in(self, quantity: Fraction, value: Fraction) -> None:
        self.quantity += quantity
        self.value += value

    def take_out(self, quantity: Fraction) -> Fraction:
        cost = to_cents(self.value * quantity / self.quantity)
        self.quantity -= quantity
        self.value -= cost
        return cost


class QueueByHand:
    """A queue of receipts."""

    def __init__(self) -> None:
        self.queue: list[list[Fraction]] = []

    def take_in(self, quantity: Fraction, value: Fraction) -> None:
        self.queue.append([quantity, value])

    def take_out(self, quantity: Fraction) -> Fraction:
        cost = Fraction(0)
        while quantity:
            oldest = self.queue[0]
            if oldest[0] <= quantity:
                self.queue.pop(0)
                quantity -= oldest[0]
                cost += oldest[1]
            else:
                part = to_cents(oldest[1] * quantity / oldest[0])
                self.queue[0] = [oldest[0] - quantity, oldest[1] - part]
                quantity = Fraction(0)
                cost += part
        return cost


class StandardByHand:
    """The balance is quantity x standard; a movement is the difference of two balances."""

    def __init__(self) -> None:
        self.quantity = Fraction(0)

    def worth(self) -> Fraction:
        return to_cents(self.quantity * Fraction("3.3333"))

    def take_in(self, quantity: Fraction, value: Fraction) -> None:
        self.quantity += quantity

    def take_out(self, quantity: Fraction) -> Fraction:
        before = self.worth()
        self.quantity -= quantity
        return before - self.worth()


BY_HAND: dict[str, Callable[[], AverageByHand | QueueByHand | StandardByHand]] = {
    "moving_average": AverageByHand,
    "month_average": AverageByHand,
    "specific": AverageByHand,
    "fifo": QueueByHand,
    "standard": StandardByHand,
}


@pytest.mark.parametrize("code", METHODS)
@given(steps=st.lists(st.tuples(st.booleans(), quantities, amounts), max_size=40))
def test_a_calculation_with_fractions_agrees(code: str, steps: list[tuple[bool, Decimal, Decimal]]) -> None:
    method, pool, model = METHODS[code], empty_pool(code), BY_HAND[code]()
    for is_receipt, quantity, amount in steps:
        if is_receipt:
            method.take_in(pool, quantity, amount)
            model.take_in(Fraction(quantity), Fraction(amount))
        elif pool.quantity > 0:
            quantity = min(quantity, pool.quantity)
            assert Fraction(method.take_out(pool, quantity)) == model.take_out(Fraction(quantity))


# --- returns, counts, transfers ------------------------------------------------------------------------------------------


@given(value=amounts, parts=st.lists(quantities, min_size=1, max_size=12))
def test_returning_everything_in_parts_gives_exactly_the_original_value(value: Decimal, parts: list[Decimal]) -> None:
    original, before = Holding(sum(parts, ZERO), value), Holding(ZERO, ZERO)
    for part in parts:
        back = return_value(original, before, part)
        assert back >= 0
        before = Holding(before.quantity + part, before.value + back)
    assert before == original


def test_a_count_surplus_comes_in_at_the_average_or_at_the_last_known_cost() -> None:
    # Four bolts for 10.00: one more found is worth 2.50, also when the shelf was empty.
    pool = empty_pool("moving_average")
    METHODS["moving_average"].take_in(pool, Decimal(4), Decimal("10.00"))
    assert current_value(pool, Decimal(1)) == Decimal("2.50")
    METHODS["moving_average"].take_out(pool, Decimal(4))
    assert current_value(pool, Decimal(1)) == Decimal("2.50")


@pytest.mark.parametrize("code", METHODS)
@given(receipts=st.lists(st.tuples(coarse, amounts), min_size=1, max_size=6), share=st.integers(1, 100))
def test_a_transfer_carries_its_value(code: str, receipts: list[tuple[Decimal, Decimal]], share: int) -> None:
    method, here, there = METHODS[code], empty_pool(code), empty_pool(code)
    for quantity, value in receipts:
        method.take_in(here, quantity, value)
    together, moved = here.value, max(Decimal(1), here.quantity * share // 100)
    flow = transfer(method, here, there, moved, receipt_ref="transfer:T1:1")
    assert there.value == flow.stock_value + flow.settlement
    assert here.value + there.value + flow.variance == together
    assert_sound(here, code)
    assert_sound(there, code)


def test_fifo_layers_stay_separate_on_a_transfer() -> None:
    # 2 at 1.00 and 2 at 5.00 move three pieces; the dearest one that moved is the newest there.
    here, there, fifo = empty_pool("fifo"), empty_pool("fifo"), METHODS["fifo"]
    fifo.take_in(here, Decimal(2), Decimal("2.00"), receipt_ref="receipt:R1:1")
    fifo.take_in(here, Decimal(2), Decimal("10.00"), receipt_ref="receipt:R2:1")
    transfer(fifo, here, there, Decimal(3), receipt_ref="transfer:T1:1")
    assert [(layer.quantity, layer.value) for layer in there.layers] == [exactly(2, 2), exactly(1, 5)]


def test_taking_a_receipt_back_mirrors_it_while_its_layer_is_untouched() -> None:
    pool, fifo = empty_pool("fifo"), METHODS["fifo"]
    fifo.take_in(pool, Decimal(5), Decimal("10.00"), receipt_ref="receipt:R1:1")
    fifo.take_in(pool, Decimal(3), Decimal("9.99"), receipt_ref="receipt:R2:1")
    left = fifo.take_out_exact(pool, Decimal(3), Decimal("9.99"), receipt_ref="receipt:R2:1")
    assert (left.stock_value, left.difference) == exactly("9.99", 0)
    assert (pool.quantity, pool.value) == exactly(5, "10.00")


# --- below zero ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["moving_average", "fifo", "specific", "month_average"])
def test_the_next_receipt_settles_what_was_issued_below_zero(code: str) -> None:
    # Two bolts at 5.00 are there, six are used: four of them at the last known cost.
    method, pool = METHODS[code], empty_pool(code)
    method.take_in(pool, Decimal(2), Decimal("10.00"))
    assert method.take_out(pool, Decimal(6)) == Decimal("30.00")
    assert (pool.quantity, pool.value) == exactly(-4, "-20.00")
    # Ten arrive at 7.00: the four were really worth 28.00, so 8.00 more has to leave stock; six remain at 7.00.
    flow = method.take_in(pool, Decimal(10), Decimal("70.00"), receipt_ref="receipt:R2:1")
    assert (flow.stock_value, flow.settlement) == exactly("70.00", "-8.00")
    assert (pool.quantity, pool.value) == exactly(6, "42.00")


@pytest.mark.parametrize("code", ["moving_average", "fifo"])
def test_a_hole_is_filled_in_two_steps(code: str) -> None:
    method, pool = METHODS[code], empty_pool(code)
    method.take_in(pool, Decimal(1), Decimal("3.00"))
    method.take_out(pool, Decimal(4))
    first = method.take_in(pool, Decimal(2), Decimal("8.00"))
    assert (first.settlement, pool.quantity, pool.value) == exactly("-2.00", -1, "-3.00")
    second = method.take_in(pool, Decimal(1), Decimal("2.50"))
    assert (second.settlement, pool.quantity, pool.value) == exactly("0.50", 0, 0)


# --- month end -----------------------------------------------------------------------------------------------------------

holdings = st.builds(Holding, quantity=coarse, value=amounts)


@pytest.mark.parametrize("residual", ["ratio", "issue", "ending"])
@given(opening=holdings, receipts=st.lists(holdings, max_size=5), shares=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_the_month_end_gives_away_exactly_what_there_is(
    residual: str, opening: Holding, receipts: list[Holding], shares: list[int]
) -> None:
    pool, method = empty_pool("month_average"), METHODS["month_average"]
    for held in [opening, *receipts]:
        method.take_in(pool, held.quantity, held.value)
    issues = []
    for share in shares:
        quantity = min(Decimal(share), pool.quantity)
        if quantity:
            issues.append(Holding(quantity, method.take_out(pool, quantity)))
    end = month_end_differences(opening, receipts, issues, residual=residual, unit_cost_places=2)
    assert end.closing.quantity == pool.quantity
    assert end.closing.value == pool.value - sum(end.differences, ZERO)
    assert end.closing.value >= 0
    assert end.closing.quantity > 0 or end.closing.value == 0


def test_a_price_difference_that_found_no_stock_comes_back_into_the_average() -> None:
    # 10 for 100.00, all used, then the invoice is 20.00 dearer; 10 more arrive for 100.00. The month's average is 11.00.
    pool, method = empty_pool("month_average"), METHODS["month_average"]
    method.take_in(pool, Decimal(10), Decimal("100.00"))
    used = method.take_out(pool, Decimal(10))
    late = method.adjust(pool, Decimal("20.00"), Decimal(10))
    assert (late.stock_part, late.expensed_part) == exactly(0, "20.00")
    method.take_in(pool, Decimal(10), Decimal("100.00"))
    end = month_end_differences(
        Holding(ZERO, ZERO),
        [Holding(Decimal(10), Decimal("100.00")), Holding(ZERO, Decimal("20.00")), Holding(Decimal(10), Decimal("100.00"))],
        [Holding(Decimal(10), used), Holding(ZERO, late.expensed_part)],
    )
    assert end.average == Decimal("11.00000000")
    assert end.differences == [Decimal("10.00"), Decimal("-20.00")]
    assert end.closing == Holding(Decimal(10), Decimal("110.00"))


# --- another method ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", METHODS)
@pytest.mark.parametrize("code", METHODS)
def test_changing_the_method_keeps_the_quantity_and_tells_the_change_of_value(code: str, to: str) -> None:
    pool = empty_pool(code)
    METHODS[code].take_in(pool, Decimal(3), Decimal("10.00"))
    METHODS[code].take_in(pool, Decimal(4), Decimal("20.00"))
    before = pool.value
    change = change_method(pool, METHODS[to], standard_cost=Decimal("4.10"))
    assert (pool.quantity, pool.value) == (Decimal(7), before + change)
    assert_sound(pool, to)


def test_a_new_standard_revalues_the_stock() -> None:
    pool, standard = empty_pool("standard"), Standard()
    standard.take_in(pool, Decimal(3), Decimal("10.05"))
    assert standard.revalue(pool, Decimal("3.50")) == Decimal("0.50")
    assert pool.value == Decimal("10.50")

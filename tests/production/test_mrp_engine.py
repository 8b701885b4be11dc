"""The planning engine beyond the text books: a second calculation agrees, pegging is complete, circles are refused."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.mrp import (
    BomCycle,
    BomLine,
    Event,
    Item,
    Lot,
    Plan,
    Plant,
    QuantityTooLarge,
    end_demands,
    messages,
    peg,
    plan,
    unscaled,
)
from production.mrp.lot_sizing import HEURISTICS, economic_quantity, wagner_whitin
from production.mrp.pegging import ON_HAND, ORDER, RECEIPT, SAFETY_STOCK

D = Decimal
CODES = "ABCDEFG"

lots = st.one_of(
    st.just(Lot()),
    st.builds(Lot, rule=st.just("FOQ"), quantity=st.integers(1, 40).map(D)),
    st.builds(Lot, rule=st.just("MIN_MULTIPLE"), minimum=st.integers(0, 30).map(D), multiple=st.integers(1, 12).map(D)),
    st.builds(Lot, rule=st.just("POQ"), days=st.integers(1, 6), minimum=st.integers(0, 9).map(D)),
)


@st.composite
def plants(draw: st.DrawFn) -> tuple[list[Item], list[BomLine], list[Event], list[Event]]:
    """Up to seven items; a component's letter always comes after its parent's, so there is no circle."""
    codes = CODES[: draw(st.integers(1, 7))]
    items = [
        Item(
            code,
            lead_days=draw(st.integers(0, 4)),
            lot=draw(lots),
            on_hand=D(draw(st.integers(-5, 40))),
            safety_stock=D(draw(st.sampled_from([0, 0, 5, 12]))),
            yield_rate=draw(st.sampled_from([D(1), D(1), D("0.95"), D("0.8")])),
            rounding=draw(st.sampled_from([D(1), D("0.001")])),
        )
        for code in codes
    ]
    pairs = draw(st.lists(st.sampled_from(list(combinations(codes, 2))), max_size=10, unique=True)) if len(codes) > 1 else []
    scraps = st.sampled_from([D(0), D(0), D("0.1"), D("0.03")])
    bom = [BomLine(parent, component, D(draw(st.sampled_from(["1", "2", "0.25", "3"]))), draw(scraps)) for parent, component in pairs]
    events = st.builds(Event, st.sampled_from(codes), st.integers(-3, 25), st.integers(1, 60).map(D))
    return items, bom, draw(st.lists(events, max_size=15)), draw(st.lists(events, max_size=6))


def up(quantity: Fraction, step: Decimal) -> Fraction:
    return ceil(quantity / Fraction(step)) * Fraction(step)


def lot_by_hand(lot: Lot, short: Fraction, later: list[Fraction]) -> Fraction:
    """What to order when `short` is missing and, without the order, `later` would be missing on the days that it covers too."""
    if lot.rule == "FOQ":
        return ceil(short / Fraction(lot.quantity)) * Fraction(lot.quantity)
    if lot.rule == "POQ":
        return max(short, *later, Fraction(lot.minimum))
    if lot.rule == "MIN_MULTIPLE":
        return up(max(short, Fraction(lot.minimum)), lot.multiple)
    return short


def plan_by_hand(
    items: list[Item], bom: list[BomLine], demands: list[Event], receipts: list[Event]
) -> list[tuple[str, int, int, Fraction]]:
    """Walk through the days of one item after the other, with fractions."""
    needs: dict[str, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    expected: dict[str, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for event in demands:
        needs[event.item][max(event.day, 0)] += Fraction(event.quantity)
    for event in receipts:
        expected[event.item][max(event.day, 0)] += Fraction(event.quantity)
    orders = []
    for item in items:
        balance, safety = Fraction(item.on_hand), Fraction(item.safety_stock)
        for day in range(0, 60):
            balance += expected[item.code][day] - needs[item.code][day]
            if balance >= safety:
                continue
            ahead, later = balance, [Fraction(0)]
            for covered in range(day + 1, day + item.lot.days):
                ahead += expected[item.code][covered] - needs[item.code][covered]
                later.append(safety - ahead)
            quantity = lot_by_hand(item.lot, safety - balance, later)
            balance += quantity
            start = quantity if item.yield_rate == 1 else up(quantity / Fraction(item.yield_rate), item.rounding)
            orders.append((item.code, day - item.lead_days, day, quantity))
            for line in bom:
                if line.parent == item.code:
                    step = next(one.rounding for one in items if one.code == line.component) if line.scrap else D("0.000001")
                    needed = up(start * Fraction(line.quantity_per) / (1 - Fraction(line.scrap)), step)
                    needs[line.component][max(day - item.lead_days, 0)] += needed
    return sorted(orders)


def orders_of(plant: Plant, planned: Plan) -> list[tuple[str, int, int, Fraction]]:
    orders = planned.orders
    return sorted(
        (plant.items.codes[item], int(release), int(due), Fraction(int(quantity), 1_000_000))
        for item, release, due, quantity in zip(orders.item, orders.release_day, orders.due_day, orders.quantity, strict=True)
    )


@given(rows=plants())
def test_a_day_by_day_calculation_gives_the_same_orders(rows: tuple[list[Item], list[BomLine], list[Event], list[Event]]) -> None:
    plant = Plant.of(*rows)
    assert orders_of(plant, plan(plant)) == plan_by_hand(*rows)


@given(rows=plants())
def test_every_need_is_pegged_to_supply_that_is_there_in_time(rows: tuple[list[Item], list[BomLine], list[Event], list[Event]]) -> None:
    plant = Plant.of(*rows)
    planned = plan(plant)
    pegging = peg(plant, planned)
    served = np.zeros(len(planned.requirements), np.int64)
    used: dict[tuple[int, int], int] = defaultdict(int)
    for kind, number, requirement, quantity in zip(pegging.kind, pegging.number, pegging.requirement, pegging.quantity, strict=True):
        used[int(kind), int(number)] += int(quantity)
        if requirement == SAFETY_STOCK:
            continue
        served[requirement] += quantity
        need = planned.requirements.day[requirement]
        if kind == ORDER:
            assert planned.orders.due_day[number] <= need
        elif kind == RECEIPT:
            assert max(plant.receipts.day[number], 0) <= need
    assert (served == planned.requirements.quantity).all()
    limits = {ON_HAND: plant.items.on_hand, RECEIPT: plant.receipts.quantity, ORDER: planned.orders.quantity}
    assert all(quantity <= limits[kind][number] for (kind, number), quantity in used.items())


@given(rows=plants())
def test_the_balance_never_closes_below_the_safety_stock(rows: tuple[list[Item], list[BomLine], list[Event], list[Event]]) -> None:
    plant = Plant.of(*rows)
    balances = plan(plant).balances
    assert (balances.projected >= plant.items.safety_stock[balances.item]).all()


# --- a bicycle ------------------------------------------------------------------------------------------------------------


def bicycles(receipts: list[Event]) -> Plant:
    """Ten bicycles for day 20, five for day 30; two wheels each, of which the spare shop wants three on day 12."""
    return Plant.of(
        [Item("BIKE", lead_days=5), Item("WHEEL", lead_days=10, on_hand=D(4))],
        [BomLine("BIKE", "WHEEL", D(2))],
        [Event("BIKE", 20, D(10)), Event("BIKE", 30, D(5)), Event("WHEEL", 12, D(3))],
        receipts,
    )


def test_an_order_tells_the_demands_it_is_for() -> None:
    plant = bicycles([])
    planned = plan(plant)
    pegging = peg(plant, planned)
    told = {
        (plant.items.codes[planned.orders.item[order]], int(planned.orders.due_day[order])): end_demands(planned, pegging, order)
        for order in range(len(planned.orders))
    }
    assert told == {("BIKE", 20): [0], ("BIKE", 30): [1], ("WHEEL", 15): [0], ("WHEEL", 25): [1]}
    assert [unscaled(quantity) for quantity in planned.orders.quantity] == [10, 5, 19, 10]


def test_the_release_before_today_is_past_due_and_needs_its_parts_today() -> None:
    plant = Plant.of([Item("BIKE", lead_days=5), Item("WHEEL")], [BomLine("BIKE", "WHEEL", D(2))], [Event("BIKE", 3, D(1))])
    planned = plan(plant, first_day=0)
    assert planned.orders.past_due.tolist() == [True, False]
    assert planned.orders.release_day.tolist() == [-2, 0]


@pytest.mark.parametrize(
    ("day", "quantity", "advice"),
    [
        pytest.param(15, 19, [], id="just right"),
        pytest.param(18, 19, [("expedite", 15, 19)], id="too late"),
        pytest.param(5, 19, [("postpone", 15, 19)], id="too early"),
        pytest.param(15, 40, [("reduce", 15, 11)], id="too much"),
        pytest.param(-2, 19, [("overdue", 15, 19), ("postpone", 15, 19)], id="expected in the past"),
    ],
)
def test_advice_for_a_purchase_that_is_on_its_way(day: int, quantity: int, advice: list[tuple[str, int, int]]) -> None:
    plant = bicycles([Event("WHEEL", day, D(quantity))])
    told = [(one.action, one.day, unscaled(one.quantity)) for one in messages(plant, plan(plant))]
    assert told == [(action, when, D(amount)) for action, when, amount in advice]


def test_a_purchase_that_nobody_needs_should_be_cancelled() -> None:
    plant = Plant.of([Item("WHEEL", on_hand=D(50))], [], [Event("WHEEL", 3, D(20))], [Event("WHEEL", 9, D(30))])
    assert [(one.action, unscaled(one.quantity)) for one in messages(plant, plan(plant))] == [("cancel", D(30))]


def test_a_small_shift_is_not_worth_a_message() -> None:
    plant = bicycles([Event("WHEEL", 17, D(19))])
    assert messages(plant, plan(plant), tolerance_days=2) == []


# --- refusals and edges ---------------------------------------------------------------------------------------------------


def test_an_item_that_contains_itself_is_refused_with_the_way_round() -> None:
    items = [Item(code) for code in "XFRAMES"]
    bom = [BomLine("X", "F", D(1)), BomLine("F", "R", D(1)), BomLine("R", "A", D(1)), BomLine("A", "F", D(1)), BomLine("A", "S", D(1))]
    with pytest.raises(BomCycle) as refusal:
        plan(Plant.of(items, bom, []))
    way = refusal.value.facts["path"].split(" → ")
    assert way[0] == way[-1]
    assert set(way) == {"F", "R", "A"}
    assert {(line.parent, line.component) for line in bom} >= set(zip(way, way[1:], strict=False))


def test_nothing_to_plan() -> None:
    empty = Plant.of([], [], [])
    assert len(plan(empty).orders) == 0
    assert len(peg(empty, plan(empty))) == 0
    idle = Plant.of([Item("A", on_hand=D(3))], [], [])
    assert len(plan(idle).orders) == 0
    assert messages(idle, plan(idle)) == []


def test_large_and_fine_quantities_stay_exact() -> None:
    # 900,000 kg at 0.123457 each with 3 % scrap: the product needs more than 64 bits before it is divided.
    plant = Plant.of(
        [Item("MIX"), Item("DYE", rounding=D("0.000001"))],
        [BomLine("MIX", "DYE", D("0.123457"), D("0.03"))],
        [Event("MIX", 5, D("900000.000001"))],
    )
    exact = Fraction(D("900000.000001")) * Fraction(D("0.123457")) / Fraction(D("0.97"))
    assert plan(plant).orders.quantity[-1] == ceil(exact * 1_000_000)


def test_a_total_beyond_64_bits_is_refused() -> None:
    plant = Plant.of([Item("B"), Item("A")], [], [Event("B", 1, D(4)), Event("A", 1, D("3e12")), Event("A", 2, D("3e12"))])
    with pytest.raises(QuantityTooLarge) as refusal:
        plan(plant)
    assert refusal.value.facts == {"item": "A"}


def test_a_component_beyond_64_bits_is_refused() -> None:
    plant = Plant.of([Item("A"), Item("B")], [BomLine("A", "B", D(10))], [Event("A", 1, D("2e12"))])
    with pytest.raises(QuantityTooLarge) as refusal:
        plan(plant)
    assert refusal.value.facts == {"item": "B"}


# --- lot sizing -----------------------------------------------------------------------------------------------------------

needs = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 90)), min_size=1, max_size=9)


def cost(lots: list[int], wanted: list[tuple[int, int]], balance: Fraction) -> Fraction:
    total, start = Fraction(0), 0
    for covered in lots:
        total += balance + sum(quantity * (day - wanted[start][0]) for day, quantity in wanted[start : start + covered])
        start += covered
    assert start == len(wanted)
    return total


@given(gaps=needs, balance=st.integers(0, 400).map(Fraction))
def test_wagner_whitin_is_the_cheapest_of_all_ways_and_the_heuristics_are_ways(gaps: list[tuple[int, int]], balance: Fraction) -> None:
    days = np.cumsum([gap for gap, _ in gaps]).tolist()
    wanted = list(zip(days, (quantity for _, quantity in gaps), strict=True))
    count = len(wanted)
    ways = [
        [after - before for before, after in zip((0, *cuts), (*cuts, count), strict=True)]
        for size in range(count)
        for cuts in combinations(range(1, count), size)
    ]
    cheapest = min(cost(way, wanted, balance) for way in ways)
    assert cost(wagner_whitin(wanted, balance), wanted, balance) == cheapest
    for heuristic in HEURISTICS.values():
        assert cost(heuristic(wanted, balance), wanted, balance) >= cheapest


def test_the_economic_quantity_is_rounded_to_the_nearest_piece() -> None:
    # sqrt(2 x 1,000 x 50 / 10) = 100; sqrt(2 x 2,000 x 132 / 27) = 139.8…
    assert economic_quantity(D(1000), D(50), D(10)) == 100
    assert economic_quantity(D(2000), D(132), D(27)) == 140

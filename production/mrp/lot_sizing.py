"""Lot sizes that weigh the cost of an order against the cost of carrying stock.

Each rule gets the net requirements of one item as (day, quantity), in the order of days and all positive, and `balance`:
what an order costs divided by what carrying one unit for one day costs (so: unit-days that one order is worth).
It answers with the number of requirements that each lot covers; a lot is due on the day of the first one it covers.

    SM   Silver-Meal: extend while the cost per day does not rise
    LUC  least unit cost: extend while the cost per unit does not rise
    PPB  part-period balancing, least total cost: carrying cost nearest to the order cost
    WW   Wagner-Whitin: the least possible total
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isqrt

Need = tuple[int, int]
Heuristic = Callable[[Sequence[Need], Fraction], list[int]]


def _first_lot(needs: Sequence[Need], goes_on: Callable[[int, int], bool]) -> int:
    """Count the needs of the first lot: as long as `goes_on(index, carried unit-days)` agrees."""
    first_day, carried = needs[0][0], 0
    for index in range(1, len(needs)):
        day, quantity = needs[index]
        carried += quantity * (day - first_day)
        if not goes_on(index, carried):
            return index
    return len(needs)


def _one_by_one(needs: Sequence[Need], first: Callable[[Sequence[Need]], int]) -> list[int]:
    lots, start = [], 0
    while start < len(needs):
        lots.append(first(needs[start:]))
        start += lots[-1]
    return lots


def silver_meal(needs: Sequence[Need], balance: Fraction) -> list[int]:
    """Extend a lot as long as order and carrying cost per day do not rise (days without need count)."""

    def first(left: Sequence[Need]) -> int:
        before = balance

        def goes_on(index: int, carried: int) -> bool:
            nonlocal before
            span, cost = left[index][0] - left[0][0], balance + carried
            cheaper = cost * span <= before * (span + 1)
            before = cost
            return cheaper

        return _first_lot(left, goes_on)

    return _one_by_one(needs, first)


def least_unit_cost(needs: Sequence[Need], balance: Fraction) -> list[int]:
    """Extend a lot as long as order and carrying cost per unit do not rise."""

    def first(left: Sequence[Need]) -> int:
        before, units = balance, left[0][1]

        def goes_on(index: int, carried: int) -> bool:
            nonlocal before, units
            cost, more = balance + carried, units + left[index][1]
            cheaper = cost * units <= before * more
            before, units = cost, more
            return cheaper

        return _first_lot(left, goes_on)

    return _one_by_one(needs, first)


def part_period(needs: Sequence[Need], balance: Fraction) -> list[int]:
    """Extend a lot until its carrying cost is nearest to the cost of an order."""

    def first(left: Sequence[Need]) -> int:
        before = 0

        def goes_on(index: int, carried: int) -> bool:
            nonlocal before
            nearer = abs(carried - balance) < abs(before - balance)
            before = carried
            return nearer

        return _first_lot(left, goes_on)

    return _one_by_one(needs, first)


def wagner_whitin(needs: Sequence[Need], balance: Fraction) -> list[int]:
    """Find the lots of least total cost by dynamic programming."""
    best: list[tuple[Fraction, int]] = [(Fraction(0), 0)]
    for end in range(1, len(needs) + 1):
        options, carried, units = [], 0, 0
        for start in range(end - 1, -1, -1):
            day, quantity = needs[start]
            carried += units * (needs[start + 1][0] - day) if units else 0
            units += quantity
            options.append((best[start][0] + balance + carried, start))
        best.append(min(options))
    lots, end = [], len(needs)
    while end:
        lots.append(end - best[end][1])
        end = best[end][1]
    return lots[::-1]


def economic_quantity(yearly_demand: Decimal, order_cost: Decimal, carrying_cost: Decimal) -> Decimal:
    """Compute the economic order quantity sqrt(2DS/H), rounded to the nearest whole unit.

    Args:
        yearly_demand: units a year. order_cost: of one order. carrying_cost: of one unit for a year, above 0.
    """
    square = 2 * Fraction(yearly_demand) * Fraction(order_cost) / Fraction(carrying_cost)
    root = isqrt(int(square))
    return Decimal(root + 1 if square >= (root + Fraction(1, 2)) ** 2 else root)


HEURISTICS: dict[str, Heuristic] = {"SM": silver_meal, "LUC": least_unit_cost, "PPB": part_period, "WW": wagner_whitin}

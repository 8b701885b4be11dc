"""Lot-size rules: how much is ordered when something is short. The table at the end is the whole list."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from production.mrp.lot_sizing import HEURISTICS, Heuristic
from production.mrp.quantities import scaled


@dataclass(frozen=True, slots=True)
class Lot:
    """What is set up for an item: the rule and the figures that the rule reads (all others are ignored).

    quantity: the fixed (or economic) order quantity. minimum, multiple: smallest order, pack size.
    days: how many calendar days one order covers. order_cost: of one order; carrying_cost: of one unit for one day.
    """

    rule: str = "L4L"
    quantity: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    multiple: Decimal = Decimal(0)
    days: int = 1
    order_cost: Decimal = Decimal(0)
    carrying_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LotSize:
    """The same, as the engine reads it: order at least `minimum`, in multiples of `multiple` (millionths), for `cover_days`.

    Where there is a `heuristic`, it decides with `balance` (order cost / carrying cost, in millionths of unit-days).
    """

    minimum: int = 0
    multiple: int = 1
    cover_days: int = 1
    heuristic: Heuristic | None = None
    balance: Fraction = Fraction(0)


def _lot_for_lot(lot: Lot) -> LotSize:
    return LotSize()


def _fixed(lot: Lot) -> LotSize:
    assert lot.quantity > 0, "a fixed order quantity is above 0"
    return LotSize(multiple=scaled(lot.quantity))


def _minimum_then_multiple(lot: Lot) -> LotSize:
    return LotSize(scaled(lot.minimum), scaled(lot.multiple) or 1)


def _period(lot: Lot) -> LotSize:
    return LotSize(scaled(lot.minimum), scaled(lot.multiple) or 1, max(lot.days, 1))


def _weighing(heuristic: Heuristic) -> Callable[[Lot], LotSize]:
    def rule(lot: Lot) -> LotSize:
        assert lot.carrying_cost > 0, "carrying stock costs something"
        return LotSize(heuristic=heuristic, balance=scaled(1) * Fraction(lot.order_cost) / Fraction(lot.carrying_cost))

    return rule


LOT_RULES: dict[str, Callable[[Lot], LotSize]] = {
    "L4L": _lot_for_lot,  # exactly what is short
    "FOQ": _fixed,  # multiples of a fixed quantity
    "EOQ": _fixed,  # the same with the economic quantity (lot_sizing.economic_quantity)
    "POQ": _period,  # what the next days need, from the first need on
    "MIN_MULTIPLE": _minimum_then_multiple,  # at least the minimum, then rounded up to the multiple
    "SM": _weighing(HEURISTICS["SM"]),
    "LUC": _weighing(HEURISTICS["LUC"]),
    "PPB": _weighing(HEURISTICS["PPB"]),
    "WW": _weighing(HEURISTICS["WW"]),
}

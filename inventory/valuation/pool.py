"""What all valuation methods share: the pool of one item, its FIFO layers, the answers they give, and exact rounding.

A pool is the quantity and the value of one item in one valuation area (of one lot, where lots are valued one by one).
Quantity and value are the truth; an average is computed from them when it is needed and never stored as truth.

Amounts are rounded half up to `places` decimals (the currency's), once, after exact arithmetic (`product`, `proportion`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from core.decimals import EXACT, ZERO, round_half_up

MONEY_PLACES = 2
COST_PLACES = 8


@dataclass(slots=True)
class Layer:
    """What is left of one receipt under FIFO; an exhausted layer has quantity 0 and value 0."""

    quantity: Decimal
    value: Decimal
    receipt_ref: str = ""
    pk: int | None = None
    changed: bool = False


@dataclass(slots=True)
class Pool:
    """Quantity and value of one item in one valuation area; `last_cost` is the last known cost of one unit (8 places).

    `layers` stand oldest first and are kept by FIFO only: while the quantity is not negative they add up to the pool.
    """

    quantity: Decimal
    value: Decimal
    last_cost: Decimal
    standard_cost: Decimal = ZERO
    layers: list[Layer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Holding:
    """A quantity together with its value."""

    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class InFlow:
    """What a receipt did to the pool; the pool's value grew by `stock_value + settlement`.

    stock_value: value of the goods' own move.
    variance: what the receipt cost more (+) or less (-) than `stock_value`; only at standard cost.
    settlement: value-only correction of issues that were made below zero at the last known cost. Negative when
        the goods turned out dearer; the counter-entry belongs to those issues' cost.
    """

    stock_value: Decimal
    variance: Decimal = ZERO
    settlement: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an issue: what one layer gave, and of which receipt it was."""

    quantity: Decimal
    value: Decimal
    receipt_ref: str = ""


@dataclass(frozen=True, slots=True)
class OutFlow:
    """What an exact withdrawal did: `stock_value` left the pool, `difference` = asked value - stock_value."""

    stock_value: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A later price difference, split: `stock_part` changed the pool's value, `expensed_part` is for a difference account."""

    stock_part: Decimal
    expensed_part: Decimal


class Method(Protocol):
    """How goods of one category are valued. Every verb changes the pool in place and keeps quantity 0 <=> value 0."""

    @property
    def uses_layers(self) -> bool: ...

    def take_in(self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES) -> InFlow: ...

    def take_out(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal: ...

    def take_parts(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> list[Part]: ...

    def take_out_exact(
        self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> OutFlow: ...

    def adjust(
        self, pool: Pool, amount: Decimal, quantity_covered: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> Adjustment: ...


def product(amount: Decimal, factor: Decimal, places: int) -> Decimal:
    """Compute amount x factor, rounded once."""
    return round_half_up(EXACT.multiply(amount, factor), places)


def proportion(value: Decimal, part: Decimal, whole: Decimal, places: int) -> Decimal:
    """Compute value x part / whole, rounded once; `whole` must not be 0."""
    return round_half_up(EXACT.divide(EXACT.multiply(value, part), whole), places)


def return_value(original: Holding, before: Holding, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
    """Value at which `quantity` of an original move comes back, when `before` of it came back already.

    Cumulative, so that returning everything, in however many parts, gives exactly the original value.
    """
    so_far = proportion(original.value, before.quantity + quantity, original.quantity, places)
    return so_far - before.value


def current_value(pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
    """Value of `quantity` at the pool's present average, or at the last known cost when nothing is in stock.

    This is what a count surplus comes in at.
    """
    if pool.quantity > 0:
        return proportion(pool.value, quantity, pool.quantity, places)
    return product(pool.last_cost, quantity, places)


def remember_cost(pool: Pool) -> None:
    """Note the present average as last known cost, for the time when there is no stock to take it from."""
    if pool.quantity > 0:
        pool.last_cost = proportion(pool.value, Decimal(1), pool.quantity, COST_PLACES)


def receive(pool: Pool, quantity: Decimal, value: Decimal, places: int) -> tuple[Holding, Decimal]:
    """Add a receipt to quantity and value, settling what was issued below zero; gives (what stays in stock, settlement).

    The part of the receipt that fills the hole costs what the receipt costs; the hole was booked at the last known
    cost. The difference is the settlement, by which the pool's value is corrected in the same breath.
    """
    assert quantity > 0 <= value, "a receipt has a quantity and no negative value"
    missing = min(quantity, max(-pool.quantity, ZERO))
    filled = proportion(value, missing, quantity, places)
    booked = proportion(pool.value, missing, pool.quantity, places) if missing else ZERO
    settlement = booked - filled
    pool.quantity += quantity
    pool.value += value + settlement
    remember_cost(pool)
    return Holding(quantity - missing, value - filled), settlement


def issue_below_zero(pool: Pool, quantity: Decimal, places: int) -> Decimal:
    """Take what is not in stock at the last known cost; only for warehouses that allow it."""
    cost = product(pool.last_cost, quantity, places)
    pool.quantity -= quantity
    pool.value -= cost
    return cost


def total(layers: Iterable[Layer]) -> Holding:
    """Add up layers."""
    kept = list(layers)
    return Holding(sum((layer.quantity for layer in kept), ZERO), sum((layer.value for layer in kept), ZERO))

"""Moving average 移动加权平均: every issue leaves at value / quantity of that moment."""

from dataclasses import dataclass
from decimal import Decimal

from core.decimals import ZERO
from inventory.valuation.pool import (
    MONEY_PLACES,
    Adjustment,
    InFlow,
    OutFlow,
    Part,
    Pool,
    issue_below_zero,
    product,
    proportion,
    receive,
    remember_cost,
)


@dataclass(frozen=True, slots=True)
class MovingAverage:
    """The default method. With `unit_cost_places` the average is first rounded to so many decimals, as some books do."""

    unit_cost_places: int | None = None
    uses_layers: bool = False

    def take_in(self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES) -> InFlow:
        """Receive `quantity` at `value`; what was issued below zero is settled at the cost of this receipt."""
        _, settlement = receive(pool, quantity, value, places)
        return InFlow(stock_value=value, settlement=settlement)

    def take_out(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
        """Issue `quantity` at the average and give the value that left; the last piece takes all that is left."""
        assert quantity > 0, "an issue has a positive quantity"
        in_stock = min(quantity, max(pool.quantity, ZERO))
        cost = self._from_stock(pool, in_stock, places) if in_stock else ZERO
        beyond = quantity - in_stock
        return cost + issue_below_zero(pool, beyond, places) if beyond else cost

    def take_parts(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> list[Part]:
        """Issue `quantity`, told as the one part that it is."""
        return [Part(quantity, self.take_out(pool, quantity, places=places))]

    def _from_stock(self, pool: Pool, quantity: Decimal, places: int) -> Decimal:
        remember_cost(pool)
        if quantity == pool.quantity:
            cost = pool.value
        elif self.unit_cost_places is None:
            cost = proportion(pool.value, quantity, pool.quantity, places)
        else:
            unit = proportion(pool.value, Decimal(1), pool.quantity, self.unit_cost_places)
            cost = min(product(unit, quantity, places), pool.value)
        pool.quantity -= quantity
        pool.value -= cost
        return cost

    def take_out_exact(
        self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> OutFlow:
        """Take `quantity` out at the given `value` as far as the pool can bear it.

        Emptying the pool takes all its value, and a pool with stock never becomes worth less than nothing; whatever
        the asked value differs from what left is `difference`.
        """
        assert quantity > 0 <= value, "a withdrawal has a quantity and no negative value"
        remember_cost(pool)
        if quantity == pool.quantity:
            leaves = pool.value
        elif quantity < pool.quantity:
            leaves = min(value, pool.value)
        else:
            leaves = max(value, pool.value)
        pool.quantity -= quantity
        pool.value -= leaves
        remember_cost(pool)
        return OutFlow(stock_value=leaves, difference=value - leaves)

    def adjust(
        self, pool: Pool, amount: Decimal, quantity_covered: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> Adjustment:
        """Give the share of a price difference that is still on hand (at most the stock) to the pool, expense the rest."""
        assert quantity_covered > 0, "a difference concerns some quantity"
        on_hand = min(max(pool.quantity, ZERO), quantity_covered)
        stock_part = max(proportion(amount, on_hand, quantity_covered, places), -pool.value) if on_hand else ZERO
        pool.value += stock_part
        remember_cost(pool)
        return Adjustment(stock_part, amount - stock_part)

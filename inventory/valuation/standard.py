"""Standard cost 标准成本 and planned cost 计划成本: stock is always worth quantity x standard, all else is variance.

The balance is rounded as a whole (`round(quantity x standard)`), so issues never leave a residue. Purchase price and
production variances are told to the caller and live in their accounts; `spread_variance` gives the month's variance to what
was issued, the way planned cost works in Chinese books (材料成本差异).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.decimals import ZERO
from inventory.valuation.pool import (
    COST_PLACES,
    MONEY_PLACES,
    Adjustment,
    InFlow,
    OutFlow,
    Part,
    Pool,
    product,
    proportion,
)


def _move(pool: Pool, quantity: Decimal, places: int) -> Decimal:
    """Change the quantity (+/-) and give the change of value that follows from the standard."""
    before = pool.value
    pool.quantity += quantity
    pool.value = product(pool.standard_cost, pool.quantity, places)
    pool.last_cost = pool.standard_cost
    return pool.value - before


@dataclass(frozen=True, slots=True)
class Standard:
    """Stock at the standard of `pool.standard_cost`; negative stock needs no settlement, as the cost is known."""

    uses_layers: bool = False

    def take_in(self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES) -> InFlow:
        """Receive at standard; what was really paid above (+) or below (-) it is the variance."""
        assert quantity > 0 <= value, "a receipt has a quantity and no negative value"
        stock_value = _move(pool, quantity, places)
        return InFlow(stock_value=stock_value, variance=value - stock_value)

    def take_out(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
        """Issue at standard and give the value that left."""
        assert quantity > 0, "an issue has a positive quantity"
        return -_move(pool, -quantity, places)

    def take_parts(self, pool: Pool, quantity: Decimal, *, places: int = MONEY_PLACES) -> list[Part]:
        """Issue `quantity`, told as the one part that it is."""
        return [Part(quantity, self.take_out(pool, quantity, places=places))]

    def take_out_exact(
        self, pool: Pool, quantity: Decimal, value: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> OutFlow:
        """Take out at standard; `difference` takes back the variance that came with the original."""
        assert quantity > 0 <= value, "a withdrawal has a quantity and no negative value"
        leaves = -_move(pool, -quantity, places)
        return OutFlow(stock_value=leaves, difference=value - leaves)

    def adjust(
        self, pool: Pool, amount: Decimal, quantity_covered: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> Adjustment:
        """A later price difference is variance as a whole."""
        return Adjustment(ZERO, amount)

    def revalue(self, pool: Pool, standard_cost: Decimal, *, places: int = MONEY_PLACES) -> Decimal:
        """Set a new standard and give the change of the stock's value."""
        pool.standard_cost = standard_cost
        return _move(pool, ZERO, places)


@dataclass(frozen=True, slots=True)
class PlanHolding:
    """Goods at planned cost with the variance that belongs to them (+ = really dearer, 超支; - = cheaper, 节约)."""

    plan: Decimal
    variance: Decimal


@dataclass(frozen=True, slots=True)
class VarianceSpread:
    """The variance rate 材料成本差异率 (8 places, 0.02 = 2 %), each issue's variance, and what stays with the stock."""

    rate: Decimal
    issues: list[Decimal]
    closing: PlanHolding


def spread_variance(
    opening: PlanHolding, receipts: Sequence[PlanHolding], issues: Sequence[Decimal], *, places: int = MONEY_PLACES
) -> VarianceSpread:
    """Spread one month's variance over the planned cost of its issues; when all stock is used, the last issue takes the tail.

    rate = (opening variance + receipts' variance) / (opening plan + receipts' plan); without any plan there is nothing to
    spread and the variance stays.
    """
    plan = opening.plan + sum((r.plan for r in receipts), ZERO)
    variance = opening.variance + sum((r.variance for r in receipts), ZERO)
    if not plan:
        return VarianceSpread(ZERO, [ZERO for _ in issues], PlanHolding(-sum(issues, ZERO), variance))
    shares = [proportion(variance, issue, plan, places) for issue in issues]
    left = plan - sum(issues, ZERO)
    if issues and not left:
        shares[-1] = variance - sum(shares[:-1], ZERO)
    return VarianceSpread(proportion(variance, Decimal(1), plan, COST_PLACES), shares, PlanHolding(left, variance - sum(shares, ZERO)))

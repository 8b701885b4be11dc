"""Monthly average 全月一次加权平均: issues leave at a provisional cost, the month end brings them to the month's average.

During the month an issue takes the last known average, which is value / quantity of the pool at that moment: that keeps
the pool sound all month (never worth less than nothing, nothing left at quantity 0). At the month end
`month_end_differences` computes the one average of the month and the difference that each issue still owes; the differences
are appended as value-only moves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.decimals import ZERO
from inventory.valuation.moving_average import MovingAverage
from inventory.valuation.pool import (
    COST_PLACES,
    MONEY_PLACES,
    Adjustment,
    Holding,
    Pool,
    product,
    proportion,
    remember_cost,
)


@dataclass(frozen=True, slots=True)
class MonthAverage(MovingAverage):
    """Provisionally a moving average; a price difference belongs to the month's average as a whole."""

    def adjust(
        self, pool: Pool, amount: Decimal, quantity_covered: Decimal, *, receipt_ref: str = "", places: int = MONEY_PLACES
    ) -> Adjustment:
        """Give the whole difference to the pool, as far as the pool has stock and value to carry it.

        What it can't carry now is expensed; at the month end such an amount is passed to `month_end_differences` as
        an issue of quantity 0, and comes back into the average.
        """
        stock_part = max(amount, -pool.value) if pool.quantity > 0 else ZERO
        pool.value += stock_part
        remember_cost(pool)
        return Adjustment(stock_part, amount - stock_part)


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The month's average (8 places), what each issue still owes (+ = costs more), and the stock that remains."""

    average: Decimal
    differences: list[Decimal]
    closing: Holding


def _exact(available: Holding, issued: Decimal, unit_cost_places: int, places: int) -> Holding:
    return available


def _closing_first(available: Holding, issued: Decimal, unit_cost_places: int, places: int) -> Holding:
    unit = proportion(available.value, Decimal(1), available.quantity, unit_cost_places)
    closing = min(product(unit, available.quantity - issued, places), available.value)
    return Holding(issued, available.value - closing) if issued else available


def _issues_first(available: Holding, issued: Decimal, unit_cost_places: int, places: int) -> Holding:
    if issued in (0, available.quantity):
        return available
    unit = proportion(available.value, Decimal(1), available.quantity, unit_cost_places)
    return Holding(issued, min(product(unit, issued, places), available.value))


# Who carries the rounding when the average is kept to few decimals: nobody (exact ratio), the issues 倒挤发出, the closing stock.
# Each rule says in which ratio of value to quantity the issues are valued.
RESIDUALS: dict[str, Callable[[Holding, Decimal, int, int], Holding]] = {
    "ratio": _exact,
    "issue": _closing_first,
    "ending": _issues_first,
}


def month_end_differences(
    opening: Holding,
    receipts: Sequence[Holding],
    issues: Sequence[Holding],
    *,
    residual: str = "ratio",
    unit_cost_places: int = COST_PLACES,
    places: int = MONEY_PLACES,
) -> MonthEnd:
    """Compute the month's average and what each issue owes to it; the parts add up to the whole.

    Args:
        opening: stock and value at the start of the month.
        receipts: the month's receipts; a price difference is a receipt of quantity 0, a settlement of negative stock too.
        issues: what went out, at its provisional value; a return from a customer or a count surplus has both negative,
            a price difference that was expensed during the month has quantity 0.
        residual: a key of RESIDUALS; together with `unit_cost_places` the bookkeeping habit of the company.

    Without any available quantity there is no average: every difference is 0.
    """
    available = Holding(
        opening.quantity + sum((r.quantity for r in receipts), ZERO),
        opening.value + sum((r.value for r in receipts), ZERO),
    )
    issued = sum((i.quantity for i in issues), ZERO)
    if available.quantity <= 0:
        left = available.value - sum((i.value for i in issues), ZERO)
        return MonthEnd(ZERO, [ZERO for _ in issues], Holding(available.quantity - issued, left))
    ratio = RESIDUALS[residual](available, issued, unit_cost_places, places)
    costs = _spread(ratio, issues, places)
    return MonthEnd(
        proportion(available.value, Decimal(1), available.quantity, COST_PLACES),
        [cost - issue.value for cost, issue in zip(costs, issues, strict=True)],
        Holding(available.quantity - issued, available.value - sum(costs, ZERO)),
    )


def _spread(ratio: Holding, issues: Sequence[Holding], places: int) -> list[Decimal]:
    """Value every issue in the given ratio by cumulative rounding, so that the sum is rounded once only."""
    costs, quantity, given = [], ZERO, ZERO
    for issue in issues:
        quantity += issue.quantity
        so_far = proportion(ratio.value, quantity, ratio.quantity, places)
        costs.append(so_far - given)
        given = so_far
    return costs

"""What goods are worth when they come and go: five methods, one contract, no database.

    METHODS["fifo"] -> a method object. Its verbs change a `Pool` in place; amounts are positive unless said otherwise.

    take_in(pool, quantity, value, *, receipt_ref="", places=2) -> InFlow(stock_value, variance, settlement)
        Goods arrive at `value` (purchase, production, return or transfer value). The pool grows by stock_value + settlement.
        `variance` = value - stock_value, at standard cost only. `settlement` corrects issues that went below zero.
    take_out(pool, quantity, *, places=2) -> Decimal
        Goods leave; gives the value that leaves. Emptying takes everything. Beyond the stock: the last known cost.
    take_parts(pool, quantity, *, places=2) -> list[Part(quantity, value, receipt_ref)]
        The same as take_out, told layer by layer under FIFO.
    take_out_exact(pool, quantity, value, *, receipt_ref="", places=2) -> OutFlow(stock_value, difference)
        Goods leave at a given value (reversal of a receipt, return to the supplier at the original cost).
        What the pool can't bear is `difference` = value - stock_value. FIFO takes the layer of `receipt_ref` first.
        The reversal of an issue, and goods that come back from a customer, are a `take_in` at the original value.
    adjust(pool, amount, quantity_covered, *, receipt_ref="", places=2) -> Adjustment(stock_part, expensed_part)
        A receipt of `quantity_covered` turns out dearer (+) or cheaper (-) by `amount`. stock_part + expensed_part = amount.

Always true afterwards: quantity 0 <=> value 0 (a pool without goods is worth nothing), value >= 0 while quantity >= 0, and
under FIFO the layers add up to the pool while quantity >= 0. Amounts are rounded half up to `places`.

    transfer(method, source, target, quantity, *, receipt_ref="", places=2) -> InFlow
        Goods go from one pool to another with their cost; FIFO layers stay separate. The source loses
        stock_value + variance of the answer, the target gains stock_value + settlement.

A return is valued with `return_value` (cumulative, so parts sum to the whole), a count surplus with `current_value`.
Which of a lot's, warehouse's or company's pools is meant, negative stock being allowed or not, and the accounts are the callers' affair.
"""

from decimal import Decimal

from inventory.valuation.fifo import Fifo, close_layers
from inventory.valuation.month_average import MonthAverage, MonthEnd, month_end_differences
from inventory.valuation.moving_average import MovingAverage
from inventory.valuation.pool import (
    Adjustment,
    Holding,
    InFlow,
    Layer,
    Method,
    OutFlow,
    Part,
    Pool,
    current_value,
    return_value,
)
from inventory.valuation.specific import Specific
from inventory.valuation.standard import PlanHolding, Standard, VarianceSpread, spread_variance

METHODS: dict[str, Method] = {
    "moving_average": MovingAverage(),
    "fifo": Fifo(),
    "month_average": MonthAverage(),
    "specific": Specific(),
    "standard": Standard(),
}


def transfer(method: Method, source: Pool, target: Pool, quantity: Decimal, *, receipt_ref: str = "", places: int = 2) -> InFlow:
    """Move `quantity` to another pool at the cost of the source; under FIFO every layer stays a layer of its own.

    For the target the transfer is the receipt, so a later invoice difference on the original receipt doesn't follow.
    """
    stock_value = variance = settlement = Decimal(0)
    for part in method.take_parts(source, quantity, places=places):
        flow = method.take_in(target, part.quantity, part.value, receipt_ref=receipt_ref, places=places)
        stock_value += flow.stock_value
        variance += flow.variance
        settlement += flow.settlement
    return InFlow(stock_value, variance, settlement)


def change_method(pool: Pool, method: Method, *, standard_cost: Decimal | None = None, places: int = 2) -> Decimal:
    """Carry a pool with stock over to another method and give the change of its value (0 unless it goes to standard)."""
    if isinstance(method, Standard):
        close_layers(pool)
        return method.revalue(pool, pool.standard_cost if standard_cost is None else standard_cost, places=places)
    if isinstance(method, Fifo):
        method.open_layer(pool)
    else:
        close_layers(pool)
    return Decimal(0)


__all__ = [
    "METHODS",
    "Adjustment",
    "Fifo",
    "Holding",
    "InFlow",
    "Layer",
    "Method",
    "MonthAverage",
    "MonthEnd",
    "MovingAverage",
    "OutFlow",
    "Part",
    "PlanHolding",
    "Pool",
    "Specific",
    "Standard",
    "VarianceSpread",
    "change_method",
    "current_value",
    "month_end_differences",
    "return_value",
    "spread_variance",
    "transfer",
]

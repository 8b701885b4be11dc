"""Specific identification 个别计价: each lot or serial is a pool of its own and gives its own cost.

Inside one lot nothing distinguishes the pieces, so a lot is valued like a small moving average pool. That the pools are
kept per lot is what makes the method specific; the stock ledger opens one pool for each lot.
"""

from dataclasses import dataclass

from inventory.valuation.moving_average import MovingAverage


@dataclass(frozen=True, slots=True)
class Specific(MovingAverage):
    """A moving average of one lot."""

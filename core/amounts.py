"""Money of a document line: net and tax rounded half up where they enter a document, and shares that sum to the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from core.decimals import EXACT, ZERO, round_money
from core.errors import InvalidInput

MAX_AMOUNT = Decimal(10) ** 12
"""A line is worth less than this: a million million, so that sums over long lists fit into 64 bits with their four places."""


class Taxed(Protocol):
    """Anything with an amount before tax and its tax."""

    net_amount: Decimal
    tax_amount: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amount before tax, and tax."""

    net: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """Amount with tax (价税合计)."""
        return self.net + self.tax


def worth(quantity: Decimal, price: Decimal, places: int) -> Decimal:
    """Quantity times unit price, rounded half up to the currency's places.

    Raises:
        InvalidInput: ``out_of_range``; a list of such amounts could not be summed any more.
    """
    amount = round_money(EXACT.multiply(quantity, price), places)
    if abs(amount) >= MAX_AMOUNT:
        raise InvalidInput("out_of_range", _("This amount is too large."))
    return amount


def line_amounts(quantity: Decimal, price: Decimal, tax_percent: Decimal, places: int) -> Amounts:
    """Net amount and tax of a line; the tax is taken from the rounded net amount."""
    net = worth(quantity, price, places)
    return Amounts(net, round_money(EXACT.divide(EXACT.multiply(net, tax_percent), Decimal(100)), places))


def total(lines: Iterable[Taxed]) -> Amounts:
    """What lines add up to."""
    kept = list(lines)
    return Amounts(sum((line.net_amount for line in kept), ZERO), sum((line.tax_amount for line in kept), ZERO))


def share(whole: Decimal, *, quantity: Decimal, done: Decimal, taken: Decimal, places: int) -> Decimal:
    """The part of `whole` that falls due now, so that all parts sum to it.

    Args:
        quantity: what the whole is for.
        done: how much of it is done, the present part included; the last part takes the remainder.
        taken: what earlier parts took.
    """
    due = whole if done >= quantity else round_money(EXACT.divide(EXACT.multiply(whole, done), quantity), places)
    return max(due - taken, ZERO)

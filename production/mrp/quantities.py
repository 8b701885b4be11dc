"""Exact quantities for array arithmetic: millionths of a unit as 64-bit integers."""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from core.errors import BusinessError

SCALE = 1_000_000
SAFE = 4.0e18  # comfortably inside 64 bits, also when estimated with floats

Quantities = NDArray[np.int64]
Days = NDArray[np.int32]
Indexes = NDArray[np.int64]


class QuantityTooLarge(BusinessError):
    """A total of one item that does not fit into 64 bits: more than about 4,000 billion units."""

    code = "quantity_too_large"
    text = _("Planning can't go on: the quantities of {item} are too large.")
    hint = _("Look for a mistyped quantity among its orders, its stock and the bills of materials that contain it.")


def scaled(quantity: Decimal | int) -> int:
    """Express a quantity in millionths; what is finer than that is rounded up."""
    return int((Decimal(quantity) * SCALE).to_integral_value(rounding=ROUND_CEILING))


def unscaled(quantity: int) -> Decimal:
    """Express millionths as a plain quantity."""
    return (Decimal(int(quantity)) / SCALE).normalize() + 0


def times_ratio_up(amount: Quantities, numerator: Quantities, denominator: Quantities, *, name: Callable[[int], str]) -> Quantities:
    """Compute amount x numerator / denominator, rounded up to whole numbers; exact also where the product needs more than 64 bits.

    Args:
        name: the item that a row is about, for the message.

    Raises:
        QuantityTooLarge: a result does not fit.
    """
    if not amount.size:
        return np.zeros(0, np.int64)
    if float(np.abs(amount).max()) * float(numerator.max()) < SAFE:
        product = amount * numerator
        return product if (denominator == 1).all() else -(-product // denominator)
    exact = -(-(amount.astype(object) * numerator.astype(object)) // denominator.astype(object))
    try:
        return exact.astype(np.int64)
    except OverflowError as error:
        raise QuantityTooLarge(item=name(int(exact.argmax()))) from error


def check_totals(owner: Indexes, quantity: Quantities, names: Sequence[str]) -> None:
    """Make sure that the total of each owner fits into 64 bits.

    Raises:
        QuantityTooLarge: it doesn't.
    """
    if quantity.size:
        totals = np.bincount(owner, weights=np.abs(quantity))
        if float(totals.max()) > SAFE:
            raise QuantityTooLarge(item=names[int(totals.argmax())])

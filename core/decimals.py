"""Exact numbers: strict parsing of what people type, half-up rounding, and splits whose parts sum to the whole.

Rounding happens at one place only, when a value enters a ledger (design: LEDGERS, "Decimals").
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput

MONEY_PLACES = 4
"""Places kept in the database for money; a currency's own places (ISO 4217, at most 4) are used when rounding."""
QUANTITY_PLACES = 6
PRICE_PLACES = 8
ZERO = Decimal(0)

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Enough digits that a product of two stored numbers is never rounded silently."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}\Z", re.ASCII)
MAX_DIGITS = 40


def parse_decimal(text: object, *, places: int, field: str = "") -> Decimal:
    """Read a number as a person or a machine wrote it, refusing whatever would need guessing.

    Args:
        text: a string (full-width digits are understood), an int or a Decimal. Floats and booleans are refused.
        places: the most decimals allowed; more are refused, never rounded away.
        field: path of the field, for the message.

    Raises:
        InvalidInput: with code ``invalid_number``, ``decimal_comma``, ``too_many_decimals`` or ``out_of_range``.
    """
    if isinstance(text, bool | float) or not isinstance(text, str | int | Decimal):
        raise InvalidInput("type", _("Enter a number, written as text such as “12.5”."), field=field)
    plain = unicodedata.normalize("NFKC", str(text)).strip() if isinstance(text, str) else format(Decimal(text), "f")
    if len(plain) > MAX_DIGITS:
        raise InvalidInput("out_of_range", _("This number is too long."), field=field)
    if _DECIMAL_COMMA.match(plain):
        suggestion = plain.replace(",", ".")
        raise InvalidInput(
            "decimal_comma",
            _("“{value}” has a comma. Use a point for decimals: {suggestion}."),
            field=field,
            value=plain,
            suggestion=suggestion,
        )
    if not _NUMBER.match(plain):
        raise InvalidInput(
            "invalid_number", _("“{value}” is not a number. Write digits and a point, such as 1200.50."), field=field, value=plain[:40]
        )
    number = Decimal(plain)
    check_places(number, places=places, field=field)
    return number + 0  # no negative zero


def check_places(number: Decimal, *, places: int, field: str = "") -> None:
    """Refuse a number with more than `places` decimals or one that does not fit into a scaled 64-bit integer.

    Raises:
        InvalidInput: ``too_many_decimals`` or ``out_of_range``.
    """
    if not number.is_finite():
        raise InvalidInput(
            "invalid_number", _("“{value}” is not a number. Write digits and a point, such as 1200.50."), field=field, value=str(number)
        )
    exponent = number.normalize(EXACT).as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        raise InvalidInput("too_many_decimals", _("At most {places} decimals are possible here."), field=field, places=places)
    if abs(number) >= Decimal(2**63 - 1).scaleb(-places):
        raise InvalidInput("out_of_range", _("This number is too large."), field=field)


def scaled_integer(number: Decimal, *, places: int, field: str = "") -> int:
    """The number times 10**places as an integer, exactly.

    Raises:
        InvalidInput: see `check_places`.
    """
    if not number:
        return 0
    if number.is_finite() and number.adjusted() < 19:  # anything longer is out of range, and int() of it could take long
        scaled = number.scaleb(places, context=EXACT)
        whole = int(scaled)
        if whole == scaled and abs(whole) < 2**63 - 1:
            return whole
    check_places(number, places=places, field=field)
    raise AssertionError("a number that can't be stored has a reason")


def round_half_up(number: Decimal, places: int) -> Decimal:
    """Round to `places` decimals, ties away from zero (四舍五入)."""
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT)


def round_money(amount: Decimal, places: int = 2) -> Decimal:
    """Round an amount to the places of its currency (2 for CNY), half up."""
    return round_half_up(amount, places)


def allocate(total: Decimal, weights: Sequence[Decimal], places: int = 2) -> list[Decimal]:
    """Split `total` in proportion to `weights`; the parts sum to `total` (尾差 taken up on the way).

    Each part is rounded, and the last with a weight takes the tail. Where that tail would turn its sign – many small parts, all
    rounded up: 0.05 over ten – the running total is rounded instead and each part is the difference, so that no part is against `total`.

    Raises:
        ValueError: the weights sum to zero while there is something to split.
    """
    if not weights:
        return []
    whole = sum(weights, ZERO)
    if whole == 0:
        if total == 0:
            return [ZERO] * len(weights)
        raise ValueError("nothing to allocate by: the weights sum to zero")
    parts = [round_half_up(EXACT.divide(EXACT.multiply(total, weight), whole), places) for weight in weights]
    last = max(index for index, weight in enumerate(weights) if weight != 0)
    parts[last] += total - sum(parts, ZERO)
    if parts[last] * total * weights[last] * whole < 0:
        return _by_running_total(total, weights, whole, places)
    return parts


def _by_running_total(total: Decimal, weights: Sequence[Decimal], whole: Decimal, places: int) -> list[Decimal]:
    """Differences of the rounded running total: it never runs back while the weights have one sign, and it ends at `total` exactly."""
    parts, given, weight_so_far = [], ZERO, ZERO
    for weight in weights:
        weight_so_far += weight
        upto = total if weight_so_far == whole else round_half_up(EXACT.divide(EXACT.multiply(total, weight_so_far), whole), places)
        parts.append(upto - given)
        given = upto
    return parts

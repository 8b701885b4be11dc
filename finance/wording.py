"""Amounts inside sentences."""

from decimal import Decimal


def money(amount: Decimal) -> str:
    """1234.5 → 1,234.50."""
    return f"{amount:,.2f}"


def quantity(number: Decimal) -> str:
    """2.500000 → 2.5."""
    return format(number.normalize(), "f") if number else "0"

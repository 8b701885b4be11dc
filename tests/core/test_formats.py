"""How numbers look on pages."""

from decimal import Decimal

import pytest
from django.utils.html import strip_tags

from core.templatetags.ui import money, percent, price, qty


@pytest.mark.parametrize(
    ("write", "number", "shown"),
    [
        (money, "1234.5", "1,234.50"),
        (money, "-1234567.89", "-1,234,567.89"),
        (money, "0", "0.00"),
        (qty, "200.000000", "200"),
        (qty, "0.125000", "0.125"),
        (qty, "12000", "12,000"),
        (price, "0.45", "0.45"),
        (price, "3", "3.00"),
        (price, "1.23456789", "1.23456789"),
        (percent, "0.942", "94.2 %"),
    ],
)
def test_number_as_shown(write, number, shown):
    assert strip_tags(write(Decimal(number))) == shown


def test_negative_amounts_are_marked_and_ledgers_leave_zero_blank():
    assert 'class="num neg"' in money(Decimal(-1))
    assert money(Decimal(0), "blank") == ""
    assert money(None) == ""

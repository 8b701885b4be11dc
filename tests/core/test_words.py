"""大写金额: what vouchers, contracts and cheques say."""

from decimal import Decimal

import pytest

from core.words import chinese_amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("11300.00", "壹万壹仟叁佰元整"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("10", "壹拾元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("-325.04", "负叁佰贰拾伍元零肆分"),
        ("10001", "壹万零壹元整"),
        ("100001000", "壹亿零壹仟元整"),
        ("20300050.07", "贰仟零叁拾万零伍拾元零柒分"),
        ("12345678901234.56", "壹拾贰万叁仟肆佰伍拾陆亿柒仟捌佰玖拾万壹仟贰佰叁拾肆元伍角陆分"),
        ("0.005", "壹分"),
        ("-0.004", "零元整"),
    ],
)
def test_amount_in_capital_numerals(amount, words):
    assert chinese_amount(Decimal(amount)) == words

"""Splits: the parts sum to the whole, and none of them is against it."""

from decimal import Decimal

import pytest

from core.decimals import allocate

SPLITS = {
    "thirds": ("100", ["1", "1", "1"], ["33.33", "33.33", "33.34"]),
    "five cents over ten": ("0.05", ["1"] * 10, ["0.01", "0.00"] * 5),
    "taken back": ("-0.05", ["1"] * 10, ["-0.01", "0.00"] * 5),
    "nothing for who weighs nothing": ("10", ["1", "0", "2"], ["3.33", "0.00", "6.67"]),
    "nothing to split": ("0", ["0", "0"], ["0", "0"]),
}


@pytest.mark.parametrize(("total", "weights", "expected"), SPLITS.values(), ids=SPLITS)
def test_a_split(total: str, weights: list[str], expected: list[str]) -> None:
    assert allocate(Decimal(total), [Decimal(weight) for weight in weights]) == [Decimal(part) for part in expected]


@pytest.mark.parametrize("count", [3, 7, 10, 100, 999])
def test_no_part_is_against_the_whole(count: int) -> None:
    for cents in range(1, 60):
        total = Decimal(cents) / 100
        parts = allocate(total, [Decimal(1)] * count)
        assert (sum(parts), min(parts) >= 0) == (total, True)


def test_what_can_not_be_split_says_so() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        allocate(Decimal(1), [Decimal(0)])

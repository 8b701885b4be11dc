"""Reading the CSV files of the demo factory."""

import csv
from decimal import Decimal
from pathlib import Path

_DATA = Path(__file__).parent / "data"
Row = dict[str, str]


def read(name: str) -> list[Row]:
    """All rows of data/`name`.csv, by column name."""
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> Decimal:
    """A number; an empty cell is zero."""
    return Decimal(text) if text else Decimal(0)

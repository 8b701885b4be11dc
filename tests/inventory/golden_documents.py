"""Reads the documents of a worked example: amounts, lines, batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
CENT = Decimal("0.01")


def number(text: Any) -> Decimal:
    return Decimal(str(text))


def amount_of(line: dict[str, Any]) -> Decimal:
    if "amount" in line:
        return number(line["amount"])
    return (number(line["qty"]) * number(line["price"])).quantize(CENT, rounding="ROUND_HALF_UP")


@dataclass
class Line:
    """One document line, with the batches it touches (one unnamed batch where batches don't matter)."""

    ref: str
    number: str
    kind: str
    date: str
    item: str
    facts: dict[str, Any]
    sequence: int = 0

    def warehouse(self, key: str = "warehouse") -> str:
        return str(self.facts.get(key, ""))

    def parts(self, by_batch: bool) -> list[tuple[str, Decimal]]:
        """The quantities that move: one for each batch where batches are valued, else the line as a whole."""
        if by_batch and "batches" in self.facts:
            return [(part["batch"], number(part["qty"])) for part in self.facts["batches"]]
        return [(self.facts.get("batch", "") if by_batch else "", number(self.facts["qty"]))]


def lines_of(documents: list[dict[str, Any]]) -> Iterator[Line]:
    for document in documents:
        for position, line in enumerate(document.get("lines", [document]), start=1):
            ref = f"{document['no']}/{position}" if "lines" in document else document["no"]
            facts = {**document, **line}
            yield Line(ref, document["no"], document["type"], document.get("date", ""), facts["item"], facts)

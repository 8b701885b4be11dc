"""What each item of the demo factory should cost: prices of what is bought, rolled up with the work of each level."""

from collections import defaultdict
from decimal import Decimal
from functools import cache

from core.decimals import round_half_up
from erp.demo.tables import Row, number, read

USUAL_BATCH = Decimal(20)
"""Pieces over which the set-up of an operation is spread."""


def roll_up() -> dict[str, Decimal]:
    """The standard cost of every item by code, to the cent."""
    items = {row["code"]: row for row in read("items")}
    components: dict[str, list[Row]] = defaultdict(list)
    for row in read("boms"):
        components[row["parent"]].append(row)
    work = _work_per_piece()

    @cache
    def cost(code: str) -> Decimal:
        if items[code]["supply_type"] == "purchased":
            return number(items[code]["price"])
        material = sum(
            (cost(line["component"]) * number(line["quantity"]) / (1 - number(line["scrap_percent"]) / 100) for line in components[code]),
            Decimal(0),
        )
        return round_half_up(material + work[code], 2)

    return {code: cost(code) for code in items}


def _work_per_piece() -> dict[str, Decimal]:
    """Labour and machine cost of one piece by item code."""
    rate = {row["code"]: (number(row["labour_rate"]) + number(row["machine_rate"])) / 60 for row in read("work_centers")}
    work: dict[str, Decimal] = defaultdict(Decimal)
    for row in read("routings"):
        minutes = number(row["run_minutes"]) + number(row["setup_minutes"]) / USUAL_BATCH
        work[row["item"]] += minutes * rate[row["work_center"]]
    return work

"""The worked examples of material planning: lot rules, explosion, yield and scrap, low-level codes, lot sizing."""

from decimal import Decimal
from typing import Any

import pytest

from production.mrp import BomLine, Event, Item, Lot, Plan, Plant, plan, unscaled
from tests.shared_examples import GOLDEN, MISSING, cases, example

pytestmark = [pytest.mark.shared_data, pytest.mark.skipif(not GOLDEN.is_dir(), reason=MISSING)]

ZERO = Decimal(0)


def number(text: Any) -> Decimal:
    return Decimal(str(text))


def lot_of(facts: dict[str, Any], order_cost: Decimal = ZERO, carrying_cost: Decimal = ZERO) -> Lot:
    """The examples write the lot rule shorter than we do: lot for lot with a minimum or a multiple is our MIN_MULTIPLE."""
    rule = facts.get("type", "L4L")
    if rule == "L4L" and ("min" in facts or "multiple" in facts):
        rule = "MIN_MULTIPLE"
    return Lot(
        {"LTC": "PPB"}.get(rule, rule),
        quantity=number(facts.get("qty", 0)),
        minimum=number(facts.get("min", 0)),
        multiple=number(facts.get("multiple", 0)),
        days=int(facts.get("periods", 1)),
        order_cost=order_cost,
        carrying_cost=carrying_cost,
    )


def plant_of(items: list[dict[str, Any]]) -> Plant:
    def events(kind: str) -> list[Event]:
        return [Event(item["id"], int(period), number(quantity)) for item in items for period, quantity in item.get(kind, {}).items()]

    return Plant.of(
        [
            Item(
                item["id"],
                lead_days=item.get("lead", 0),
                lot=lot_of(item.get("lot", {})),
                on_hand=number(item.get("on_hand", 0)),
                safety_stock=number(item.get("safety", item.get("safety_stock", 0))),
                yield_rate=number(item.get("yield", 1)),
            )
            for item in items
        ],
        [
            BomLine(item["id"], line["item"], number(line["qty"]), number(line.get("scrap", 0)))
            for item in items
            for line in item.get("bom", [])
        ],
        events("demand"),
        events("scheduled"),
    )


class Sheet:
    """The planning sheet of one item as textbooks print it: one figure for each period 1..T."""

    def __init__(self, plant: Plant, planned: Plan, code: str, periods: int) -> None:
        position = list(plant.items.codes).index(code)
        self.low_level_code = int(planned.low_level_code[position])
        self.projected, self.gross, self.net, self.receipts, self.releases = ([ZERO] * periods for _ in range(5))
        balances, safety = planned.balances, unscaled(plant.items.safety_stock[position])
        mine = [row for row in range(balances.item.size) if balances.item[row] == position]
        at = {int(balances.day[row]) - 1: row for row in mine}
        on_hand = unscaled(plant.items.on_hand[position])
        for period in range(periods):
            if period in at:
                row = at[period]
                on_hand = unscaled(balances.projected[row])
                self.gross[period] = unscaled(balances.gross[row])
                self.receipts[period] = unscaled(balances.planned[row])
                self.net[period] = max(safety - (on_hand - self.receipts[period]), ZERO)
            self.projected[period] = on_hand
        orders = planned.orders
        self.past_due = ZERO
        for row in range(len(orders)):
            if orders.item[row] == position:
                quantity, release = unscaled(orders.start_quantity[row]), int(orders.release_day[row])
                if orders.past_due[row]:
                    self.past_due += quantity
                else:
                    self.releases[release - 1] += quantity


def asked() -> list[Any]:
    return [
        pytest.param(name, block, id=f"{name}:{block}" if block else name)
        for name in cases("mrp", "MRP-")
        for block in example(name)["inputs"].get("variants", {"": {}})
    ]


@pytest.mark.parametrize(("name", "block"), asked())
def test_worked_example(name: str, block: str) -> None:
    case = example(name)
    inputs = {**case["inputs"], **case["inputs"].get("variants", {}).get(block, {})}
    expected = case["expected"][block] if block else case["expected"]
    plant = plant_of(inputs["items"])
    planned = plan(plant, first_day=1, scrap_rule=inputs.get("scrap_mode", "divide"))
    for code, facts in expected["items"].items():
        sheet = Sheet(plant, planned, code, inputs["periods"])
        for fact, figures in facts.items():
            exact = [number(figure) for figure in figures] if isinstance(figures, list) else number(figures)
            assert getattr(sheet, fact) == exact, (code, fact)


@pytest.mark.parametrize("name", cases("lotsize", "MRP-"))
def test_lot_sizing(name: str) -> None:
    case = example(name)
    inputs, setup, holding = case["inputs"], number(case["inputs"]["setup"]), number(case["inputs"]["holding"])
    needs, periods = inputs["net"], len(inputs["net"])
    for method in inputs["methods"]:
        item = Item("X", lot=lot_of(method, setup, holding))
        plant = Plant.of([item], [], [Event("X", period, number(need)) for period, need in enumerate(needs, start=1)])
        sheet = Sheet(plant, plan(plant, first_day=1), "X", periods)
        setups, unit_periods = sum(receipt > 0 for receipt in sheet.receipts), sum(sheet.projected, ZERO)
        answers = {
            "orders": sheet.receipts,
            "setups": setups,
            "unit_periods": unit_periods,
            "total_cost": setups * setup + unit_periods * holding,
        }
        for fact, figures in case["expected"].get(method["type"], {}).items():
            exact = [number(figure) for figure in figures] if isinstance(figures, list) else number(figures)
            assert answers[fact] == exact, (method["type"], fact)

"""The worked examples of inventory valuation, to the cent: text books, examinations, and a stream of 2,000 document lines."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from inventory.valuation import PlanHolding, spread_variance
from tests.inventory.golden_replay import Replay
from tests.shared_examples import GOLDEN, MISSING, cases, example

pytestmark = [pytest.mark.shared_data, pytest.mark.skipif(not GOLDEN.is_dir(), reason=MISSING)]

PREFIXES = ("INV-", "CNT-")

# Value is booked in posting order and never re-costed (LEDGERS: "Valuation is by posting order"), so these can't hold in our ledger.
NEEDS_REPOSTING = {
    ("INV-FIFO-11", "chronological"): "a receipt dated earlier but posted later would have to re-cost an issue that is booked",
}


def six(cost: Decimal) -> Decimal:
    return cost.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def blocks(name: str) -> list[str]:
    """The policies under which one case is asked; one unnamed block where there is only one."""
    return list(example(name)["inputs"].get("variants", {"": {}}))


def asked(engine: str) -> list[Any]:
    return [
        pytest.param(name, block, id=f"{name}:{block}" if block else name) for name in cases(engine, *PREFIXES) for block in blocks(name)
    ]


def replay(name: str, block: str) -> tuple[Replay, dict[str, Any]]:
    case = example(name)
    inputs, expected = dict(case["inputs"]), case["expected"]
    policy = dict(inputs.get("policy", {}))
    if block:
        variant = inputs["variants"][block]
        policy.update(variant.get("policy", {}))
        inputs.update({key: value for key, value in variant.items() if key != "policy"})
        expected = expected[block]
    return Replay(inputs, policy).run(), expected


@pytest.mark.parametrize(("name", "block"), asked("inventory"))
def test_worked_example(name: str, block: str) -> None:
    if (name, block) in NEEDS_REPOSTING:
        pytest.skip(NEEDS_REPOSTING[name, block])
    result, expected = replay(name, block)

    for item, facts in expected.get("items", {}).items():
        held = result.items()[item]
        assert (held.quantity, held.value) == (Decimal(facts["qty"]), Decimal(facts["value"]))
        if "unit_cost" in facts:
            assert six(held.value / held.quantity) == Decimal(facts["unit_cost"])
    for ref, facts in expected.get("docs", {}).items():
        assert {fact: result.docs[ref][fact] for fact in facts} == {fact: Decimal(text) for fact, text in facts.items()}, ref
    for account, text in expected.get("ledger", {}).items():
        assert result.ledger[account] == Decimal(text), account
    for key, text in expected.get("month_average", {}).items():
        assert six(result.month_average[key]) == Decimal(text)
    for key, text in expected.get("warehouse_qty", {}).items():
        assert result.warehouse_quantities()[key] == Decimal(text)
    assert result.rejected == set(expected.get("rejected", {}))
    assert sum(result.ledger.values()) == 0


# --- planned cost 计划成本 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", cases("plan_cost", *PREFIXES))
def test_planned_cost(name: str) -> None:
    case = example(name)
    given, expected = case["inputs"], case["expected"]
    receipts = [PlanHolding(Decimal(one["plan"]), Decimal(one["actual"]) - Decimal(one["plan"])) for one in given["receipts"]]
    month = spread_variance(
        PlanHolding(Decimal(given["opening_plan"]), Decimal(given["opening_variance"])),
        receipts,
        [Decimal(issue["plan"]) for issue in given["issues"]],
    )
    plan = sum((Decimal(issue["plan"]) for issue in given["issues"]), Decimal(0))
    answers = {
        "rate_percent": month.rate * 100,
        "receipt_variance": sum((receipt.variance for receipt in receipts), Decimal(0)),
        "issue_variance": sum(month.issues, Decimal(0)),
        "issue_actual": plan + sum(month.issues, Decimal(0)),
        "closing_actual": month.closing.plan + month.closing.variance,
    }
    for question, text in expected.items():
        if question == "issues":
            shares = dict(zip((issue["no"] for issue in given["issues"]), month.issues, strict=True))
            assert shares == {issue: Decimal(facts["variance"]) for issue, facts in text.items()}
        else:
            assert answers[question] == Decimal(text), question


# --- the stream of 2,000 lines -------------------------------------------------------------------------------------------

STREAM = GOLDEN / "streams" / "s01"
# The files in posting order are what our ledger must show. The others re-cost back-dated documents; replaying the same lines
# sorted by date shows that the arithmetic of every method and policy is the same as theirs.
STREAMS = [
    "fifo_entry_order",
    "moving_average_entry_order",
    "batch",
    "standard",
    "month_end_average",
    "fifo",
    "fifo_original_returns",
    "fifo_warehouse",
    "moving_average",
    "moving_average_current_returns",
    "moving_average_original_returns",
    "moving_average_unit2",
    "moving_average_unit6",
    "moving_average_warehouse",
]


def replay_stream(name: str) -> tuple[Replay, dict[str, Any]]:
    expected = json.loads((STREAM / f"expected_{name}.json").read_text("utf-8"))
    stream = json.loads((STREAM / "stream.json").read_text("utf-8"))
    return Replay({**stream, "method": expected["method"]}, expected["policy"]).run(), expected


def assert_stock_agrees(result: Replay, expected: dict[str, Any]) -> None:
    """Items, every month's closing, warehouse quantities and the refused documents, without any tolerance."""
    assert result.rejected == set(expected["rejected"])
    for item, facts in expected["items"].items():
        held = result.items()[item]
        assert (held.quantity, held.value) == (Decimal(facts["qty"]), Decimal(facts["value"])), item
    for month, facts in expected.get("month_end", {}).items():
        for item, closing in facts["items"].items():
            assert result.month_end[month][item].value == Decimal(closing["value"]), (month, item)
    quantities = result.warehouse_quantities()
    assert {key: quantities[key] for key in expected["warehouse_qty"]} == {
        key: Decimal(text) for key, text in expected["warehouse_qty"].items()
    }
    assert sum(result.ledger.values()) == 0


@pytest.mark.parametrize("name", STREAMS)
def test_stream(name: str) -> None:
    result, expected = replay_stream(name)
    assert_stock_agrees(result, expected)
    for key, text in expected.get("month_average", {}).items():
        assert six(result.month_average[key]) == Decimal(text), key
    for ref, facts in expected["docs"].items():
        answer = {fact: result.docs[ref].get(fact, Decimal(0)) for fact in facts}
        assert answer == {fact: Decimal(text) for fact, text in facts.items()}, ref
    accounts = set(expected["ledger"]) | set(result.ledger)
    assert {name: result.ledger[name] for name in accounts} == {name: Decimal(expected["ledger"].get(name, "0")) for name in accounts}

"""Standard costs from the bottom up: the worked example, a structure with a billion ways, and what is written."""

import time
from decimal import Decimal
from fractions import Fraction

import pytest

from costing.rollup import preview, roll_up_standards
from inventory.models import ValuationPool
from masterdata.models import Item, ItemCategory
from production.bom import bom_cost, save_boms
from production.unit_costs import Part, Recipe, Step, UnitCost, roll_up
from tests.factory import START, TODAY, Factory
from tests.production import workshop as w
from tests.shared_examples import GOLDEN, MISSING, example

D = Decimal


@pytest.mark.shared_data
@pytest.mark.skipif(not GOLDEN.is_dir(), reason=MISSING)
def test_the_worked_example_with_scrap_set_up_and_yield() -> None:
    case = example("COST-ROLL-01")
    keys = {item["id"]: number for number, item in enumerate(case["inputs"]["items"])}
    bought = {keys[item["id"]]: D(item["purchase_cost"]) for item in case["inputs"]["items"] if "purchase_cost" in item}
    recipes = {
        keys[item["id"]]: Recipe(
            [Part(keys[line["item"]], Fraction(line["qty"]) / (1 - Fraction(line.get("scrap", "0")))) for line in item["bom"]],
            [
                Step(60 * D(op.get("setup_hours", 0)), 60 * D(op["run_hours"]), D(op["labour_rate"]), D(op["overhead_rate"]))
                for op in item["routing"]
            ],
            lot=D(item.get("lot", 1)),
            good=D(item.get("yield", 1)),
        )
        for item in case["inputs"]["items"]
        if "bom" in item
    }
    costs = roll_up(recipes, bought)
    for name, wanted in case["expected"]["items"].items():
        cost = costs[keys[name]]
        assert {"material": cost.material, "labour": cost.labour, "overhead": cost.overhead, "total": cost.total} == {
            element: D(amount) for element, amount in wanted.items()
        }


def chain_of_diamonds(factory: Factory, levels: int) -> Item:
    """Every level is in the level above by two ways, so there are 2 to the power of `levels` ways to the bottom."""
    common = {
        "company": factory.company,
        "unit": factory.bolt.unit,
        "category": factory.frame.category,
        "supply_type": Item.Supply.MANUFACTURED,
    }
    tops = [Item(**common, code=f"T{n}", name=f"层{n}") for n in range(levels)]
    sides = [Item(**common, code=f"{side}{n}", name=f"边{n}") for n in range(levels) for side in "LR"]
    made = Item.objects.bulk_create([*tops, *sides])
    tops, sides = made[:levels], made[levels:]
    rows = []
    for n in range(levels):
        below = tops[n + 1] if n + 1 < levels else factory.bolt
        rows.append(
            {"item": tops[n], "valid_from": START, "lines": [{"component": side, "quantity": D(1)} for side in sides[2 * n : 2 * n + 2]]}
        )
        rows += [
            {"item": side, "valid_from": START, "lines": [{"component": below, "quantity": D(1)}]} for side in sides[2 * n : 2 * n + 2]
        ]
    save_boms(rows=rows, **w.as_nora(factory))
    return tops[0]


def test_a_billion_ways_cost_less_than_a_second(factory: Factory) -> None:
    top = chain_of_diamonds(factory, 25)  # 50 levels, 2^25 ways; the arithmetic below goes to 2^30
    began = time.perf_counter()
    assert bom_cost(factory.company, top, on=TODAY) == UnitCost(material=D(2) * 2**25)
    assert time.perf_counter() - began < 1


def test_two_to_the_thirtieth_ways_by_arithmetic() -> None:
    recipes = {n: Recipe([Part(n + 1, Fraction(1)), Part(n + 1, Fraction(1))]) for n in range(30)}
    began = time.perf_counter()
    assert roll_up(recipes, {30: D("0.01")})[0].total == D("0.01") * 2**30
    assert time.perf_counter() - began < 1


def test_standards_are_written_from_below_and_kept_where_stock_is_valued_at_them(factory: Factory) -> None:
    w.engineer(factory)
    box = Item.objects.create(
        company=factory.company,
        code="BOX",
        name="箱",
        unit=factory.bolt.unit,
        category=factory.frame.category,
        supply_type=Item.Supply.MANUFACTURED,
    )
    w.bill(factory, box, (factory.frame, "2"), (factory.bolt, "1"))
    standard = ItemCategory.objects.create(
        company=factory.company, code="semi", name="半成品", valuation_method=ItemCategory.Method.STANDARD
    )
    # frame: 4 × 2 + 2 × 30; (30 + 6) min at 60, 15 min at 48; (30 + 6) min at 30, 15 min at 24
    outcome = roll_up_standards(on=TODAY, **w.as_nora(factory))
    assert [(r.item.code, r.before, r.cost) for r in outcome.changed] == [
        ("BOX", D(0), UnitCost(D(138), D(96), D(48))),
        ("FRAME", D(100), UnitCost(D(68), D(48), D(24))),
    ]
    factory.frame.refresh_from_db()
    assert factory.frame.standard_cost == 140
    assert factory.frame.history.latest("history_id").standard_cost == 140
    assert not preview(factory.company, on=TODAY).changed

    Item.objects.filter(pk=factory.frame.pk).update(category=standard)
    ValuationPool.objects.create(company=factory.company, item=factory.frame, quantity=D(1), value=D(140))
    Item.objects.filter(pk=factory.bolt.pk).update(standard_cost=D(3))
    outcome = roll_up_standards(on=TODAY, **w.as_nora(factory))
    assert [r.item.code for r in outcome.changed] == ["BOX"]
    assert [(r.item.code, r.cost.total) for r in outcome.held_back] == [("FRAME", D(144))]


def test_what_keeps_its_standard_is_counted_at_it(factory: Factory) -> None:
    # SUB is in stock at its standard of 10, bolts have become dearer: SUB should cost 16, but TOP takes it at 10 until it is revalued.
    common = {"company": factory.company, "unit": factory.bolt.unit, "supply_type": Item.Supply.MANUFACTURED}
    standard = ItemCategory.objects.create(
        company=factory.company, code="semi", name="半成品", valuation_method=ItemCategory.Method.STANDARD
    )
    sub = Item.objects.create(**common, code="SUB", name="部件", category=standard, standard_cost=D(10))
    top = Item.objects.create(**common, code="TOP", name="整机", category=factory.frame.category, standard_cost=D(9))
    w.bill(factory, sub, (factory.bolt, "4"))
    w.bill(factory, top, (sub, "1"))
    ValuationPool.objects.create(company=factory.company, item=sub, quantity=D(5), value=D(50))
    Item.objects.filter(pk=factory.bolt.pk).update(standard_cost=D(4))
    outcome = roll_up_standards(on=TODAY, **w.as_nora(factory))
    assert [(r.item.code, r.cost.total) for r in outcome.held_back] == [("SUB", D(16))]
    assert [(r.item.code, r.cost.total) for r in outcome.changed] == [("TOP", D(10))]

    # Once the stock is gone, both follow.
    ValuationPool.objects.filter(item=sub).update(quantity=0, value=0)
    outcome = roll_up_standards(on=TODAY, **w.as_nora(factory))
    assert [(r.item.code, r.cost.total) for r in outcome.changed] == [("SUB", D(16)), ("TOP", D(16))]


def test_a_kept_price_is_split_like_the_cost() -> None:
    recipes = {1: Recipe([Part(0, Fraction(1))], [Step(D(0), D(60), D(4), D(4))]), 2: Recipe([Part(1, Fraction(2))])}
    costs = roll_up(recipes, {0: D(8)}, kept={1: D(10)})
    assert costs == {0: UnitCost(D(8)), 1: UnitCost(D(8), D(4), D(4)), 2: UnitCost(D(10), D(5), D(5))}

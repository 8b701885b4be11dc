"""What one piece of an item should cost, rolled up through bills of materials and routings, by cost element.

Every item is computed once, however many ways lead to it. Costs of components keep their elements on the way up.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.decimals import EXACT, ZERO, allocate, round_half_up
from core.models import Company
from masterdata.models import Item
from production.engineering import active_boms, read_operations
from production.models import BomLine, RoutingOperation

COST_PLACES = 4
NOTHING: Mapping[int, Decimal] = {}
_SIXTY = Decimal(60)


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of one piece by element."""

    material: Decimal = ZERO
    labour: Decimal = ZERO
    overhead: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All elements together."""
        return self.material + self.labour + self.overhead


@dataclass(frozen=True, slots=True)
class Part:
    """A component of one piece: how much of it, losses included."""

    key: int
    quantity: Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """An operation: minutes to set up a lot, minutes for a piece, rates per hour."""

    setup_minutes: Decimal
    run_minutes: Decimal
    labour_rate: Decimal
    overhead_rate: Decimal


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a piece is made; `lot` is the quantity that shares a set-up, `good` the share that turns out well."""

    parts: Sequence[Part]
    steps: Sequence[Step] = ()
    lot: Decimal = Decimal(1)
    good: Decimal = Decimal(1)


def roll_up(
    recipes: Mapping[int, Recipe], bought: Mapping[int, Decimal], *, kept: Mapping[int, Decimal] = NOTHING, places: int = COST_PLACES
) -> dict[int, UnitCost]:
    """Compute the cost of everything in `recipes`, lowest level first; each element is rounded at every level.

    The structure must be free of circles (`production.bom` sees to that).

    Args:
        kept: what stays at a price whatever it should cost; all that it goes into counts it at that price.
    """
    costs = {key: UnitCost(material=price) for key, price in bought.items() if key not in recipes}
    counted = dict(costs)
    for key in _from_below(recipes):
        costs[key] = _cost(recipes[key], counted, places)
        counted[key] = _at_price(costs[key], kept[key], places) if key in kept else costs[key]
    return costs


def _at_price(cost: UnitCost, price: Decimal, places: int) -> UnitCost:
    """A price, split into elements like the cost."""
    if not cost.total:
        return UnitCost(material=price)
    return UnitCost(*allocate(price, [cost.material, cost.labour, cost.overhead], places))


def _from_below(recipes: Mapping[int, Recipe]) -> list[int]:
    """Items in an order in which every component comes before what contains it."""
    order: list[int] = []
    seen: set[int] = set()
    for start in recipes:
        stack = [(start, False)]
        while stack:
            key, below_done = stack.pop()
            if below_done:
                order.append(key)
            elif key not in seen:
                seen.add(key)
                stack.append((key, True))
                stack += [(part.key, False) for part in recipes[key].parts if part.key in recipes]
    return order


def _cost(recipe: Recipe, costs: Mapping[int, UnitCost], places: int) -> UnitCost:
    parts = [(part.quantity, costs.get(part.key, UnitCost())) for part in recipe.parts]
    hours = [(Fraction(step.setup_minutes) / Fraction(recipe.lot) + Fraction(step.run_minutes)) / 60 for step in recipe.steps]
    own_labour = sum((h * Fraction(step.labour_rate) for h, step in zip(hours, recipe.steps, strict=True)), Fraction(0))
    own_overhead = sum((h * Fraction(step.overhead_rate) for h, step in zip(hours, recipe.steps, strict=True)), Fraction(0))
    material = sum((quantity * Fraction(cost.material) for quantity, cost in parts), Fraction(0))
    labour = sum((quantity * Fraction(cost.labour) for quantity, cost in parts), own_labour)
    overhead = sum((quantity * Fraction(cost.overhead) for quantity, cost in parts), own_overhead)
    good = Fraction(recipe.good)
    return UnitCost(*(_rounded(amount / good, places) for amount in (material, labour, overhead)))


def _rounded(amount: Fraction, places: int) -> Decimal:
    return round_half_up(EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator)), places)


def unit_costs(company: Company, *, on: dt.date, kept: Collection[int] = ()) -> dict[int, UnitCost]:
    """Roll up the standard costs of all items of a company: bought ones at their standard cost, made ones from below (5 statements).

    Args:
        kept: made items that keep their standard cost; what they go into counts them at it.
    """
    items = {row["id"]: row for row in Item.objects.filter(company=company).values("id", "supply_type", "standard_cost", "lot_size")}
    boms = {bom.item_id: bom for bom in active_boms(company, on)}
    by_bom = {bom.pk: bom for bom in boms.values()}
    parts: dict[int, list[Part]] = {item_id: [] for item_id in boms}
    for line in BomLine.objects.filter(bom__in=by_bom).only("bom_id", "component_id", "quantity", "scrap_percent"):
        bom = by_bom[line.bom_id]
        quantity = Fraction(line.quantity) / Fraction(bom.base_quantity) / (1 - Fraction(line.scrap_percent) / 100)
        parts[bom.item_id].append(Part(line.component_id, quantity))
    operations = read_operations(company)
    recipes = {
        item_id: Recipe(parts[item_id], [step_of(op) for op in operations.get(item_id, [])], lot=items[item_id]["lot_size"] or Decimal(1))
        for item_id in boms
        if items[item_id]["supply_type"] != Item.Supply.PURCHASED
    }
    standards = {pk: row["standard_cost"] for pk, row in items.items()}
    return roll_up(recipes, standards, kept={pk: standards[pk] for pk in kept})


def step_of(operation: RoutingOperation) -> Step:
    """A routing operation with the rates of its work centre."""
    centre = operation.work_center
    return Step(operation.setup_minutes, operation.run_minutes, centre.labour_rate, centre.machine_rate)


def cost_of_minutes(minutes: Decimal, rate: Decimal, places: int = 2) -> Decimal:
    """Minutes at an hourly rate, rounded half up."""
    return round_half_up(EXACT.divide(EXACT.multiply(minutes, rate), _SIXTY), places)

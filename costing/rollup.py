"""Standard cost roll-up: what every made item should cost, from the bottom of the bills of materials upwards."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Sum
from simple_history.utils import bulk_update_with_history

from core.db import durable
from core.decimals import ZERO
from core.models import Company, User
from inventory.models import ValuationPool
from masterdata.models import Item, ItemCategory
from production.bom import lock_structure
from production.unit_costs import UnitCost, unit_costs


@dataclass(frozen=True, slots=True)
class Rolled:
    """A made item: its standard cost until now, and what the roll-up says, by element."""

    item: Item
    before: Decimal
    cost: UnitCost


@dataclass(slots=True)
class RollUp:
    """The outcome: what was written, and what keeps its standard because stock is valued at it."""

    changed: list[Rolled] = field(default_factory=list)
    same: list[Rolled] = field(default_factory=list)
    held_back: list[Rolled] = field(default_factory=list)
    """Items at standard cost with stock: their new standard needs a revaluation."""


def preview(company: Company, *, on: dt.date) -> RollUp:
    """Say what a roll-up on a day would change, without changing it.

    Items whose stock is valued at standard cost keep theirs, so whatever they go into is rolled up with the cost that they keep.
    """
    valued = _at_standard_with_stock(company)
    costs = unit_costs(company, on=on, kept=valued)
    made = (
        Item.objects.filter(company=company, pk__in=costs, supply_type=Item.Supply.MANUFACTURED).select_related("category").order_by("code")
    )
    outcome = RollUp()
    for item in made:
        rolled = Rolled(item, item.standard_cost, costs[item.pk])
        if not rolled.cost.total or rolled.cost.total == rolled.before:
            outcome.same.append(rolled)
        elif item.pk in valued:
            outcome.held_back.append(rolled)
        else:
            outcome.changed.append(rolled)
    return outcome


def _at_standard_with_stock(company: Company) -> set[int]:
    rows = ValuationPool.objects.filter(company=company, item__category__valuation_method=ItemCategory.Method.STANDARD)
    sums = rows.values("item_id").annotate(pieces=Sum("quantity")).order_by()
    return {row["item_id"] for row in sums if row["pieces"] != ZERO}


@durable
def roll_up_standards(*, company: Company, on: dt.date, by: User, at: dt.datetime) -> RollUp:
    """Write the rolled-up standard cost of all made items, with their history.

    Items whose stock is valued at standard cost keep theirs until they are revalued.
    """
    lock_structure(company)
    outcome = preview(company, on=on)
    for rolled in outcome.changed:
        rolled.item.standard_cost = rolled.cost.total
    if outcome.changed:
        items = [rolled.item for rolled in outcome.changed]
        bulk_update_with_history(
            items, Item, ["standard_cost"], default_user=by, default_change_reason=f"standard cost roll-up {on}", default_date=at
        )
    return outcome

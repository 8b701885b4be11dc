"""The bills of materials that a plan may need: every version with the days on which it counts, phantoms dissolved.

An order takes the version that is valid on the day of its release, as a work order takes that of its start date.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from django.db.models import Q

from core.models import Company
from masterdata.models import Item
from production.models import Bom, BomLine
from production.mrp import Bom as BomArrays

PLACES = 6
_LARGEST = 10**12
_DAY = dt.timedelta(days=1)

Parts = list[tuple[int, Fraction]]
"""Components and how much of each goes into one piece."""


@dataclass(slots=True)
class Structure:
    """Bills by item, in the order in which the later one wins, with the parts of each."""

    first: dt.date
    last: dt.date
    steps: Mapping[int, int]
    phantoms: set[int]
    bought: set[int]
    boms: dict[int, list[Bom]] = field(default_factory=dict)
    parts: dict[int, Parts] = field(default_factory=dict)

    def bom(self, position: Mapping[int, int]) -> BomArrays:
        """The lines of all versions as exact ratios, each with the days of release for which it counts."""
        lines: list[tuple[int, int, int, int, int, int]] = []
        for parent in self.boms:
            if parent in self.bought:
                continue
            days = self._days_of_change(parent)
            for start, following in zip(days, [*days[1:], self.last + _DAY], strict=True):
                first, last = (start - self.first).days, (following - self.first).days - 1
                for component, share in self._dissolved(parent, Fraction(1), start):
                    lines.append((position[parent], position[component], *_whole_numbers(share), first, last))
        table = np.array(lines, np.int64).reshape(-1, 6)
        days_of = (table[:, 4].astype(np.int32), table[:, 5].astype(np.int32)) if self._changes() else (None, None)
        return BomArrays(table[:, 0], table[:, 1], table[:, 2], np.zeros(len(lines), np.int64), table[:, 3], *days_of)

    def parts_of_phantom(self, item_id: int, on: dt.date) -> Parts:
        """What a phantom is made of on a day; nothing where the item is no phantom, or no bill says it."""
        return self._dissolved(item_id, Fraction(1), min(max(on, self.first), self.last)) if item_id in self.phantoms else []

    def rounded_up(self, item_id: int, amount: Fraction) -> int:
        """Millionths rounded up to what the item's unit can say."""
        return math.ceil(amount / self.steps[item_id]) * self.steps[item_id]

    def _changes(self) -> bool:
        return any(len(boms) > 1 or boms[0].valid_from > self.first or _ends(boms[0]) < self.last for boms in self.boms.values())

    def _days_of_change(self, parent: int) -> list[dt.date]:
        """The days within the plan on which another bill begins to count for an item, or for a phantom inside it; the first day too."""
        days = {self.first}
        for bom in self.boms.get(parent, ()):
            days |= {day for day in (bom.valid_from, _ends(bom) + _DAY) if self.first < day <= self.last}
            for component, _share in self.parts[bom.pk]:
                if component in self.phantoms:
                    days.update(self._days_of_change(component))
        return sorted(days)

    def _valid(self, item_id: int, on: dt.date) -> Bom | None:
        return next((bom for bom in reversed(self.boms.get(item_id, ())) if bom.valid_from <= on <= _ends(bom)), None)

    def _dissolved(self, parent: int, factor: Fraction, on: dt.date) -> Parts:
        bom = self._valid(parent, on)
        found: Parts = []
        for component, share in self.parts[bom.pk] if bom else ():
            if component in self.phantoms and self._valid(component, on):
                found += self._dissolved(component, factor * share, on)
            else:
                found.append((component, factor * share))
        return found


def read_structure(company: Company, items: Sequence[Mapping[str, Any]], first: dt.date, last: dt.date) -> Structure:
    """Read the active bills that are valid on any day of the plan (2 statements)."""
    kinds: dict[str, set[int]] = {}
    for row in items:
        kinds.setdefault(row["supply_type"], set()).add(row["id"])
    steps = {row["id"]: step_of(row) for row in items}
    none: set[int] = set()
    structure = Structure(first, last, steps, kinds.get(Item.Supply.PHANTOM, none), kinds.get(Item.Supply.PURCHASED, none))
    overlapping = Q(valid_to__isnull=True) | Q(valid_to__gte=first)
    boms = {
        bom.pk: bom
        for bom in Bom.objects.filter(overlapping, company=company, is_active=True, valid_from__lte=last).order_by(
            "item_id", "valid_from", "id"
        )
    }
    for bom in boms.values():
        structure.boms.setdefault(bom.item_id, []).append(bom)
        structure.parts[bom.pk] = []
    lines = BomLine.objects.filter(bom__in=Bom.objects.filter(overlapping, company=company, is_active=True, valid_from__lte=last))
    for bom_id, component, quantity, scrap in lines.values_list("bom_id", "component_id", "quantity", "scrap_percent"):
        if bom_id in boms:
            share = Fraction(quantity) / Fraction(boms[bom_id].base_quantity) / (1 - Fraction(scrap) / 100)
            structure.parts[bom_id].append((component, share))
    return structure


def step_of(row: Mapping[str, Any]) -> int:
    """The least quantity that an item's unit can say, in millionths."""
    return int(10 ** (PLACES - row["unit__places"]))


def with_components(bom: BomArrays, count: int, items: Iterable[int]) -> np.ndarray:
    """Mark some items, and all that they are made of on any level."""
    marked = np.zeros(count, bool)
    marked[list(items)] = True
    before = -1
    while (now := int(marked.sum())) != before:
        marked[bom.component[marked[bom.parent]]] = True
        before = now
    return marked


def _ends(bom: Bom) -> dt.date:
    return bom.valid_to or dt.date.max - _DAY


def _whole_numbers(share: Fraction) -> tuple[int, int]:
    """A ratio as two whole numbers that the engine can multiply; very long ones are rounded up in the ninth decimal."""
    if max(share.numerator, share.denominator) > _LARGEST:
        share = Fraction(math.ceil(share * 10**9), 10**9)
    return share.numerator, share.denominator

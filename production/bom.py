"""Bills of materials: saved as a whole, and never in a circle.

That no item contains itself is a rule over many rows, so whoever saves a bill takes the company's BOM lock first: of two
people who save A → B and B → A at once, one is refused.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from core.db import advisory_lock, durable
from core.decimals import ZERO
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs, NotVisible
from core.models import Company, User
from masterdata.models import Item
from production.models import Bom, BomLine
from production.mrp import plant
from production.mrp.structure import BomCycle, low_level_codes
from production.unit_costs import UnitCost, unit_costs

MAX_DEPTH = 50


class SelfReference(InvalidInput):
    """An item named as its own component."""

    def __init__(self, *, field: str, item: str) -> None:
        super().__init__("self_reference", _("{item} can't be a component of itself."), field=field, item=item)


class BomTooDeep(BusinessError):
    """More levels than any real product has."""

    code = "bom_too_deep"
    status = 400
    text = _("The bills of materials would be {depth} levels deep; at most {limit} are possible.")


class VersionTaken(BusinessError):
    """That version of the item's bill exists."""

    code = "duplicate_version"
    text = _("{item} already has a bill of materials with version {version}.")


def lock_structure(company: Company) -> None:
    """Let one change of the company's bills at a time pass, until commit."""
    advisory_lock(f"bom:{company.pk}")


@durable
def save_bom(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime, bom_id: int | None = None) -> Bom:
    """Save a bill of materials with its lines; without `bom_id` it is a new one.

    Args:
        data: item, version, base_quantity, valid_from, valid_to, is_active, lines (component, quantity, scrap_percent, operation_no).

    Raises:
        SelfReference, BomCycle, BomTooDeep: the structure would be impossible; nothing is written.
        VersionTaken: the version exists.
    """
    lock_structure(company)
    bom = _write(company, data, bom_id)
    check(company)
    return bom


@durable
def save_boms(*, company: Company, rows: Sequence[Mapping[str, Any]], by: User, at: dt.datetime) -> list[Bom]:
    """Save many new bills at once (an import); the structure is checked once, at the end.

    Raises:
        SelfReference, BomCycle, BomTooDeep, VersionTaken: nothing is written.
    """
    lock_structure(company)
    boms = [_write(company, data, None) for data in rows]
    check(company)
    return boms


def _write(company: Company, data: Mapping[str, Any], bom_id: int | None) -> Bom:
    lines = list(data["lines"])
    _refuse_self(data["item"], lines)
    head = {name: value for name, value in data.items() if name != "lines"}
    if head.get("valid_to") and head["valid_to"] < head["valid_from"]:
        raise DateOrder(field="valid_to", earlier=head["valid_from"], later=head["valid_to"])
    same = Bom.objects.filter(company=company, item=data["item"], version=head.get("version", "1")).exclude(pk=bom_id or 0)
    if same.exists():
        raise VersionTaken(field="version", item=str(data["item"]), version=head.get("version", "1"))
    bom = Bom(company=company) if bom_id is None else Bom.objects.select_for_update().filter(company=company, pk=bom_id).first()
    if bom is None:
        raise NotVisible()
    for name, value in head.items():
        setattr(bom, name, value)
    bom.save()
    bom.lines.all().delete()
    BomLine.objects.bulk_create([_line(bom, number, line) for number, line in enumerate(lines, start=1)])
    return bom


def _line(bom: Bom, number: int, line: Mapping[str, Any]) -> BomLine:
    return BomLine(
        bom=bom,
        line_no=number,
        component=line["component"],
        quantity=line["quantity"],
        scrap_percent=line.get("scrap_percent") or ZERO,
        operation_no=line.get("operation_no"),
    )


def _refuse_self(item: Item, lines: Sequence[Mapping[str, Any]]) -> None:
    wrong: list[BusinessError] = [
        SelfReference(field=f"lines[{index}].component", item=item.code)
        for index, line in enumerate(lines)
        if line["component"].pk == item.pk
    ]
    if wrong:
        raise InvalidInputs(wrong)


def check(company: Company) -> dict[int, int]:
    """Make sure that the company's active bills form no circle and are not too deep; call it after changing any, under `lock_structure`.

    Returns:
        the low-level code of every item that appears in a bill, by item id.

    Raises:
        BomCycle: with the items on the circle.
        BomTooDeep: more than MAX_DEPTH levels.
    """
    edges = np.array(
        BomLine.objects.filter(bom__company=company, bom__is_active=True).values_list("bom__item_id", "component_id"), np.int64
    ).reshape(-1, 2)
    items, position = np.unique(edges, return_inverse=True)
    position = position.reshape(-1, 2)
    nothing = np.zeros(len(edges), np.int64)
    structure = plant.Bom(position[:, 0], position[:, 1], nothing, nothing)
    try:
        levels = low_level_codes(structure, [""] * len(items))
    except BomCycle as circle:
        raise BomCycle(path=_path([int(items[position]) for position in circle.facts["items"]])) from circle
    deepest = int(levels.max(initial=0))
    if deepest > MAX_DEPTH:
        raise BomTooDeep(depth=deepest, limit=MAX_DEPTH)
    return dict(zip(items.tolist(), levels.tolist(), strict=True))


def _path(item_ids: Sequence[int]) -> str:
    codes = dict(Item.objects.filter(pk__in=item_ids).values_list("id", "code"))
    return " → ".join(codes[pk] for pk in item_ids)


def bom_cost(company: Company, item: Item, *, on: dt.date) -> UnitCost:
    """What one piece of an item should cost on a day, by cost element, from standard costs and rates."""
    return unit_costs(company, on=on).get(item.pk, UnitCost(material=item.standard_cost or Decimal(0)))

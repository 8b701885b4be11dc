"""What material planning reads: items, valid bills (phantoms dissolved), stock, open demands and open supplies, as arrays.

The number of statements is constant. Stock, demands and supplies come from one statement, so they belong to one moment: an issue
posted meanwhile is either in all of them or in none.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, CharField, DateField, F, Sum, Value
from django.db.models.functions import Cast

from core.models import Company
from inventory.models import Demand, StockBalance, StockStatus, Supply
from masterdata.models import Item
from production.engineering import active_boms
from production.models import BomLine
from production.mrp import LOT_RULES, SCALE, Bom, Events, Items, Lot, Plant

_LARGEST = 10**12
_PLACES = 6


@dataclass(frozen=True, slots=True)
class Row:
    """An open demand or supply: row n of the plant's events."""

    pk: int
    item_id: int
    due_date: dt.date


@dataclass(frozen=True, slots=True)
class Reading:
    """A plant, and what its positions stand for in the database."""

    plant: Plant
    items: list[dict[str, Any]]
    demands: list[Row]
    supplies: list[Row]


def read_plant(company: Company, *, plan_date: dt.date, horizon_days: int) -> Reading:
    """Read all that is planned together; day 0 is `plan_date`, demands after the horizon are left out (4 statements)."""
    items: list[dict[str, Any]] = [
        {**row}
        for row in Item.objects.filter(company=company)
        .order_by("id")
        .values(
            "id",
            "code",
            "supply_type",
            "lead_time_days",
            "lot_sizing",
            "lot_size",
            "min_order_quantity",
            "supply_period_days",
            "safety_stock",
            "default_supplier_id",
            "unit__places",
        )
    ]
    position = {row["id"]: index for index, row in enumerate(items)}
    on_hand, demands, supplies = _read_events(company, plan_date + dt.timedelta(days=horizon_days))
    stock = np.zeros(len(items), np.int64)
    for item_id, quantity in on_hand:
        stock[position[item_id]] = quantity
    plant = Plant(
        _items(items, stock),
        _structure(company, items, position, plan_date),
        _events([row for row, _open in demands], [quantity for _row, quantity in demands], position, plan_date),
        _events([row for row, _open in supplies], [quantity for _row, quantity in supplies], position, plan_date),
    )
    return Reading(plant, items, [row for row, _open in demands], [row for row, _open in supplies])


def _read_events(company: Company, until: dt.date) -> tuple[list[tuple[int, int]], list[tuple[Row, int]], list[tuple[Row, int]]]:
    """Stock by item, and open demands and supplies with what is open of each, in millionths, all in one statement."""
    usable = [StockStatus.FREE, StockStatus.INSPECTION]
    stock = (
        StockBalance.objects.filter(company=company, status__in=usable)
        .order_by()
        .values("item_id")
        .annotate(
            what=Value("stock", CharField()),
            row=Value(0, BigIntegerField()),
            day=Value(None, DateField()),
            amount=Cast(Sum("on_hand"), BigIntegerField()),
        )
        .values_list("what", "row", "item_id", "day", "amount")
    )
    rows = stock.union(_open(Demand, company, "demand").filter(due_date__lte=until), _open(Supply, company, "supply"), all=True)
    found: dict[str, list[Any]] = {"stock": [], "demand": [], "supply": []}
    for what, row, item_id, day, amount in rows:
        if what == "stock":
            found[what].append((item_id, amount))
        elif amount > 0:
            found[what].append((Row(row, item_id, day), amount))
    return found["stock"], sorted(found["demand"], key=_first), sorted(found["supply"], key=_first)


def _first(event: tuple[Row, int]) -> int:
    return event[0].pk


def _open(model: type[Demand] | type[Supply], company: Company, what: str) -> Any:
    still = Cast("quantity", BigIntegerField()) - Cast("done", BigIntegerField())
    rows = model._default_manager.filter(company=company, is_open=True).order_by()
    return rows.annotate(what=Value(what, CharField()), row=Cast("id", BigIntegerField()), day=F("due_date"), amount=still).values_list(
        "what", "row", "item_id", "day", "amount"
    )


def _items(rows: Sequence[dict[str, Any]], stock: np.ndarray) -> Items:
    lots = [_lot(row) for row in rows]
    step = np.array([10 ** (_PLACES - row["unit__places"]) for row in rows], np.int64)
    whole = np.full(len(rows), SCALE, np.int64)
    return Items(
        codes=[row["code"] for row in rows],
        lead_days=np.array([0 if row["supply_type"] == Item.Supply.PHANTOM else row["lead_time_days"] for row in rows], np.int32),
        lot_minimum=np.array([lot.minimum for lot in lots], np.int64),
        lot_multiple=np.maximum(np.array([lot.multiple for lot in lots], np.int64), step),
        cover_days=np.array([lot.cover_days for lot in lots], np.int32),
        on_hand=stock,
        safety_stock=np.array([_scaled(row["safety_stock"]) for row in rows], np.int64),
        yield_rate=whole,
        rounding=step,
    )


def _lot(row: dict[str, Any]) -> Any:
    rule = row["lot_sizing"]
    if rule == Item.LotSizing.FIXED and not row["lot_size"]:
        rule = Item.LotSizing.LOT_FOR_LOT
    lot = Lot(rule, quantity=row["lot_size"], minimum=row["min_order_quantity"], multiple=row["lot_size"], days=row["supply_period_days"])
    return LOT_RULES[rule](lot)


def _scaled(quantity: Decimal) -> int:
    return int(quantity.scaleb(_PLACES))


def _structure(company: Company, items: Sequence[dict[str, Any]], position: dict[int, int], on: dt.date) -> Bom:
    """The lines of all valid bills as exact ratios; where a component is a phantom, what it is made of stands in its place."""
    boms = {bom.pk: bom for bom in active_boms(company, on)}
    newest = {bom.item_id: pk for pk, bom in boms.items()}
    below: dict[int, list[tuple[int, Fraction]]] = {bom.item_id: [] for bom in boms.values()}
    for bom_id, component, quantity, scrap in BomLine.objects.filter(bom__in=newest.values()).values_list(
        "bom_id", "component_id", "quantity", "scrap_percent"
    ):
        share = Fraction(quantity) / Fraction(boms[bom_id].base_quantity) / (1 - Fraction(scrap) / 100)
        below[boms[bom_id].item_id].append((component, share))
    phantoms = {row["id"] for row in items if row["supply_type"] == Item.Supply.PHANTOM}
    bought = {row["id"] for row in items if row["supply_type"] == Item.Supply.PURCHASED}
    lines = [
        (position[parent], position[component], *_whole_numbers(share))
        for parent in below
        if parent not in bought
        for component, share in _dissolved(parent, Fraction(1), below, phantoms)
    ]
    table = np.array(lines, np.int64).reshape(-1, 4)
    return Bom(table[:, 0], table[:, 1], table[:, 2], np.zeros(len(lines), np.int64), table[:, 3])


def _dissolved(
    parent: int, factor: Fraction, below: dict[int, list[tuple[int, Fraction]]], phantoms: set[int]
) -> list[tuple[int, Fraction]]:
    found = []
    for component, share in below.get(parent, ()):
        if component in phantoms and component in below:
            found += _dissolved(component, factor * share, below, phantoms)
        else:
            found.append((component, factor * share))
    return found


def _whole_numbers(share: Fraction) -> tuple[int, int]:
    """A ratio as two whole numbers that the engine can multiply; very long ones are rounded up in the ninth decimal."""
    if max(share.numerator, share.denominator) > _LARGEST:
        share = Fraction(math.ceil(share * 10**9), 10**9)
    return share.numerator, share.denominator


def _events(rows: Sequence[Row], quantities: Sequence[int], position: dict[int, int], first: dt.date) -> Events:
    days = np.array([row.due_date for row in rows], "datetime64[D]") - np.datetime64(first, "D")
    return Events(
        np.array([position[row.item_id] for row in rows], np.int64), days.astype(np.int64).astype(np.int32), np.array(quantities, np.int64)
    )

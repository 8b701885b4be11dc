"""What material planning reads: items, bills (`plan_structure`), stock, open demands and open supplies, as arrays.

The number of statements is constant. Stock, what is held of it, demands and supplies come from one statement, so they belong to one
moment: an issue posted meanwhile is either in all of them or in none.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, CharField, DateField, F, Sum, Value
from django.db.models.functions import Cast

from core.models import Company
from inventory.models import Demand, Reservation, StockBalance, StockStatus, Supply
from masterdata.models import Item
from production.mrp import LOT_RULES, SCALE, Events, Items, Lot, Plant
from production.plan_structure import PLACES, Structure, read_structure, step_of, with_components


@dataclass(frozen=True, slots=True)
class Row:
    """An open demand or supply: row n of the plant's events."""

    pk: int
    item_id: int
    due_date: dt.date


@dataclass(frozen=True, slots=True)
class Reading:
    """A plant, and what its positions stand for in the database; `wanted_later` marks items that something needs after the horizon."""

    plant: Plant
    items: list[dict[str, Any]]
    demands: list[Row]
    supplies: list[Row]
    wanted_later: np.ndarray


@dataclass(slots=True)
class _Moment:
    """Quantities in millionths, as they are at one moment."""

    stock: dict[int, int]
    held: dict[tuple[int, int], int]
    """By demand and item."""
    demands: list[tuple[Row, int]]
    supplies: list[tuple[Row, int]]


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
    until = plan_date + dt.timedelta(days=horizon_days)
    structure = read_structure(company, items, plan_date, until)
    now = _read_moment(company)
    later = {row.item_id for row, _open in now.demands if row.due_date > until}
    now.demands = [(row, quantity) for row, quantity in now.demands if row.due_date <= until]
    _take_off_what_is_held_for_others(now)
    _pass_on_phantoms(now, structure)
    stock = np.zeros(len(items), np.int64)
    for item_id, quantity in now.stock.items():
        stock[position[item_id]] = quantity
    bom = structure.bom(position)
    plant = Plant(_items(items, stock), bom, _events(now.demands, position, plan_date), _events(now.supplies, position, plan_date))
    wanted_later = with_components(bom, len(items), [position[item_id] for item_id in later])
    return Reading(plant, items, [row for row, _open in now.demands], [row for row, _open in now.supplies], wanted_later)


def _read_moment(company: Company) -> _Moment:
    """Stock by item, what is held of it, and open demands and supplies with what is open of each, all in one statement."""
    usable = [StockStatus.FREE, StockStatus.INSPECTION]
    nobody, no_day = Value(0, BigIntegerField()), Cast(Value(None), DateField())  # two bare NULLs would be text
    stock = (
        StockBalance.objects.filter(company=company, status__in=usable)
        .order_by()
        .values("item_id")
        .annotate(what=Value("stock", CharField()), row=nobody, day=no_day, amount=Cast(Sum("on_hand"), BigIntegerField()))
        .values_list("what", "row", "item_id", "day", "amount")
    )
    held = (
        Reservation.objects.filter(company=company, state=Reservation.State.HELD, balance__status__in=usable)
        .order_by()
        .values("demand_id", "balance__item_id")
        .annotate(
            what=Value("held", CharField()),
            row=Cast("demand_id", BigIntegerField()),
            day=no_day,
            amount=Cast(Sum("quantity"), BigIntegerField()),
        )
        .values_list("what", "row", "balance__item_id", "day", "amount")
    )
    rows = stock.union(held, _open(Demand, company, "demand"), _open(Supply, company, "supply"), all=True)
    now = _Moment({}, {}, [], [])
    for what, row, item_id, day, amount in rows:
        if what == "stock":
            now.stock[item_id] = amount
        elif what == "held":
            now.held[(row, item_id)] = amount
        elif amount > 0:
            (now.demands if what == "demand" else now.supplies).append((Row(row, item_id, day), amount))
    now.demands.sort(key=_first)
    now.supplies.sort(key=_first)
    return now


def _first(event: tuple[Row, int]) -> int:
    return event[0].pk


def _open(model: type[Demand] | type[Supply], company: Company, what: str) -> Any:
    still = Cast("quantity", BigIntegerField()) - Cast("done", BigIntegerField())
    rows = model._default_manager.filter(company=company, is_open=True).order_by()
    return rows.annotate(what=Value(what, CharField()), row=Cast("id", BigIntegerField()), day=F("due_date"), amount=still).values_list(
        "what", "row", "item_id", "day", "amount"
    )


def _take_off_what_is_held_for_others(now: _Moment) -> None:
    """Stock that is held for a demand not planned now, or beyond what a demand still wants, serves nobody else."""
    wanted = {(row.pk, row.item_id): quantity for row, quantity in now.demands}
    for key, held in now.held.items():
        spare = held - wanted.get(key, 0)
        if spare > 0:
            now.stock[key[1]] = now.stock.get(key[1], 0) - spare


def _pass_on_phantoms(now: _Moment, structure: Structure) -> None:
    """Nobody makes a phantom: what is wanted of one beyond its stock is wanted of what it is made of, on the same day."""
    demands: list[tuple[Row, int]] = []
    for row, quantity in now.demands:
        parts = structure.parts_of_phantom(row.item_id, row.due_date)
        if not parts:
            demands.append((row, quantity))
            continue
        there = min(max(now.stock.get(row.item_id, 0), 0), quantity)
        if there:
            now.stock[row.item_id] -= there
        demands += [
            (Row(row.pk, component, row.due_date), structure.rounded_up(component, (quantity - there) * share))
            for component, share in parts
            if quantity > there
        ]
    now.demands = demands


def _items(rows: Sequence[dict[str, Any]], stock: np.ndarray) -> Items:
    lots = [_lot(row) for row in rows]
    step = np.array([step_of(row) for row in rows], np.int64)
    multiple = np.array([lot.multiple for lot in lots], np.int64)
    whole = np.full(len(rows), SCALE, np.int64)
    return Items(
        codes=[row["code"] for row in rows],
        lead_days=np.array([0 if row["supply_type"] == Item.Supply.PHANTOM else row["lead_time_days"] for row in rows], np.int32),
        lot_minimum=np.array([lot.minimum for lot in lots], np.int64),
        lot_multiple=-(-multiple // step) * step,  # whole pieces, also where somebody wrote packs of 2.5
        cover_days=np.array([lot.cover_days for lot in lots], np.int32),
        on_hand=stock,
        safety_stock=np.array([0 if row["supply_type"] == Item.Supply.PHANTOM else _scaled(row["safety_stock"]) for row in rows], np.int64),
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
    return int(quantity.scaleb(PLACES))


def _events(events: Sequence[tuple[Row, int]], position: dict[int, int], first: dt.date) -> Events:
    days = np.array([row.due_date for row, _open in events], "datetime64[D]") - np.datetime64(first, "D")
    return Events(
        np.array([position[row.item_id] for row, _open in events], np.int64),
        days.astype(np.int64).astype(np.int32),
        np.array([quantity for _row, quantity in events], np.int64),
    )

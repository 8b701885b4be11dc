"""Demand and supply rows: how the siblings above tell planning and the warehouse what is wanted and what will come."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from core.db import advisory_lock
from core.decimals import ZERO
from core.models import Company
from core.prepared import Prepared
from inventory.ledger.posting import Origin, upsert
from inventory.models import Demand, Supply, Warehouse
from masterdata.models import Item

R = TypeVar("R", Demand, Supply)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A quantity of an item on a day, for one document line."""

    line: int
    item: Item
    quantity: Decimal
    due_date: dt.date
    warehouse: Warehouse | None = None


def lock_planning(company: Company) -> None:
    """Wait for a planning run of the company, or keep the next one waiting, until commit.

    A run that has read the books writes its proposals before somebody turns the former ones into orders; else it would propose
    again what the orders will bring.
    """
    advisory_lock(f"mrp:{company.pk}")


def register(model: type[R], company: Company, origin: Origin, wanted: Sequence[Requirement]) -> None:
    """Write what a document wants or will bring, one row per line."""
    model._default_manager.bulk_create(rows(model, company, origin, wanted))


def rows(model: type[R], company: Company, origin: Origin, wanted: Sequence[Requirement]) -> list[R]:
    """What a document wants or will bring, not saved yet: for who registers many documents at once."""
    return [
        model(
            company=company,
            origin_kind=origin.kind,
            origin_number=origin.number,
            origin_line=row.line,
            item=row.item,
            warehouse=row.warehouse,
            due_date=row.due_date,
            quantity=row.quantity,
        )
        for row in wanted
    ]


def _of_document(model: type[R]) -> Prepared[R]:
    return Prepared(
        lambda company, kind, number: (
            model._default_manager.select_for_update().filter(company=company, origin_kind=kind, origin_number=number).order_by("id")
        )
    )


_OF_DOCUMENT: dict[type[Any], Prepared[Any]] = {Demand: _of_document(Demand), Supply: _of_document(Supply)}


def lock(model: type[R], company: Company, origin: Origin) -> dict[int, R]:
    """Lock a document's rows, by line."""
    found = _OF_DOCUMENT[model](company=company.pk, kind=origin.kind, number=origin.number)
    return {row.origin_line: row for row in found}


def advance(model: type[R], locked: Mapping[int, R], done: Mapping[int, Decimal]) -> None:
    """Add what was done to locked rows; a row that has all closes, one that lost some opens again."""
    changed = []
    for line, quantity in done.items():
        if line in locked:
            row = locked[line]
            row.done = max(row.done + quantity, ZERO)
            row.is_open = row.done < row.quantity
            changed.append(row)
    upsert(model, changed, ["done", "is_open"])


def close(model: type[Demand] | type[Supply], company: Company, origin: Origin) -> None:
    """Nothing more is wanted, or will come, from this document."""
    model._default_manager.filter(company=company, origin_kind=origin.kind, origin_number=origin.number, is_open=True).update(is_open=False)

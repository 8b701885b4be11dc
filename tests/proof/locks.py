"""Watching which rows a transaction locks, in which order (RELIABILITY.md section 3)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection

from core.models import Document, DocumentLine

ORDER: tuple[tuple[str, ...], ...] = (
    ("core_idempotencykey",),
    ("core_period",),
    ("<document>",),
    ("<order>",),
    ("<order line>",),
    ("inventory_demand", "inventory_supply"),
    ("finance_goodsreceived",),
    ("inventory_reservation",),
    ("inventory_stockbalance",),
    ("inventory_valuationpool",),
    ("inventory_costlayer",),
    ("masterdata_customer", "finance_openitem"),
    ("core_numbersequence",),
    ("core_chainhead",),
)
"""What is locked before what. Goods received are to an invoice what order lines are to a receipt."""
GUARDED = {"inventory_demand", "inventory_supply"}
"""Rows that are written only by who holds their order, so that they may be written late."""
RANK = {table: rank for rank, tables in enumerate(ORDER) for table in tables}

ORDERS = {"sales_salesorder", "purchasing_purchaseorder", "production_workorder", "purchasing_requisition"}
ORDER_LINES = {
    "sales_salesorderline",
    "purchasing_purchaseorderline",
    "purchasing_requisitionline",
    "production_workordermaterial",
    "production_workorderoperation",
}
DOCUMENTS = {model._meta.db_table for model in apps.get_models() if issubclass(model, Document | DocumentLine)} - ORDERS - ORDER_LINES

_LOCK = re.compile(r'SELECT .* FROM "?(\w+)"?.* FOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF (.+))?\s*$', re.DOTALL)
_FROM = re.compile(r' FROM "?(\w+)"?')
_WRITE = re.compile(r'(?<!DO )(UPDATE|DELETE FROM|INSERT INTO) "?(\w+)"?')


def kind_of(table: str) -> str:
    """The word of ORDER for a table."""
    for kind, tables in (("<document>", DOCUMENTS), ("<order>", ORDERS), ("<order line>", ORDER_LINES)):
        if table in tables:
            return kind
    return table


@dataclass
class Recorder:
    """What was locked so far; `wrong` says what came too late."""

    steps: list[tuple[str, frozenset[Any]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    new: set[str] = field(default_factory=set)

    def locked(self, table: str) -> set[Any]:
        """The rows of a table that are locked already."""
        return {row for known, rows in self.steps for row in rows if known == table}

    def lock(self, table: str, rows: frozenset[Any]) -> None:
        """Note a lock on rows; rows that are held already don't count again."""
        new = rows - self.locked(table)
        if not new:
            return
        self._compare(table)
        if self.locked(table) and RANK.get(kind_of(table), 0) > RANK["<order line>"]:
            self.wrong.append(f"{table} is locked in two goes")
        self.steps.append((table, new))

    def write(self, table: str, *, inserts: bool) -> None:
        """Note a write: an update locks what it writes, unless that is held already; a new row is in nobody's way."""
        if inserts and table != "core_numbersequence":
            self.new.add(table)
        elif RANK.get(kind_of(table), -1) > RANK["<order>"] and not self.locked(table) and table not in self.new:
            self._compare(table)
            self.steps.append((table, frozenset(["written"])))

    def _compare(self, table: str) -> None:
        rank = RANK.get(kind_of(table))
        if rank is None:
            self.wrong.append(f"{table} has no place in the lock order")
            return
        if table in GUARDED and any(known in ORDERS for known, _rows in self.steps):
            return
        later = [known for known, _rows in self.steps if RANK.get(kind_of(known), -1) > rank]
        if later:
            self.wrong.append(f"{table} is locked after {', '.join(dict.fromkeys(later))}")

    def tables(self) -> list[str]:
        """The tables in the order of their first lock."""
        return list(dict.fromkeys(table for table, _rows in self.steps))


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Watch the locks of the block, on PostgreSQL."""
    recorder = Recorder()

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if found := _LOCK.match(sql):
            cursor = context["cursor"].cursor
            rows = cursor.fetchall()
            if rows:
                cursor.scroll(0, mode="absolute")
            tables = re.findall(r"\w+", found[2]) if found[2] else [_FROM.findall(sql)[-1]]
            for table in tables:  # of several tables only the first one's id is known by its place
                recorder.lock(table, frozenset(row[0] if table == tables[0] else (table, *row[:1]) for row in rows))
        else:
            for word, table in _WRITE.findall(sql):
                recorder.write(table, inserts=word == "INSERT INTO")
        return result

    with connection.execute_wrapper(watch):
        yield recorder

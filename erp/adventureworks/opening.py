"""Opening stock: what was counted, and on request what the records need besides so that they can be played again.

The records are no closed balance: work orders take more of many components than was ever bought, made or counted. `cover` finds
how much more of each must have been there. It is posted as an entry of its own that says so, never mixed with the count.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.decimals import ZERO
from erp.adventureworks.days import Day, days_of
from erp.adventureworks.importer import WAREHOUSE, Imported, create_bins
from erp.adventureworks.records import BomRecord, Records
from inventory.entries import draft_entry, post_entry
from inventory.models import StockEntry, Warehouse

LINES_PER_ENTRY = 400


def post_opening_stock(records: Records, imported: Imported) -> None:
    """Post the counted stock, place by place."""
    bins = create_bins(records, imported.company)
    lines = [
        _line(imported, row.item, row.quantity) | {"bin": bins[row.location, row.shelf, row.bin].code}
        for row in records.stock()
        if row.quantity > 0
    ]
    _post(imported, "Counted stock", lines)
    imported.counts["pieces counted"] = int(sum(line["quantity"] for line in lines))


def post_cover(records: Records, imported: Imported, *, until: dt.date) -> None:
    """Post what components lack so that the work orders up to `until` can be issued."""
    lacking = cover(records, imported.company.start_date, until)
    lines = [_line(imported, code, quantity) for code, quantity in sorted(lacking.items())]
    if lines:
        _post(imported, f"Not counted: what the records take beyond stock and purchases up to {until}", lines)
    imported.counts["pieces added that were not counted"] = int(sum(lacking.values()))
    imported.counts["items with added pieces"] = len(lacking)


def _line(imported: Imported, code: str, quantity: Decimal) -> dict[str, Any]:
    return {"item": imported.items[code], "quantity": quantity, "unit_cost": imported.cost[code]}


def _post(imported: Imported, reason: str, lines: Sequence[dict[str, Any]]) -> None:
    company = imported.company
    warehouse = Warehouse.objects.get(company=company, code=WAREHOUSE)
    for start in range(0, len(lines), LINES_PER_ENTRY):
        some = lines[start : start + LINES_PER_ENTRY]
        data = {
            "kind": StockEntry.Kind.OPENING,
            "document_date": company.start_date,
            "warehouse": warehouse,
            "reason": reason,
            "lines": some,
        }
        entry = draft_entry(company=company, data=data, by=imported.clerk, at=imported.at)
        post_entry(company=company, document_id=entry.pk, by=imported.checker, at=imported.at)


def cover(records: Records, first: dt.date, last: dt.date) -> dict[str, Decimal]:
    """How much of each item that goes into others is lacking at the worst moment from `first` to `last`, by item number."""
    boms: dict[str, list[BomRecord]] = defaultdict(list)
    for line in records.boms():
        if line.valid_on(first):
            boms[line.parent].append(line)
    components = {line.component for lines in boms.values() for line in lines}
    on_hand: dict[str, Decimal] = defaultdict(Decimal)
    for row in records.stock():
        on_hand[row.item] += row.quantity
    lacking: dict[str, Decimal] = {}
    for code, days in _flow(days_of(records, first, last), boms).items():
        balance = on_hand[code]
        lowest = ZERO
        for day in sorted(days):
            balance += days[day]
            lowest = min(lowest, balance)
        if lowest < 0 and code in components:
            lacking[code] = -lowest
    return lacking


def _flow(days: Sequence[Day], boms: Mapping[str, list[BomRecord]]) -> dict[str, dict[dt.date, Decimal]]:
    """What comes and goes of each item, day by day."""
    flow: dict[str, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for day in days:
        for purchase in (row for rows in day.deliveries for row in rows):
            flow[purchase.item][day.date] += purchase.received - purchase.rejected
        for order in day.finished:
            flow[order.item][day.date] += order.stocked
        for order in (*day.carried, *day.started):
            for line in boms.get(order.item, ()):
                flow[line.component][day.date] -= line.quantity * order.ordered
        for sale in (row for rows in day.sales for row in rows):
            flow[sale.item][day.date] -= sale.quantity
    return flow

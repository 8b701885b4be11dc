"""Opening stock from a spreadsheet: one opening entry per warehouse, posted at once with its voucher."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from core.imports import ImportKind, Plan
from core.models import Company, User
from core.spreadsheets.columns import CellProblem, SheetColumn
from inventory.entries import draft_entry, post_entry
from inventory.lots import needs_lot
from inventory.models import Bin, StockEntry, Warehouse
from masterdata.models import Item

COLUMNS = (
    SheetColumn("item", _("Item code"), "code", required=True),
    SheetColumn("warehouse", _("Warehouse"), "code", required=True),
    SheetColumn("bin", _("Bin"), "code", help=_("The warehouse's default bin if empty.")),
    SheetColumn("lot", _("Lot"), "code", max_length=40, help=_("Needed for items kept by lot.")),
    SheetColumn("quantity", _("Quantity"), "quantity", required=True),
    SheetColumn("unit_cost", _("Unit cost"), "price", required=True, help=_("Without tax.")),
)
_LABELS = {column.name: column.label for column in COLUMNS}


def check(company: Company, rows: list[dict[str, Any]]) -> Plan:
    """Look up items, warehouses and bins; lots are made as needed."""
    plan = Plan(rows, created=len(rows))
    items = {
        i.code: i for i in Item.objects.select_related("category", "unit").filter(company=company, code__in={row["item"] for row in rows})
    }
    warehouses = {w.code: w for w in Warehouse.objects.filter(company=company, code__in={row["warehouse"] for row in rows})}
    bins = set(Bin.objects.filter(company=company, warehouse__code__in=warehouses).values_list("warehouse__code", "code"))
    for row in rows:
        item = items.get(row["item"])
        for name, known in (("item", items), ("warehouse", warehouses)):
            if row[name] not in known:
                plan.problems.append(_problem(row, name, "not_found", _("“{code}” does not exist.").format(code=row[name])))
        if row["bin"] and row["warehouse"] in warehouses and (row["warehouse"], row["bin"]) not in bins:
            plan.problems.append(_problem(row, "bin", "not_found", _("“{code}” does not exist.").format(code=row["bin"])))
        if item and needs_lot(item) and not row["lot"]:
            plan.problems.append(_problem(row, "lot", "required", _("This item is kept by lot.")))
        if item and not needs_lot(item) and row["lot"]:
            plan.problems.append(_problem(row, "lot", "not_kept_by_lot", _("This item is not kept by lot.")))
        if row["quantity"] <= 0:
            plan.problems.append(_problem(row, "quantity", "not_positive", _("Enter a number above zero.")))
        if row["unit_cost"] < 0:
            plan.problems.append(_problem(row, "unit_cost", "negative", _("This may not be negative.")))
    if not plan.problems:
        for row in rows:
            row["item"], row["warehouse"] = items[row["item"]], warehouses[row["warehouse"]]
    return plan


def _problem(row: dict[str, Any], name: str, code: str, message: Any) -> CellProblem:
    return CellProblem(row["row"], _LABELS[name], code, str(message))


def apply(*, company: Company, plan: Plan, by: User, at: dt.datetime) -> Sequence[str]:
    """Draft and post one opening entry per warehouse, dated on the first day of the books."""
    by_warehouse: dict[int, list[dict[str, Any]]] = {}
    for row in plan.rows:
        by_warehouse.setdefault(row["warehouse"].pk, []).append(row)
    taken = []
    for rows in by_warehouse.values():
        lines = [{name: row[name] for name in ("item", "bin", "lot", "quantity", "unit_cost")} for row in rows]
        data = {
            "kind": StockEntry.Kind.OPENING,
            "document_date": company.start_date,
            "warehouse": rows[0]["warehouse"],
            "reason": say("Opening stock"),
            "lines": lines,
        }
        entry = draft_entry(company=company, data=data, by=by, at=at)
        post_entry(company=company, document_id=entry.pk, by=by, at=at)
        taken += [f"{entry.number}/{number}" for number in range(1, len(lines) + 1)]
    return taken


OPENING_STOCK = ImportKind(
    kind="opening-stock",
    label=_("Opening stock"),
    permission="inventory.post_stockentry",
    columns=COLUMNS,
    check=check,
    apply=apply,
    example=("M8-BOLT", "RAW", None, None, Decimal(1200), Decimal("0.35")),
    help=_("One row per item and place, with quantity and unit cost. It is posted with its voucher at once."),
)

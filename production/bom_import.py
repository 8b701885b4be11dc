"""Bills of materials from a spreadsheet: one row per component, rows of the same parent and version make one bill."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.imports import ImportKind, Plan
from core.models import Company, User
from core.spreadsheets.columns import CellProblem, SheetColumn
from masterdata.models import Item
from production.bom import save_bom
from production.models import Bom

COLUMNS = (
    SheetColumn("item", _("Parent item"), "code", required=True, help=_("Rows of the same parent and version make one bill.")),
    SheetColumn("version", _("Version"), "code", help=_("1 if empty. An existing version is replaced.")),
    SheetColumn("base_quantity", _("For a quantity of"), "quantity", help=_("1 if empty; the first row of a bill counts.")),
    SheetColumn("valid_from", _("Valid from"), "date", help=_("The first day of the books if empty.")),
    SheetColumn("component", _("Component"), "code", required=True),
    SheetColumn("quantity", _("Quantity"), "quantity", required=True),
    SheetColumn("scrap_percent", _("Scrap %"), "percent"),
    SheetColumn("operation_no", _("For operation"), "whole"),
)
_LABELS = {column.name: column.label for column in COLUMNS}


def check(company: Company, rows: list[dict[str, Any]]) -> Plan:
    """Look up the items and count which bills are new; circles are found when the bills are saved, before anything is kept."""
    plan = Plan(rows)
    codes = {row[name] for row in rows for name in ("item", "component")}
    items = {item.code: item for item in Item.objects.filter(company=company, code__in=codes)}
    for row in rows:
        for name in ("item", "component"):
            if row[name] not in items:
                plan.problems.append(_problem(row, name, "not_found", _("“{code}” does not exist.").format(code=row[name])))
        if row["item"] == row["component"]:
            plan.problems.append(_problem(row, "component", "self_reference", _("An item can't be a component of itself.")))
        if row["quantity"] <= 0:
            plan.problems.append(_problem(row, "quantity", "not_positive", _("Enter a number above zero.")))
        if row["base_quantity"] is not None and row["base_quantity"] <= 0:
            plan.problems.append(_problem(row, "base_quantity", "not_positive", _("Enter a number above zero.")))
        if row["scrap_percent"] is not None and not 0 <= row["scrap_percent"] < 100:
            plan.problems.append(_problem(row, "scrap_percent", "out_of_range", _("Enter a percentage from 0 to below 100.")))
        row["version"] = row["version"] or "1"
    bills = {(row["item"], row["version"]) for row in rows}
    known = set(Bom.objects.filter(company=company, item__code__in=codes).values_list("item__code", "version"))
    plan.changed = len(bills & known)
    plan.created = len(bills - known)
    if not plan.problems:
        for row in rows:
            row["item"], row["component"] = items[row["item"]], items[row["component"]]
    return plan


def _problem(row: dict[str, Any], name: str, code: str, message: Any) -> CellProblem:
    return CellProblem(row["row"], _LABELS[name], code, str(message))


def apply(*, company: Company, plan: Plan, by: User, at: dt.datetime) -> Sequence[str]:
    """Save the bills of a checked plan.

    Raises:
        BomCycle, BomTooDeep: the bills would be impossible; nothing is written.
    """
    bills: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in plan.rows:
        bills.setdefault((row["item"].pk, row["version"]), []).append(row)
    known = {(bom.item_id, bom.version): bom.pk for bom in Bom.objects.filter(company=company, item__in={item for item, _version in bills})}
    made = []
    for key, rows in bills.items():
        save_bom(company=company, data=_bill(company, rows), by=by, at=at, bom_id=known.get(key))
        made += [f"{rows[0]['item'].code} {row['component'].code}" for row in rows]
    return made


def _bill(company: Company, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    first = next(iter(rows))
    return {
        "item": first["item"],
        "version": first["version"],
        "base_quantity": first["base_quantity"] or 1,
        "valid_from": first["valid_from"] or company.start_date,
        "lines": [
            {
                "component": row["component"],
                "quantity": row["quantity"],
                "scrap_percent": row["scrap_percent"],
                "operation_no": int(row["operation_no"]) if row["operation_no"] is not None else None,
            }
            for row in rows
        ],
    }


BOMS = ImportKind(
    kind="boms",
    label=_("Bills of materials"),
    permission="production.add_bom",
    columns=COLUMNS,
    check=check,
    apply=apply,
    help=_("One row per component. The items must exist. Circles are refused."),
)

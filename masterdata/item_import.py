"""Items from a spreadsheet: created or changed by code."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from core.errors import InvalidInputs
from core.imports import ImportKind, Plan
from core.models import Company, User
from core.spreadsheets.columns import CellProblem, SheetColumn
from masterdata.models import Item, ItemCategory, Supplier, Unit
from masterdata.models.base import initials
from masterdata.signals import items_changing

COLUMNS = (
    SheetColumn(
        "code", _("Item code"), "code", required=True, max_length=40, help=_("Unique. Existing codes are changed, new ones created.")
    ),
    SheetColumn("name", _("Name"), required=True),
    SheetColumn("name_en", _("English name")),
    SheetColumn("specification", _("Specification")),
    SheetColumn("category", _("Category code"), "code", required=True, help=_("Decides valuation method and stock account.")),
    SheetColumn("unit", _("Unit code"), "code", required=True),
    SheetColumn("supply_type", _("Supply type"), "choice", required=True, choices=dict(Item.Supply.choices)),
    SheetColumn("is_sold", _("Is sold"), "yes_no"),
    SheetColumn("lot_tracked", _("Kept by lot"), "yes_no"),
    SheetColumn("inspect_on_receipt", _("Inspected on receipt"), "yes_no"),
    SheetColumn("lead_time_days", _("Lead time (days)"), "whole"),
    SheetColumn("safety_stock", _("Safety stock"), "quantity"),
    SheetColumn("standard_cost", _("Standard cost"), "price"),
    SheetColumn("list_price", _("List price (without tax)"), "price"),
    SheetColumn("default_supplier", _("Usual supplier"), "code"),
    SheetColumn("barcode", _("Barcode"), "code"),
)
_REFERENCES: tuple[tuple[str, type[Unit] | type[ItemCategory] | type[Supplier]], ...] = (
    ("category", ItemCategory),
    ("unit", Unit),
    ("default_supplier", Supplier),
)
_NOT_NEGATIVE = ("lead_time_days", "safety_stock", "standard_cost", "list_price")
_LABELS = {column.name: column.label for column in COLUMNS}


def check(company: Company, rows: list[dict[str, Any]]) -> Plan:
    """Look up categories, units and suppliers, find doubled codes, and count what is new."""
    plan = Plan(rows)
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row["code"], row["row"])
        if first != row["row"]:
            plan.problems.append(_problem(row, "code", "duplicate_code", _("The same code stands in row {row}.").format(row=first)))
        for name in _NOT_NEGATIVE:
            if row[name] is not None and row[name] < 0:
                plan.problems.append(_problem(row, name, "negative", _("This may not be negative.")))
    for name, model in _REFERENCES:
        wanted = {row[name] for row in rows if row[name]}
        known = {record.code: record for record in model._default_manager.filter(company=company, code__in=wanted)}
        for row in rows:
            if row[name] and row[name] not in known:
                plan.problems.append(_problem(row, name, "not_found", _("“{code}” does not exist.").format(code=row[name])))
            else:
                row[name] = known.get(row[name] or "")
    existing = {item.code: item for item in Item.objects.filter(company=company, code__in=seen)}
    plan.changed = len(existing)
    plan.created = len(set(seen) - set(existing))
    if not plan.problems:
        plan.problems += _refusals([(row, _filled(existing[row["code"]], row)) for row in rows if row["code"] in existing])
    return plan


def _refusals(changed: Sequence[tuple[dict[str, Any], Item]]) -> list[CellProblem]:
    """What those who know more than the masters have against the changes, cell by cell."""
    try:
        items_changing.send(sender=Item, items=[item for _row, item in changed])
    except InvalidInputs as refusal:
        rows = {item.pk: row for row, item in changed}
        return [_problem(rows[one.facts["item"].pk], one.field, one.code, one.message()) for one in refusal.problems()]
    return []


def _filled(item: Item, row: dict[str, Any]) -> Item:
    """An item with what its row says; empty cells leave what is there."""
    for name in _LABELS:
        if name != "code" and row[name] is not None:
            setattr(item, name, int(row[name]) if name == "lead_time_days" else row[name])
    item.pinyin = initials(item.name)
    return item


def _problem(row: dict[str, Any], name: str, code: str, message: Any) -> CellProblem:
    return CellProblem(row["row"], _LABELS[name], code, str(message))


def apply(*, company: Company, plan: Plan, by: User, at: dt.datetime) -> Sequence[str]:
    """Create and change the items of a checked plan, with their history; empty cells leave what is there."""
    existing = {
        item.code: item for item in Item.objects.select_for_update().filter(company=company, code__in=[row["code"] for row in plan.rows])
    }
    new: list[Item] = []
    changed: list[Item] = []
    for row in plan.rows:
        item = _filled(existing.get(row["code"]) or Item(company=company, code=row["code"]), row)
        (changed if item.pk else new).append(item)
    items_changing.send(sender=Item, items=changed)
    bulk_create_with_history(new, Item, default_user=by, default_change_reason="import", batch_size=500)
    fields = [name for name in _LABELS if name != "code"] + ["pinyin"]
    bulk_update_with_history(changed, Item, fields, default_user=by, default_change_reason="import", batch_size=200)
    return [row["code"] for row in plan.rows]


ITEMS = ImportKind(
    kind="items",
    label=_("Items"),
    permission="masterdata.add_item",
    columns=COLUMNS,
    check=check,
    apply=apply,
    example=(
        "M8-BOLT",
        "六角螺栓 M8",
        "Hexagon bolt M8",
        "M8×40",
        "raw",
        "PCS",
        "外购",
        None,
        None,
        None,
        7,
        Decimal(100),
        Decimal("0.35"),
    ),
    help=_("One row per item. Categories, units and suppliers must exist."),
)

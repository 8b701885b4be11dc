"""The stock ledger and the account balance table as workbooks."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.models import Company
from core.spreadsheets.ledgers import LedgerSheet
from masterdata.models import Item
from reports.books import BalanceLine, BalanceTotals
from reports.stock import LedgerLine, Running


def stock_ledger_sheet(
    company: Company,
    item: Item | None,
    lines: Iterable[LedgerLine],
    *,
    start: Running,
    days: tuple[dt.date | None, dt.date | None],
    with_value: bool,
) -> bytes:
    """The stock ledger (数量金额明细账): in, out and balance; monthly totals; all items without a balance."""
    title = _("Stock ledger")
    part_widths = [12, 12, 14] if with_value else [12]
    sheet = LedgerSheet(title, [12, 18, 16, 14, 22, 14, 12, *part_widths * 3])
    span = " – ".join(day.isoformat() if day else "…" for day in days)
    named = (
        _("Item: {code} {name} {specification}  Unit: {unit}").format(
            code=item.code, name=item.label, specification=item.specification, unit=item.unit
        )
        if item
        else _("All items")
    )
    sheet.heading(company, title, f"{named}  {span}")
    parts = [_("Quantity"), _("Price"), _("Amount")] if with_value else [_("Quantity")]
    heads: list[tuple[str, Sequence[str]]] = [
        (label, ()) for label in (_("Date"), _("Document"), _("Summary"), _("Item"), _("Name"), _("Warehouse"), _("Lot"))
    ]
    sheet.two_level_head([*heads, (_("In"), parts), (_("Out"), parts), (_("Balance"), parts)])
    kinds = ["date", *["text"] * 6, *(["quantity", "price", "money"] if with_value else ["quantity"]) * 3]
    blank: list[Any] = [None] * (3 if with_value else 1)
    if item is not None:
        sheet.write(kinds, [None, "", _("Opening balance"), "", "", "", "", *blank, *blank, *_figures(start, with_value)], bold=True)
    _ledger_rows(sheet, kinds, lines, blank, item=item, with_value=with_value)
    return sheet.content()


def _ledger_rows(
    sheet: LedgerSheet, kinds: Sequence[str], lines: Iterable[LedgerLine], blank: list[Any], *, item: Item | None, with_value: bool
) -> None:
    month, total_in, total_out, after = "", Running(), Running(), None

    def close() -> None:
        if month:
            out = Running(-total_out.quantity, -total_out.value)
            rest = _figures(after, with_value) if item and after else blank
            sheet.write(
                kinds,
                [
                    None,
                    "",
                    _("Total of {month}").format(month=month),
                    "",
                    "",
                    "",
                    "",
                    *_figures(total_in, with_value),
                    *_figures(out, with_value),
                    *rest,
                ],
                bold=True,
            )

    for line in lines:
        move = line.move
        if f"{move.date:%Y-%m}" != month:
            close()
            month, total_in, total_out = f"{move.date:%Y-%m}", Running(), Running()
        figures = Running(move.quantity, move.value)
        if line.is_in:
            total_in = total_in.plus(move)
            both = [*_figures(figures, with_value), *blank]
        else:
            total_out = total_out.plus(move)
            both = [*blank, *_figures(Running(-move.quantity, -move.value), with_value)]
        after = line.after
        rest = _figures(after, with_value) if item and after else blank
        head = [
            move.date,
            move.posting.origin_number,
            str(line.event),
            move.item.code,
            move.item.label,
            move.warehouse.label,
            str(move.lot or ""),
        ]
        sheet.write(kinds, [*head, *both, *rest])
    close()


def _figures(figures: Running, with_value: bool) -> list[Any]:
    if not with_value:
        return [figures.quantity]
    return [figures.quantity, figures.unit_cost, figures.value]


def account_balance_sheet(company: Company, lines: Iterable[BalanceLine], totals: BalanceTotals, *, span: str) -> bytes:
    """The account balance table (科目余额表): opening, turnover, year to date and closing, debit and credit each."""
    title = _("Account balances")
    sheet = LedgerSheet(title, [12, 34, *[16] * 8])
    sheet.heading(company, title, f"{span}  {_('Unit: yuan')}")
    sides = [_("Debit"), _("Credit")]
    heads: list[tuple[str, Sequence[str]]] = [(_("Code"), ()), (_("Account"), ())]
    sheet.two_level_head(
        [*heads, (_("Opening balance"), sides), (_("Turnover"), sides), (_("Year to date"), sides), (_("Closing balance"), sides)]
    )
    kinds = ["text", "text", *["money"] * 8]
    for line in lines:
        name = f"{'  ' * (line.level - 1)}{line.account.label}"
        sheet.write(kinds, [line.account.code, name, *_pairs(line)], bold=line.level == 1)
    sheet.write(kinds, [_("Total"), "", *_pairs(totals)], bold=True)
    return sheet.content()


def _pairs(row: BalanceLine | BalanceTotals) -> list[Decimal]:
    return [
        row.opening_debit,
        row.opening_credit,
        row.debit,
        row.credit,
        row.year_debit,
        row.year_credit,
        row.closing_debit,
        row.closing_credit,
    ]

"""Writing workbooks: numbers as numbers, codes as text, nothing that a spreadsheet would execute."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from core.spreadsheets.columns import SheetColumn

Text = str | Promise
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS = {
    "money": "#,##0.00;[Red]-#,##0.00;",
    "quantity": "#,##0.######;[Red]-#,##0.######;0",
    "price": "#,##0.00######;[Red]-#,##0.00######;0",
    "percent": '0.##"%"',
    "whole": "0",
    "date": "yyyy-mm-dd",
}
_FONT = {"font_name": "Microsoft YaHei", "font_size": 10}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export. kind: text | money | quantity | price | percent | whole | date; `total` puts a sum below."""

    label: Text
    kind: str = "text"
    width: int = 14
    total: bool = False


def write_table(
    title: Text, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Any]], *, subtitle: Text = "", totals: bool = True
) -> bytes:
    """A workbook with one formatted table: title, headings that stay in view, real numbers, a totals row where asked for."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet(str(title)[:31].translate(str.maketrans("[]:*?/\\", "_______")))
    title_format = book.add_format({**_FONT, "bold": True, "font_size": 14})
    head_format = book.add_format(
        {**_FONT, "bold": True, "bg_color": "#E8EDF3", "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
    )
    formats = {
        kind: book.add_format(
            {**_FONT, "border": 1, "border_color": "#C9D1DA", **({"num_format": _FORMATS[kind]} if kind in _FORMATS else {})}
        )
        for kind in {c.kind for c in columns}
    }
    bold = {
        kind: book.add_format(
            {**_FONT, "bold": True, "top": 1, "bottom": 6, **({"num_format": _FORMATS[kind]} if kind in _FORMATS else {})}
        )
        for kind in {c.kind for c in columns} | {"text"}
    }
    sheet.write_string(0, 0, str(title), title_format)
    if subtitle:
        sheet.write_string(1, 0, str(subtitle), book.add_format(_FONT))
    for index, column in enumerate(columns):
        sheet.write_string(2, index, str(column.label), head_format)
        sheet.set_column(index, index, column.width)
    sums = [Decimal(0)] * len(columns)
    number = 3
    for row in rows:
        for index, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write(sheet, number, index, value, formats[column.kind])
            if column.total and value is not None:
                sums[index] += value
        number += 1
    if totals and any(column.total for column in columns):
        sheet.write_string(number, 0, _("Total"), bold["text"])
        for index, column in enumerate(columns):
            if column.total:
                _write(sheet, number, index, sums[index], bold[column.kind])
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")
    book.close()
    return buffer.getvalue()


def _write(sheet: Worksheet, row: int, column: int, value: Any, cell_format: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, cell_format)
    elif isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, float(value), cell_format)
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), cell_format)  # noqa: DTZ001 - a cell has no zone
    else:
        sheet.write_string(row, column, str(value), cell_format)


def write_template(title: Text, columns: Sequence[SheetColumn], *, example: Sequence[Any] = ()) -> bytes:
    """An empty import sheet: headings, one explained column each, drop-downs for choices, codes as text; help on a second sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet, notes = book.add_worksheet(str(title)[:31]), book.add_worksheet(_("Explanation")[:31])
    head = book.add_format({**_FONT, "bold": True, "bg_color": "#DDEBF7", "border": 1})
    needed = book.add_format({**_FONT, "bold": True, "bg_color": "#FCE4D6", "border": 1})
    as_text = book.add_format({**_FONT, "num_format": "@"})
    as_date = book.add_format({**_FONT, "num_format": "yyyy-mm-dd"})
    plain = book.add_format(_FONT)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.heading(), needed if column.required else head)
        sheet.set_column(index, index, 18, {"code": as_text, "text": as_text, "date": as_date}.get(column.kind, plain))
        if column.choices:
            sheet.data_validation(
                1, index, 20_000, index, {"validate": "list", "source": [str(label) for label in column.choices.values()]}
            )
        if column.kind == "yes_no":
            sheet.data_validation(1, index, 20_000, index, {"validate": "list", "source": [_("yes"), _("no")]})
        notes.write_string(index + 1, 0, column.heading(), plain)
        notes.write_string(index + 1, 1, str(column.help), plain)
    for index, value in enumerate(example):
        _write(sheet, 1, index, value, as_text if isinstance(value, str) else plain)
    notes.write_string(0, 0, _("Columns with * are needed. The first row must stay as it is."), head)
    notes.set_column(0, 0, 26)
    notes.set_column(1, 1, 90)
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()

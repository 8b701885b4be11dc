"""A ledger as a workbook in the form accountants know: two-level headings, opening and totals rows, real numbers, ready to print."""

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

_FONT = {"font_name": "Microsoft YaHei", "font_size": 10}
_MONEY = "#,##0.00;[Red]-#,##0.00;"
_QUANTITY = "#,##0.######;[Red]-#,##0.######;"
_PRICE = "#,##0.00######"


class LedgerSheet:
    """One sheet with the formats of a ledger; text is always text, never a formula."""

    def __init__(self, title: str, widths: Sequence[int]) -> None:
        self.buffer = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.sheet: Worksheet = self.book.add_worksheet(title[:31].translate(str.maketrans("[]:*?/\\", "_______")))
        self.columns = len(widths)
        for index, width in enumerate(widths):
            self.sheet.set_column(index, index, width)
        base = {**_FONT, "border": 1, "border_color": "#9AA5B1"}
        self.head = self.book.add_format(
            {**base, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#E8EDF3", "text_wrap": True}
        )
        self.formats = {
            (kind, bold): self.book.add_format({**base, "bold": bold, **({"num_format": form} if form else {})})
            for kind, form in (("text", ""), ("money", _MONEY), ("quantity", _QUANTITY), ("price", _PRICE), ("date", "yyyy-mm-dd"))
            for bold in (False, True)
        }
        self.row = 0

    def heading(self, company: object, title: str, facts: str) -> None:
        """Title in the middle, company left, facts right."""
        last = self.columns - 1
        self.sheet.merge_range(0, 0, 0, last, title, self.book.add_format({**_FONT, "bold": True, "font_size": 16, "align": "center"}))
        self.sheet.write_string(1, 0, _("Company: {company}").format(company=company), self.book.add_format(_FONT))
        self.sheet.write_string(1, last, facts, self.book.add_format({**_FONT, "align": "right"}))
        self.row = 2

    def two_level_head(self, groups: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Headings of two rows: a group over its columns; a group of one column takes both rows."""
        column = 0
        for label, parts in groups:
            if len(parts) < 2:
                self.sheet.merge_range(self.row, column, self.row + 1, column, label, self.head)
                column += 1
                continue
            self.sheet.merge_range(self.row, column, self.row, column + len(parts) - 1, label, self.head)
            for part in parts:
                self.sheet.write_string(self.row + 1, column, part, self.head)
                column += 1
        self.row += 2
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 2, self.row - 1)

    def write(self, kinds: Sequence[str], values: Sequence[Any], *, bold: bool = False) -> None:
        """One row of figures."""
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            form = self.formats[(kind, bold)]
            if value is None or value == "":
                self.sheet.write_blank(self.row, column, None, form)
            elif isinstance(value, dt.date):
                self.sheet.write_datetime(self.row, column, dt.datetime(value.year, value.month, value.day), form)  # noqa: DTZ001 - a cell has no zone
            elif isinstance(value, Decimal | int):
                self.sheet.write_number(self.row, column, float(value), form)
            else:
                self.sheet.write_string(self.row, column, str(value), form)
        self.row += 1

    def content(self) -> bytes:
        """The finished file, set up for A4 landscape."""
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&C&P / &N")
        self.book.close()
        return self.buffer.getvalue()

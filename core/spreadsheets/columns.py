"""What a sheet's columns are, and how a cell becomes a value – or a problem with its address."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import ValidationError

from core.decimals import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, parse_decimal
from core.errors import BusinessError
from core.inputs import clean_code, clean_text

Text = str | Promise
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_PLACES = {"quantity": QUANTITY_PLACES, "price": PRICE_PLACES, "money": MONEY_PLACES, "percent": 4, "whole": 0}
EXCEL_DIGITS = 15
"""Significant digits a spreadsheet keeps and shows; what is behind them is an artefact of binary fractions."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of an import sheet.

    kind: code | text | quantity | price | money | percent | whole | date | choice | yes_no.
    choices: value → label; both may be written in the cell. help: one line shown in the template.
    """

    name: str
    label: Text
    kind: str = "text"
    required: bool = False
    choices: Mapping[str, Text] = field(default_factory=dict)
    help: Text = ""
    max_length: int = 120

    def heading(self) -> str:
        """The label as it stands in the first row; needed columns carry a star."""
        return f"{self.label}{' *' if self.required else ''}"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with a cell; `column` is empty where the whole row is meant."""

    row: int
    column: Text
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.row} {self.column}: {self.message}"


class Unreadable(Exception):
    """A cell that can't be taken as it is; carries code and message."""

    def __init__(self, code: str, message: Text) -> None:
        self.code, self.message = code, message
        super().__init__(code)


def read_rows(
    columns: Sequence[SheetColumn], raw: Sequence[tuple[int, Mapping[str, Any]]]
) -> tuple[list[dict[str, Any]], list[CellProblem]]:
    """Turn raw cells into typed rows.

    Args:
        raw: (row number in the sheet, cell values by column name).

    Returns:
        rows with ``row`` (the number in the sheet) and one value per column, and all problems found.
    """
    rows, problems = [], []
    for number, cells in raw:
        values: dict[str, Any] = {"row": number}
        for column in columns:
            try:
                values[column.name] = read_cell(column, cells.get(column.name))
            except Unreadable as error:
                problems.append(CellProblem(number, column.label, error.code, str(error.message)))
        rows.append(values)
    return rows, problems


def read_cell(column: SheetColumn, value: Any) -> Any:
    """Read one cell.

    Raises:
        Unreadable: it is needed and empty, or can't be taken without guessing.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            raise Unreadable("required", _("This cell is needed."))
        return None
    readers = {"code": _code, "text": _text, "date": _date, "choice": _choice, "yes_no": _yes_no}
    return readers.get(column.kind, _number)(column, value)


def _code(column: SheetColumn, value: Any) -> str:
    if isinstance(value, bool | int | float | dt.date):
        raise Unreadable(
            "text_needed", _("Codes must be text: format the column as text, then type leading zeros again if there were any.")
        )
    return _clean(clean_code, value, column)


def _text(column: SheetColumn, value: Any) -> str:
    plain = format(value, f".{EXCEL_DIGITS}g") if isinstance(value, float) else str(value)
    return _clean(clean_text, plain, column)


def _clean(clean: Any, value: str, column: SheetColumn) -> str:
    try:
        text = clean(value)
    except ValidationError as error:
        raise Unreadable("invisible_character", _first(error.detail)) from error
    if len(text) > column.max_length:
        raise Unreadable("too_long", _("At most {limit} characters are possible.").format(limit=column.max_length))
    return str(text)


def _number(column: SheetColumn, value: Any) -> Decimal:
    if isinstance(value, bool | dt.date):
        raise Unreadable("invalid_number", _("This is not a number."))
    exact = format(Decimal(format(value, f".{EXCEL_DIGITS}g")), "f") if isinstance(value, float) else str(value)
    try:
        return parse_decimal(exact, places=_PLACES[column.kind])
    except BusinessError as error:
        raise Unreadable(error.code, error.message()) from error


def _date(column: SheetColumn, value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str) and _ISO.match(value.strip()):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError as error:
            raise Unreadable("invalid_date", _("There is no such day.")) from error
    raise Unreadable("ambiguous_date", _("Write the date as 2026-11-22, or format the cell as a date."))


def _choice(column: SheetColumn, value: Any) -> str:
    text = str(value).strip()
    for choice, label in column.choices.items():
        if text in (choice, str(label)):
            return choice
    raise Unreadable(
        "unknown_choice",
        _("“{value}” is not one of: {choices}.").format(
            value=text[:40], choices=", ".join(str(label) for label in column.choices.values())
        ),
    )


def _yes_no(column: SheetColumn, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"1", "yes", "y", "true", "是", "√"}:
        return True
    if text in {"0", "no", "n", "false", "否", "×"}:
        return False
    raise Unreadable("unknown_choice", _("Write yes or no."))


def _first(detail: Any) -> str:
    """The first sentence of a serializer's error."""
    return str(detail[0] if isinstance(detail, list) else detail)

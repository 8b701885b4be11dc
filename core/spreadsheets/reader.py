"""Reading files that people upload: what is not a plain, small, honest table is refused with the reason.

openpyxl's read-only mode keeps a sheet with one far-away cell harmless (RELIABILITY.md 1.14) and uses defusedxml.
"""

import csv
import hashlib
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException
from django.utils.translation import gettext_lazy as _
from openpyxl import DEFUSEDXML
from openpyxl.utils.exceptions import InvalidFileException

from core.errors import InvalidInput
from core.spreadsheets.columns import CellProblem, SheetColumn

MAX_BYTES = 20_000_000
MAX_UNPACKED = 300_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 60
_HIDDEN_ROW = re.compile(rb'<row [^>]*\bhidden="(?:1|true)"')

if not DEFUSEDXML:  # R10: never read a workbook with a parser that expands entities
    raise RuntimeError("defusedxml must be installed")


@dataclass(slots=True)
class Sheet:
    """The cells of a file by column name, with the row numbers people see, and what is wrong so far."""

    rows: list[tuple[int, dict[str, Any]]]
    sha256: str
    problems: list[CellProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _cannot_read(reason: Any) -> InvalidInput:
    return InvalidInput("cannot_read", _("This file can't be read: {reason}"), field="file", reason=reason)


def read_file(name: str, content: bytes, columns: Sequence[SheetColumn], *, max_rows: int = MAX_ROWS) -> Sheet:
    """Read an .xlsx or .csv file whose first row names the columns.

    Raises:
        InvalidInput: too large, not a table, wrong columns; says which.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput("too_large", _("The file is larger than {limit} MB."), field="file", limit=MAX_BYTES // 1_000_000)
    digest = hashlib.sha256(content).hexdigest()
    if content[:4] == b"PK\x03\x04":
        table, warnings = _workbook(content, max_rows)
    elif content[:4] == b"\xd0\xcf\x11\xe0":
        raise _cannot_read(_("it is protected by a password or in the old .xls format. Save it as .xlsx without a password."))
    elif name.lower().endswith(".csv"):
        table, warnings = _csv(content, max_rows)
    else:
        raise _cannot_read(_("it is neither .xlsx nor .csv."))
    sheet = _by_column(table, columns)
    sheet.sha256 = digest
    sheet.warnings = warnings
    if len(sheet.rows) > max_rows:
        raise InvalidInput("too_many_rows", _("At most {limit} rows can be taken in at once."), field="file", limit=max_rows)
    if not sheet.rows:
        raise InvalidInput("no_rows", _("The sheet has no rows below its headings."), field="file")
    return sheet


def _workbook(content: bytes, max_rows: int) -> tuple[list[tuple[int, list[Any]]], list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                raise InvalidInput("too_large", _("Unpacked, this file is too large."), field="file")
            if any(
                _HIDDEN_ROW.search(archive.read(info)) for info in archive.infolist() if info.filename.startswith("xl/worksheets/sheet")
            ):
                raise InvalidInput(
                    "hidden_rows", _("The sheet has hidden or filtered rows. Show all rows, then save it again."), field="file"
                )
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise _cannot_read(_("it has no visible sheet."))
        rows = sheets[0].iter_rows(max_row=max_rows + 2, max_col=MAX_COLUMNS)
        table = [(number, [_cell(cell) for cell in row]) for number, row in enumerate(rows, start=1)]
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError, DefusedXmlException, InvalidFileException, OSError, EOFError) as error:
        raise _cannot_read(_("it is damaged or not a workbook.")) from error
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    return table, [str(_("Hidden sheets are ignored: {names}").format(names=", ".join(hidden)))] if hidden else []


class _Formula(str):
    """The text of a formula; it is never computed."""

    __slots__ = ()


def _cell(cell: Any) -> Any:
    value = cell.value
    return _Formula(value) if getattr(cell, "data_type", "") == "f" else value


def _csv(content: bytes, max_rows: int) -> tuple[list[tuple[int, list[Any]]], list[str]]:
    warnings = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise _cannot_read(_("its characters are neither UTF-8 nor GB18030. Save it as .xlsx.")) from error
        warnings.append(str(_("The file was read as GB18030: check the characters in the preview.")))
    if "\x00" in text:
        raise _cannot_read(_("it is not a text file."))
    lines = itertools.islice(csv.reader(io.StringIO(text)), max_rows + 2)
    return [(number, [cell or None for cell in line]) for number, line in enumerate(lines, start=1)], warnings


def _by_column(table: Iterable[tuple[int, list[Any]]], columns: Sequence[SheetColumn]) -> Sheet:
    rows = iter(table)
    headings = [str(cell).strip().removesuffix("*").strip() if cell is not None else "" for cell in next(rows, (1, []))[1]]
    by_label = {name: column for column in columns for name in (str(column.label), column.name)}
    doubled = sorted({heading for heading in headings if heading and headings.count(heading) > 1})
    missing = [str(column.label) for column in columns if column.required and not {str(column.label), column.name} & set(headings)]
    unknown = [heading for heading in headings if heading and heading not in by_label]
    if doubled or missing or unknown:
        raise InvalidInput(
            "wrong_columns",
            _("The columns don't fit the template. Missing: {missing}. Unknown: {unknown}. Twice: {doubled}."),
            field="file",
            missing=", ".join(missing) or "–",
            unknown=", ".join(unknown[:10]) or "–",
            doubled=", ".join(doubled) or "–",
        )
    sheet = Sheet([], "")
    for number, cells in rows:
        if all(cell is None or cell == "" for cell in cells):
            continue
        values = {}
        for heading, cell in zip(headings, cells, strict=False):
            if not heading:
                continue
            if isinstance(cell, _Formula):
                sheet.problems.append(
                    CellProblem(number, heading, "formula_not_allowed", str(_("Formulas are not taken in; paste the values instead.")))
                )
                cell = None
            values[by_label[heading].name] = cell
        sheet.rows.append((number, values))
    return sheet

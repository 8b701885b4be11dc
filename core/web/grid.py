"""The line grid of a document: what its columns are, what was typed, and what is wrong with it at which cell.

The fields are named ``lines[0]item``; errors carry the path ``lines[0].item``. `static/app/grid.js` adds the keyboard.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput

MAX_LINES = 1000
BLANK_ROWS = 3
_NAME = re.compile(r"lines\[(\d{1,5})\]([a-z_]{1,40})\Z", re.ASCII)
_PATH = re.compile(r"lines\[(\d{1,5})\]\.([a-z_]{1,40})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the grid.

    `kind`: text, number, date, lookup (type-ahead at `lookup`, an address), choice (one of `choices`), shown (not sent,
    filled by a lookup), computed (not sent, `formula` multiplies columns, e.g. "quantity*price"). `total` sums it below.
    `width` is in rem; 0 takes what is left.
    """

    name: str
    label: str | Promise
    kind: str = "text"
    lookup: str = ""
    choices: Sequence[tuple[str, str | Promise]] = ()
    formula: str = ""
    places: int = 2
    width: int = 8
    required: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with what was typed and what is wrong with it."""

    column: Column
    name: str
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grid; `error` is about the line as a whole."""

    index: str
    cells: list[Cell]
    error: str = ""


@dataclass(slots=True)
class Grid:
    """Columns with the rows to show: what is stored or was typed, and some blank ones."""

    columns: Sequence[Column]
    values: Sequence[Mapping[str, object]] = field(default_factory=list)
    errors: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """The rows with their errors, followed by blank rows to type into."""
        filled = [self._row(str(index), index, values) for index, values in enumerate(self.values)]
        blank = [self._row(str(index), index, {}) for index in range(len(filled), len(filled) + BLANK_ROWS)]
        return filled + blank

    def blank_row(self) -> Row:
        """The row that the browser copies when another line is needed."""
        return self._row("__index__", -1, {})

    def has_totals(self) -> bool:
        return any(column.total for column in self.columns)

    def _row(self, index: str, position: int, values: Mapping[str, object]) -> Row:
        cells = [
            Cell(column, f"lines[{index}]{column.name}", _shown(values.get(column.name)), self.errors.get((position, column.name), ""))
            for column in self.columns
        ]
        return Row(index, cells, self.errors.get((position, ""), ""))


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def read_lines(post: QueryDict, names: Iterable[str]) -> list[dict[str, str]]:
    """The lines of a posted grid in their order, wholly blank ones left out, unknown fields ignored.

    Raises:
        InvalidInput: more than MAX_LINES lines.
    """
    wanted = set(names)
    lines: dict[int, dict[str, str]] = {}
    for key in post:
        match = _NAME.match(key)
        if match and match[2] in wanted:
            lines.setdefault(int(match[1]), {})[match[2]] = post.get(key, "").strip()
    typed = [lines[index] for index in sorted(lines) if any(lines[index].values())]
    if len(typed) > MAX_LINES:
        raise InvalidInput("too_many_lines", _("A document can have at most {limit} lines."), field="lines", limit=MAX_LINES)
    return typed


def touched(line: Mapping[str, str], proposed: Collection[str]) -> bool:
    """Whether a line holds more than what a form proposes by itself."""
    return any(text and name not in proposed for name, text in line.items())


def line_errors(error: BusinessError) -> dict[tuple[int, str], str]:
    """The problems of an error that belong to cells, by line (from 0) and column; a problem of a whole line has column ""."""
    found: dict[tuple[int, str], str] = {}
    for problem in error.problems():
        match = _PATH.match(problem.field) or re.match(r"lines\[(\d{1,5})\]()\Z", problem.field)
        if match:
            found.setdefault((int(match[1]), match[2]), problem.message())
    return found

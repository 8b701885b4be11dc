"""Taking in a spreadsheet: read, check every row, show what would happen, then all or nothing.

Each app offers its kinds of import as `ImportKind`; `erp/imports.py` lists them.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.errors import BusinessError
from core.models import Company, ImportedFile, User
from core.spreadsheets.columns import CellProblem, SheetColumn, read_rows
from core.spreadsheets.reader import Sheet, read_file


class AlreadyImported(BusinessError):
    """The very same file was taken in before."""

    code = "already_imported"
    text = _("This file was already taken in on {at} by {by}.")
    hint = _("If that is really wanted, change something in the file first.")


class RowsAreWrong(BusinessError):
    """Some rows can't be taken in, so none is."""

    code = "rows_are_wrong"
    status = 400
    text = _("{count} cells are wrong; nothing was taken in.")

    def __init__(self, problems: Sequence[CellProblem]) -> None:
        self.cells = list(problems)
        super().__init__(count=len(problems))


@dataclass(slots=True)
class Plan:
    """What taking in the rows would do."""

    rows: list[dict[str, Any]]
    problems: list[CellProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    created: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A kind of spreadsheet that can be taken in.

    check(company, rows) -> Plan: looks up what the rows name and adds problems; reads only.
    apply(*, company, plan, by, at) -> list of document numbers or codes that were made; runs inside one transaction.
    """

    kind: str
    label: str | Promise
    permission: str
    columns: Sequence[SheetColumn]
    check: Callable[[Company, list[dict[str, Any]]], Plan]
    apply: Callable[..., Sequence[str]]
    example: Sequence[Any] = ()
    help: str | Promise = ""


@cache
def import_kinds() -> dict[str, ImportKind]:
    """All kinds by name, from the literal list that settings name."""
    return {kind.kind: kind for kind in import_string(settings.IMPORT_KINDS)}


def examine(kind: ImportKind, company: Company, name: str, content: bytes) -> tuple[Sheet, Plan]:
    """Read and check a file without writing anything.

    Raises:
        InvalidInput: the file can't be read, or its columns don't fit.
    """
    sheet = read_file(name, content, kind.columns)
    rows, problems = read_rows(kind.columns, sheet.rows)
    good = [row for row in rows if row["row"] not in {problem.row for problem in problems}]
    plan = kind.check(company, good)
    plan.problems = sorted([*sheet.problems, *problems, *plan.problems], key=lambda problem: problem.row)
    plan.warnings = [*sheet.warnings, *plan.warnings]
    return sheet, plan


@durable
def take_in(*, kind: ImportKind, company: Company, name: str, content: bytes, by: User, at: dt.datetime) -> Sequence[str]:
    """Take in a whole file, or nothing of it.

    Raises:
        RowsAreWrong: with every cell at fault.
        AlreadyImported: the same file was taken in before (of two at once, one wins).
    """
    sheet, plan = examine(kind, company, name, content)
    if plan.problems:
        raise RowsAreWrong(plan.problems)
    try:
        with transaction.atomic():
            ImportedFile.objects.create(
                company=company, kind=kind.kind, name=name[:200], sha256=sheet.sha256, rows=len(plan.rows), imported_by=by, imported_at=at
            )
    except IntegrityError as error:
        earlier = ImportedFile.objects.select_related("imported_by").get(company=company, kind=kind.kind, sha256=sheet.sha256)
        raise AlreadyImported(at=f"{earlier.imported_at:%Y-%m-%d %H:%M}", by=str(earlier.imported_by)) from error
    return kind.apply(company=company, plan=plan, by=by, at=at)

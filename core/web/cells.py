"""Figures of documents and lines as people read them: from a row and a column to text, link and sheet cell."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.access import Access
from core.documents import Column, DocumentType, document_types
from core.models import Document, State
from core.spreadsheets.writer import ExportColumn
from core.templatetags.ui import STATE_COLOURS, money, price, qty

NUMERIC = ("quantity", "money", "price", "percent")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure ready for the template."""

    html: SafeString | str
    css: str = ""


def visible(columns: Iterable[Column], access: Access) -> list[Column]:
    """The columns that `access` may see (costs and prices are hidden from some roles)."""
    return [column for column in columns if access.may(column.secret)]


def read(row: Any, path: str) -> Any:
    """The value at an attribute path; None where the way ends early. Choices become their label."""
    value = row
    for name in path.split("."):
        if value is None:
            return None
        value = _attribute(value, name)
    return value


def _attribute(owner: Any, name: str) -> Any:
    if isinstance(owner, models.Model):
        try:
            field = owner._meta.get_field(name)
        except FieldDoesNotExist:
            field = None
        if isinstance(field, models.Field) and field.choices and name != "state":
            return getattr(owner, f"get_{name}_display")()
    value = getattr(owner, name)
    return value() if callable(value) and not isinstance(value, models.Manager) else value


def cell(column: Column, row: Any) -> Cell:
    """A row's figure of a column, formatted and linked."""
    value = read(row, column.path)
    css = "end" if column.kind in NUMERIC else "nowrap" if column.kind in ("date", "state", "document") else ""
    return Cell(_html(column, row, value), css)


def cells(columns: Sequence[Column], row: Any) -> list[Cell]:
    """A row's figures, in the order of the columns."""
    return [cell(column, row) for column in columns]


def _html(column: Column, row: Any, value: Any) -> SafeString | str:
    if value is None or value == "":
        return ""
    if column.kind == "state":
        return state_html(str(value))
    if isinstance(row, Document) and column.path == "number":
        return str(value)
    if column.kind == "document" or isinstance(value, models.Model):
        return document_link(row, value)
    return figure(value, column.kind)


def figure(value: Any, kind: str) -> SafeString | str:
    """A value by its kind, as text."""
    if isinstance(value, Link):
        return mark_safe(value.__html__())  # noqa: S308 - made by format_html
    if isinstance(value, bool):
        return "✓" if value else ""
    if kind == "money":
        return money(value)
    if kind == "price":
        return price(value)
    if kind == "percent":
        return f"{Decimal(value).normalize():f} %"
    if kind == "quantity" or isinstance(value, Decimal):
        return qty(value)
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def state_html(state: str) -> SafeString:
    """A state as its badge."""
    label = State(state).label if state in State.values else state
    return format_html('<span class="state state-{}">{}</span>', STATE_COLOURS.get(state, "grey"), label)


def document_link(row: Any, value: Any) -> SafeString | str:
    """A thing with a page of its own, or a number beside an `origin_kind`, as a link to it."""
    if isinstance(value, models.Model):
        address = address_of(value)
        return format_html('<a href="{}">{}</a>', address, value) if address else str(value)
    kind = getattr(row, "origin_kind", "")
    return numbered_link(kind, str(value)) if kind in document_types() else str(value)


def numbered_link(kind: str, number: str) -> SafeString | str:
    """A link that finds a document by kind and number when it is clicked."""
    if kind not in document_types():
        return number
    return format_html('<a href="{}">{}</a>', reverse("document-by-number", args=[kind, number]), number)


def type_of(document: models.Model) -> DocumentType | None:
    """The kind of a document."""
    return next((kind for kind in document_types().values() if kind.model is type(document)), None)


@cache
def _has_page(name: str) -> bool:
    """Whether there is a page of that name for a single thing."""
    try:
        reverse(name, args=[1])
    except NoReverseMatch:
        return False
    return True


def address_of(thing: models.Model) -> str:
    """The page of a document, or of another thing that has one (`voucher-detail`); empty if there is none."""
    kind = type_of(thing)
    name = f"{kind.kind if kind else thing._meta.model_name}-detail"
    return reverse(name, args=[thing.pk]) if _has_page(name) else ""


def sheet_column(column: Column) -> ExportColumn:
    """The column of an export that corresponds to a column of a page."""
    kind = column.kind if column.kind in (*NUMERIC, "date") else "text"
    return ExportColumn(label=column.label, kind=kind, total=column.total, width=14 if kind != "text" else 20)


def sheet_value(column: Column, row: Any) -> Any:
    """A row's figure as a spreadsheet wants it: numbers as numbers, everything else as text."""
    value = read(row, column.path)
    if value is None or isinstance(value, Decimal | int) or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    if column.kind == "state":
        return str(State(value).label) if value in State.values else str(value)
    if isinstance(value, dt.datetime):
        return str(figure(value, "text"))
    return str(value)


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere; in a spreadsheet it is the text alone."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        return format_html('<a href="{}">{}</a>', self.address, self.text) if self.address else escape(self.text)

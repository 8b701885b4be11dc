"""How rows look from outside: exact numbers as text, days as ISO, masters by code, documents by number."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from core.access import Access
from core.documents import Column
from core.models import Document

MONEY_KINDS = ("money",)


def key_of(column: Column) -> str:
    """The name of a column in answers and filters: `item.code` is item_code."""
    return column.path.replace(".", "_")


def value_at(row: Any, path: str) -> Any:
    """Follow an attribute path; None where something on the way is missing."""
    value = row
    for part in path.split("."):
        if value is None:
            return None
        value = getattr(value, part)
        if callable(value) and not isinstance(value, models.Manager):
            value = value()
    return value


def plain(value: Any, kind: str = "") -> Any:
    """A value as JSON says it."""
    if isinstance(value, Decimal):
        return number(value, at_least=2 if kind in MONEY_KINDS else 0)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, models.Model):
        names = (getattr(value, name, None) for name in ("code", "number", "username"))
        return next((name for name in names if isinstance(name, str) and name), str(value))
    if value is None or isinstance(value, bool | int | list | dict):
        return value
    return str(value)


def number(value: Decimal, *, at_least: int = 0) -> str:
    """A number without needless zeros, money with at least two decimals: 12.5, 1200, 3.10."""
    text = format(value.normalize(), "f") if value else "0"
    whole, _point, decimals = text.partition(".")
    decimals = decimals.ljust(at_least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def visible(columns: Iterable[Column], access: Access) -> list[Column]:
    """The columns that this person may see; prices and costs are hidden from some."""
    return [column for column in columns if access.may(column.secret)]


def represent(row: Any, columns: Sequence[Column]) -> dict[str, Any]:
    """The columns of one row."""
    return {key_of(column): plain(value_at(row, column.path), column.kind) for column in columns}


def represent_head(document: Document) -> dict[str, Any]:
    """What every document tells about itself."""
    return {
        "id": document.pk,
        "number": document.number,
        "document_date": document.document_date.isoformat(),
        "state": document.state,
        "version": document.version,
        "note": document.note,
        "created_by": document.created_by.username,
        "created_at": document.created_at.isoformat(),
    }

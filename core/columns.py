"""Very many rows at once, written from columns of plain database values (scaled integers, text, dates): no object for each row."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

from core.db import is_postgres

CHUNK = 25_000
"""Rows of one statement: bounds the memory of both sides."""


def insert_columns(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> list[int]:
    """Insert rows given as columns by field attribute name, in their order.

    Args:
        columns: values as the database keeps them (a quantity in millionths); all columns are equally long.

    Returns:
        the ids of the new rows.
    """
    fields = [next(f for f in model._meta.concrete_fields if f.attname == name) for name in columns]
    count = len(next(iter(columns.values())))
    ids: list[int] = []
    for start in range(0, count, CHUNK):
        part = [column[start : start + CHUNK] for column in columns.values()]
        ids += _insert_arrays(model, fields, part) if is_postgres() else _insert_rows(model, fields, part)
    return ids


def _insert_arrays(model: type[models.Model], fields: Sequence[models.Field], part: Sequence[Sequence[Any]]) -> list[int]:
    names = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT * FROM UNNEST({arrays}) RETURNING "id"',
            [list(column) for column in part],
        )
        return [row[0] for row in cursor.fetchall()]


def _insert_rows(model: type[models.Model], fields: Sequence[models.Field], part: Sequence[Sequence[Any]]) -> list[int]:
    """SQLite has one writer, so the ids that follow the greatest one are ours."""
    table = model._meta.db_table
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * (len(fields) + 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        first = cursor.fetchone()[0] + 1
        ids = list(range(first, first + len(part[0])))
        cursor.executemany(f'INSERT INTO "{table}" ("id", {names}) VALUES ({marks})', list(zip(ids, *part, strict=True)))
    return ids

"""Many rows, one statement: the hot path of every posting.

The ORM builds its SQL anew for every call; for the tables that each posting writes that costs more than the database does.
On PostgreSQL these two write the columns as arrays with a text that is made once per table; elsewhere the ORM does it.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from core.db import is_postgres, prepared_cursor
from core.fields import ScaledDecimalField

_TEXTS = (models.CharField, models.TextField)
_AS_IS = (models.IntegerField, models.BooleanField, models.ForeignKey, models.DateField)
"""Fields whose values PostgreSQL takes as Python holds them (a DateTimeField is a DateField, a BigAutoField an IntegerField)."""


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one table in one statement, in their order; their ids are set."""
    if not rows:
        return
    model = type(rows[0])
    if not is_postgres():
        model._default_manager.bulk_create(rows)
        return
    sql, fields = _insert_sql(model)
    with prepared_cursor() as cursor:
        cursor.execute(sql, [_column(field, rows) for field in fields])
        ids = cursor.fetchall()
    for row, (pk,) in zip(rows, ids, strict=True):
        row.pk = pk
        row._state.adding = False
        row._state.db = connection.alias


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the named fields of existing, locked rows of one table in one statement."""
    if not rows:
        return
    model = type(rows[0])
    if not is_postgres() and len(rows) == 1:
        model._default_manager.filter(pk=rows[0].pk).update(**{name: getattr(rows[0], name) for name in names})
        return
    if not is_postgres():
        model._default_manager.bulk_create(rows, update_conflicts=True, update_fields=list(names), unique_fields=["id"])
        return
    sql, fields = _update_sql(model, tuple(names))
    with prepared_cursor() as cursor:
        cursor.execute(sql, [_column(field, rows) for field in fields])
        assert cursor.rowcount == len(rows), f"{len(rows)} rows of {model._meta.label} were to be written, {cursor.rowcount} are there"


def together(*writes: tuple[Sequence[models.Model], Sequence[str]]) -> None:
    """Write rows of several tables that don't depend on each other in one statement.

    Args:
        writes: rows of one table each, with the names of the fields to update, or () where the rows are new (their ids are not set).
    """
    wanted = [(rows, tuple(names)) for rows, names in writes if rows]
    if not is_postgres() or len(wanted) == 1:
        for rows, names in wanted:
            update(rows, names) if names else insert(rows)
        return
    if not wanted:
        return
    parts, params = [], []
    for rows, names in wanted:
        sql, fields = _update_sql(type(rows[0]), names) if names else _insert_sql(type(rows[0]))
        parts.append(sql if not names else f"{sql} RETURNING 1")
        params += [_column(field, rows) for field in fields]
    named = ", ".join(f"w{number} AS ({part})" for number, part in enumerate(parts))
    counts = ", ".join(f"(SELECT COUNT(*) FROM w{number})" for number in range(len(parts)))
    with prepared_cursor() as cursor:
        cursor.execute(f"WITH {named} SELECT {counts}", params)
        written = cursor.fetchone()
    assert written == tuple(len(rows) for rows, _names in wanted), (
        f"not all rows of {[type(rows[0]).__name__ for rows, _n in wanted]} are there"
    )


@cache
def _insert_sql(model: type[models.Model]) -> tuple[str, list[models.Field]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT * FROM UNNEST({_arrays(fields)}) RETURNING "id"', fields


@cache
def _update_sql(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[models.Field]]:
    fields = [model._meta.get_field("id"), *(model._meta.get_field(name) for name in names)]
    columns = [f'"{field.column}"' for field in fields]  # type: ignore[union-attr]
    changes = ", ".join(f"{column} = new.{column}" for column in columns[1:])
    source = f"UNNEST({_arrays(fields)}) AS new ({', '.join(columns)})"  # type: ignore[arg-type]
    table = f'"{model._meta.db_table}"'
    return f'UPDATE {table} SET {changes} FROM {source} WHERE {table}."id" = new."id"', fields  # type: ignore[return-value]


def _arrays(fields: Sequence[models.Field]) -> str:
    return ", ".join(f"%s::{_type(field)}[]" for field in fields)


def _type(field: models.Field) -> str:
    return str(field.rel_db_type(connection) if field.primary_key else field.cast_db_type(connection))


def _column(field: models.Field, rows: Sequence[models.Model]) -> list[Any]:
    """The values of one column, as the database takes them."""
    name = field.attname
    prepare = _prepare(field)
    if prepare is None:
        return [getattr(row, name) for row in rows]
    return [prepare(getattr(row, name)) for row in rows]


@cache
def _prepare(field: models.Field) -> Callable[[Any], Any] | None:
    if isinstance(field, ScaledDecimalField):
        return field.get_prep_value
    if isinstance(field, _TEXTS):
        return _plain_text
    if isinstance(field, _AS_IS):
        return None
    return lambda value: field.get_db_prep_save(value, connection=connection)


def _plain_text(value: Any) -> str | None:
    """Choices and translated texts as the plain strings that an array wants."""
    return None if value is None else str(value)

"""Queries whose SQL is made once: what every posting reads.

The ORM builds its SQL anew for every call, and an object for every row of every joined table; for what each posting reads that costs
more than the database does. A prepared query is written as a queryset, compiled when it is first needed, and kept – here as a text, on
PostgreSQL as a plan. Its objects are those the queryset would give (`post_init` signals apart), except that a related row that occurs
several times is one object.

    _LINES = Prepared(lambda issues: IssueLine.objects.filter(document__among=issues).select_related("item").order_by("line_no"))
    lines = _LINES(issues=[issue.pk])
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.fields.related import ForeignObject

from core.db import is_postgres, prepared_cursor

M = TypeVar("M", bound=models.Model)


@models.Field.register_lookup
@ForeignObject.register_lookup
class Among(models.Lookup):
    """Like `__in`, with the whole list as one parameter, so that the text is the same however long it is."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """For engines without arrays the list travels as JSON."""
        left, params = self.process_lhs(compiler, connection)
        return f"{left} IN (SELECT value FROM json_each(%s))", [*params, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """The list travels as an array."""
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, self.rhs]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the columns of a row become an object: its attributes by column, and the objects it refers to."""

    model: type[models.Model]
    names: tuple[str, ...]
    columns: tuple[int, ...]
    pk_at: int
    related: tuple[tuple[Any, "_Shape"], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query: which of its parameters are whose, the rest being constants of the queryset."""

    sql: str
    names: tuple[str | None, ...]
    constants: tuple[Any, ...]
    converters: tuple[tuple[int, Sequence[Callable[..., Any]], Any], ...]
    shape: _Shape


class Prepared(Generic[M]):
    """A queryset as a function of its parameters: whole numbers, texts, or lists of them (for `__among`)."""

    def __init__(self, make: Callable[..., "models.QuerySet[M]"]) -> None:
        self._make = make
        self._names = make.__code__.co_varnames[: make.__code__.co_argcount]

    def __call__(self, **given: Any) -> list[M]:
        """The rows for these parameters, in the order of the queryset."""
        plan = self._plan
        values = {name: value if isinstance(value, int | str) else _as_one(value) for name, value in given.items()}
        params = [constant if name is None else values[name] for name, constant in zip(plan.names, plan.constants, strict=True)]
        with prepared_cursor() as cursor:
            cursor.execute(plan.sql, params)
            rows = cursor.fetchall()
        return _objects(plan, rows)

    @cached_property
    def _plan(self) -> _Plan:
        marks = {name: _MARKED + number for number, name in enumerate(self._names)}
        compiler = self._make(**marks).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        by_mark = {str(mark): name for name, mark in marks.items()}
        names = tuple(by_mark.get(str(value)) for value in params)
        assert set(names) >= set(self._names), "every parameter has its place in the text"
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return _Plan(
            sql=sql,
            names=names,
            constants=tuple(None if name else value for name, value in zip(names, params, strict=True)),
            converters=tuple((index, found, column) for index, (found, column) in converters.items()),
            shape=_shape(compiler.klass_info, compiler.select),
        )


_MARKED = 7_000_000_000_000_000
"""What stands for the first parameter while the text is made: a number no queryset names, which every field takes, be it as text."""


def _as_one(values: Any) -> Any:
    """A list as one parameter (see `Among`)."""
    return list(values) if is_postgres() else json.dumps(list(values))


def _shape(info: Mapping[str, Any], select: Sequence[Any]) -> _Shape:
    columns = tuple(info["select_fields"])
    names = tuple(select[index][0].target.attname for index in columns)
    related = info.get("related_klass_infos", ())
    assert not any(one["reverse"] for one in related), "only what a row refers to can be read with it"
    pk_at = columns[names.index(info["model"]._meta.pk.attname)]
    return _Shape(info["model"], names, columns, pk_at, tuple((one["field"], _shape(one, select)) for one in related))


def _objects(plan: _Plan, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    known: dict[tuple[int, Any], Any] = {}
    alias = connection.alias
    objects = []
    for row in rows:
        values = list(row)
        for index, converters, column in plan.converters:
            for convert in converters:
                values[index] = convert(values[index], column, connection)
        objects.append(_object(plan.shape, values, known, alias))
    return objects


def _object(shape: _Shape, row: Sequence[Any], known: dict[tuple[int, Any], Any], alias: str) -> Any:
    made = shape.model.__new__(shape.model)
    state = ModelState()
    state.adding, state.db = False, alias
    made.__dict__.update(zip(shape.names, [row[index] for index in shape.columns], strict=True))
    made.__dict__["_state"] = state
    for field, wanted in shape.related:
        pk = row[wanted.pk_at]
        other = known.get((id(wanted), pk)) if pk is not None else None
        if other is None and pk is not None:
            other = known[id(wanted), pk] = _object(wanted, row, known, alias)
        field.set_cached_value(made, other)
    return made

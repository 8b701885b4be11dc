"""What a list may be filtered and sorted by: literal lists of names; a name that isn't listed is refused (R4)."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from core.decimals import parse_decimal
from core.errors import BusinessError, InvalidInput, InvalidInputs
from core.fields import ScaledDecimalField
from core.inputs import clean_code, clean_text

MAX_WORDS = 50
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,15}\Z", re.ASCII)
_TRUTH = {"true": True, "false": False}


def read_text(text: str) -> str:
    """A code or number in its one form."""
    return clean_code(text)[:120]


def read_day(text: str) -> dt.date:
    """An ISO date in ASCII digits."""
    if not _ISO.match(text):
        raise InvalidInput("invalid_date", _("Write the date as year-month-day: 2026-11-22."))
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("invalid_date", _("There is no such day.")) from error


def read_truth(text: str) -> bool:
    """true or false."""
    if text not in _TRUTH:
        raise InvalidInput("invalid_choice", _("Write true or false."))
    return _TRUTH[text]


def read_whole(text: str) -> int:
    """A whole number in ASCII digits."""
    if not _WHOLE.match(text):
        raise InvalidInput("invalid_number", _("Enter a whole number."))
    return int(text)


def one_of(values: Iterable[str]) -> Callable[[str], str]:
    """A reader that accepts the listed values only."""
    allowed = tuple(values)

    def read(text: str) -> str:
        if text not in allowed:
            raise InvalidInput("invalid_choice", _("Choose one of: {choices}."), choices=", ".join(allowed))
        return text

    return read


@dataclass(frozen=True, slots=True)
class Filter:
    """A name in the address, the condition it stands for, and how its text is read."""

    name: str
    condition: Callable[[Any], Q]
    read: Callable[[str], Any] = read_text
    description: str = ""
    kind: str = "string"


def equal(name: str, lookup: str = "", read: Callable[[str], Any] = read_text, description: str = "") -> Filter:
    """A filter for one exact value; `lookup` is the ORM path where it differs from the name."""
    return Filter(name, lambda value: Q(**{lookup or name: value}), read, description)


def dates(lookup: str) -> tuple[Filter, Filter]:
    """date_from and date_to, both inclusive."""
    return (
        Filter("date_from", lambda day: Q(**{f"{lookup}__gte": day}), read_day, "first day"),
        Filter("date_to", lambda day: Q(**{f"{lookup}__lte": day}), read_day, "last day"),
    )


def words(*lookups: str) -> Filter:
    """search: every word has to occur in one of the fields, whatever its case."""

    def condition(text: str) -> Q:
        return Q(*(Q(*((f"{lookup}__icontains", word) for lookup in lookups), _connector=Q.OR) for word in text.split()))

    return Filter("search", condition, lambda text: clean_text(text)[:MAX_WORDS], "words to look for")


def filtered(rows: "QuerySet[Any]", request: Request, filters: Sequence[Filter], *, others: Iterable[str] = ()) -> "QuerySet[Any]":
    """Narrow `rows` by what the address asks for; `others` are parameters that somebody else reads.

    Raises:
        InvalidInputs: unknown_filter, repeated_filter, or a value that can't be read.
    """
    known = {one.name: one for one in filters}
    wrong: list[BusinessError] = []
    for name, values in request.query_params.lists():
        if name in others:
            continue
        if name not in known:
            wrong.append(InvalidInput("unknown_filter", _("This list can't be filtered by “{name}”."), field=name[:60], name=name[:60]))
        elif len(values) != 1:
            wrong.append(InvalidInput("repeated_filter", _("Give each filter once."), field=name))
        else:
            try:
                rows = rows.filter(known[name].condition(known[name].read(values[0])))
            except (InvalidInput, ValidationError) as error:
                wrong.append(_at(name, error))
    if wrong:
        raise InvalidInputs(wrong)
    return rows


def _at(name: str, error: InvalidInput | ValidationError) -> BusinessError:
    if isinstance(error, ValidationError):
        return InvalidInput("invalid_character", _("This text can't be searched for."), field=name)
    error.field = name
    return error


def column_filter(model: type[models.Model], path: str, name: str) -> Filter | None:
    """The filter for an attribute path of a model: masters by code, documents by number, the rest by value. None for a property."""
    field = _field(model, path)
    if field is None:
        return None
    lookup = path.replace(".", "__")
    if field.related_model is not None:
        named_by = "code" if _field(field.related_model, "code") else "number" if _field(field.related_model, "number") else "username"
        return equal(name, f"{lookup}__{named_by}", description=f"by {named_by}")
    return equal(name, lookup, _reader(field))


def _field(model: Any, path: str) -> Any:
    field = None
    for part in path.split("."):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        model = field.related_model
    return field


def _reader(field: Any) -> Callable[[str], Any]:
    if field.choices:
        return one_of(str(value) for value, _label in field.choices)
    if isinstance(field, ScaledDecimalField):
        return lambda text: parse_decimal(text, places=field.places)
    return {"DateField": read_day, "BooleanField": read_truth}.get(
        field.get_internal_type(), read_whole if "Integer" in field.get_internal_type() else read_text
    )


def ordered(rows: "QuerySet[Any]", request: Request, sorts: dict[str, str]) -> "QuerySet[Any]":
    """Sort by ``?sort=name`` or ``?sort=-name``, newest first where nothing is asked; ids decide between equals.

    Raises:
        InvalidInput: ``unknown_sort``.
    """
    asked = request.query_params.get("sort")
    if asked is None:
        return rows.order_by("-pk")
    name = asked.removeprefix("-")
    if name not in sorts:
        raise InvalidInput("unknown_sort", _("This list can't be sorted by “{name}”."), field="sort", name=name[:60])
    sign = "-" if asked.startswith("-") else ""
    return rows.order_by(f"{sign}{sorts[name]}", "-pk")

"""From a document's input serializer to a form with a line grid, and back from what was typed to the serializer.

The serializer alone validates, for pages and API alike; the form only shows: fields, what was typed, what is wrong where.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.documents import Text
from core.errors import BusinessError
from core.inputs import CodeField, DayField, MinutesField, MoneyField, PercentField, PriceField, QuantityField, WholeField
from core.web.forms import LookupInput, add_problems
from core.web.grid import Column, Grid, line_errors, read_lines, touched
from core.web.lookup import lookup_address, named_lookup_address

LINES = "lines"
_NUMBERS = (QuantityField, MoneyField, PriceField, PercentField, MinutesField, WholeField, serializers.IntegerField)
_LONG_TEXT = 200
_LOOKED_UP = {"bin": "bins", "to_bin": "bins", "lot": "lots"}


class InputForm(forms.Form):
    """Shows the head fields of a serializer with what was typed. It checks nothing itself."""

    use_required_attribute = False

    def full_clean(self) -> None:
        self._errors = ErrorDict()
        self.cleaned_data = {}


@dataclass(slots=True)
class DocumentForm:
    """A form as the template needs it: head fields, the line grid if there are lines."""

    head: InputForm
    grid: Grid | None = None

    def refuse(self, error: BusinessError) -> None:
        """Show an error where it belongs: at the fields, in the cells, or above the form (lines too, where the form has none)."""
        at_lines = line_errors(error)
        if not any(problem.field in self.head.fields for problem in error.problems()) and not (at_lines and self.grid):
            self.head.add_error(None, " ".join(filter(None, (error.message(), error.next_step()))))
            for text in dict.fromkeys(at_lines.values()):
                if text != error.message():
                    self.head.add_error(None, text)
        add_problems(self.head, error)
        if self.grid is not None:
            self.grid.errors = line_errors(error)


def fields_of(serializer_class: type[serializers.Serializer]) -> Mapping[str, Any]:
    """The fields of a serializer by name."""
    return serializer_class().fields


def blank_form(
    serializer_class: type[serializers.Serializer],
    model: type[models.Model] | None,
    values: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
) -> DocumentForm:
    """A form for a serializer, filled with `values` (text, or what the serializer's fields can write as text).

    Args:
        names: what codes among the values stand for, shown beside them.
    """
    fields = fields_of(serializer_class)
    lines = fields.get(LINES)
    head = {name: field for name, field in fields.items() if name != LINES and not field.read_only}
    initial = {name: as_text(field, values.get(name, _default(field))) for name, field in head.items()}
    form_fields = {name: _form_field(name, field, model, head) for name, field in head.items()}
    form_class = type("DocumentInputForm", (InputForm,), form_fields)
    form = form_class(initial=initial)
    for name, field in form.fields.items():
        if isinstance(field.widget, LookupInput):
            field.widget.shown_name = (names or {}).get(name, "") or getattr(values.get(name), "label", "")
    form.errors  # noqa: B018 - makes the (empty) errors, so that some can be added
    return DocumentForm(form, _grid(lines, model, values.get(LINES) or [], head) if lines is not None else None)


def _grid(lines: Any, model: type[models.Model] | None, values: Iterable[Any], head: Iterable[str]) -> Grid:
    line_model = _lines_model(model)
    columns = list(grid_columns(lines.child.fields, line_model, head))
    known = lines.child.fields
    rows = [{name: as_text(known[name], value) if name in known else value for name, value in dict(row).items()} for row in values]
    return Grid(columns=columns, values=rows)


def _lines_model(model: type[models.Model] | None) -> type[models.Model] | None:
    relation = getattr(model, LINES, None)
    return getattr(getattr(relation, "rel", None), "related_model", None)


def as_text(field: Any, value: Any) -> Any:
    """A value as it stands in a field: codes, ISO dates, plain numbers."""
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, models.Model) and isinstance(field, CodeField):
        return str(field.to_representation(value))
    return str(value)


def label_of(name: str, field: Any, model: type[models.Model] | None) -> Text:
    """How a field is called: its own label, else what the model calls it."""
    if field._kwargs.get("label"):
        return field._kwargs["label"]
    try:
        found = model._meta.get_field(name) if model is not None else None
    except FieldDoesNotExist:
        found = None
    verbose = getattr(found, "verbose_name", None)
    return _capital(verbose) if verbose else field.label or name


def _capital(text: Any) -> str:
    words = str(text)
    return words[:1].upper() + words[1:]


def _form_field(name: str, field: Any, model: type[models.Model] | None, beside: Iterable[str]) -> forms.Field:
    options = {"label": label_of(name, field, model), "help_text": field.help_text or "", "required": field.required}
    if isinstance(field, serializers.BooleanField):
        return forms.BooleanField(**{**options, "required": False})
    if isinstance(field, serializers.ChoiceField):
        empty = [] if options["required"] else [("", "—")]
        return forms.ChoiceField(choices=[*empty, *field.choices.items()], **options)
    return forms.CharField(widget=_widget(name, field, beside), **options)


def _default(field: Any) -> Any:
    """What a field starts with where nothing is proposed."""
    return "" if field.default is serializers.empty or callable(field.default) else field.default


def _lookup(name: str, field: Any, beside: Iterable[str]) -> str:
    """Where a field offers choices while one types; some codes are plain text to the serializer (a lot, a bin of a warehouse)."""
    if isinstance(field, CodeField):
        return lookup_address(field.model, field.by, beside=beside)
    return named_lookup_address(_LOOKED_UP.get(name, ""), beside=beside)


def _widget(name: str, field: Any, beside: Iterable[str]) -> forms.Widget:
    address = _lookup(name, field, beside)
    if address:
        return LookupInput(address)
    if isinstance(field, DayField):
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if isinstance(field, _NUMBERS):
        return forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
    longest = getattr(field, "max_length", None) or 0
    if longest > _LONG_TEXT:
        return forms.Textarea(attrs={"rows": 2, "maxlength": longest})
    return forms.TextInput(attrs={"maxlength": longest} if longest else {})


def grid_columns(fields: Mapping[str, Any], model: type[models.Model] | None, head: Iterable[str]) -> Iterable[Column]:
    """The columns of the line grid: each field, the name beside a looked-up item, and quantity × price."""
    beside = [*fields, *head]
    for name, field in fields.items():
        if field.read_only:
            continue
        yield _grid_column(name, field, model, beside)
        if isinstance(field, CodeField) and name in ("item", "component", "order_line", "material", "received"):
            yield Column("name", _("Name"), kind="shown", width=14)
    if "quantity" in fields and "unit_price" in fields:
        yield Column("amount", _("Amount"), kind="computed", formula="quantity*unit_price", total=True, width=8)


def _grid_column(name: str, field: Any, model: type[models.Model] | None, beside: Iterable[str]) -> Column:
    label, required = label_of(name, field, model), field.required
    lookup = _lookup(name, field, beside)
    if lookup:
        return Column(name, label, kind="lookup", lookup=lookup, required=required, width=10)
    if isinstance(field, serializers.BooleanField):
        return Column(name, label, kind="choice", choices=[("true", _("yes")), ("false", _("no"))], required=required, width=5)
    if isinstance(field, serializers.ChoiceField):
        return Column(name, label, kind="choice", choices=list(field.choices.items()), required=required, width=8)
    if isinstance(field, DayField):
        return Column(name, label, kind="date", required=required, width=8)
    if isinstance(field, _NUMBERS):
        return Column(name, label, kind="number", required=required, width=7, total=name in ("amount", "debit", "credit"))
    return Column(name, label, required=required, width=0 if name == "note" else 10)


def typed(serializer_class: type[serializers.Serializer], post: QueryDict) -> dict[str, Any]:
    """What was typed into the fields of a serializer, as text. Fields left empty that needn't be filled are left out, and so are
    lines of which nothing was typed but what the form had proposed.

    Raises:
        InvalidInput: more lines than a document can have.
    """
    data = as_shown(serializer_class, post)
    if LINES in data:
        proposed = fields_of(serializer_class)[LINES].child.proposed
        data[LINES] = [line for line in data[LINES] if touched(line, proposed)]
    return data


def as_shown(serializer_class: type[serializers.Serializer], post: QueryDict) -> dict[str, Any]:
    """What stood in the form, to show it again: as `typed`, then the lines that do not count.

    Raises:
        InvalidInput: more lines than a document can have.
    """
    data: dict[str, Any] = {}
    for name, field in fields_of(serializer_class).items():
        if field.read_only:
            continue
        if name == LINES:
            data[LINES] = _lines_shown(field.child, post)
        elif isinstance(field, serializers.BooleanField):
            data[name] = post.get(name, "") in ("on", "true", "1")
        else:
            data[name] = post.get(name, "").strip()
    return _filled(fields_of(serializer_class), data)


def _lines_shown(child: Any, post: QueryDict) -> list[dict[str, Any]]:
    """The lines of the grid; those that don't count stand last, because errors number the others."""
    lines = sorted(read_lines(post, child.fields), key=lambda line: not touched(line, child.proposed))
    return [_filled(child.fields, line) for line in lines]


def _filled(fields: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != "" or fields[name].required}


def stored(serializer_class: type[serializers.Serializer], document: models.Model) -> dict[str, Any]:
    """What a stored document looks like as input, to fill its edit form."""
    values: dict[str, Any] = {}
    for name, field in fields_of(serializer_class).items():
        if name == LINES:
            values[LINES] = [_read_line(field.child.fields, row) for row in _lines_of(document, field.child.fields)]
        else:
            values[name] = as_text(field, _value(document, name))
    return values


def stored_names(serializer_class: type[serializers.Serializer], document: models.Model) -> dict[str, str]:
    """The names of the masters that a stored document refers to, by field."""
    found = {name: getattr(_value(document, name), "label", "") for name in fields_of(serializer_class) if name != LINES}
    return {name: str(label) for name, label in found.items() if label}


def _lines_of(document: models.Model, fields: Mapping[str, Any]) -> Iterable[models.Model]:
    relation = getattr(document, LINES)
    related = [path for name, field in fields.items() if _is_foreign_key(relation.model, name) for path in _paths(name, field)]
    return relation.select_related(*related).order_by("line_no") if related else relation.order_by("line_no")


def _paths(name: str, field: Any) -> list[str]:
    """A relation, and what the field reads along to write it as text."""
    return [name, *(f"{name}__{inner}" for inner in getattr(field, "select", ()))]


def _is_foreign_key(model: type[models.Model], name: str) -> bool:
    return any(isinstance(field, models.ForeignKey) and field.name == name for field in model._meta.concrete_fields)


def _read_line(fields: Mapping[str, Any], row: models.Model) -> dict[str, Any]:
    values = {name: as_text(field, _value(row, name)) for name, field in fields.items()}
    item = getattr(row, "item", None)
    return {**values, "name": getattr(item, "label", "")}


def _value(row: models.Model, name: str) -> Any:
    return getattr(row, name, None)


def differences(mine: DocumentForm, present: Mapping[str, Any]) -> Sequence[tuple[Text, str, str]]:
    """Where what was typed differs from what is stored now: label, mine, present."""
    found: list[tuple[Text, str, str]] = []
    for name, field in mine.head.fields.items():
        mine_text, present_text = str(mine.head.initial.get(name, "")), str(present.get(name, ""))
        if mine_text != present_text:
            found.append((field.label or name, mine_text, present_text))
    if mine.grid is not None:
        ours, theirs = list(mine.grid.values), list(present.get(LINES) or [])
        for index in range(max(len(ours), len(theirs))):
            found += _line_differences(
                mine.grid.columns, index, ours[index] if index < len(ours) else {}, theirs[index] if index < len(theirs) else {}
            )
    return found


def _line_differences(
    columns: Sequence[Column], index: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[tuple[Text, str, str]]:
    sent = [column for column in columns if column.kind not in ("shown", "computed")]
    pairs = [
        (f"{index + 1}: {column.label}", str(ours.get(column.name, "") or ""), str(theirs.get(column.name, "") or "")) for column in sent
    ]
    return [(label, mine, present) for label, mine, present in pairs if mine != present]

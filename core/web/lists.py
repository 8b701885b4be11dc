"""Lists: a filter that lives in the address, order, columns, totals and pages – in a constant number of statements.

The rows are counted up to a bound; who wants to see beyond narrows the filter. So a list of a million opens as fast as one of ten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db import OperationalError, models
from django.db.models import Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.documents import Column
from core.errors import NotVisible
from core.models import State
from core.web.forms import DayField, LookupInput
from core.web.lookup import lookup_address

PAGE_SIZE = 50
MAX_COUNTED = 10_000
MAX_WORDS = 50
MAX_EXPORTED = 100_000


class BoundedPaginator(Paginator):
    """Counts at most MAX_COUNTED rows, so that the count costs the same however many there are."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:MAX_COUNTED].count()

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= MAX_COUNTED


class FilterForm(forms.Form):
    """The filter of a list; what is empty does not filter."""

    q = forms.CharField(label=_("Search"), required=False, max_length=MAX_WORDS, widget=forms.TextInput(attrs={"type": "search"}))


def field_at(model: type[models.Model], path: str) -> models.Field | None:
    """The model field at an attribute path, None where it is no field."""
    field: Any = None
    for name in path.split("."):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = field.related_model or model
    return field if isinstance(field, models.Field) else None


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing a list may be filtered by: the name in the address, the condition in the database, the form field."""

    name: str
    lookup: str
    field: forms.Field


def filters_of(model: type[models.Model], columns: Iterable[Column]) -> list[Filter]:
    """The filters of the columns that may be filtered by."""
    return [found for column in columns if column.filter and column.path != "number" for found in _filters(model, column)]


def _filters(model: type[models.Model], column: Column) -> list[Filter]:
    field = field_at(model, column.path)
    name, lookup = column.path.replace(".", "_"), column.path.replace(".", "__")
    if isinstance(field, models.ForeignKey):
        related = field.related_model
        by = "code" if any(f.name == "code" for f in related._meta.fields) else "number"
        widget = LookupInput(lookup_address(related, by))
        return [Filter(name, f"{lookup}__{by}", forms.CharField(label=_label(column), required=False, max_length=80, widget=widget))]
    if isinstance(field, models.DateField):
        return [
            Filter(f"{name}_from", f"{lookup}__gte", DayField(label=format_lazy(_("{label} from"), label=column.label), required=False)),
            Filter(f"{name}_to", f"{lookup}__lte", DayField(label=_("to"), required=False)),
        ]
    if field is not None and field.choices:
        return [Filter(name, lookup, _choice(column, list(field.choices)))]
    if isinstance(field, models.BooleanField):
        return [Filter(name, lookup, _choice(column, [("True", _("yes")), ("False", _("no"))]))]
    return [Filter(name, f"{lookup}__istartswith", forms.CharField(label=_label(column), required=False, max_length=80))]


def _label(column: Column) -> Any:
    """The label as Django's forms are typed to take it."""
    return column.label


def _choice(column: Column, choices: Sequence[Any]) -> forms.Field:
    return forms.ChoiceField(label=_label(column), required=False, choices=[("", "—"), *choices])


def filter_form(filters: Sequence[Filter], data: QueryDict) -> FilterForm:
    """The filter form of a list, filled from the address."""
    fields = {found.name: found.field for found in filters}
    form_class = type("ListFilterForm", (FilterForm,), fields)
    return form_class(data if data else {})


def filtered(rows: QuerySet[Any], form: FilterForm, filters: Sequence[Filter], search: Sequence[str]) -> QuerySet[Any]:
    """The rows that the filter lets through; none where the filter itself is wrong (the form says how)."""
    if not form.is_valid():
        return rows.none()
    wanted: dict[str, Any] = {f.lookup: form.cleaned_data[f.name] for f in filters if form.cleaned_data.get(f.name) not in (None, "")}
    rows = rows.filter(**wanted)
    for word in form.cleaned_data["q"].split():
        condition = Q()
        for name in search:
            condition |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(condition)
    return rows


def ordered(rows: QuerySet[Any], columns: Sequence[Column], wanted: str, default: Sequence[str] = ("-id",)) -> QuerySet[Any]:
    """The rows in the wanted order (`sort=-due_date`), if that column may be sorted by; ids break ties."""
    allowed = {column.path: column.sort for column in columns if column.sort}
    name = wanted.removeprefix("-")
    if name not in allowed:
        return rows.order_by(*default)
    direction = "-" if wanted.startswith("-") else ""
    return rows.order_by(f"{direction}{allowed[name]}", f"{direction}id")


def chosen(columns: Sequence[Column], wanted: Sequence[str]) -> list[Column]:
    """The columns named in the address, all of them if none is; the first one always stays."""
    picked = [column for index, column in enumerate(columns) if not index or column.path in wanted]
    return picked if len(picked) > 1 else list(columns)


def page_of(rows: QuerySet[Any], number: str, size: int = PAGE_SIZE) -> Page:
    """One page of rows.

    Raises:
        NotVisible: there is no such page.
    """
    paginator = BoundedPaginator(rows, size)
    try:
        return paginator.page(number if number.isascii() and len(number) < 9 else "none")
    except (PageNotAnInteger, EmptyPage) as error:
        raise NotVisible() from error


def totals(rows: QuerySet[Any], columns: Sequence[Column], paginator: Paginator) -> Mapping[str, Decimal]:
    """The sums below a list, over all filtered documents that count; empty where they are too many to be summed in time.

    A document that was cancelled or taken back does not count, nor does the one that took it back: it bears the same amount again.
    """
    summed = [column.path for column in columns if column.total and "." not in column.path]
    if not summed or not paginator.count or getattr(paginator, "is_cut", False):
        return {}
    that_count = rows.filter(reversal_of=None).exclude(state__in=(State.CANCELLED, State.REVERSED))
    return sums_of(that_count, summed)


def sums_of(rows: QuerySet[Any], names: Iterable[str]) -> dict[str, Decimal]:
    """The sums of some columns; empty where the database can't hold one of them: SQLite sums within 64 bits."""
    try:
        sums = rows.order_by().aggregate(**{name: Sum(name) for name in names})
    except OperationalError as error:
        if "integer overflow" not in str(error):
            raise
        return {}
    return {name: value or Decimal(0) for name, value in sums.items()}

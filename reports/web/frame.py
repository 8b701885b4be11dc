"""What all report pages have in common: a filter in the address, a table of columns, totals, pages, and the same as a workbook."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.documents import Column
from core.errors import PeriodMissing
from core.models import Company, Period
from core.spreadsheets.writer import write_table
from core.web.cells import cell, cells, sheet_column, sheet_value, visible
from core.web.documents import workbook
from core.web.forms import LookupInput
from core.web.http import CompanyRequest
from core.web.lookup import lookup_address

COST = "core.view_cost"
"""The permission to see costs and values of goods."""


def lookup_field(label: Any, model: Any, by: str = "code") -> forms.CharField:
    """A filter field that takes the code of a master."""
    return forms.CharField(label=label, required=False, max_length=80, widget=LookupInput(lookup_address(model, by)))


def choice_field(label: Any, choices: Iterable[tuple[str, Any]], *, empty: bool = True) -> forms.ChoiceField:
    """A filter field with a few choices."""
    return forms.ChoiceField(label=label, required=False, choices=[*([("", "—")] if empty else []), *choices])


def report(
    request: CompanyRequest,
    *,
    title: Any,
    columns: Sequence[Column],
    rows: Callable[[], Iterable[Any]],
    form: forms.Form | None = None,
    totals: Any = None,
    page: Page | None = None,
    every_row: Callable[[], Iterable[Any]] | None = None,
    name: str = "report",
    template: str = "reports/table.html",
    **context: Any,
) -> HttpResponse:
    """A report as a page, or – with `?export=xlsx` – all its rows as a workbook.

    Args:
        rows: what the page shows; every_row: what is exported (the same, unless the page shows a part).
        totals: an object whose attributes are the sums of the columns of the same path.
    """
    columns = visible(columns, request.access)
    if request.GET.get("export") == "xlsx":
        content = write_table(
            title,
            [sheet_column(column) for column in columns],
            ([sheet_value(column, row) for column in columns] for row in (every_row or rows)()),
            subtitle=f"{request.company}  {context.get('subtitle', '')}",
        )
        return workbook(content, name)
    shown = {
        "title": title,
        "form": form,
        "columns": columns,
        "rows": [cells(columns, row) for row in rows()],
        "totals": _totals(columns, totals),
        "page": page,
        "can_export": True,
    }
    return render(request, template, shown | context)


def _totals(columns: Sequence[Column], totals: Any) -> list[Any] | None:
    if totals is None:
        return None
    return [cell(column, totals) if column.total else None for column in columns]


class Sums:
    """Named sums, readable as attributes."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


# ---- periods ------------------------------------------------------------------------------------------------------------


class PeriodForm(forms.Form):
    """From one month to another."""

    first = forms.ChoiceField(label=_("From"), required=False)
    last = forms.ChoiceField(label=_("to"), required=False)

    def __init__(self, *args: Any, periods: Sequence[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(period.code, period.code) for period in periods]
        self.fields["first"].choices = self.fields["last"].choices = choices  # type: ignore[attr-defined]


def periods_of(company: Company) -> list[Period]:
    """All periods of a company in order, from the one in which its books begin."""
    return list(Period.objects.filter(company=company, end_date__gte=company.start_date).order_by("year", "month"))


def chosen_periods(request: CompanyRequest, periods: Sequence[Period], today: dt.date) -> tuple[Period, Period]:
    """The periods named in the address; without any, the present month. The later one is never before the first.

    Raises:
        PeriodMissing: no year of this company has been opened yet.
    """
    if not periods:
        raise PeriodMissing(date=today)
    by_code = {period.code: period for period in periods}
    present = next((period for period in periods if period.start_date <= today <= period.end_date), periods[-1])
    first = by_code.get(request.GET.get("first", ""), by_code.get(request.GET.get("last", ""), present))
    last = by_code.get(request.GET.get("last", ""), first)
    return (first, last) if first.start_date <= last.start_date else (last, last)


def with_periods(request: CompanyRequest, first: Period, last: Period) -> dict[str, Any]:
    """What the address says, with the months that are really shown."""
    return {**request.GET.dict(), "first": first.code, "last": last.code}

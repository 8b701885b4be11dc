"""Accounting periods: opening a year, and the guard that every posting passes (P9)."""

import calendar
import datetime as dt

from core.db import lock_for_share
from core.errors import PeriodClosed, PeriodMissing
from core.models import Company, Period

_READ = "SELECT id, year, month, start_date, end_date, state FROM core_period WHERE company_id = %s AND year = %s AND month = %s"


def open_year(company: Company, year: int) -> list[Period]:
    """Create the twelve months of `year` that don't exist yet; existing ones stay as they are."""
    months = [
        Period(
            company=company,
            year=year,
            month=month,
            start_date=dt.date(year, month, 1),
            end_date=dt.date(year, month, calendar.monthrange(year, month)[1]),
        )
        for month in range(1, 13)
    ]
    Period.objects.bulk_create(months, ignore_conflicts=True)
    return list(Period.objects.filter(company=company, year=year).order_by("month"))


def lock_open_period(company: Company, date: dt.date, *, stock: bool = False) -> Period:
    """Hold the period of `date` open until commit, so that a closing month can't race with a posting.

    Args:
        stock: the posting moves goods, so a period whose stock is closed refuses it too.

    Raises:
        PeriodMissing: no period of the company contains the date.
        PeriodClosed: with the next open date.
    """
    rows = lock_for_share(_READ, [company.pk, date.year, date.month])
    if not rows or date < company.start_date:
        raise PeriodMissing(field="document_date", date=date)
    pk, year, month, start, end, state = rows[0]
    period = Period(pk=pk, company=company, year=year, month=month, start_date=start, end_date=end, state=state)
    if state == Period.State.CLOSED or (stock and state == Period.State.STOCK_CLOSED):
        raise PeriodClosed(field="document_date", date=date, period=period.code, next_open=next_open_date(company, date, stock=stock))
    return period


def next_open_date(company: Company, after: dt.date, *, stock: bool = False) -> dt.date | None:
    """The first day on or after `after` on which something may be posted, None if no later period is open."""
    refused = [Period.State.CLOSED, *([Period.State.STOCK_CLOSED] if stock else [])]
    period = Period.objects.filter(company=company, end_date__gte=after).exclude(state__in=refused).order_by("year", "month").first()
    return max(period.start_date, after) if period else None


def date_for_reversal(company: Company, original: dt.date, *, stock: bool = False) -> dt.date:
    """A reversal is dated like the original while that period is open, else on the first open day.

    Raises:
        PeriodClosed: no period from the original's on is open.
    """
    day = next_open_date(company, original, stock=stock)
    if day is None:
        raise PeriodClosed(date=original, period=f"{original:%Y-%m}", next_open=None)
    return day

"""Loading the demo factory, from an empty database to a factory with work on every desk."""

import datetime as dt

from core.models import Company
from erp.demo.calendar import months_before, working_days
from erp.demo.history import work_through
from erp.demo.masters import Factory, create_factory
from erp.demo.opening import open_books
from erp.demo.today import leave_on_desks
from erp.progress_bar import ProgressBar


class NotEmpty(Exception):
    """There are companies already; the demo is loaded into an empty database only."""


def load(*, today: dt.date, history_months: int) -> Factory:
    """Create the demo factory with about `history_months` months of work up to `today`; all but the last of them are closed.

    Raises:
        NotEmpty: the database has companies.
    """
    if Company.objects.exists():
        raise NotEmpty()
    start = first_day(today, history_months)
    last_closed = months_before(start, 1 - history_months) - dt.timedelta(days=1) if history_months > 1 else start
    days = working_days(start, today)
    with ProgressBar(len(days) + 10, "masters") as progress:
        factory = create_factory(start=start, today=today)
        progress.step(5, "opening balances")
        open_books(factory)
        progress.step(3)
        work_through(factory, until=today, last_closed=last_closed, progress=progress)
        leave_on_desks(factory, today)
        progress.step(2, "today")
    return factory


def first_day(today: dt.date, history_months: int) -> dt.date:
    """The first of a month, about so many months before today: the month of the day that lies half a month less far back."""
    return (today - dt.timedelta(days=max(30 * history_months - 15, 0))).replace(day=1)

"""Days of the demo factory: Monday to Friday, and the hours at which its people do things."""

import datetime as dt
import random

from django.utils import timezone

_SEED = 20_100_601


def working_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every Monday to Friday from `first` to `last`."""
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def next_working_day(day: dt.date) -> dt.date:
    """`day`, or the Monday after it."""
    while day.weekday() >= 5:
        day += dt.timedelta(days=1)
    return day


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """An instant of `day` on the factory's clock."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone.get_default_timezone())


def months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month that lies `months` months before that of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)


def last_of_month(day: dt.date) -> dt.date:
    """The last day of the month of `day`."""
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def chance(number: int, salt: str) -> random.Random:
    """Chance that is the same every time: of the n-th day, for one purpose."""
    return random.Random(f"{_SEED}/{number}/{salt}")  # noqa: S311 - a story, not a secret

"""The records of a range of days, sorted into what happens on each."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from erp.adventureworks.records import PurchaseRecord, Records, SaleRecord, WorkOrderRecord

R = TypeVar("R")


@dataclass(slots=True)
class Day:
    """The records of one day, by what happens with them."""

    date: dt.date
    purchases: list[list[PurchaseRecord]]
    deliveries: list[list[PurchaseRecord]]
    carried: list[WorkOrderRecord]
    """work orders that were open before the range began"""
    finished: list[WorkOrderRecord]
    started: list[WorkOrderRecord]
    sales: list[list[SaleRecord]]

    def __len__(self) -> int:
        parts: tuple[Sized, ...] = (self.purchases, self.deliveries, self.carried, self.finished, self.started, self.sales)
        return sum(len(part) for part in parts)


def days_of(records: Records, first: dt.date, last: dt.date) -> list[Day]:
    """All records of the range, day by day.

    Purchases and work orders that were open when it began are ordered and started on its first day, before anything else.
    """
    purchases = [row for row in records.purchases() if first <= row.shipped_on <= last or first <= row.ordered_on <= last]
    ordered = _by_day(_orders(purchases), lambda rows: max(rows[0].ordered_on, first))
    delivered = _by_day(_orders(row for row in purchases if first <= row.shipped_on <= last), lambda rows: max(rows[0].shipped_on, first))
    orders = [row for row in records.work_orders() if row.start <= last and (row.end is None or row.end >= first)]
    carried = [row for row in orders if row.start < first]
    started = _by_day((row for row in orders if row.start >= first), lambda row: row.start)
    finished = _by_day((row for row in orders if row.end and row.end <= last), lambda row: max(row.end or last, first))
    sales = _by_day(_orders(row for row in records.sales() if first <= row.day <= last), lambda rows: rows[0].day)
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        Day(date, ordered[date], delivered[date], carried if date == first else [], finished[date], started[date], sales[date])
        for date in dates
    ]


def _orders(rows: Iterable[R]) -> list[list[R]]:
    return [list(group) for _number, group in groupby(sorted(rows, key=lambda row: row.order), key=lambda row: row.order)]  # type: ignore[attr-defined]


def _by_day(rows: Iterable[R], day: Callable[[R], dt.date]) -> dict[dt.date, list[R]]:
    groups: dict[dt.date, list[R]] = defaultdict(list)
    for row in rows:
        groups[day(row)].append(row)
    return groups

"""Working through the days of the demo factory: every desk does what is due, by the verbs that its people have."""

import datetime as dt

from core.db import durable
from erp.demo.calendar import working_days
from erp.demo.desks import books, money, planning, sales, warehouse, workshop
from erp.demo.masters import Factory
from erp.progress_bar import ProgressBar

RUSH_DAYS_AGO = 14
"""Working days since an order came in that is late now."""


def work_through(factory: Factory, *, until: dt.date, last_closed: dt.date, progress: ProgressBar) -> None:
    """Do the work of every working day before `until`; months that end by `last_closed` are closed on the way."""
    days = working_days(factory.company.start_date, until - dt.timedelta(days=1))
    if days:
        sales.bring_open_orders(factory, days[0])
    for left, day in zip(range(len(days), 0, -1), days, strict=True):
        if left == RUSH_DAYS_AGO:
            sales.take_rush_order(factory, day)
        work_day(factory, day, last_closed=last_closed)
        progress.step(label=day.isoformat())


@durable
def work_day(factory: Factory, day: dt.date, *, last_closed: dt.date) -> None:
    """One day, in one transaction."""
    sales.ask_again(factory, day)
    sales.take_orders(factory, day)
    planning.plan_week(factory, day)
    warehouse.receive_goods(factory, day)
    warehouse.inspect(factory, day)
    workshop.return_surplus(factory, day)
    workshop.start_orders(factory, day)
    workshop.work(factory, day)
    sales.ship_due_orders(factory, day)
    money.book_invoices(factory, day)
    money.collect(factory, day)
    money.pay_suppliers(factory, day)
    books.book_costs(factory, day)
    books.close_month_before(factory, day, not_after=last_closed)

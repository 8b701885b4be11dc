"""The accountant's desk: costs that come every month, wages, taxes, and the month end on the fifth working day after."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from core.decimals import round_money
from core.models import Period
from costing.month_end import settle_overhead
from erp.demo.calendar import at, last_of_month, months_before, next_working_day, working_days
from erp.demo.masters import Factory
from erp.demo.tables import number, read
from finance.balances import balance
from finance.closing import (
    check_documents,
    check_statements,
    check_trial_balance,
    close_period,
    close_stock,
    transfer_profit_and_loss,
    transfer_vat,
    transfer_year_result,
)
from finance.closing.vat import UNPAID, vat_due
from finance.manual_vouchers import draft_voucher, post_voucher, review_voucher
from finance.models import Account, Voucher

WAGES, BANK = "221101", "100201"
WAGES_DAY, TAX_DAY, CLOSING_WORKING_DAY = 10, 15, 5
SURCHARGES = (
    ("540302", "222112", Decimal("0.07"), "城市维护建设税 City maintenance tax"),
    ("540303", "222113", Decimal("0.03"), "教育费附加 Education surcharge"),
    ("540304", "222114", Decimal("0.02"), "地方教育附加 Local education surcharge"),
)
Entry = tuple[str, str, Decimal, str]
"""Debited account, credited account, amount, summary."""


def book_costs(factory: Factory, day: dt.date) -> None:
    """Book what is due today of the month's usual costs, and pay wages and taxes of the month before on their days."""
    due = [row for row in read("monthly_costs") if _booking_day(day, int(row["day"])) == day]
    for _date, rows in groupby(due, key=lambda row: row["day"]):
        book(factory, day, [(row["debit"], row["credit"], number(row["amount"]), row["summary"]) for row in rows])
    if _booking_day(day, WAGES_DAY) == day:
        _pay_balances(factory, day, [(WAGES, "发放上月工资 Wages paid")])
    if _booking_day(day, TAX_DAY) == day:
        _pay_balances(factory, day, [(UNPAID, "缴纳增值税 VAT paid"), *((tax, f"缴纳{name}") for _cost, tax, _rate, name in SURCHARGES)])


def _booking_day(day: dt.date, day_of_month: int) -> dt.date:
    """The working day of the month of `day` on which something meant for the n-th is booked."""
    wanted = next_working_day(day.replace(day=day_of_month))
    return wanted if wanted.month == day.month else working_days(day.replace(day=1), last_of_month(day))[-1]


def _pay_balances(factory: Factory, day: dt.date, owed: Sequence[tuple[str, str]]) -> None:
    """Pay from the bank what stood on accounts at the end of the month before."""
    before = Period.objects.filter(
        company=factory.company, end_date__lt=day.replace(day=1), end_date__gte=factory.company.start_date
    ).last()
    entries: list[Entry] = []
    for code, summary in owed:
        amount = -balance(factory.company, [_account(factory, code).pk], until=before) if before else Decimal(0)
        if amount > 0:
            entries.append((code, BANK, amount, summary))
    if entries:
        book(factory, day, entries)


def book(factory: Factory, day: dt.date, entries: Sequence[Entry]) -> Voucher:
    """Prepare a voucher, have the boss review it, post it."""
    company, people = factory.company, factory.people
    lines = []
    for debit, credit, amount, summary in entries:
        lines.append({"summary": summary, "account": _account(factory, debit), "debit": amount, "credit": Decimal(0)})
        lines.append({"summary": summary, "account": _account(factory, credit), "debit": Decimal(0), "credit": amount})
    voucher = draft_voucher(
        company=company, data={"date": day, "attachments_count": 1, "lines": lines}, by=people.accountant, at=at(day, 16)
    )
    review_voucher(company=company, document_id=voucher.pk, by=people.boss, at=at(day, 17))
    return post_voucher(company=company, document_id=voucher.pk, by=people.accountant, at=at(day, 17, 30))


def _account(factory: Factory, code: str) -> Account:
    return Account.objects.get(company=factory.company, code=code)


def close_month_before(factory: Factory, day: dt.date, *, not_after: dt.date) -> None:
    """On the fifth working day, close the month before if it ended on `not_after` or earlier."""
    first = day.replace(day=1)
    days = working_days(first, last_of_month(day))
    month = months_before(day, 1)
    if day == days[CLOSING_WORKING_DAY - 1] and factory.company.start_date <= month and last_of_month(month) <= not_after:
        close_month(factory, month, on=day)


def close_month(factory: Factory, month: dt.date, *, on: dt.date) -> None:
    """Take a month to its end: stock, surcharges, VAT, overhead, result, checks, books."""
    company = factory.company
    period = Period.objects.get(company=company, year=month.year, month=month.month)
    who: dict[str, Any] = {"company": company, "period_id": period.pk, "by": factory.people.accountant, "at": at(on, 18)}
    check_documents(**who)
    close_stock(**who)
    _book_surcharges(factory, period)
    transfer_vat(**who)
    settle_overhead(**who)
    transfer_profit_and_loss(**who)
    if period.month == 12:
        transfer_year_result(**who)
    check_trial_balance(**who)
    check_statements(**who)
    close_period(**who)


def _book_surcharges(factory: Factory, period: Period) -> None:
    """Taxes that follow from the month's VAT."""
    vat = vat_due(factory.company, period).unpaid
    if vat > 0:
        book(factory, period.end_date, [(cost, tax, round_money(vat * rate), name) for cost, tax, rate, name in SURCHARGES])

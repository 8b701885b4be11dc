"""The costing step of a month end: actual overhead against what was absorbed; the difference is expensed, and the account is empty.

What was reported as labour stays owed to the employees until wages are booked; it needs no step.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.db import advisory_lock, durable
from core.decimals import ZERO
from core.models import Company, Period, User
from core.posting import posting_transaction
from finance import events as books
from finance import vouchers
from finance.closing import Step, record
from finance.closing.steps import find_period
from finance.models import Account, AccountBalance, ClosingStep, Voucher
from finance.rules import Amount, RuleBook
from finance.vouchers import Entry
from masterdata.dimensions import Dimensions

KIND = "closing"
OVERHEAD = "overhead"
STEP = Step(OVERHEAD, _("Overhead difference"))
_DIMENSIONS = ("customer_id", "supplier_id", "department_id", "employee_id", "work_order", "project")


@durable
def settle_overhead(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Bring the overhead accounts (制造费用) to zero: what was absorbed is set against what was spent, department by department.

    More spent than absorbed is expensed, less is expensed in red, as the posting rule of the difference says. Run again after later
    entries, it settles what came since.

    Raises:
        PeriodClosed: the period is closed.
        MissingRule: no rule says where overhead is absorbed or where its difference goes.
    """
    period = find_period(company, period_id)
    advisory_lock(f"closing:{period.pk}")
    with posting_transaction(company=company, date=period.end_date, by=by, at=at) as transaction:
        entries = _entries(company, period)
        voucher = vouchers.write(transaction, entries, origin_kind=KIND, origin_number=period.code, source=Voucher.Source.CLOSING)
    return _record(company, period, voucher, by, at)


def _entries(company: Company, period: Period) -> list[Entry]:
    """Empty every overhead account in all its dimensions against the one where absorbed overhead stands, and that one by the rule."""
    book = RuleBook(company, {books.OVERHEAD_ABSORBED, books.OVERHEAD_DIFFERENCE})
    absorbed = book.find(Amount(books.OVERHEAD_ABSORBED, ZERO, 1, element="overhead")).credit_account
    assert absorbed is not None, "the rule of absorbed overhead names its account"
    summary = f"结转制造费用 {period.code}"
    entries: list[Entry] = []
    left: dict[int | None, Decimal] = {}
    for account, dimensions, balance in _balances(company, period, absorbed):
        department = dimensions.department_id
        left[department] = left.get(department, ZERO) + balance
        if account.pk != absorbed.pk or dimensions != Dimensions(department_id=department):
            entries.append(Entry(account, balance, False, summary, dimensions))
            entries.append(Entry(absorbed, balance, True, summary, Dimensions(department_id=department)))
    differences = [
        Amount(books.OVERHEAD_DIFFERENCE, amount, 1, department_id=department, dimensions=Dimensions(department_id=department))
        for department, amount in left.items()
    ]
    return [*entries, *book.entries(differences, number=period.code)]


def _balances(company: Company, period: Period, absorbed: Account) -> list[tuple[Account, Dimensions, Decimal]]:
    """Debit balances of the overhead accounts up to the end of the period, by account and dimensions, without zeros."""
    accounts = {account.pk: account for account in _family(company, absorbed)}
    until = Q(period__year__lt=period.year) | Q(period__year=period.year, period__month__lte=period.month)
    rows = AccountBalance.objects.filter(until, company=company, account__in=accounts).values("account_id", *_DIMENSIONS)
    sums: Sequence[dict[str, Any]] = list(rows.annotate(debits=Sum("debit"), credits=Sum("credit")).order_by("account__code", *_DIMENSIONS))
    return [
        (accounts[row["account_id"]], Dimensions(**{name: row[name] for name in _DIMENSIONS}), row["debits"] - row["credits"])
        for row in sums
        if row["debits"] != row["credits"]
    ]


def _family(company: Company, absorbed: Account) -> Sequence[Account]:
    """The overhead accounts: those beside the one that absorbs. At the top of the chart it stands alone: cash is not its sister."""
    if absorbed.parent_id is None:
        return [absorbed]
    return list(Account.objects.filter(company=company, parent=absorbed.parent_id, is_leaf=True))


def _record(company: Company, period: Period, voucher: Voucher | None, by: User, at: dt.datetime) -> ClosingStep:
    """Keep which vouchers the step has made, the ones of earlier runs included."""
    known = ClosingStep.objects.filter(company=company, period=period, step=OVERHEAD).first()
    notes = [note for note in (known.findings if known else []) if "voucher" in note]
    if voucher is not None:
        notes.append({"voucher": voucher.pk, "number": str(voucher), "total": format(voucher.total, ".2f")})
    return record(company, period, OVERHEAD, by=by, at=at, notes=notes)

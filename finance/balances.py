"""Account balances: sums over insert-only turnover rows, exact at every moment, folded now and then."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from core.db import durable
from core.decimals import ZERO
from core.models import Company, Period
from finance.models import Account, AccountBalance

_KEY = (
    "company_id",
    "period_id",
    "account_id",
    "customer_id",
    "supplier_id",
    "department_id",
    "employee_id",
    "item_id",
    "work_order",
    "project",
    "is_closing_entry",
    "is_opening",
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of a trial balance: opening, turnover of the period(s), closing. Balances are debit positive."""

    account: Account
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """Opening plus debit minus credit."""
        return self.opening + self.debit - self.credit


def account_balances(company: Company, first: Period, last: Period | None = None) -> list[AccountRow]:
    """Opening, turnover and closing of every leaf account with any figure, from the start of `first` to the end of `last` (科目余额表).

    Opening balances count as opening, though their vouchers are dated on the first day of the books.
    """
    last = last or first
    before = Q(period__year__lt=first.year) | Q(period__year=first.year, period__month__lt=first.month) | Q(is_opening=True)
    until = Q(period__year__lt=last.year) | Q(period__year=last.year, period__month__lte=last.month)
    rows = (
        AccountBalance.objects.filter(Q(company=company) & until)
        .values("account_id")
        .annotate(
            opening_debit=Sum("debit", filter=before),
            opening_credit=Sum("credit", filter=before),
            debit=Sum("debit", filter=~before),
            credit=Sum("credit", filter=~before),
        )
        .order_by()
    )
    accounts = {account.pk: account for account in Account.objects.filter(company=company)}
    found = [
        AccountRow(
            accounts[row["account_id"]],
            (row["opening_debit"] or ZERO) - (row["opening_credit"] or ZERO),
            row["debit"] or ZERO,
            row["credit"] or ZERO,
        )
        for row in rows
    ]
    return sorted((row for row in found if row.opening or row.debit or row.credit), key=lambda row: row.account.code)


def balance(company: Company, account_ids: Iterable[int], *, until: Period | None = None) -> Decimal:
    """Debit balance of some accounts, up to the end of a period (all of time without one)."""
    rows = AccountBalance.objects.filter(company=company, account__in=account_ids)
    if until is not None:
        rows = rows.filter(Q(period__year__lt=until.year) | Q(period__year=until.year, period__month__lte=until.month))
    sums = rows.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return (sums["debit"] or ZERO) - (sums["credit"] or ZERO)


@durable
def fold(limit: int = 5000) -> int:
    """Fold turnover rows of the same key into one; readers see the same sums before and after.

    Returns:
        how many rows disappeared.
    """
    crowded = AccountBalance.objects.values(*_KEY).annotate(rows=Count("id")).filter(rows__gt=1).order_by("-rows")[:limit]
    gone = 0
    for key in crowded:
        key.pop("rows")
        match = {name if value is not None else f"{name}__isnull": value if value is not None else True for name, value in key.items()}
        rows = list(AccountBalance.objects.select_for_update(skip_locked=True).filter(**match))
        if len(rows) < 2:
            continue
        AccountBalance.objects.filter(pk__in=[row.pk for row in rows]).delete()
        AccountBalance.objects.create(
            **key,
            debit=sum((r.debit for r in rows), ZERO),
            credit=sum((r.credit for r in rows), ZERO),
            quantity=sum((r.quantity for r in rows), ZERO),
        )
        gone += len(rows) - 1
    return gone

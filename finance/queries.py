"""Reads of the books that pages, print-outs, exports and the API share: ledgers, lists, balances by level, ageing."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.documents import Text
from core.models import Company, Period, State
from finance.balances import AccountRow, account_balances
from finance.models import Account, AccountBalance, OpenItem, Voucher, VoucherLine

# ---- trial balance 科目余额表 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Accounts with opening, turnover and closing, parents included, and the totals of the leaves."""

    first: Period
    last: Period
    rows: tuple[AccountRow, ...]
    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal

    @property
    def is_balanced(self) -> bool:
        """All three pairs are equal (试算平衡)."""
        return self.opening_debit == self.opening_credit and self.debit == self.credit and self.closing_debit == self.closing_credit


def trial_balance(company: Company, first: Period, last: Period | None = None, *, level: int = 9) -> TrialBalance:
    """The balances of all accounts from `first` to `last`, rolled up to parents; accounts deeper than `level` are left out."""
    leaves = account_balances(company, first, last)
    accounts = {account.pk: account for account in Account.objects.filter(company=company)}
    sums: dict[int, list[Decimal]] = {}
    for row in leaves:
        account: Account | None = row.account
        while account is not None:
            figures = sums.setdefault(account.pk, [ZERO, ZERO, ZERO])
            for index, amount in enumerate((row.opening, row.debit, row.credit)):
                figures[index] += amount
            account = accounts.get(account.parent_id) if account.parent_id else None
    rows = [AccountRow(accounts[pk], *figures) for pk, figures in sums.items()]
    shown = sorted((row for row in rows if _level(row.account, accounts) <= level), key=lambda row: row.account.code)
    return TrialBalance(
        first=first,
        last=last or first,
        rows=tuple(shown),
        opening_debit=sum((max(row.opening, ZERO) for row in leaves), ZERO),
        opening_credit=sum((max(-row.opening, ZERO) for row in leaves), ZERO),
        debit=sum((row.debit for row in leaves), ZERO),
        credit=sum((row.credit for row in leaves), ZERO),
        closing_debit=sum((max(row.closing, ZERO) for row in leaves), ZERO),
        closing_credit=sum((max(-row.closing, ZERO) for row in leaves), ZERO),
    )


def _level(account: Account, accounts: Mapping[int, Account]) -> int:
    level = 1
    while account.parent_id:
        account = accounts[account.parent_id]
        level += 1
    return level


# ---- detail ledger 明细账 ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line of a detail ledger, or (kind other than "line") its opening balance, a month's turnover, the year's turnover so far."""

    kind: str
    summary: Text
    debit: Decimal
    credit: Decimal
    balance: Decimal
    date: dt.date | None = None
    line: VoucherLine | None = None

    @property
    def side(self) -> str:
        """借, 贷 or 平, as the direction column prints it."""
        return "借" if self.balance > 0 else "贷" if self.balance < 0 else "平"


@dataclass(frozen=True, slots=True)
class About:
    """Whom a ledger is about (辅助明细账); empty means all."""

    customer_id: int | None = None
    supplier_id: int | None = None
    department_id: int | None = None
    employee_id: int | None = None
    work_order: str = ""

    def filter(self) -> dict[str, int | str]:
        """The same, as conditions on rows."""
        names = ("customer_id", "supplier_id", "department_id", "employee_id", "work_order")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


EVERYBODY = About()


def account_ledger(account: Account, first: Period, last: Period, *, about: About = EVERYBODY) -> list[LedgerRow]:
    """The detail ledger of an account (with all below it): opening, every posted line with the running balance, month and year totals.

    Opening balances with which the books start are part of the opening.
    """
    rows = AccountBalance.objects.filter(company=account.company, account__code__startswith=account.code, **about.filter())
    before = Q(period__year__lt=first.year) | Q(period__year=first.year, period__month__lt=first.month)
    running = _net(rows.filter(before | Q(is_opening=True)))
    year = [ZERO, ZERO]
    if first.month > 1:
        earlier = rows.filter(period__year=first.year, period__month__lt=first.month, is_opening=False)
        sums = earlier.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        year = [sums["debit"] or ZERO, sums["credit"] or ZERO]
    found = [LedgerRow("opening", _("Opening balance"), ZERO, ZERO, running, first.start_date)]
    month = [ZERO, ZERO]
    current: Period | None = None
    for line in _ledger_lines(account, first, last, about):
        period = line.voucher.period
        if current is not None and period.pk != current.pk:
            found += _totals(current, month, year, running)
            year = [ZERO, ZERO] if period.year != current.year else year
            month = [ZERO, ZERO]
        current = period
        running += line.debit - line.credit
        for sums_so_far in (month, year):
            sums_so_far[0] += line.debit
            sums_so_far[1] += line.credit
        found.append(LedgerRow("line", line.summary, line.debit, line.credit, running, line.voucher.date, line))
    if current is None and last.year != first.year:
        year = [ZERO, ZERO]
    return [*found, *_totals(current or last, month, year, running)]


def _ledger_lines(account: Account, first: Period, last: Period, about: About) -> Iterator[VoucherLine]:
    span = Q(voucher__date__gte=first.start_date, voucher__date__lte=last.end_date)
    lines = VoucherLine.objects.filter(
        span, voucher__company=account.company, voucher__state=State.POSTED, account__code__startswith=account.code, **about.filter()
    ).exclude(voucher__source=Voucher.Source.OPENING)
    lines = lines.select_related("voucher__period", "account", "customer", "supplier", "department", "employee")
    return lines.order_by("voucher__period__year", "voucher__period__month", "voucher__date", "voucher__number", "line_no").iterator(2000)


def _totals(period: Period, month: Sequence[Decimal], year: Sequence[Decimal], balance: Decimal) -> list[LedgerRow]:
    return [
        LedgerRow("month", _("Total of the month"), month[0], month[1], balance, period.end_date),
        LedgerRow("year", _("Total of the year"), year[0], year[1], balance, period.end_date),
    ]


def _net(rows: QuerySet[AccountBalance]) -> Decimal:
    sums = rows.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return (sums["debit"] or ZERO) - (sums["credit"] or ZERO)


# ---- vouchers -----------------------------------------------------------------------------------------------------------


def vouchers(company: Company) -> QuerySet[Voucher]:
    """Vouchers with what a list shows of them, newest first; narrow it by state, period, source, origin_number, lines__account__code."""
    return Voucher.objects.filter(company=company).select_related("period", "prepared_by", "reviewed_by", "posted_by", "reversal_of")


def missing_numbers(company: Company, period: Period) -> list[int]:
    """Numbers that are missing among the posted vouchers of a period (断号检查); there should be none."""
    rows = Voucher.objects.filter(company=company, period=period, number__isnull=False)
    last = rows.aggregate(last=Max("number"))["last"] or 0
    return sorted(set(range(1, last + 1)) - set(rows.values_list("number", flat=True)))


# ---- ageing 账龄 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bucket:
    """Days overdue from … to … (None: without end)."""

    label: Text
    first: int | None
    last: int | None

    def holds(self, days: int) -> bool:
        """Whether so many days belong here."""
        return (self.first is None or days >= self.first) and (self.last is None or days <= self.last)


BUCKETS = (
    Bucket(_("Not due"), None, 0),
    Bucket(_("1–30 days"), 1, 30),
    Bucket(_("31–60 days"), 31, 60),
    Bucket(_("61–90 days"), 61, 90),
    Bucket(_("91–180 days"), 91, 180),
    Bucket(_("181–365 days"), 181, 365),
    Bucket(_("Over a year"), 366, None),
)


@dataclass(slots=True)
class AgeingRow:
    """What one partner owes (or is owed), by days overdue; `advance` is what was paid ahead."""

    partner_id: int
    partner: str
    buckets: list[Decimal]
    advance: Decimal = ZERO
    items: list[tuple[OpenItem, Decimal, int]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """All buckets together."""
        return sum(self.buckets, ZERO)


_ADVANCE = {
    OpenItem.Side.RECEIVABLE: OpenItem.Side.CUSTOMER_ADVANCE,
    OpenItem.Side.PAYABLE: OpenItem.Side.SUPPLIER_ADVANCE,
}


def ageing(
    company: Company, side: str, as_of: dt.date, *, by_document_date: bool = False, buckets: Sequence[Bucket] = BUCKETS
) -> list[AgeingRow]:
    """Open receivables or payables of a day, by partner and days overdue.

    Documents and settlements dated after `as_of` don't count. The due day itself is not overdue.

    Args:
        side: OpenItem.Side.RECEIVABLE or PAYABLE.
        by_document_date: count from the document's date instead of its due date.
    """
    wanted = OpenItem.Side(side)
    partner = "customer" if wanted == OpenItem.Side.RECEIVABLE else "supplier"
    later = Q(settlements__date__gt=as_of)
    rows = (
        OpenItem.objects.filter(company=company, side__in=[wanted, _ADVANCE[wanted]], date__lte=as_of)
        .filter(~Q(open_amount=0) | later)
        .annotate(settled_later=Sum("settlements__amount", filter=later))
        .select_related(partner)
        .order_by(f"{partner}__code", "due_date", "id")
    )
    found: dict[int, AgeingRow] = {}
    for item in rows:
        who = getattr(item, partner)
        row = found.setdefault(who.pk, AgeingRow(who.pk, str(who), [ZERO] * len(buckets)))
        amount = item.open_amount + (item.settled_later or ZERO)
        if item.side != wanted:
            row.advance += amount
        elif amount:
            days = (as_of - (item.date if by_document_date else item.due_date)).days
            row.items.append((item, amount, days))
            row.buckets[next(index for index, bucket in enumerate(buckets) if bucket.holds(days))] += amount
    return [row for row in found.values() if row.items or row.advance]

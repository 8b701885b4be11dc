"""The transferring steps of a month end: VAT (TAX-01), profit and loss (CLS-01), the result of the year (CLS-03, CLS-05)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.db import advisory_lock, durable
from core.errors import InvalidInput
from core.models import Company, Period, User
from core.posting import PostingTransaction, posting_transaction
from finance import vouchers
from finance.closing import findings, problems, steps
from finance.closing.vat import TRANSFERRED_OVERPAID, TRANSFERRED_UNPAID, UNPAID, vat_due
from finance.models import Account, ClosingStep, Voucher
from finance.statement_figures import PRIOR_YEAR_ADJUSTMENTS
from finance.vouchers import Entry
from masterdata.dimensions import Dimensions

KIND = "closing"


@durable
def transfer_vat(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Transfer the month's VAT to “unpaid VAT” (转出未交增值税), or what was paid too much back; input tax left over stays.

    Raises:
        PeriodClosed: the period is closed.
    """
    period = _alone(company, period_id)
    with posting_transaction(company=company, date=period.end_date, by=by, at=at) as transaction:
        due = vat_due(company, period)
        entries: list[Entry] = []
        if due.unpaid:
            entries += _pair(company, TRANSFERRED_UNPAID, UNPAID, due.unpaid, f"转出未交增值税 {period.code}")
        if due.overpaid:
            entries += _pair(company, UNPAID, TRANSFERRED_OVERPAID, due.overpaid, f"转出多交增值税 {period.code}")
        voucher = _write(transaction, period, entries, is_closing_entry=False)
    return _record(company, period, steps.VAT, voucher, by, at)


@durable
def transfer_profit_and_loss(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Bring every profit and loss account, dimension by dimension, to zero against the profit of the year (结转损益).

    Run again after later entries, it transfers what came since. Revenue is debited and expense credited; an abnormal
    balance is transferred in red, so that turnover columns stay meaningful.

    Raises:
        PeriodClosed: the period is closed.
    """
    period = _alone(company, period_id)
    with posting_transaction(company=company, date=period.end_date, by=by, at=at) as transaction:
        balances = findings.profit_and_loss(company, period)
        accounts = Account.objects.in_bulk([about["account_id"] for about, _amount in balances])
        year, undistributed = (_account(company, code) for code in findings.RESULT[Company.Standard(company.standard)])
        entries: list[Entry] = []
        for about, balance in balances:
            account = accounts[about.pop("account_id")]
            target = undistributed if account.code.startswith(PRIOR_YEAR_ADJUSTMENTS) else year
            dimensions = Dimensions(**about)  # type: ignore[arg-type]
            entries += _emptied(account, balance, target, f"结转损益 {period.code}", dimensions)
        voucher = _write(transaction, period, entries, is_closing_entry=True)
    return _record(company, period, steps.RESULT, voucher, by, at)


@durable
def transfer_year_result(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """In December, transfer the profit of the year and its distribution to undistributed profit (结转本年利润、利润分配明细).

    The entries stand on the sides where the journal has them, in a year of loss as in one of profit: never in red.

    Raises:
        InvalidInput: it is another month.
        PeriodClosed: the period is closed.
    """
    period = _alone(company, period_id)
    if period.month != 12:
        raise InvalidInput("not_december", _("The result of a year is transferred in December."))
    with posting_transaction(company=company, date=period.end_date, by=by, at=at) as transaction:
        codes = findings.RESULT[Company.Standard(company.standard)]
        undistributed = _account(company, codes[1])
        parts = Account.objects.filter(company=company, is_leaf=True, code__startswith=codes[1][:4]).exclude(pk=undistributed.pk)
        entries: list[Entry] = []
        for account in [_account(company, codes[0]), *parts.order_by("code")]:
            balance = findings.balance_of(company, period, account.code)
            if balance:
                summary = f"结转本年利润 {period.year}"
                entries.append(Entry(account, abs(balance), balance < 0, summary))
                entries.append(Entry(undistributed, abs(balance), balance > 0, summary))
        voucher = _write(transaction, period, entries, is_closing_entry=True)
    return _record(company, period, steps.YEAR, voucher, by, at)


def _alone(company: Company, period_id: int) -> Period:
    """The period, while nobody else transfers in it: what is missing is computed and posted by one at a time."""
    period = steps.find_period(company, period_id)
    advisory_lock(f"closing:{period.pk}")
    return period


def _emptied(account: Account, balance: Decimal, target: Account, summary: str, dimensions: Dimensions) -> list[Entry]:
    """Entries that bring `account` to zero; `balance` is its debit balance."""
    if account.normal_side == Account.Side.CREDIT:
        return [Entry(account, -balance, True, summary, dimensions), Entry(target, -balance, False, summary)]
    return [Entry(account, balance, False, summary, dimensions), Entry(target, balance, True, summary)]


def _pair(company: Company, debit: str, credit: str, amount: Decimal, summary: str) -> list[Entry]:
    return [Entry(_account(company, debit), amount, True, summary), Entry(_account(company, credit), amount, False, summary)]


def _account(company: Company, code: str) -> Account:
    account = Account.objects.filter(company=company, code=code, is_leaf=True).first()
    if account is None:
        raise problems.ChartIncomplete(code=code)
    return account


def _write(transaction: PostingTransaction, period: Period, entries: Sequence[Entry], *, is_closing_entry: bool) -> Voucher | None:
    return vouchers.write(
        transaction,
        entries,
        origin_kind=KIND,
        origin_number=period.code,
        source=Voucher.Source.CLOSING,
        is_closing_entry=is_closing_entry,
    )


def _record(company: Company, period: Period, step: str, voucher: Voucher | None, by: User, at: dt.datetime) -> ClosingStep:
    """Keep which vouchers the step has made, the ones of earlier runs included."""
    known = ClosingStep.objects.filter(company=company, period=period, step=step).first()
    notes = [note for note in (known.findings if known else []) if "voucher" in note]
    if voucher is not None:
        notes.append({"voucher": voucher.pk, "number": str(voucher), "total": format(voucher.total, ".2f")})
    return steps.record(company, period, step, by=by, at=at, notes=notes)

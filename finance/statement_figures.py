"""Balances and turnovers of a company as statements ask for them, read in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from core.decimals import ZERO
from core.models import Company, Period
from finance.models import Account, AccountBalance

PRIOR_YEAR_ADJUSTMENTS = "6901"
"""以前年度损益调整 goes straight into undistributed profit and stands in no income statement."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Sum over one account and partner; balances are debit positive, turnover leaves closing entries out."""

    code: str
    category: str
    balance: Decimal
    turnover: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """All details of one column of a statement."""

    details: tuple[Detail, ...]

    def term(self, operator: str, code: str) -> Decimal:
        """One term of a line: D, C, PD, PC (balances), PDr, PCr (turnover without closing entries); 5xxx means all accounts 5…."""
        chosen = [detail for detail in self.details if detail.code.startswith(code.rstrip("x"))]
        match operator:
            case "D":
                return _sum(detail.balance for detail in chosen)
            case "C":
                return -_sum(detail.balance for detail in chosen)
            case "PD":
                return _sum(detail.balance for detail in chosen if detail.balance > 0)
            case "PC":
                return -_sum(detail.balance for detail in chosen if detail.balance < 0)
            case "PDr":
                return _sum(detail.turnover for detail in chosen)
            case "PCr":
                return -_sum(detail.turnover for detail in chosen)
        raise AssertionError(f"unknown operator {operator}")

    def profit(self) -> Decimal:
        """Profit by the accounts alone: all revenue minus all expense, closing entries left out."""
        return -_sum(
            detail.turnover
            for detail in self.details
            if detail.category == Account.Category.PROFIT_LOSS and not detail.code.startswith(PRIOR_YEAR_ADJUSTMENTS)
        )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def read_figures(company: Company, period: Period, *, at_opening: bool, month_only: bool = False) -> Figures:
    """Figures at the end of `period` (turnover: of its year so far, or of the month only), or at the beginning of its year.

    Opening balances with which the books start count as the beginning of that year; the revenue and expense among them
    (books that start within a year) as turnover of the year, not of the month.
    """
    before_year = Q(period__year__lt=period.year) | Q(period__year=period.year, is_opening=True)
    until = Q(period__year__lt=period.year) | Q(period__year=period.year, period__month__lte=period.month)
    month = Q(period__month=period.month, is_opening=False) if month_only else Q()
    counted = Q(period__year=period.year, is_closing_entry=False) & month
    rows = (
        AccountBalance.objects.filter(Q(company=company) & (before_year if at_opening else until))
        .values("account__code", "account__category", "customer_id", "supplier_id")
        .annotate(
            debit_sum=Sum("debit"),
            credit_sum=Sum("credit"),
            turnover_debit=Sum("debit", filter=counted),
            turnover_credit=Sum("credit", filter=counted),
        )
        .order_by("account__code")
    )
    return Figures(
        tuple(
            Detail(
                code=row["account__code"],
                category=row["account__category"],
                balance=(row["debit_sum"] or ZERO) - (row["credit_sum"] or ZERO),
                turnover=(row["turnover_debit"] or ZERO) - (row["turnover_credit"] or ZERO),
            )
            for row in rows
        )
    )

"""The account balance table: finance's trial balance with the turnover since the year began, in the columns accountants know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.decimals import ZERO
from core.models import Company, Period
from finance.balances import AccountRow
from finance.models import Account
from finance.queries import trial_balance


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """An account with its figures, debit positive; `year_…` is the turnover since the year began."""

    account: Account
    level: int
    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """Opening plus turnover."""
        return self.opening + self.debit - self.credit

    @property
    def opening_debit(self) -> Decimal:
        """The opening balance, where it stands on the debit side."""
        return max(self.opening, ZERO)

    @property
    def opening_credit(self) -> Decimal:
        """The opening balance, where it stands on the credit side."""
        return max(-self.opening, ZERO)

    @property
    def closing_debit(self) -> Decimal:
        """The closing balance, where it stands on the debit side."""
        return max(self.closing, ZERO)

    @property
    def closing_credit(self) -> Decimal:
        """The closing balance, where it stands on the credit side."""
        return max(-self.closing, ZERO)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither balance nor turnover."""
        return not (self.opening or self.debit or self.credit or self.year_debit or self.year_credit)


@dataclass(frozen=True, slots=True)
class BalanceTotals:
    """The sums below the table, and whether debit equals credit in each pair (试算平衡)."""

    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal

    @property
    def differences(self) -> Sequence[Decimal]:
        """Debit minus credit of opening, turnover, year and closing; all zero when the books balance."""
        return (
            self.opening_debit - self.opening_credit,
            self.debit - self.credit,
            self.year_debit - self.year_credit,
            self.closing_debit - self.closing_credit,
        )

    @property
    def is_balanced(self) -> bool:
        """Whether everything balances to the cent."""
        return not any(self.differences)


def account_table(company: Company, first: Period, last: Period) -> list[BalanceLine]:
    """Every account with any figure, parents as the sum of what lies under them (科目余额表), in the order of their codes."""
    january = Period(company=company, year=last.year, month=1)
    year = {row.account.pk: row for row in trial_balance(company, january, last).rows}
    period = {row.account.pk: row for row in trial_balance(company, first, last).rows}
    accounts = {pk: (period.get(pk) or year[pk]).account for pk in year.keys() | period.keys()}
    lines = [_line(accounts, account, period.get(pk), year.get(pk)) for pk, account in accounts.items()]
    return sorted((line for line in lines if not line.is_empty), key=lambda line: line.account.code)


def _line(accounts: Mapping[int, Account], account: Account, now: AccountRow | None, since: AccountRow | None) -> BalanceLine:
    level, above = 1, account
    while above.parent_id and above.parent_id in accounts:
        level, above = level + 1, accounts[above.parent_id]
    return BalanceLine(
        account=account,
        level=level,
        opening=now.opening if now else ZERO,
        debit=now.debit if now else ZERO,
        credit=now.credit if now else ZERO,
        year_debit=since.debit if since else ZERO,
        year_credit=since.credit if since else ZERO,
    )


def totals_of(lines: Iterable[BalanceLine]) -> BalanceTotals:
    """The sums over what the accounts hold themselves, without what lies under them, so that nothing is counted twice."""
    own = _own_figures(list(lines))

    def total(name: str) -> Decimal:
        return sum((getattr(line, name) for line in own), ZERO)

    return BalanceTotals(**{name: total(name) for name in BalanceTotals.__dataclass_fields__})


_FIGURES = ("opening", "debit", "credit", "year_debit", "year_credit")


def _own_figures(lines: Sequence[BalanceLine]) -> list[BalanceLine]:
    """The lines, each without the figures of the lines directly under it."""
    under: dict[int, list[BalanceLine]] = {}
    for line in lines:
        if line.account.parent_id:
            under.setdefault(line.account.parent_id, []).append(line)
    return [
        replace(
            line, **{name: getattr(line, name) - sum((getattr(one, name) for one in under[line.account.pk]), ZERO) for name in _FIGURES}
        )
        if line.account.pk in under
        else line
        for line in lines
    ]

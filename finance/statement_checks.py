"""What must hold inside and between statements (勾稽关系), and that every account stands in them exactly once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.documents import Text
from core.models import Company
from finance.models import Account
from finance.statement_figures import PRIOR_YEAR_ADJUSTMENTS


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, both sides of it, and whether it holds; a warning may fail for good reasons."""

    text: Text
    left: Decimal
    right: Decimal
    passed: bool
    is_warning: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _AtLeast:
    """A line that is at least the sum of its “of which” lines."""

    line: int
    parts: tuple[int, ...]
    is_warning: bool = False


_TOTALS = {Company.Standard.SMALL: (30, 53), Company.Standard.ENTERPRISE: (34, 72)}
_NET_PROFIT = {Company.Standard.SMALL: 32, Company.Standard.ENTERPRISE: 24}
_PARTS_OF_BALANCE = {Company.Standard.SMALL: (_AtLeast(9, (10, 11, 12, 13)),), Company.Standard.ENTERPRISE: ()}
_PARTS_OF_INCOME = {
    Company.Standard.SMALL: (
        _AtLeast(3, (4, 5, 6, 7, 8, 9, 10)),
        _AtLeast(11, (12, 13)),
        _AtLeast(14, (15, 16, 17)),
        _AtLeast(18, (19,), is_warning=True),
        _AtLeast(22, (23,)),
        _AtLeast(24, (25, 26, 27, 28, 29)),
    ),
    Company.Standard.ENTERPRISE: (),
}


def balance_sheet_checks(standard: str, amounts: Mapping[int, Decimal]) -> list[Check]:
    """Assets equal liabilities and equity; memo lines fit into their line."""
    assets, sources = _TOTALS[Company.Standard(standard)]
    found = [Check(_("Assets = liabilities + equity"), amounts[assets], amounts[sources], amounts[assets] == amounts[sources])]
    return [*found, *_parts(_PARTS_OF_BALANCE[Company.Standard(standard)], amounts)]


def income_checks(standard: str, amounts: Mapping[int, Decimal], *, profit_of_accounts: Decimal) -> list[Check]:
    """The net profit is what all profit and loss accounts come to; memo lines fit into their line."""
    profit = amounts[_NET_PROFIT[Company.Standard(standard)]]
    found = [Check(_("Net profit = all profit and loss accounts"), profit, profit_of_accounts, profit == profit_of_accounts)]
    return [*found, *_parts(_PARTS_OF_INCOME[Company.Standard(standard)], amounts)]


def _parts(rules: Sequence[_AtLeast], amounts: Mapping[int, Decimal]) -> list[Check]:
    checks = []
    for rule in rules:
        inside = sum((amounts[number] for number in rule.parts), ZERO)
        numbers = " + ".join(map(str, rule.parts))
        text = _("Line {line} is at least lines {parts}").format(line=rule.line, parts=numbers)
        checks.append(Check(text, amounts[rule.line], inside, amounts[rule.line] >= inside, rule.is_warning))
    return checks


def coverage_checks(company: Company, known: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Check]:
    """Every leaf account of the company is picked up exactly once by the balance sheet, and its result by the income statement."""
    accounts = list(Account.objects.filter(company=company, is_leaf=True).values_list("code", "category"))
    missing = uncovered(accounts, company.standard, known)
    checked = Decimal(len(accounts))
    text = _("Every account stands in the statements exactly once")
    return [Check(text, checked - len(missing), checked, not missing, detail=", ".join(missing))]


def uncovered(accounts: Sequence[tuple[str, str]], standard: str, known: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Codes of the leaf accounts (code, category) that the statements pick up not at all, or more than once."""
    rows = [*known["balance_sheet_assets"], *known["balance_sheet_liabilities_equity"]]
    assets, sources = _TOTALS[Company.Standard(standard)]
    left, right = _terms(rows, assets), _terms(rows, sources)
    result = _terms(known["income_statement"], _NET_PROFIT[Company.Standard(standard)])
    wrong = []
    for code, category in accounts:
        debit, by_debtor = _weight(left, code, "D", "C"), _weight(left, code, "PD", "PC")
        credit, by_creditor = _weight(right, code, "C", "D"), _weight(right, code, "PC", "PD")
        once = (debit + credit, by_debtor, by_creditor) in {(1, 0, 0), (0, 1, 1)}
        in_result = _weight(result, code, "PCr", "PDr")
        due = category == Account.Category.PROFIT_LOSS and not code.startswith(PRIOR_YEAR_ADJUSTMENTS)
        if not once or in_result != due:
            wrong.append(code)
    return wrong


def _terms(rows: Sequence[Mapping[str, Any]], number: int) -> list[tuple[int, str, str]]:
    """A total, resolved into (sign, operator, account code)."""
    by_number = {row["line"]: row["terms"] or [] for row in rows if row["line"] is not None}

    def resolve(line: int, sign: int) -> list[tuple[int, str, str]]:
        found: list[tuple[int, str, str]] = []
        for operator, what in by_number[line]:
            here = -sign if operator.startswith("-") else sign
            name = operator.lstrip("-")
            found += resolve(int(what), here) if name == "L" else [(here, name, str(what).rstrip("x"))]
        return found

    return resolve(number, 1)


def _weight(terms: Sequence[tuple[int, str, str]], code: str, plus: str, minus: str) -> int:
    return sum(sign * ((operator == plus) - (operator == minus)) for sign, operator, prefix in terms if code.startswith(prefix))

"""Balance sheet and income statement from versioned definitions (data/statements.json): which line is which accounts.

Terms of a line: D debit balance, C credit balance, PD/PC the debit/credit balances of the single partners (往来重分类),
PDr/PCr turnover of the period without closing entries, L another line. A minus before an operator subtracts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.documents import Text
from core.models import Company, Period
from finance import statement_checks
from finance.statement_figures import Figures, read_figures

_DATA = Path(__file__).parent / "data" / "statements.json"
_VERSION = {Company.Standard.SMALL: "small_enterprise", Company.Standard.ENTERPRISE: "enterprise_2019_6"}


@dataclass(frozen=True, slots=True)
class VatReclass:
    """Lines between which debit balances of VAT accounts move (财会〔2016〕22号): out of taxes payable, into other current items."""

    from_line: int
    asset_line: int
    liability_line: int
    debit_accounts: tuple[str, ...] = ("222101", "222102", "222103", "222104", "222105", "222107")
    credit_accounts: tuple[str, ...] = ("222106",)


_VAT = {Company.Standard.SMALL: VatReclass(36, 14, 40), Company.Standard.ENTERPRISE: VatReclass(43, 13, 47)}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement with its two columns; a title has no number and no amounts."""

    number: int | None
    name: str
    name_en: str
    first: Decimal | None
    second: Decimal | None
    accounts: tuple[str, ...] = ()
    """Codes that the line is made of, for drilling down."""
    is_total: bool = False

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if not (get_language() or "zh").startswith("zh") else self.name


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a company for a period."""

    kind: str
    title: Text
    form: str
    company: Company
    period: Period
    columns: tuple[Text, Text]
    lines: tuple[Line, ...]
    checks: tuple[statement_checks.Check, ...]

    def amount(self, number: int) -> Decimal:
        """The first column of a line."""
        return next(line.first or ZERO for line in self.lines if line.number == number)

    @property
    def is_sound(self) -> bool:
        """No check failed (warnings aside)."""
        return all(check.passed or check.is_warning for check in self.checks)


@cache
def definitions(standard: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The statement definitions of an accounting standard."""
    everything: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(_DATA.read_text("utf-8"))
    return everything[_VERSION[Company.Standard(standard)]]


def balance_sheet(company: Company, period: Period, *, vat_reclass: bool = True) -> Statement:
    """The balance sheet at the end of `period`, beside the one at the beginning of the year (资产负债表).

    Args:
        vat_reclass: show debit balances of VAT under other current assets, as 财会〔2016〕22号 asks; otherwise negative in taxes payable.
    """
    known = definitions(company.standard)
    rows = [*known["balance_sheet_assets"], *known["balance_sheet_liabilities_equity"]]
    closing, opening = read_figures(company, period, at_opening=False), read_figures(company, period, at_opening=True)
    columns = [_amounts(rows, figures, _VAT[Company.Standard(company.standard)] if vat_reclass else None) for figures in (closing, opening)]
    checks = [
        *statement_checks.balance_sheet_checks(company.standard, columns[0]),
        *statement_checks.coverage_checks(company, known),
    ]
    small = company.standard == Company.Standard.SMALL
    return Statement(
        kind="balance_sheet",
        title=_("Balance sheet"),
        form="会小企01表" if small else "会企01表",
        company=company,
        period=period,
        columns=(_("End of period"), _("Beginning of year")) if small else (_("End of period"), _("End of last year")),
        lines=_lines(rows, columns[0], columns[1]),
        checks=tuple(checks),
    )


def income_statement(company: Company, period: Period) -> Statement:
    """The income statement of the year up to `period` and of the month (利润表); closing entries are left out."""
    known = definitions(company.standard)
    rows = known["income_statement"]
    year = read_figures(company, period, at_opening=False)
    month = read_figures(company, period, at_opening=False, month_only=True)
    columns = [_amounts(rows, year, None), _amounts(rows, month, None)]
    checks = statement_checks.income_checks(company.standard, columns[0], profit_of_accounts=year.profit())
    small = company.standard == Company.Standard.SMALL
    return Statement(
        kind="income_statement",
        title=_("Income statement"),
        form="会小企02表" if small else "会企02表",
        company=company,
        period=period,
        columns=(_("Year to date"), _("This month")),
        lines=_lines(rows, columns[0], columns[1]),
        checks=tuple(checks),
    )


def _lines(rows: Sequence[Mapping[str, Any]], first: Mapping[int, Decimal], second: Mapping[int, Decimal]) -> tuple[Line, ...]:
    lines = []
    for row in rows:
        number, terms = row["line"], row["terms"] or []
        lines.append(
            Line(
                number=number,
                name=row["name_zh"],
                name_en=row["name_en"],
                first=None if number is None else first[number],
                second=None if number is None else second[number],
                accounts=tuple(str(code) for operator, code in terms if operator.lstrip("-") != "L"),
                is_total=any(operator.lstrip("-") == "L" for operator, _code in terms),
            )
        )
    return tuple(lines)


def _amounts(rows: Sequence[Mapping[str, Any]], figures: Figures, vat: VatReclass | None) -> dict[int, Decimal]:
    """The amount of every numbered line; lines refer to lines anywhere in the statement."""
    terms = {row["line"]: row["terms"] or [] for row in rows if row["line"] is not None}
    extra = _vat_moves(figures, vat) if vat else {}
    found: dict[int, Decimal] = {}

    def amount(number: int) -> Decimal:
        if number not in found:
            found[number] = sum((_term(operator, what) for operator, what in terms[number]), extra.get(number, ZERO))
        return found[number]

    def _term(operator: str, what: Any) -> Decimal:
        sign = -1 if operator.startswith("-") else 1
        name = operator.lstrip("-")
        return sign * (amount(int(what)) if name == "L" else figures.term(name, str(what)))

    return {number: amount(number) for number in terms}


def _vat_moves(figures: Figures, vat: VatReclass) -> dict[int, Decimal]:
    """What goes to other assets and liabilities; taxes payable lose the same net amount, so both totals stay equal."""
    to_assets = sum((max(figures.term("D", code), ZERO) for code in vat.debit_accounts), ZERO)
    to_liabilities = sum((max(figures.term("C", code), ZERO) for code in vat.credit_accounts), ZERO)
    return {vat.asset_line: to_assets, vat.liability_line: to_liabilities, vat.from_line: to_assets - to_liabilities}

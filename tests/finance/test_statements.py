"""Statements: every account stands in them once, partners are shown by the sign of their balance, checks see what is wrong."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finance import statements
from finance.models import Account
from finance.statement_checks import uncovered
from finance.statement_figures import Detail, Figures
from finance.statements import balance_sheet, definitions, income_statement
from tests.finance.bookkeeping import Books

D = Decimal
DATA = Path(statements.__file__).parent / "data"


def chart(standard: str) -> list[tuple[str, str]]:
    """The leaves of a chart of accounts: code and category."""
    with (DATA / f"chart_{standard}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = [row["code"] for row in rows]
    return [
        (row["code"], row["category"]) for row in rows if not any(code != row["code"] and code.startswith(row["code"]) for code in codes)
    ]


@pytest.mark.parametrize("standard", ["small", "enterprise"])
def test_every_account_of_the_chart_is_picked_up_exactly_once(standard: str) -> None:
    assert uncovered(chart(standard), standard, definitions(standard)) == []


@pytest.mark.parametrize("standard", ["small", "enterprise"])
def test_an_account_that_no_line_knows_is_found(standard: str) -> None:
    unknown = [("1999", "asset"), ("140301", "asset"), ("9001", "equity")]
    assert uncovered(unknown, standard, definitions(standard)) == ["1999", "9001"]


@pytest.mark.parametrize("standard", ["small", "enterprise"])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_balanced_books_give_a_balanced_sheet_and_the_same_profit(standard: str, data: st.DataObject) -> None:
    leaves = chart(standard)
    amounts = data.draw(st.lists(st.integers(-(10**12), 10**12), min_size=len(leaves) - 1, max_size=len(leaves) - 1))
    cents = [*amounts, -sum(amounts)]
    details = tuple(
        Detail(code, category, D(amount) / 100, D(amount) / 100) for (code, category), amount in zip(leaves, cents, strict=True)
    )
    figures = Figures(details)
    known = definitions(standard)
    rows = [*known["balance_sheet_assets"], *known["balance_sheet_liabilities_equity"]]
    for vat in (None, statements._VAT[statements.Company.Standard(standard)]):
        sheet = statements._amounts(rows, figures, vat)
        total = {"small": (30, 53), "enterprise": (34, 72)}[standard]
        assert sheet[total[0]] == sheet[total[1]]
    income = statements._amounts(known["income_statement"], figures, None)
    assert income[{"small": 32, "enterprise": 24}[standard]] == figures.profit()


def test_a_customer_who_paid_ahead_is_a_liability_not_a_smaller_receivable(books: Books) -> None:
    # One customer owes 1,130; another has paid 200 ahead of any bill.
    books.sell("SH-1", "1000")
    customer = books.acme.customer
    customer.pk, customer.code = None, "C2"
    customer.save()
    books.receipt("200")
    sheet = balance_sheet(books.company, books.period(3))
    assert (sheet.amount(4), sheet.amount(34)) == (D(1130), D(200))
    assert sheet.is_sound


def test_input_tax_left_over_is_an_asset_unless_told_otherwise(books: Books) -> None:
    books.book(("22210101", "130", ""), ("1002", "", "130"))
    with_reclass, without = (balance_sheet(books.company, books.period(3), vat_reclass=flag) for flag in (True, False))
    assert [(s.amount(14), s.amount(36), s.amount(30)) for s in (with_reclass, without)] == [(D(130), D(0), D(0)), (D(0), D(-130), D(-130))]
    assert with_reclass.is_sound
    assert without.is_sound


def test_an_account_outside_the_definitions_makes_the_sheet_unsound(books: Books) -> None:
    Account.objects.create(company=books.company, code="1999", name="其他", category="asset", normal_side="debit")
    books.book(("1999", "5", ""), ("1002", "", "5"))
    sheet = balance_sheet(books.company, books.period(3))
    assert not sheet.is_sound
    assert [check.detail for check in sheet.checks if not check.passed][-1] == "1999"


def test_month_and_year_stand_side_by_side(books: Books) -> None:
    books.book(("1002", "100", ""), ("500102", "", "100"), date="2026-02-10")
    books.book(("1002", "30", ""), ("500102", "", "30"), date="2026-03-10")
    first = next(line for line in income_statement(books.company, books.period(3)).lines if line.number == 1)
    assert (first.first, first.second, first.accounts) == (D(130), D(30), ("5001", "5051"))

"""Opening balances: the old trial balance is stated whole, documents keep their part of it, everything ties."""

import datetime as dt
from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest

from core.errors import InvalidInput, InvalidInputs
from finance import opening
from finance.balances import account_balances
from finance.inputs import OpeningInput
from finance.models import OpenItem
from finance.open_items import AlreadySettled
from finance.opening import AlreadyOpened, OpeningRefused
from finance.statements import balance_sheet
from finance.vouchers import Unbalanced
from inventory import events as goods
from tests.books import trial_balance
from tests.factory import NOW, START
from tests.finance.bookkeeping import Books, open_amounts

D = Decimal
OLD_BOOKS = (
    ("1002", "100000", ""),
    ("112201", "30000", ""),
    ("140301", "50000", ""),
    ("220201", "", "40000"),
    ("3001", "", "120000"),
    ("310415", "", "20000"),
)


def data(books: Books, lines: tuple[tuple[str, str, str], ...] = OLD_BOOKS, **changed: Any) -> dict[str, Any]:
    items = changed.pop("items", None) or [
        {"side": "receivable", "customer": "C1", "number": "88", "date": "2025-12-01", "due_date": "2026-01-15", "amount": "30000"},
        {"side": "payable", "supplier": "S1", "number": "F-9", "date": "2025-12-20", "due_date": "2026-01-20", "amount": "40000"},
    ]
    rows = [{"account": code, "debit": debit, "credit": credit} for code, debit, credit in lines]
    return books.typed(OpeningInput, lines=rows, items=items)


def open_books(books: Books, **changed: Any) -> None:
    opening.post_opening(company=books.company, data=data(books, **changed), by=books.acme.ada, at=NOW)


def test_the_new_books_start_with_the_old_balances(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    open_books(books)
    assert trial_balance(books.company) == dedent("""\
        1002    银行存款         100,000.00
        112201  应收款            30,000.00
        140301  原料及主要材料    50,000.00
        220201  应付款           -40,000.00
        3001    实收资本        -120,000.00
        310415  未分配利润       -20,000.00""")
    assert open_amounts(books) == {"receivable AR/C1/88": D(30000), "payable AP/S1/F-9": D(40000)}


def test_openings_are_openings_not_turnover_of_january(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    open_books(books)
    january = books.period(1)
    bank = next(row for row in account_balances(books.company, january) if row.account.code == "1002")
    assert (bank.opening, bank.debit, bank.credit, bank.closing) == (D(100000), D(0), D(0), D(100000))
    sheet = balance_sheet(books.company, january)
    assert [(line.first, line.second) for line in sheet.lines if line.number == 30] == [(D(180000), D(180000))]
    assert sheet.is_sound


def test_stock_that_is_stated_but_not_entered_does_not_tie(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "49999.00"), date=START, event=goods.OPENING)
    with pytest.raises(OpeningRefused) as refusal:
        open_books(books)
    facts = [(problem.facts["account"].split()[0], problem.facts["stated"], problem.facts["found"]) for problem in refusal.value.problems()]
    assert facts == [("140301", "50,000.00", "49,999.00"), ("310415", "-20,000.00", "-19,999.00")]
    assert not OpenItem.objects.exists()


def test_receivables_must_come_to_what_is_stated(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    items = [{"side": "payable", "supplier": "S1", "number": "F-9", "date": "2025-12-20", "due_date": "2026-01-20", "amount": "40000"}]
    with pytest.raises(OpeningRefused) as refusal:
        open_books(books, items=items)
    assert refusal.value.problems()[0].facts["account"].startswith("112201")


def test_the_old_trial_balance_must_balance(books: Books) -> None:
    with pytest.raises(Unbalanced):
        opening.post_opening(company=books.company, data=data(books, lines=OLD_BOOKS[:-1]), by=books.acme.ada, at=NOW)


def test_advances_are_opened_too(books: Books) -> None:
    items = [
        {"side": "customer_advance", "customer": "C1", "number": "7", "date": "2025-12-01", "due_date": "2025-12-01", "amount": "500"},
        {"side": "supplier_advance", "supplier": "S1", "number": "8", "date": "2025-12-01", "due_date": "2025-12-01", "amount": "300"},
    ]
    open_books(books, lines=(("1002", "200", ""), ("1123", "300", ""), ("2203", "", "500")), items=items)
    assert open_amounts(books) == {"customer_advance CA/C1/7": D(500), "supplier_advance SA/S1/8": D(300)}


def test_opening_happens_once_and_can_be_corrected(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    open_books(books)
    before = trial_balance(books.company)
    with pytest.raises(AlreadyOpened):
        open_books(books)
    opening.reverse_opening(company=books.company, by=books.acme.ada, at=NOW, reason="wrong bank balance")
    assert open_amounts(books) == {}
    open_books(books)
    assert trial_balance(books.company) == before


def test_once_something_of_it_is_paid_it_stays(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    open_books(books)
    books.receipt("1000", ("AR/C1/88", "1000"))
    with pytest.raises(AlreadySettled):
        opening.reverse_opening(company=books.company, by=books.acme.ada, at=NOW)


# ---- opening stock and the balances it belongs to ---------------------------------------------------------------------------


def test_stock_found_when_the_balances_stand_waits_until_they_are_taken_back(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "20000", "50000.00"), date=START, event=goods.OPENING)
    open_books(books)
    before = trial_balance(books.company)
    more = (books.acme.bolt, "10", "30.00")
    with pytest.raises(AlreadyOpened):
        books.receive("SE-2", more, date=START, event=goods.OPENING)
    assert trial_balance(books.company) == before
    opening.reverse_opening(company=books.company, by=books.acme.ada, at=NOW, reason="ten bolts were forgotten")
    books.receive("SE-2", more, date=START, event=goods.OPENING)
    stated = {"140301": ("140301", "50030", ""), "310415": ("310415", "", "20030")}
    open_books(books, lines=tuple(stated.get(line[0], line) for line in OLD_BOOKS))
    assert "310415  未分配利润       -20,030.00" in trial_balance(books.company)


def test_goods_of_march_are_turnover_of_march_whatever_they_are_called(books: Books) -> None:
    books.receive("SE-1", (books.acme.bolt, "10", "20.00"), date=dt.date(2026, 3, 10), event=goods.OPENING)
    stock = next(row for row in account_balances(books.company, books.period(3)) if row.account.code == "140301")
    assert (stock.opening, stock.debit, stock.closing) == (D(0), D(20), D(20))
    assert account_balances(books.company, books.period(1)) == []
    sheet = balance_sheet(books.company, books.period(1))
    assert [(line.first, line.second) for line in sheet.lines if line.number == 30] == [(D(0), D(0))]


# ---- what is typed ----------------------------------------------------------------------------------------------------------


def old_receivable(**changed: str) -> dict[str, str]:
    usual = {"side": "receivable", "customer": "C1", "number": "88", "date": "2025-12-01", "due_date": "2026-01-15", "amount": "30000"}
    return usual | changed


def test_an_old_document_is_settled_under_its_number_however_that_is_written(books: Books) -> None:
    item = old_receivable(number="（2025）００1号")
    open_books(books, lines=(("112201", "30000", ""), ("3001", "", "30000")), items=[item])
    books.receipt("30000", ("AR/C1/（2025）００1号", "30000"))
    assert open_amounts(books) == {}
    assert OpenItem.objects.get().origin_number == "AR/C1/(2025)001号"


def test_two_spellings_of_one_number_are_one_document(books: Books) -> None:
    items = [old_receivable(number="A１"), old_receivable(number="A1")]
    with pytest.raises(InvalidInput) as refusal:
        open_books(books, lines=(("112201", "60000", ""), ("3001", "", "60000")), items=items)
    assert (refusal.value.code, refusal.value.field) == ("duplicate", "items[1].number")


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        pytest.param({"date": "2030-01-01", "due_date": "2030-02-01"}, "after_start", "items[0].date", id="younger than the books"),
        pytest.param({"due_date": "2025-11-30"}, "due_before_date", "items[0].due_date", id="due before it was made"),
    ],
)
def test_an_old_document_has_the_dates_of_one(books: Books, changed: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(InvalidInputs) as refusal:
        data(books, items=[old_receivable(**changed)])
    assert [(problem.code, problem.field) for problem in refusal.value.problems()] == [(code, field)]

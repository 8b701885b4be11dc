"""What the books answer: detail ledger, trial balance by level, missing numbers."""

import datetime as dt
from decimal import Decimal

from finance import manual_vouchers
from finance.models import AccountBalance
from finance.queries import About, account_ledger, ageing, trial_balance
from tests.factory import NOW
from tests.finance.bookkeeping import Books

D = Decimal


def rows(books: Books, code: str, first: int, last: int, about: About | None = None) -> list[tuple[str, str, str, str]]:
    ledger = account_ledger(books.account(code), books.period(first), books.period(last), **({"about": about} if about else {}))
    return [(row.kind, f"{row.debit:.2f}", f"{row.credit:.2f}", f"{row.side}{abs(row.balance):.2f}") for row in ledger]


def test_a_detail_ledger_runs_from_opening_to_the_totals(books: Books) -> None:
    books.book(("1002", "100", ""), ("3001", "", "100"), date="2026-01-10")
    books.book(("1001", "40", ""), ("1002", "", "40"), date="2026-02-03")
    books.book(("1002", "15", ""), ("3001", "", "15"), date="2026-02-20")
    books.book(("1002", "-15", ""), ("3001", "", "-15"), date="2026-03-01")
    assert rows(books, "1002", 2, 3) == [
        ("opening", "0.00", "0.00", "借100.00"),
        ("line", "0.00", "40.00", "借60.00"),
        ("line", "15.00", "0.00", "借75.00"),
        ("month", "15.00", "40.00", "借75.00"),
        ("year", "115.00", "40.00", "借75.00"),
        ("line", "-15.00", "0.00", "借60.00"),
        ("month", "-15.00", "0.00", "借60.00"),
        ("year", "100.00", "40.00", "借60.00"),
    ]
    assert rows(books, "3001", 1, 1)[1:2] == [("line", "0.00", "100.00", "贷100.00")]


def test_drafts_are_in_no_ledger(books: Books) -> None:
    books.draft(("1002", "100", ""), ("3001", "", "100"))
    assert [row[0] for row in rows(books, "1002", 3, 3)] == ["opening", "month", "year"]


def test_a_ledger_about_one_customer(books: Books) -> None:
    books.sell("SH-1", "100")
    customer = books.acme.customer
    mine = customer.pk
    customer.pk, customer.code = None, "C2"
    customer.save()
    books.sell("SH-2", "500")
    assert [row[1] for row in rows(books, "1122", 3, 3, About(customer_id=mine)) if row[0] == "line"] == ["113.00"]
    assert [row[1] for row in rows(books, "1122", 3, 3) if row[0] == "month"] == ["678.00"]


def test_a_trial_balance_rolls_up_to_the_first_level(books: Books) -> None:
    books.sell("SH-1", "100")
    books.book(("560299", "30", ""), ("1002", "", "30"))
    books.book(("560201", "20", ""), ("1002", "", "20"))
    balance = trial_balance(books.company, books.period(3), level=1)
    assert [(row.account.code, f"{row.closing:.2f}") for row in balance.rows] == [
        ("1002", "-50.00"), ("1122", "113.00"), ("2221", "-13.00"), ("5001", "-100.00"), ("5602", "50.00"),
    ]  # fmt: skip
    assert (balance.is_balanced, balance.debit, balance.closing_debit) == (True, D(163), D(163))
    deep = trial_balance(books.company, books.period(3))
    assert [row.account.code for row in deep.rows if row.account.code.startswith("2221")] == ["2221", "222101", "22210105"]


def test_ageing_shows_each_bill_and_what_was_paid_ahead(books: Books) -> None:
    books.sell("SH-1", "100", due=dt.date(2026, 3, 1))
    books.receipt("20")
    (row,) = ageing(books.company, "receivable", dt.date(2026, 3, 31))
    assert (row.advance, [(item.origin_number, amount, days) for item, amount, days in row.items]) == (D(20), [("SH-1", D(113), 30)])
    assert ageing(books.company, "receivable", dt.date(2026, 3, 9)) == []
    assert ageing(books.company, "payable", dt.date(2026, 3, 31)) == []


def test_a_red_copy_shows_beside_its_original(books: Books) -> None:
    voucher = books.book(("560299", "30", ""), ("1002", "", "30"))
    manual_vouchers.reverse_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    assert [row[1:3] for row in rows(books, "560299", 3, 3) if row[0] == "line"] == [("30.00", "0.00"), ("-30.00", "0.00")]
    assert AccountBalance.objects.count() == 4

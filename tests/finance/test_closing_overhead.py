"""Overhead (制造费用) that was spent or absorbed is settled before the month closes; nobody can forget it, and nothing slips in behind."""

import datetime as dt
from decimal import Decimal

import pytest

from core.db import durable
from core.posting import posting_transaction
from costing.month_end import settle_overhead
from finance import closing, events, vouchers
from finance.closing import ClosingBlocked, transfer_profit_and_loss, transfer_vat
from finance.models import Account, PostingRule
from finance.rules import Amount, RuleBook
from masterdata.dimensions import Dimensions
from tests.factory import NOW
from tests.finance.bookkeeping import Books
from tests.finance.test_closing import close_month, who

D = Decimal


def pay(books: Books, amount: str, account: str = "410101") -> None:
    """Wages of the workshop are paid from the bank."""
    books.book((account, amount, ""), ("1002", "", amount), date="2026-01-20")


@durable
def absorb(books: Books, amount: str, department: Dimensions) -> None:
    """Work of a department is reported, and overhead goes into work in process."""
    with posting_transaction(company=books.company, date=dt.date(2026, 1, 20), by=books.acme.ada, at=NOW) as transaction:
        absorbed = [Amount(events.OVERHEAD_ABSORBED, D(amount), 1, element="overhead", dimensions=department)]
        entries = RuleBook(books.company, {events.OVERHEAD_ABSORBED}).entries(absorbed, number="RP-1")
        vouchers.write(transaction, entries, origin_kind="labour_report", origin_number="RP-1")


def what_is_left(books: Books) -> list[tuple[str, str]]:
    """The overhead because of which January does not close."""
    transfer_profit_and_loss(**who(books, 1))
    with pytest.raises(ClosingBlocked) as refusal:
        closing.close_period(**who(books, 1))
    found = refusal.value.problems()
    assert {problem.code for problem in found} == {"overhead_not_settled"}
    return [(problem.facts["account"].split()[0], problem.facts["amount"]) for problem in found]


def test_a_month_in_which_overhead_was_spent_does_not_close_before_it_is_settled(books: Books) -> None:
    pay(books, "500")
    closing.close_stock(**who(books, 1))
    transfer_vat(**who(books, 1))
    assert what_is_left(books) == [("410101", "500.00")]
    step = closing.check_trial_balance(**who(books, 1))
    assert [closing.words(finding) for finding in step.findings] == ["410101 职工薪酬（部门：–）尚有制造费用 500.00 未结转。"]
    settle_overhead(**who(books, 1))
    transfer_profit_and_loss(**who(books, 1))
    assert closing.check_trial_balance(**who(books, 1)).passed
    closing.close_period(**who(books, 1))


def test_a_bill_of_the_workshop_that_comes_after_the_settlement_is_not_forgotten(books: Books) -> None:
    closing.close_stock(**who(books, 1))
    transfer_vat(**who(books, 1))
    settle_overhead(**who(books, 1))
    pay(books, "80", "410104")
    assert what_is_left(books) == [("410104", "80.00")]


def test_what_one_department_absorbed_is_not_covered_by_what_another_gave_back(books: Books) -> None:
    workshop, office = Dimensions(department_id=books.acme.workshop.pk), Dimensions()
    absorb(books, "60", workshop)
    absorb(books, "-60", office)
    closing.close_stock(**who(books, 1))
    transfer_vat(**who(books, 1))
    assert sorted(what_is_left(books)) == [("410198", "-60.00"), ("410198", "60.00")]


def test_an_account_for_absorbed_overhead_at_the_top_of_the_chart_stands_alone(books: Books) -> None:
    cash = Account.objects.get(company=books.company, code="1001")
    PostingRule.objects.filter(company=books.company, event=events.OVERHEAD_ABSORBED).update(credit_account=cash)
    books.book(("1001", "5", ""), ("1002", "", "5"), date="2026-01-20")
    closing.close_stock(**who(books, 1))
    transfer_vat(**who(books, 1))
    assert what_is_left(books) == [("1001", "5.00")], "the bank, which has no parent either, is none of its kin"


def test_books_without_a_rule_for_overhead_close_without_it(books: Books) -> None:
    PostingRule.objects.filter(company=books.company, event=events.OVERHEAD_ABSORBED).delete()
    pay(books, "500")
    close_month(books, 1)

"""The accountant configures the books: accounts below accounts, and bank accounts that can hold money."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from core.models import Membership, User
from erp.roles import set_up_roles
from finance.bank_accounts import NotForMoney
from finance.models import Account, BankAccount, CustomerReceipt, PostingRule
from reports.books import account_table, totals_of
from tests.books import trial_balance
from tests.factory import build_factory
from tests.finance.bookkeeping import Books, open_amounts


@pytest.fixture
def desk(books: Books) -> Client:
    """The desk of ACME's administrator."""
    roles = {group.name: group for group in set_up_roles()}
    ruth = User.objects.create_user("ruth", is_staff=True, language="en")
    Membership.objects.create(user=ruth, company=books.company).roles.add(roles["admin"])
    client = Client()
    client.force_login(ruth, backend="django.contrib.auth.backends.ModelBackend")
    return client


def add_account(desk: Client, books: Books, code: str, below: str, **changed: Any) -> HttpResponse:
    values = {"code": code, "name": "新科目", "parent": books.account(below).pk, "category": "asset", "normal_side": "debit", **changed}
    return desk.post("/admin/finance/account/add/", values)  # type: ignore[return-value]


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return {name: [str(text) for text in texts] for name, texts in answer.context["adminform"].form.errors.items()}  # type: ignore[attr-defined]


# ---- accounts ---------------------------------------------------------------------------------------------------------------


def test_an_account_that_gets_sub_accounts_takes_no_more_entries(desk: Client, books: Books) -> None:
    BankAccount.objects.all().delete()
    assert add_account(desk, books, "100201", "1002").status_code == 302
    assert (books.account("1002").is_leaf, books.account("100201").is_leaf) == (False, True)
    books.book(("100201", "200", ""), ("1001", "", "200"))
    table = account_table(books.company, books.period(3), books.period(3))
    totals = totals_of(table)
    assert totals.is_balanced
    assert (totals.closing_debit, totals.closing_credit) == (200, 200)
    assert {line.account.code: line.closing for line in table} == {"1001": -200, "1002": 200, "100201": 200}


def test_an_account_with_entries_keeps_them_to_itself(desk: Client, books: Books) -> None:
    books.book(("1001", "200", ""), ("1002", "", "200"))
    found = errors(add_account(desk, books, "100101", "1001"))
    assert list(found) == ["parent"]
    assert found["parent"][0].startswith("1001 Cash on hand is in use")
    assert books.account("1001").is_leaf
    assert not Account.objects.filter(code="100101").exists()


def test_an_account_that_waits_for_a_draft_a_bank_account_or_a_rule_is_in_use_too(desk: Client, books: Books) -> None:
    books.draft(("1001", "1", ""), ("101201", "", "1"))
    for below in ("101201", "1002", "112201"):
        assert list(errors(add_account(desk, books, f"{below}01", below))) == ["parent"], below


def test_a_sub_account_is_kept_by_the_documents_that_keep_its_parent(desk: Client, books: Books) -> None:
    stock = PostingRule.objects.filter(debit_account__code="140301") | PostingRule.objects.filter(credit_account__code="140301")
    stock.delete()
    assert add_account(desk, books, "14030101", "140301", control="").status_code == 302
    assert books.account("14030101").control == Account.Control.INVENTORY


def test_the_code_of_a_sub_account_begins_with_its_parent_s(desk: Client, books: Books) -> None:
    assert list(errors(add_account(desk, books, "9901", "1001"))) == ["code"]
    assert books.account("1001").is_leaf


def test_books_that_hold_entries_above_sub_accounts_are_summed_once(books: Books) -> None:
    """So it was possible before: 200 on 1001 itself, 50 on a sub-account put below it later."""
    books.book(("1001", "200", ""), ("1002", "", "200"))
    till = books.account("1001")
    Account.objects.create(company=books.company, code="100101", name="门市", parent=till, category="asset", normal_side="debit")
    books.book(("100101", "50", ""), ("1002", "", "50"))
    totals = totals_of(account_table(books.company, books.period(3), books.period(3)))
    assert (totals.debit, totals.credit, totals.closing_debit, totals.closing_credit) == (250, 250, 250, 250)


# ---- bank accounts ----------------------------------------------------------------------------------------------------------


def add_bank(desk: Client, account: Account) -> HttpResponse:
    return desk.post("/admin/finance/bankaccount/add/", {"code": "CCB", "name": "建设银行", "account": account.pk})  # type: ignore[return-value]


@pytest.mark.parametrize("code", ["220201", "112201", "1012"], ids=["payables", "receivables", "not a leaf"])
def test_money_lies_on_no_account_that_documents_keep(desk: Client, books: Books, code: str) -> None:
    assert list(errors(add_bank(desk, books.account(code)))) == ["account"]
    assert not BankAccount.objects.filter(code="CCB").exists()


def test_money_lies_in_a_bank(desk: Client, books: Books) -> None:
    assert add_bank(desk, books.account("101201")).status_code == 302


def test_no_money_comes_in_on_receivables(books: Books) -> None:
    """The bank account was put there before anybody looked."""
    BankAccount.objects.update(account=books.account("112201"))
    books.sell("SH-1", "100")
    before = trial_balance(books.company)
    with pytest.raises(NotForMoney):
        books.receipt("113", ("SH-1", "113"))
    assert trial_balance(books.company) == before
    assert open_amounts(books) == {"receivable SH-1": 113}
    assert CustomerReceipt.objects.get().state == "draft"


def test_nothing_is_booked_on_the_accounts_of_another_company(books: Books) -> None:
    """Not even by the superuser, who sees every company's accounts."""
    desk = Client()
    desk.force_login(User.objects.create_superuser("sue", language="en"), backend="django.contrib.auth.backends.ModelBackend")
    foreign = Account.objects.get(company=build_factory("OTHER").company, code="1002")
    accounts = {"debit_account": foreign.pk, "credit_account": foreign.pk}
    rule = {"company": books.company.pk, "event": "labour", "element": "labour", **accounts, "summary": "x"}
    answer = desk.post("/admin/finance/postingrule/add/", rule)
    assert errors(answer) == dict.fromkeys(accounts, ["This belongs to another company."])  # type: ignore[arg-type]

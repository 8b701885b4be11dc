"""Overhead at the month end: what was spent against what was absorbed, department by department; the account is empty afterwards."""

from decimal import Decimal
from textwrap import dedent

import pytest
from django.db.models import Sum

from core.db import durable
from core.errors import PeriodClosed
from core.models import Period
from core.posting import posting_transaction
from costing.month_end import OVERHEAD, settle_overhead
from finance import events as books
from finance import vouchers
from finance.closing import steps_of
from finance.models import Account, AccountBalance, ClosingStep, PostingRule, Voucher
from finance.vouchers import Entry
from masterdata.dimensions import Dimensions
from masterdata.models import Department
from tests.books import voucher_text
from tests.factory import NOW, TODAY, Factory
from tests.production import workshop as w

D = Decimal


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    w.stock(factory, (factory.bolt, "100", "250.00"), (factory.plate, "30", "900.00"))
    return factory


def account(factory: Factory, code: str) -> Account:
    return Account.objects.get(company=factory.company, code=code)


@durable
def spend(factory: Factory, code: str, amount: str, department: Department) -> None:
    """A bill for the workshop is paid from the bank."""
    with posting_transaction(company=factory.company, date=TODAY, by=factory.ada, at=NOW) as transaction:
        about = Dimensions(department_id=department.pk)
        bank = Account.objects.filter(company=factory.company, code__startswith="1002", is_leaf=True).first()
        assert bank is not None
        entries = [Entry(account(factory, code), D(amount), True, "车间费用", about), Entry(bank, D(amount), False, "车间费用")]
        vouchers.write(transaction, entries, origin_kind="manual", origin_number="")


def absorb(shop: Factory) -> None:
    """Ten frames are sawn: 96 minutes at 30 an hour are absorbed."""
    order = w.released(shop)
    w.issue(shop, order)
    w.report(shop, order, 10, good="10", minutes="96")


def settle(shop: Factory) -> ClosingStep:
    march = Period.objects.get(company=shop.company, year=2026, month=3)
    return settle_overhead(company=shop.company, period_id=march.pk, by=shop.ada, at=NOW)


def overhead_balances(shop: Factory) -> dict[str, Decimal]:
    rows = AccountBalance.objects.filter(company=shop.company, account__code__startswith="4101")
    sums = rows.values_list("account__code", "department__code", "work_order").annotate(debits=Sum("debit"), credits=Sum("credit"))
    return {
        f"{code} {department} {order}".strip(): debits - credits for code, department, order, debits, credits in sums if debits != credits
    }


def test_more_was_spent_than_absorbed(shop: Factory) -> None:
    absorb(shop)
    spend(shop, "410104", "40.00", shop.workshop)
    spend(shop, "410102", "33.33", shop.workshop)
    step = settle(shop)
    assert (step.passed, step.step, len(step.findings)) == (True, OVERHEAD, 1)
    assert overhead_balances(shop) == {}
    assert voucher_text("2026-03") == dedent("""\
        借  410198  已分配制造费用  73.33  W1
        借  540103  成本差异转入    25.33  W1
        贷  410102  折旧费          33.33  W1
        贷  410104  水电费          40.00  W1
        贷  410198  已分配制造费用  25.33  W1""")
    march = Period.objects.get(company=shop.company, year=2026, month=3)
    assert OVERHEAD in [known.name for known, _row in steps_of(shop.company, march)]


def test_less_was_spent_in_one_department_and_all_in_another(shop: Factory) -> None:
    other = Department.objects.create(company=shop.company, code="W2", name="喷漆车间", is_workshop=True)
    absorb(shop)
    spend(shop, "410104", "10.00", shop.workshop)
    spend(shop, "410105", "7.50", other)
    settle(shop)
    assert overhead_balances(shop) == {}
    difference = AccountBalance.objects.filter(company=shop.company, account__code="540103").values_list("department__code", "debit")
    assert dict(difference) == {"W1": D("-38.00"), "W2": D("7.50")}


def test_run_again_it_settles_what_came_since(shop: Factory) -> None:
    absorb(shop)
    settle(shop)
    count = Voucher.objects.count()
    assert len(settle(shop).findings) == 1
    assert Voucher.objects.count() == count
    spend(shop, "410104", "12.00", shop.workshop)
    assert len(settle(shop).findings) == 2
    assert overhead_balances(shop) == {}


def test_only_the_overhead_accounts_are_emptied(shop: Factory) -> None:
    # The accountant has overhead absorbed by an account of its own at the top of the chart, where cash and payables stand, too.
    alone = Account.objects.create(
        company=shop.company, code="4198", name="已分配费用", category=Account.Category.COST, normal_side=Account.Side.CREDIT
    )
    rules = PostingRule.objects.filter(company=shop.company, event__in=[books.OVERHEAD_ABSORBED, books.OVERHEAD_DIFFERENCE])
    rules.filter(credit_account__code="410198").update(credit_account=alone)
    absorb(shop)
    spend(shop, "1001", "500.00", shop.workshop)
    before = trial_balance(shop)
    settle(shop)
    after = trial_balance(shop)
    assert {code: (before.get(code, 0), after.get(code, 0)) for code in before | after if before.get(code) != after.get(code)} == {
        "4198": (D("-48.00"), 0),
        "540103": (0, D("-48.00")),
    }


def trial_balance(shop: Factory) -> dict[str, Decimal]:
    """What stands on each account, without zeros."""
    rows = AccountBalance.objects.filter(company=shop.company).values_list("account__code")
    sums = rows.annotate(debits=Sum("debit"), credits=Sum("credit")).order_by("account__code")
    return {code: debits - credits for code, debits, credits in sums if debits != credits}


def test_a_closed_month_is_left_alone(shop: Factory) -> None:
    absorb(shop)
    Period.objects.filter(company=shop.company, month=3).update(state=Period.State.CLOSED)
    before = overhead_balances(shop)
    with pytest.raises(PeriodClosed):
        settle(shop)
    assert overhead_balances(shop) == before
    assert not ClosingStep.objects.exists()

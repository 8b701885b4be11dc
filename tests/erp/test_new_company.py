"""A company is added in the administration, and its people can work in it on the same day."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from core.models import Company, Period, User
from finance import manual_vouchers
from finance.inputs import VoucherInput
from finance.models import Account, PostingRule
from finance.setup import CATEGORY_ACCOUNTS
from inventory.entries import draft_entry, post_entry
from inventory.models import Bin, StockEntry, Warehouse
from masterdata.models import Item, ItemCategory, Unit
from tests.books import trial_balance
from tests.factory import NOW, build_factory

D = Decimal

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    """The superuser's browser, in an installation without any company."""
    client = Client()
    client.force_login(User.objects.create_superuser("sue", language="en"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def add_company(desk: Client, **changed: Any) -> HttpResponse:
    usual = {"code": "NEW", "name": "新厂", "currency": "CNY", "currency_places": 2, "standard": "small", "start_date": "2026-03-01"}
    with time_machine.travel(NOW, tick=False):
        return desk.post("/admin/core/company/add/", {**usual, "over_receipt_percent": 0, **changed})  # type: ignore[return-value]


def months(company: Company) -> list[str]:
    return [period.code for period in Period.objects.filter(company=company).order_by("year", "month")]


@pytest.mark.parametrize("standard", Company.Standard.values)
def test_a_company_that_was_just_added_posts_goods_and_vouchers(desk: Client, standard: str) -> None:
    assert add_company(desk, standard=standard).status_code == 302
    company = Company.objects.get(code="NEW")
    sue = User.objects.get(username="sue")
    enter_opening_stock(company, by=sue)
    lines = [
        {"summary": "投资", "account": "1002", "debit": "1000"},
        {"summary": "投资", "account": "3001" if standard == "small" else "4001", "credit": "1000"},
    ]
    typed = VoucherInput(data={"date": "2026-03-02", "lines": lines}, context={"company": company})
    assert typed.is_valid(), typed.errors
    voucher = manual_vouchers.draft_voucher(company=company, data=typed.validated_data, by=sue, at=NOW)
    peter = User.objects.create_user("peter")
    manual_vouchers.review_voucher(company=company, document_id=voucher.pk, by=peter, at=NOW)
    manual_vouchers.post_voucher(company=company, document_id=voucher.pk, by=peter, at=NOW)
    balances = {row.split()[0]: row.split()[-1] for row in trial_balance(company).splitlines()}
    profit = "310415" if standard == "small" else "410406"
    capital = lines[1]["account"]
    assert balances == {"1002": "1,000.00", "140501": "50.00", profit: "-50.00", capital: "-1,000.00"}


def enter_opening_stock(company: Company, *, by: User) -> None:
    """Five products lie in the only warehouse on the first day."""
    unit = Unit.objects.create(company=company, code="PCS", name="件")
    finished = ItemCategory.objects.get(company=company, code="finished")
    item = Item.objects.create(company=company, code="PUMP", name="泵", category=finished, unit=unit)
    store = Warehouse.objects.create(company=company, code="MAIN", name="主仓")
    Bin.objects.create(company=company, warehouse=store, code="A-01", is_default=True)
    data = {
        "kind": StockEntry.Kind.OPENING,
        "document_date": company.start_date,
        "warehouse": store,
        "reason": "期初库存",
        "lines": [{"item": item, "quantity": D(5), "unit_cost": D(10)}],
    }
    entry = draft_entry(company=company, data=data, by=by, at=NOW)
    post_entry(company=company, document_id=entry.pk, by=by, at=NOW)


def test_every_usual_kind_of_goods_has_its_accounts(desk: Client) -> None:
    add_company(desk)
    company = Company.objects.get(code="NEW")
    assert set(ItemCategory.objects.filter(company=company).values_list("code", flat=True)) == set(CATEGORY_ACCOUNTS)
    ours, usual = (PostingRule.objects.filter(company=one, category__code="raw") for one in (company, build_factory().company))
    keys = ("event", "element", "debit_account__code", "credit_account__code")
    assert sorted(ours.values_list(*keys), key=str) == sorted(usual.values_list(*keys), key=str)


@pytest.mark.parametrize(
    ("start", "first", "last"),
    [
        pytest.param("2026-03-01", "2026-01", "2026-12", id="this year"),
        pytest.param("2025-07-01", "2025-01", "2026-12", id="last year, to be entered afterwards"),
        pytest.param("2026-12-01", "2026-01", "2027-12", id="just before a new year"),
    ],
)
def test_the_months_reach_from_the_first_day_to_beyond_today(desk: Client, start: str, first: str, last: str) -> None:
    add_company(desk, start_date=start)
    found = months(Company.objects.get(code="NEW"))
    assert (found[0], found[-1], len(found) % 12) == (first, last, 0)


@pytest.mark.parametrize(("name", "value"), [("start_date", "9999-12-31"), ("start_date", "2030-01-01"), ("currency_places", "5")])
def test_books_start_neither_in_another_age_nor_in_money_that_can_not_be_kept(desk: Client, name: str, value: str) -> None:
    answer = add_company(desk, **{name: value})
    assert list(answer.context["adminform"].form.errors) == [name]  # type: ignore[attr-defined]
    assert not Company.objects.exists()


def test_a_change_of_name_leaves_the_books_alone(desk: Client) -> None:
    add_company(desk)
    company = Company.objects.get(code="NEW")
    accounts = Account.objects.count()
    answer = desk.post(f"/admin/core/company/{company.pk}/change/", {"code": "NEW", "name": "老厂", "over_receipt_percent": 0})
    assert answer.status_code == 302
    company.refresh_from_db()
    assert (company.name, company.start_date, Account.objects.count()) == ("老厂", dt.date(2026, 3, 1), accounts)

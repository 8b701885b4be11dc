"""The worktop shows each person what waits for them and what went wrong, and nothing of others."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils.translation import override

from core.access import access_of
from core.models import Membership
from erp.roles import set_up_roles
from erp.worktop import ALARMS, FIGURES, SHORTCUTS, WAITING
from reports.worktop import all_of
from sales.orders import approve_order
from tests.factory import TODAY, build_factory
from tests.trade import by_ada, purchase_order, receipt, sales_order, shipment, stock


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.fixture
def as_role(factory):
    """What somebody in a role may do; the role is played by Ada, unless another user is given."""
    set_up_roles()

    def play(role, user=None):
        member = Membership.objects.get(user=user or factory.ada, company=factory.company)
        member.roles.set([Group.objects.get(name=role)])
        return access_of(member, member.user)

    return play


def cards(offers, access, today=TODAY):
    return {str(card.title): card.count for card in all_of(offers, access, today) if card.count}


def test_an_order_waits_for_the_boss_and_then_for_the_warehouse(factory, as_role):
    stock(factory, (factory.frame, "10", "100"))
    order = sales_order(factory, (factory.frame, "4", "150"), approved=False)

    assert cards(WAITING, as_role("boss"))["Sales orders: Approve"] == 1
    assert "Sales orders: Ship" not in cards(WAITING, as_role("warehouse"))

    order = approve_order(**by_ada(factory), document_id=order.pk)
    assert "Sales orders: Approve" not in cards(WAITING, as_role("boss"))
    assert cards(WAITING, as_role("warehouse"))["Sales orders: Ship"] == 1

    shipment(factory, order, "4")
    assert "Sales orders: Ship" not in cards(WAITING, as_role("warehouse"))


def test_what_one_has_made_does_not_wait_for_ones_own_approval(factory, as_role):
    sales_order(factory, (factory.frame, "4", "150"), approved=False)

    assert "Sales orders: Approve" not in cards(WAITING, as_role("boss", factory.nora))


def test_goods_to_come_wait_for_the_warehouse(factory, as_role):
    order = purchase_order(factory, (factory.bolt, "100", "2"))
    assert cards(WAITING, as_role("warehouse"))["Purchase orders: Receive"] == 1

    receipt(factory, order, "100")
    assert "Purchase orders: Receive" not in cards(WAITING, as_role("warehouse"))


def test_shortage_and_lateness_are_said(factory, as_role):
    stock(factory, (factory.frame, "1", "100"))
    sales_order(factory, (factory.frame, "4", "150"))

    planner = as_role("planner")
    assert cards(ALARMS, planner) == {"Short within two weeks": 1}
    [shortage] = [card for card in all_of(ALARMS, planner, TODAY) if card.count]
    assert "3" in str(shortage.lines[0].detail)
    assert cards(ALARMS, planner, TODAY + dt.timedelta(days=8))["Sales orders: late"] == 1


def test_an_unpaid_shipment_is_overdue_for_the_accountant(factory, as_role):
    stock(factory, (factory.frame, "4", "100"))
    shipment(factory, sales_order(factory, (factory.frame, "4", "150")), "4")

    accountant = as_role("accountant")
    figures = {str(figure.title): figure.value for figure in all_of(FIGURES, accountant, TODAY)}
    assert figures["Shipped this month"] == 600
    assert figures["Receivables"] == 678
    assert cards(ALARMS, accountant, TODAY + dt.timedelta(days=400))["Receivables overdue"] == 1


def test_prices_and_costs_are_not_told_to_the_workshop(factory, as_role):
    figures = [str(figure.title) for figure in all_of(FIGURES, as_role("workshop"), TODAY)]

    assert figures == ["Work orders in progress"]


def test_nothing_of_another_company_is_told(factory, as_role):
    other = build_factory("OTHER")
    stock(other, (other.frame, "1", "100"))
    sales_order(other, (other.frame, "4", "150"))

    assert cards(WAITING, as_role("boss")) == {}
    assert cards(ALARMS, as_role("boss"), TODAY + dt.timedelta(days=400)) == {}


@pytest.mark.parametrize(
    "role", ["boss", "sales", "planner", "buyer", "warehouse", "workshop", "quality", "accountant", "cashier", "admin"]
)
def test_every_role_has_a_worktop_in_few_statements(factory, as_role, role, django_assert_max_num_queries):
    stock(factory, (factory.frame, "1", "100"))
    sales_order(factory, (factory.frame, "4", "150"))
    access = as_role(role)
    client = Client()
    client.force_login(access.user)

    with django_assert_max_num_queries(45):
        answer = client.get("/")
    assert answer.status_code == 200
    assert client.get("/badges/").status_code == 200
    assert all(shortcut.url for shortcut in all_of(SHORTCUTS, access, TODAY))

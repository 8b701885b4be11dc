"""Search everywhere: a number, a code, a name, pinyin initials, a command – and only what this person may open."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from core.models import Membership
from masterdata.models import Item
from tests.factory import build_factory
from tests.trade import sales_order


@pytest.fixture
def sleeve(factory):
    kind = {"unit": factory.bolt.unit, "category": factory.bolt.category}
    return Item.objects.create(company=factory.company, code="P-017", name="连接套", name_en="Coupling sleeve", **kind)


def allow(user, *permissions):
    role = Group.objects.create(name="searcher")
    for permission in permissions:
        app, codename = permission.split(".")
        role.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    Membership.objects.get(user=user).roles.add(role)


def texts(user, words):
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    user.language = "en"
    user.save()
    answer = client.get("/search/", {"q": words}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    return [str(hit.text) for _title, hits in answer.context["groups"] for hit in hits]


@pytest.mark.parametrize("words", ["ljt", "P-017", "p-01", "连接", "coupling"])
def test_an_item_is_found_by_code_name_and_initials(factory, sleeve, words):
    allow(factory.nora, "inventory.view_stockbalance")

    assert any(text.startswith("P-017") for text in texts(factory.nora, words))


def test_without_the_right_nothing_is_found(factory, sleeve):
    assert texts(factory.nora, "P-017") == []


def test_things_of_another_company_are_not_found(factory):
    allow(factory.nora, "inventory.view_stockbalance")
    other = build_factory("OTHER")
    Item.objects.create(company=other.company, code="SECRET-1", name="秘密", unit=other.bolt.unit, category=other.bolt.category)

    assert texts(factory.nora, "SECRET-1") == []


def test_a_document_is_found_by_its_number_or_by_the_end_of_it(factory):
    allow(factory.nora, "sales.view_salesorder")
    order = sales_order(factory, (factory.frame, "1", "150"))

    for words in (order.number, order.number.lower(), order.number[:6], order.number[-4:]):
        assert order.number in texts(factory.nora, words)


def test_commands_are_found_by_their_words(factory):
    allow(factory.nora, "sales.view_salesorder", "sales.add_salesorder")

    assert texts(factory.nora, "sales order") == ["Sales orders", "New: Sales order"]


@pytest.mark.parametrize("words", ["SO-202611-0001", "0001", "记-0001", "%", "\x00", "'; DROP TABLE", "😀" * 50, "-" * 50])
def test_odd_words_are_only_words(factory, words):
    factory.nora.is_superuser = True
    factory.nora.save()

    assert isinstance(texts(factory.nora, words), list)

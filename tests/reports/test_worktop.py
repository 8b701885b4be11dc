"""The figures of the worktop are those of the books; its cards count all and show a few, in a bounded number of statements."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from core.access import Access
from reports.worktop import documents_to_move_on, trade_figures
from sales.shipments import reverse_shipment
from tests.factory import TODAY, Factory
from tests.proof.house import build_house
from tests.trade import by_nora, sales_order, shipment, stock
from tests.web.test_document_pages import DRAFTS

SALES = frozenset({"sales.see_prices", "sales.view_shipment"})
WAITING = (
    "sales_order",
    "shipment",
    "requisition",
    "purchase_order",
    "purchase_receipt",
    "work_order",
    "material_issue",
    "finished_receipt",
    "inspection",
    "stock_transfer",
    "supplier_invoice",
    "customer_receipt",
)
"""Kinds of documents of which some wait in the busy house."""


def shipped_this_month(factory: Factory) -> Decimal | int:
    """The figure as somebody in sales sees it."""
    [figure] = trade_figures(Access(factory.nora, factory.company, SALES), TODAY)
    return figure.value


def test_what_was_shipped_and_taken_back_was_not_shipped(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "10", "100"))
    shipment(factory, order, "3")
    taken_back = shipment(factory, order, "7")
    assert shipped_this_month(factory) == 1000

    reverse_shipment(**by_nora(factory), document_id=taken_back.pk)

    assert shipped_this_month(factory) == 300


def test_a_card_counts_all_and_shows_the_newest_few(factory: Factory) -> None:
    numbers = [sales_order(factory, (factory.frame, "1", "5"), approved=False).number for _ in range(6)]
    with override("en"):
        [card] = documents_to_move_on(Access(factory.ada, factory.company, frozenset({"sales.approve_salesorder"})), TODAY)
        assert (str(card.title), card.count) == ("Sales orders: Approve", 6)
        assert [line.text for line in card.lines] == numbers[:1:-1]
        assert {line.detail for line in card.lines} == {"Customer One · 03-17"}
    with override("zh-hans"):
        [card] = documents_to_move_on(Access(factory.ada, factory.company, frozenset({"sales.approve_salesorder"})), TODAY)
        assert {line.detail for line in card.lines} == {"客户一 · 03-17"}


@pytest.mark.django_db
def test_who_may_do_everything_sees_everything_that_waits_in_thirty_statements(django_assert_max_num_queries: Any) -> None:
    house = build_house()
    for kind in WAITING:
        DRAFTS[kind](house)
    house.factory.ada.is_superuser = True
    house.factory.ada.save()
    client = Client()
    client.force_login(house.factory.ada)
    client.get("/")

    with django_assert_max_num_queries(30):
        page = client.get("/")

    assert len(page.context["waiting"]) > 12
    assert all(card.lines for card in page.context["waiting"])

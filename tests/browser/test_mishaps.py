"""What happens to everybody: a double click, a session that ends over a half-filled form, two tabs with the same draft."""

from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from finance.models import Voucher
from inventory import entries
from inventory.models import StockMove
from sales.models import SalesOrder
from tests.browser.conftest import PASSWORD, OpenBrowser
from tests.browser.people import in_turn
from tests.factory import Factory, build_factory
from tests.trade import by_nora, sales_order, stock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def factory(transactional_db: None) -> Factory:
    """The small factory, with a hundred bolts in stock; Nora may do everything."""
    factory = build_factory()
    factory.nora.is_superuser = True
    factory.nora.set_password(PASSWORD)
    factory.nora.save()
    stock(factory, (factory.bolt, "100", "2"))
    return factory


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_double_click_on_post_has_one_effect(factory: Factory, open_browser: OpenBrowser, scripts: bool) -> None:
    """The page sends once; where its script doesn't run, the server answers the second request as the first."""
    today = timezone.localdate()
    lines = [{"item": factory.bolt, "quantity": Decimal(10)}]
    data = {"kind": "other_out", "document_date": today, "warehouse": factory.store, "reason": "repair", "lines": lines}
    number = entries.draft_entry(**by_nora(factory), data=data).number
    nora = open_browser(java_script_enabled=scripts).logs_in(factory.nora.username, PASSWORD)

    nora.finds("其他出入库单：记账", number)
    nora.main.get_by_role("button", name="记账", exact=True).dblclick()
    nora.is_told("记账——完成").sees_state("已记账")

    with in_turn():
        assert [move.quantity for move in StockMove.objects.filter(company=factory.company, posting__origin_number=number)] == [-10]
        assert Voucher.objects.filter(company=factory.company, origin_number=number).count() == 1


def test_what_was_typed_outlives_the_session(factory: Factory, open_browser: OpenBrowser) -> None:
    nora = open_browser().logs_in(factory.nora.username, PASSWORD)
    nora.opens("销售", "销售订单").presses("新建")
    nora.writes(客户="C1", 客户订单号="half filled", 交货日期=f"{timezone.localdate()}", 发货仓库="MAIN")
    nora.line(1, 物料="FRAME", 数量="4", 不含税单价="150").line(2, 物料="FRAME", 数量="1", 不含税单价="149.5")
    with in_turn():
        Session.objects.all().delete()
    nora.presses("保存").reads("登录已过期").reads("您输入的内容都还在")

    with nora.context.expect_page() as opened:
        nora.presses("1. 登录")
    nora.beside(opened.value).names_themselves(factory.nora.username, PASSWORD).reads("您已重新登录")
    nora.presses("2. 提交我的输入").is_told("已保存")

    nora.sees(客户订单号="half filled", 不含税金额="749.50")
    with in_turn():
        assert SalesOrder.objects.count() == 1


def test_of_two_tabs_the_second_sees_what_the_first_has_changed(factory: Factory, open_browser: OpenBrowser) -> None:
    order = sales_order(factory, (factory.frame, "4", "150"), approved=False, customer_reference="old")
    nora = open_browser().logs_in(factory.nora.username, PASSWORD)
    first = nora.looks_up(order.number).presses("编辑")
    second = first.beside()

    first.writes(客户订单号="first tab").saves()
    second.line(1, 数量="7").presses("保存").reads("您的输入与当前保存内容的差异")
    assert second.rows()[:2] == [["客户订单号", "old", "first tab"], ["1: 数量", "7", "4"]]
    with in_turn():
        order.refresh_from_db()
        assert (order.customer_reference, order.net_amount) == ("first tab", 600)

    # What was typed still stands in the form; saved once more, it is what counts.
    expect(second.cell(1, "数量")).to_have_value("7")
    second.writes(客户订单号="first tab").saves()
    second.sees(客户订单号="first tab", 不含税金额="1,050.00")

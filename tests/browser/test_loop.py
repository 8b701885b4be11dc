"""The closed loop as its people walk it, each at a browser of their own: one order goes through the house by clicks and keys alone."""

import calendar
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from core.models import Company, User
from erp.closed_loop.narrator import Narrator
from erp.closed_loop.stage import build
from erp.closed_loop.story import Loop, the_books_start
from reports.reconcile import run
from tests.browser.people import Person, Worker, in_turn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a-long-password"
COSTS = (
    ("车间电费", "410104", "560.00", ""),
    ("车间电费", "1002", "", "560.00"),
    ("机器折旧", "410102", "540.00", ""),
    ("机器折旧", "160202", "", "540.00"),
    ("计提工资", "560201", "2600.00", ""),
    ("计提工资", "221101", "", "2600.00"),
)
"""Summary, account, debit, credit: what the month has cost besides."""
Staff = Callable[[str], Person]


@pytest.fixture
def company(transactional_db: None) -> Company:
    """A pump maker on the first day of its books: masters, bills of two levels, routings, some stock, and one user for each role."""
    today = timezone.localdate()
    after = today.replace(day=calendar.monthrange(today.year, today.month)[1]) + dt.timedelta(days=1)
    stage = build("PUMPS", today=after)
    the_books_start(Loop(stage, Narrator(stage.company, None)))
    User.objects.filter(username__startswith="pumps-").update(password=make_password(PASSWORD))
    return stage.company


@pytest.fixture
def staff(company: Company, open_browser: Any) -> Staff:
    """The people by their role; whoever is needed first sits down and logs in."""
    seated: dict[str, Person] = {}

    def by_role(role: str) -> Person:
        if role not in seated:
            seated[role] = open_browser().logs_in(f"pumps-{role}", PASSWORD)
        return seated[role]

    return by_role


def test_one_order_goes_through_the_whole_house(staff: Staff, company: Company, worker: Worker) -> None:
    order = a_customer_orders(staff)
    rotors, pumps = planning_runs(staff, worker)
    material_is_bought(staff)
    material_is_short(staff("planner"), rotors)
    material_arrives(staff)
    invoices_come(staff("accountant"))
    rotors_are_made(staff)
    pumps_are_made(staff)
    shipment, paid = pumps_are_shipped_and_paid(staff, order)
    suppliers_are_paid(staff)
    costs_are_booked(staff)
    the_month_is_closed(staff("accountant"))
    the_books_speak(staff("accountant"))
    the_chain_leads_everywhere(staff("boss"), order, {rotors, pumps, shipment, paid})
    the_boss_reads_english(staff("boss"), shipment)
    with in_turn():
        assert {result.promise: result.differences for result in run(company)} == {f"P{number}": [] for number in range(1, 13)}


def a_customer_orders(staff: Staff) -> str:
    """Sales types the order; its maker can't approve it, the boss can."""
    sales = staff("sales").presses("销售订单")
    sales.picks(sales.field("客户"), "jasw", "C1")
    sales.writes(客户订单号="JA-2026-118", 交货日期=f"{timezone.localdate() + dt.timedelta(days=24)}", 发货仓库="SHIP")
    sales.picks(sales.cell(1, "物料"), "离心", "PUMP")
    expect(sales.cell(1, "不含税单价")).to_have_value("2400")
    number = sales.line(1, 数量="10", **{"税率 %": "13"}).saves()
    sales.sees(不含税金额="24,000.00", 税额="3,120.00", 价税合计="27,120.00").sees_state("草稿").reads("审批")
    boss = staff("boss").finds("销售订单：审批", number)
    boss.sees(客户="C1 江岸水务工程有限公司", 价税合计="27,120.00").does("审批").sees_state("已审批")
    return number


def planning_runs(staff: Staff, worker: Worker) -> tuple[str, str]:
    """Net requirements through both levels, and what they become."""
    planner = staff("planner").opens("计划", "物料需求计划").presses("运行计划")
    planner.reads("等待中")
    worker.works()
    planner.reads("已完成").opens("计划", "物料需求计划")
    assert sorted([row[0], row[1], row[3]] for row in planner.rows()) == [
        ["外购", "BAR", "100"],
        ["外购", "BEARING", "20"],
        ["外购", "CASING", "10"],
        ["外购", "IMPELLER", "15"],
        ["外购", "MOTOR", "10"],
        ["自制", "PUMP", "10"],
        ["自制", "ROTOR", "10"],
    ]
    planner.chooses_all().presses("生成生产订单").is_told("已生成 2 张单据")
    planner.chooses_all().presses("生成采购申请").is_told("已生成 1 张单据")
    pumps = planner.finds("生产订单：下达", "离心泵").number
    planner.sees(领料仓库="MAIN", 入库仓库="MAIN").presses("编辑").writes(入库仓库="SHIP").saves()
    rotors = planner.finds("生产订单：下达", "转子部件").number
    return rotors, pumps


def material_is_bought(staff: Staff) -> None:
    """A requisition, three orders to three suppliers, approved together in their list."""
    asked = staff("boss").finds("采购申请：审批").does("审批").number
    buyer = staff("buyer").finds("采购申请：订购", asked).presses("生成采购订单")
    buyer.writes(收货仓库="MAIN").presses("生成采购订单").is_told("生成采购订单——完成。")
    boss = staff("boss").opens("采购", "采购订单")
    assert sum("草稿" in row for row in boss.rows()) == 3
    boss.chooses_all().presses("审批").is_told("3")
    assert sum("已审批" in row for row in boss.rows()) == 3


def material_is_short(planner: Person, rotors: str) -> None:
    """Releasing before anything has come says what is short, and changes nothing."""
    planner.finds("生产订单：下达", rotors).presses("下达").presses("下达")
    planner.reads("BAR 45号圆钢：需要 42，材料半成品库 可用 0（已冻结 0）。").sees_state("草稿")


def material_arrives(staff: Staff) -> None:
    """Received into a bin, by lot where the item wants one; what is inspected waits for quality."""
    warehouse, quality = staff("warehouse"), staff("quality")
    for note in ("DN-1", "DN-2", "DN-3"):
        warehouse.finds("采购订单：收货").presses("收货").writes(送货单号=note)
        for item in ("BAR", "IMPELLER", "CASING", "BEARING", "MOTOR"):
            if line := warehouse.line_of(item):
                warehouse.line(line, 库位="M-01", 批号=f"L-{item}-01" if item in ("IMPELLER", "CASING") else "")
        warehouse.saves()
        warehouse.does("记账").sees_state("已记账")
    it_is_good(quality, "泵体铸件", "10")
    it_is_good(quality, "叶轮铸件", "15")


def it_is_good(quality: Person, item: str, quantity: str) -> None:
    """Quality finds the inspection, and accepts all of it."""
    quality.finds("检验单：判定", item).presses("判定").sees(物料=item, 待检数量=quantity)
    quality.does("判定").sees(合格=quantity, 不合格="0").sees_state("已记账")


def invoices_come(accountant: Person) -> None:
    """Made out from the receipts; the foundry charges 2.00 more for its castings than was ordered."""
    for supplier in ("云岭铸造", "东川机电", "北港钢材"):
        accountant.opens("采购", "采购入库单").main.locator("tbody tr").filter(has_text=supplier).locator("a").first.click()
        accountant.presses("录入发票").writes(发票号=f"26-{supplier}")
        if supplier == "云岭铸造":
            expect(accountant.main.locator(".line-grid tbody tr").nth(1)).to_contain_text("叶轮铸件")
            accountant.line(2, 不含税单价="87")
        accountant.saves()
        accountant.does("记账").sees_state("已记账")


def rotors_are_made(staff: Staff) -> None:
    """Release reserves, issue takes, surplus comes back, one is scrapped, nine are received at what they cost."""
    warehouse, boss = staff("warehouse"), staff("boss")
    order = it_is_released(staff("planner"), "转子部件")
    assert [[row[0], *row[2:]] for row in staff("planner").rows("尚需")] == [
        ["BAR 45号圆钢", "42", "42"],
        ["IMPELLER 叶轮铸件", "10", "10"],
    ]
    issue = it_is_issued(warehouse, "转子部件")
    boss.looks_up(issue)
    assert [row[-2:] for row in boss.rows("凭证")] == [["40010101 直接材料", "1,088.40"], ["140301 原料及主要材料", "1,088.40"]]

    warehouse.looks_up(order).presses("退料")
    warehouse.line(1, 数量="1.5", 库位="M-01")
    warehouse.saves()
    warehouse.does("记账")
    work_is_reported(staff("workshop"), "转子部件", 合格数="9", 废品数="1", 报废原因="孔径超差", 分钟="290")
    it_is_good(staff("quality"), "转子部件", "9")
    receipt = it_is_received(warehouse, "转子部件", 完成订单="x")
    boss.looks_up(receipt).sees(材料="1,080.60", 人工="222.33", 制造费用="580.00")


def it_is_released(planner: Person, item: str) -> str:
    """What is not there is not promised: releasing reserves the material."""
    planner.finds("生产订单：下达", item).presses("下达")
    return planner.does("下达").sees_state("已下达").number


def it_is_issued(warehouse: Person, item: str) -> str:
    """All that is reserved leaves the store."""
    warehouse.finds("生产订单：领料", item).presses("领料").saves()
    return warehouse.does("记账").sees_state("已记账").number


def work_is_reported(workshop: Person, item: str, **done: str) -> None:
    """What came out of the next operation, and how long it took."""
    workshop.finds("生产订单：汇报", item).presses("汇报").writes(**done).saves()
    workshop.does("记账").sees_state("已记账")


def it_is_received(warehouse: Person, item: str, **typed: str) -> str:
    """What quality has accepted goes into stock."""
    warehouse.finds("生产订单：产品入库", item).presses("产品入库")
    if typed.pop("完成订单", ""):
        warehouse.main.get_by_label("完成订单").check()
    warehouse.writes(**typed).saves()
    return warehouse.does("记账").sees_state("已记账").number


def pumps_are_made(staff: Staff) -> None:
    """The same for the product; its lot is new."""
    it_is_released(staff("planner"), "离心泵")
    it_is_issued(staff("warehouse"), "离心泵")
    work_is_reported(staff("workshop"), "离心泵", 分钟="620")
    work_is_reported(staff("workshop"), "离心泵", 分钟="315")
    it_is_good(staff("quality"), "离心泵", "10")
    it_is_received(staff("warehouse"), "离心泵", 批号="P-0001")


def pumps_are_shipped_and_paid(staff: Staff, order: str) -> tuple[str, str]:
    """Cost of sales, revenue, output tax, receivable – and the money, which settles it."""
    warehouse = staff("warehouse").finds("销售订单：发货", order).presses("发货")
    warehouse.saves()
    shipment = warehouse.does("记账").sees_state("已记账").number
    cashier = staff("cashier").looks_up(shipment).presses("收款")
    expect(cashier.field("金额")).to_have_value("27120")
    paid = cashier.writes(银行账户="BANK", 银行流水号="BK-7781").saves()
    cashier.does("记账").sees(金额="27,120.00").sees_state("已记账")
    staff("sales").looks_up(order).sees_state("已完成")
    return shipment, paid


def suppliers_are_paid(staff: Staff) -> None:
    """Prepared by the cashier from the invoices, released together by the accountant."""
    cashier = staff("cashier")
    for supplier in ("云岭铸造", "东川机电", "北港钢材"):
        cashier.opens("财务", "采购发票").main.locator("tbody tr").filter(has_text=supplier).locator("a").first.click()
        cashier.presses("付款").writes(银行账户="BANK").saves()
    accountant = staff("accountant").opens("财务", "付款单").chooses_all().presses("放行并记账").is_told("完成 3 张单据")
    accountant.opens("财务", "往来未清项").reads("没有符合的记录。")


def costs_are_booked(staff: Staff) -> None:
    """A voucher by hand, pasted from a sheet: prepared by the accountant, reviewed by the boss, posted."""
    accountant = staff("accountant").opens("财务", "凭证").presses("新建")
    block = [f"{words}\t{account}\t{debit}\t{credit}" for words, account, debit, credit in COSTS]
    accountant.pastes(accountant.cell(1, "摘要"), "\n".join(block))
    accountant.presses("保存").is_told("凭证保存为草稿").reads("3,700.00")
    boss = staff("boss").finds("凭证：审核").does("审核")
    boss.sees_state("已审核")
    accountant.finds("凭证：记账").does("记账").sees_state("已记账")


def the_month_is_closed(accountant: Person) -> None:
    """The cockpit offers one step after the other, asks before what shuts something, and says what each has found."""
    accountant.opens("财务", "月末").reads(f"{timezone.localdate():%Y-%m} 月末结账")
    steps = accountant.main.locator(".closing-steps > li")
    for done in range(steps.count()):
        button = steps.nth(done).locator("button.btn-primary")
        asks = button.locator("xpath=..").get_attribute("data-confirm")
        button.click()
        if asks:
            accountant.agrees()
        expect(accountant.main.locator(".closing-steps > li.is-passed")).to_have_count(done + 1)
    accountant.reads("已结账")


def the_books_speak(accountant: Person) -> None:
    """To the cent what the same month costs when the house's verbs are called directly (tests/erp/test_closed_loop.py)."""
    accountant.opens("报表", "试算平衡表").reads("账目平衡")
    closing = {row[0]: tuple(row[-2:]) for row in accountant.rows(blanks=True)}
    assert {code: amounts for code, amounts in closing.items() if any(amounts)} == {
        "1002": ("512,451.95", ""),
        "140301": ("744.40", ""),
        "140303": ("152.00", ""),
        "140502": ("205.72", ""),
        "160102": ("60,000.00", ""),
        "160202": ("", "540.00"),
        "221101": ("", "3,476.83"),
        "22210101": ("1,623.05", ""),
        "22210103": ("1,496.95", ""),
        "22210105": ("", "3,120.00"),
        "222102": ("", "1,496.95"),
        "3001": ("", "560,532.00"),
        "3103": ("", "7,508.29"),
    }
    accountant.opens("报表", "利润表")
    assert ["一、营业收入", "1", "24,000.00", "24,000.00"] in accountant.rows()
    accountant.opens("报表", "资产负债表")
    assert [row[2] for row in accountant.rows() if row[0] in ("资产总计", "负债和所有者权益（或股东权益）总计")] == ["573,014.07"] * 2


def the_chain_leads_everywhere(boss: Person, order: str, others: set[str]) -> None:
    """From the order one sees what came of it (联查), and goes there."""
    boss.looks_up(order)
    assert {order, *others} <= boss.chain()
    boss.clicks_in_the_chain(min(others)).clicks_in_the_chain(order)


def the_boss_reads_english(boss: Person, shipment: str) -> None:
    """The same page in the other language: nothing is left in Chinese but names."""
    boss.looks_up(shipment).speaks("English", "en")
    boss.reads(f"Sales shipment {shipment}").sees_state("Posted")
    boss.sees(Customer="Jiang'an Water Works", Warehouse="SHIP Finished goods store", **{"Gross amount": "27,120.00"})
    assert [row[-2:] for row in boss.rows("Vouchers")] == [
        ["540101 Cost of products sold", "14,228.79"],
        ["140501 Finished goods (self-made)", "14,228.79"],
        ["112201 Trade receivables (invoiced)", "27,120.00"],
        ["500101 Revenue from products", "24,000.00"],
        ["22210105 Output VAT", "3,120.00"],
    ]

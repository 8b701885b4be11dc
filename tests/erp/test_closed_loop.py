"""The main loop: one order goes through the whole house, by the people whose work it is, and the month is closed behind it."""

import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import override

from core.models import Company, Period, State
from erp.closed_loop.telling import Told, tell_the_loop
from finance.models import OpenItem, Voucher
from inventory.models import Lot, Reservation, StockBalance
from production.models import FinishedReceipt, WorkOrder
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.books import trial_balance, voucher_text

D = Decimal
TODAY = dt.date(2026, 4, 15)


@pytest.fixture
def told(db: None) -> Told:
    """The loop, told in English; it happens in March."""
    with override("en"):
        return tell_the_loop("LOOP", today=TODAY, out=None)


def step(told: Told, beginning: str) -> dict[str, Any]:
    return next(one for one in told.steps if one["title"].startswith(beginning))


def test_one_order_goes_through_the_whole_house(told: Told) -> None:
    company = told.company

    # Ten pumps are ordered; planning goes down through rotors to bar and castings, against four bearings and two rotors in stock.
    order = SalesOrder.objects.get(company=company)
    assert (order.number, order.gross_amount, order.created_by.first_name, order.approved_by.first_name) == (
        "SO-202603-0001",
        D("27120.00"),
        "sales",
        "boss",
    )
    proposed = [row[:3] for row in step(told, "Material planning")["notes"]]
    assert proposed == [
        ["Buy", "BAR", "100"],
        ["Buy", "BEARING", "20"],
        ["Buy", "CASING", "10"],
        ["Buy", "IMPELLER", "15"],
        ["Buy", "MOTOR", "10"],
        ["Make", "PUMP", "10"],
        ["Make", "ROTOR", "10"],
    ]
    assert PurchaseOrder.objects.filter(company=company, state=State.DONE).count() == 3

    # Before anything has come, releasing says what is short and reserves nothing.
    short = step(told, "The planner tries")["notes"]
    assert short[1] == "· BAR Round bar: 42 wanted, 0 free in Materials store (0 reserved)."

    # The foundry's impellers cost 2.00 more than ordered: 30.00 go into the goods that are all still there.
    dearer = [line.split() for line in voucher_text("PI-202603-0001", company).splitlines()[:2]]
    assert dearer == [["借", "140301", "原料及主要材料", "30.00", "S1"], ["贷", "220202", "暂估应付款", "30.00", "S1"]]

    # Rotors: material out, 1.5 kg back in red, work absorbed, nine good ones received at what they cost.
    assert voucher_text("MR-202603-0001", company) == (
        "借  40010101  直接材料        -7.80  W1 WO-202603-0002\n贷  140301    原料及主要材料  -7.80  W1 WO-202603-0002"
    )
    rotors, pumps = FinishedReceipt.objects.filter(company=company).order_by("id")
    assert (rotors.quantity, rotors.material_cost, rotors.labour_cost, rotors.overhead_cost) == (9, D("1080.60"), D("222.33"), D("580.00"))
    assert (pumps.quantity, pumps.value, pumps.lot.code) == (10, D("14228.79"), "P-0001")
    assert list(WorkOrder.objects.filter(company=company).order_by("id").values_list("state", flat=True)) == ["done", "done", "cancelled"]

    # Shipped, paid, settled; the order closed itself.
    assert order.state == State.DONE
    assert voucher_text("SH-202603-0001", company) == (
        "借  540101    产品销售成本  14,228.79  C1\n"
        "贷  140501    产成品        14,228.79  C1\n"
        "\n"
        "借  112201    应收款        27,120.00  C1\n"
        "贷  500101    产品销售收入  24,000.00  C1\n"
        "贷  22210105  销项税额       3,120.00  C1"
    )
    assert not OpenItem.objects.filter(company=company).exclude(open_amount=0).exists()
    assert Lot.objects.get(company=company, item__code="PUMP").code == "P-0001"


def test_the_month_ends_with_books_that_balance(told: Told) -> None:
    assert trial_balance(told.company) == (
        "1002      银行存款         512,451.95\n"
        "140301    原料及主要材料       744.40\n"
        "140303    外购半成品           152.00\n"
        "140502    自制半成品           205.72\n"
        "160102    机器设备          60,000.00\n"
        "160202    机器设备折旧        -540.00\n"
        "221101    职工工资          -3,476.83\n"
        "22210101  进项税额           1,623.05\n"
        "22210103  转出未交增值税     1,496.95\n"
        "22210105  销项税额          -3,120.00\n"
        "222102    未交增值税        -1,496.95\n"
        "3001      实收资本        -560,532.00\n"
        "3103      本年利润          -7,508.29"
    )
    period = Period.objects.get(company=told.company, year=2026, month=3)
    assert period.state == Period.State.CLOSED
    assert "lies in the closed period 2026-03" in step(told, "Somebody tries")["documents"][0]["what"]
    assert Voucher.objects.filter(company=told.company, number=None).count() == 0


def test_a_cancelled_order_gives_its_material_back_and_a_repeated_request_has_one_effect(told: Told) -> None:
    released, cancelled = step(told, "Another work order")["documents"]
    assert (released["what"], cancelled["what"]) == ("Released; reserved now: 15.6", "Cancelled; reserved now: 0")
    assert not Reservation.objects.filter(company=told.company, state=Reservation.State.HELD).exists()
    assert not StockBalance.objects.filter(company=told.company).exclude(reserved=0).exists()

    paid = step(told, "The customer pays")
    assert [one["number"] for one in paid["documents"]] == ["RC-202603-0001"]
    assert paid["notes"] == ["sent again: RC-202603-0001, answered before: True"]


def test_every_promise_holds(told: Told) -> None:
    assert [(result.promise, result.ok) for result in told.promises] == [(f"P{number}", True) for number in range(1, 13)]


@pytest.mark.django_db
def test_the_command_answers_machines_and_needs_a_company_of_its_own() -> None:
    out = StringIO()
    call_command("closed_loop", today=TODAY, json=True, language="en", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["company"], answer["ok"], len(answer["promises"])) == ("LOOP-1", True, 12)
    assert answer["steps"][1]["documents"][0]["number"] == "SO-202603-0001"
    assert Company.objects.filter(code="LOOP-1").exists()
    with pytest.raises(CommandError, match="LOOP-1 already"):
        call_command("closed_loop", company="LOOP-1", stdout=out)

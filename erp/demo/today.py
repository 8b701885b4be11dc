"""What lies on the desks when a visitor comes: documents in every state, something short, something late, something overdue.

Late is the rush order of the weeks before; overdue is what the bad payer owes; short are work orders that wait for material.
Here the rest is left half done, each by its own person. Whatever has nothing to work on (a history of a few days) is left out.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from core.db import durable
from core.models import State
from erp.demo.calendar import at
from erp.demo.desks import books, money, planning, sales, warehouse, workshop
from erp.demo.masters import Factory
from finance.invoices import draft_invoice
from finance.manual_vouchers import draft_voucher, review_voucher
from finance.models import Account, GoodsReceived, OpenItem
from finance.money import draft_customer_receipt, draft_supplier_payment
from inventory.entries import draft_entry, post_entry
from inventory.models import StockEntry
from inventory.transfers import draft_transfer, post_transfer
from production.closing import close_order as close_work_order
from production.issues import draft_issue
from production.models import WorkOrder
from production.work_orders import cancel_order as cancel_work_order
from production.work_orders import draft_order as draft_work_order
from purchasing.models import PurchaseOrder
from purchasing.orders import cancel_order as cancel_purchase
from purchasing.orders import draft_order as draft_purchase
from purchasing.receipts import draft_receipt
from purchasing.requisitions import approve_requisition, cancel_requisition, draft_requisition
from sales.models import SalesOrder, Shipment
from sales.orders import cancel_order, close_order
from sales.shipments import draft_shipment, reverse_shipment

ONE = Decimal(1)


@durable
def leave_on_desks(factory: Factory, day: dt.date) -> None:
    """Leave work of every kind half done on `day`."""
    _sales(factory, day)
    _shipments(factory, day)
    _purchases(factory, day)
    _deliveries(factory, day)
    _work_orders(factory, day)
    _store(factory, day)
    _money(factory, day)
    _vouchers(factory, day)
    planning.plan(factory, day)


def _sales(factory: Factory, day: dt.date) -> None:
    """Orders: one just entered, one approved, one late, one called off, one closed before all was shipped, one shipped in part."""
    customers = {customer.code: customer for customer in factory.customers}
    due = day + dt.timedelta(days=20)
    sales.enter_order(factory, day, customers["C007"], [("FG-WG63", 12), ("FG-HG100", 4)], due=due)
    sales.approve(factory, day, sales.enter_order(factory, day, customers["C010"], [("FG-CP50", 6)], due=due))
    earlier = max(day - dt.timedelta(days=15), factory.company.start_date)
    late = sales.enter_order(factory, earlier, customers["C003"], [("FG-HG160", 3)], due=max(day - dt.timedelta(days=3), earlier))
    sales.approve(factory, day, late)
    off = sales.enter_order(factory, day, customers["C014"], [("FG-HG160", 2)], due=due)
    cancel_order(company=factory.company, document_id=off.pk, by=factory.people.sales, at=at(day, 10), reason="客户取消 called off")
    in_stock = [(code, free) for code in sales.WANTED if (free := sales.free_stock(factory).get(factory.items[code].pk, ONE * 0)) >= 1]
    for code, (product, _free), close in zip(("C016", "C018"), in_stock, (True, False), strict=False):
        order = sales.enter_order(factory, day, customers[code], [(product, 3)], due=day)
        sales.approve(factory, day, order)
        order.refresh_from_db()
        if order.state == State.APPROVED:
            sales.ship(factory, day, order, {factory.items[product].pk: ONE})
            if close:
                reason = "余数不要 rest not wanted"
                close_order(company=factory.company, document_id=order.pk, by=factory.people.sales, at=at(day, 16), reason=reason)


def _shipments(factory: Factory, day: dt.date) -> None:
    """Shipments: yesterday's last one comes back, and one is being prepared."""
    last = Shipment.objects.filter(company=factory.company, state=State.POSTED, document_date__lt=day).order_by("-id")
    paid = OpenItem.objects.filter(company=factory.company, open_amount=0).values("origin_number")
    back = last.exclude(number__in=paid).first()
    if back:
        reverse_shipment(
            company=factory.company, document_id=back.pk, by=factory.people.warehouse, at=at(day, 11), reason="规格发错 wrong type sent"
        )
    order = SalesOrder.objects.filter(company=factory.company, state=State.APPROVED).order_by("due_date", "id").first()
    if order:
        line = order.lines.order_by("line_no").first()
        assert line is not None
        data = {"order": order, "document_date": day, "lines": [{"order_line": line.line_no, "quantity": line.quantity - line.shipped}]}
        draft_shipment(company=factory.company, data=data, by=factory.people.sales, at=at(day, 16))


def _purchases(factory: Factory, day: dt.date) -> None:
    """Requisitions and orders: drafted, approved, called off."""
    company, people = factory.company, factory.people
    wanted = {"document_date": day, "department": factory.departments["W03"]}
    drafts = []
    for code, quantity in (("AX-GRS", 20), ("AX-PNT", 40), ("PK-FILM", 200)):
        line = {"item": factory.items[code], "quantity": Decimal(quantity), "due_date": day + dt.timedelta(days=10)}
        drafts.append(draft_requisition(company=company, data=wanted | {"lines": [line]}, by=people.planner, at=at(day, 9)))
    approve_requisition(company=company, document_id=drafts[1].pk, by=people.boss, at=at(day, 10))
    cancel_requisition(company=company, document_id=drafts[2].pk, by=people.planner, at=at(day, 10), reason="已有库存 in stock")
    orders = []
    for supplier, code in (("S018", "BP-BRG-6307"), ("S019", "BP-MT-055")):
        data = {
            "supplier": factory.suppliers[supplier],
            "document_date": day,
            "due_date": day + dt.timedelta(days=8),
            "warehouse": factory.warehouses["SEMI"],
            "lines": [{"item": factory.items[code], "quantity": Decimal(20)}],
        }
        orders.append(draft_purchase(company=company, data=data, by=people.buyer, at=at(day, 14)))
    cancel_purchase(company=company, document_id=orders[1].pk, by=people.buyer, at=at(day, 15), reason="交期太长 takes too long")


def _deliveries(factory: Factory, day: dt.date) -> None:
    """Goods: one delivery waits for inspection, the next stands at the gate with its receipt drafted."""
    coming = PurchaseOrder.objects.filter(company=factory.company, state=State.APPROVED).select_related("supplier", "warehouse")
    looked_at = coming.filter(lines__item__inspect_on_receipt=True).order_by("due_date", "id").first()
    if looked_at:
        warehouse.receive(factory, day, looked_at, share=Decimal("0.6"))
    other = coming.exclude(pk=looked_at.pk if looked_at else 0).filter(lines__item__lot_tracked=False).order_by("due_date", "id").first()
    if other:
        line = other.lines.order_by("line_no").first()
        assert line is not None
        data = {"order": other, "document_date": day, "lines": [{"order_line": line.line_no, "quantity": line.quantity - line.received}]}
        draft_receipt(company=factory.company, data=data, by=factory.people.warehouse, at=at(day, 10))


def _work_orders(factory: Factory, day: dt.date) -> None:
    """Work orders: one released with its issue prepared, one called off after release, one closed, one short of material."""
    company, people = factory.company, factory.people
    short = _work_order(factory, day, "FG-MP40", 60)
    assert not workshop.release(factory, day, short), "sixty pumps are more than the store has parts for"
    first, second = (_work_order(factory, day, code, 2) for code in ("SP-CP50-SL", "SP-BC-50"))
    if workshop.release(factory, day, first):
        first.refresh_from_db()
        draft_issue(company=company, data={"work_order": first, "document_date": day}, by=people.warehouse, at=at(day, 9))
    if workshop.release(factory, day, second):
        cancel_work_order(company=company, document_id=second.pk, by=people.planner, at=at(day, 15), reason="计划变更 plan changed")
    done = WorkOrder.objects.filter(company=company, state=State.DONE).order_by("id").first()
    if done:
        close_work_order(company=company, document_id=done.pk, by=people.planner, at=at(day, 15), document_date=day)


def _work_order(factory: Factory, day: dt.date, code: str, quantity: int) -> WorkOrder:
    is_part = code.startswith("SP")
    data = {
        "item": factory.items[code],
        "quantity": Decimal(quantity),
        "document_date": day,
        "start_date": day,
        "due_date": day + dt.timedelta(days=6),
        "department": factory.departments["W01" if is_part else "W03"],
        "material_warehouse": factory.warehouses["RAW" if is_part else "SEMI"],
        "target_warehouse": factory.warehouses["SEMI" if is_part else "FIN"],
    }
    return draft_work_order(company=factory.company, data=data, by=factory.people.planner, at=at(day, 8, 30))


def _store(factory: Factory, day: dt.date) -> None:
    """The store's own documents: grease used up, a seal found, parts moved to another bin, another move prepared."""
    company, people, semi = factory.company, factory.people, factory.warehouses["SEMI"]
    for kind, code, reason in (("other_out", "AX-GRS", "设备保养领用 machine maintenance"), ("other_in", "BP-OS-35", "盘点发现 found")):
        item = factory.items[code]
        line: dict[str, Any] = {"item": item, "quantity": ONE}
        if kind == StockEntry.Kind.OTHER_IN:
            line |= {"unit_cost": item.standard_cost, "bin": factory.home[code].code}
        data = {
            "kind": kind,
            "document_date": day,
            "warehouse": semi,
            "department": factory.departments["W03"],
            "reason": reason,
            "lines": [line],
        }
        entry = draft_entry(company=company, data=data, by=people.warehouse, at=at(day, 13))
        post_entry(company=company, document_id=entry.pk, by=people.warehouse, at=at(day, 13, 10))
    for code, post in (("BP-NP", True), ("BP-KY-8", False)):
        line = {"item": factory.items[code], "quantity": Decimal(10), "bin": factory.home[code].code, "to_bin": "R-00"}
        data = {"document_date": day, "warehouse": semi, "to_warehouse": semi, "lines": [line]}
        move = draft_transfer(company=company, data=data, by=people.warehouse, at=at(day, 14))
        if post:
            post_transfer(company=company, document_id=move.pk, by=people.warehouse, at=at(day, 14, 10))


def _money(factory: Factory, day: dt.date) -> None:
    """Money: a supplier's invoice, a payment and a customer's payment are prepared."""
    company, people = factory.company, factory.people
    row = (
        GoodsReceived.objects.filter(company=company, invoiced_quantity=0, quantity__gt=0)
        .select_related("supplier__tax_rate", "item")
        .last()
    )
    if row:
        line = {"received": row, "quantity": row.quantity, "unit_price": row.amount / row.quantity}
        data = {"supplier": row.supplier, "invoice_number": f"26{day:%y%m%d}01", "document_date": day, "lines": [line]}
        draft_invoice(company=company, data=data, by=people.accountant, at=at(day, 10))
    for side, partner, draft in (
        (OpenItem.Side.PAYABLE, "supplier", draft_supplier_payment),
        (OpenItem.Side.RECEIVABLE, "customer", draft_customer_receipt),
    ):
        item = (
            OpenItem.objects.filter(company=company, side=side, open_amount__gt=0)
            .select_related(partner)
            .order_by("-due_date", "id")
            .first()
        )
        if item:
            data = {partner: getattr(item, partner), "document_date": day, "bank_account": factory.banks["B01"], **money.settling([item])}
            draft(company=company, data=data, by=people.cashier, at=at(day, 15))


def _vouchers(factory: Factory, day: dt.date) -> None:
    """Vouchers by hand: one posted, one reviewed, one drafted."""
    books.book(factory, day, [("560207", "1001", Decimal("186.00"), "购打印纸 Paper")])
    for debit, amount, summary, reviewed in (
        ("560220", "420.00", "加油费 Fuel", True),
        ("560203", "268.00", "客户用餐 Customer meal", False),
    ):
        sides = ((debit, Decimal(amount), Decimal(0)), ("1001", Decimal(0), Decimal(amount)))
        lines = [
            {"summary": summary, "account": Account.objects.get(company=factory.company, code=code), "debit": left, "credit": right}
            for code, left, right in sides
        ]
        voucher = draft_voucher(
            company=factory.company,
            data={"date": day, "attachments_count": 1, "lines": lines},
            by=factory.people.accountant,
            at=at(day, 16),
        )
        if reviewed:
            review_voucher(company=factory.company, document_id=voucher.pk, by=factory.people.boss, at=at(day, 17))

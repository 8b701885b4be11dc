"""The house in which the promises are proven: the factory of the tests with all that a whole loop needs, and one short word per verb.

MAIN is a usual store (never below zero, valued with the company); YARD may go below zero and is valued on its own. Bolts are
valued first in, first out, plates by moving average and inspected on receipt, paint at standard cost; a frame takes four bolts
and two plates, sawing and welding.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.models import State, User
from finance import invoices, money
from finance.models import Account, BankAccount, GoodsReceived, OpenItem, PostingRule
from inventory import entries, transfers
from inventory.models import Bin, Inspection, Warehouse
from masterdata.models import Item, ItemCategory
from production import inspection, issues, receipts, reports, returns, work_orders
from purchasing import orders as purchase_orders
from purchasing import receipts as purchase_receipts
from sales import orders as sales_orders
from sales import shipments
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.production.workshop import engineer

D = Decimal
CATEGORY_ACCOUNT = {"fifo": "140302", "standard": "140303"}


@dataclass
class House:
    """The factory, its second warehouse, its paint and its bank account."""

    factory: Factory
    yard: Warehouse
    paint: Item
    bank: BankAccount

    def items(self) -> list[Item]:
        """All items, as postings want them."""
        f = self.factory
        return list(
            Item.objects.filter(pk__in=[f.bolt.pk, f.plate.pk, f.frame.pk, self.paint.pk]).select_related("unit", "category").order_by("pk")
        )

    def who(self, by: User | None = None) -> dict[str, Any]:
        """Company, person and time of a verb."""
        return {"company": self.factory.company, "by": by or self.factory.nora, "at": NOW}

    def post(self, verb: Callable[..., Any], document: Any, *, by: User | None = None, **data: Any) -> Any:
        """Do something with a document that exists."""
        return verb(document_id=document.pk, **data, **self.who(by))


def build_house(code: str = "ACME") -> House:
    """A house ready to work, its books empty."""
    factory = build_factory(code)
    company = factory.company
    factory.bolt.category = _category(factory, "fifo", ItemCategory.Method.FIFO)
    factory.bolt.save()
    factory.plate.inspect_on_receipt = True
    factory.plate.save()
    paint = Item.objects.create(
        company=company,
        code="PAINT",
        name="油漆",
        name_en="Paint",
        unit=factory.bolt.unit,
        category=_category(factory, "standard", ItemCategory.Method.STANDARD),
        standard_cost=D("7.35"),
        is_sold=True,
    )
    yard = Warehouse.objects.create(company=company, code="YARD", name="料场", name_en="Yard", allow_negative=True, own_valuation=True)
    Bin.objects.create(company=company, warehouse=yard, code="Y-01", is_default=True)
    bank = BankAccount.objects.create(
        company=company, code="BANK", name="工商银行", name_en="ICBC", account=Account.objects.get(company=company, code="1002")
    )
    engineer(factory)
    house = House(factory, yard, paint, bank)
    factory.bolt, factory.plate, factory.frame, house.paint = house.items()
    return house


def _category(factory: Factory, code: str, method: str) -> ItemCategory:
    """A category like raw materials, with a stock account of its own, valued by `method`."""
    raw = factory.bolt.category if factory.bolt.category.code == "raw" else factory.plate.category
    category = ItemCategory.objects.create(company=factory.company, code=code, name=code, name_en=code, valuation_method=method)
    account = Account.objects.get(company=factory.company, code=CATEGORY_ACCOUNT[code])
    stock = Account.objects.get(company=factory.company, code="140301")
    for rule in PostingRule.objects.filter(company=factory.company, category=raw):
        rule.pk = None
        rule.category = category
        rule.debit_account = account if rule.debit_account_id == stock.pk else rule.debit_account
        rule.credit_account = account if rule.credit_account_id == stock.pk else rule.credit_account
        rule.save(force_insert=True)
    return category


# ---- one short word per verb: drafts and, where there are two steps, the posting ----------------------------------------


def entry(house: House, kind: str, warehouse: Warehouse, *lines: tuple[Item, str, str]) -> Any:
    """A draft of another receipt or issue: item, quantity, unit cost."""
    typed = [{"item": item, "quantity": D(quantity), "unit_cost": D(cost)} for item, quantity, cost in lines]
    date = house.factory.company.start_date if kind == "opening" else TODAY
    data = {"kind": kind, "document_date": date, "warehouse": warehouse, "reason": "盘点", "lines": typed}
    return entries.draft_entry(data=data, **house.who())


def stocked(house: House) -> None:
    """Everything is there in plenty."""
    f = house.factory
    lines = (f.bolt, "400", "2.13"), (f.plate, "200", "30.07"), (house.paint, "50", "7.50"), (f.frame, "20", "101.37")
    house.post(entries.post_entry, entry(house, "opening", f.store, *lines))


def transfer(house: House, source: Warehouse, target: Warehouse, *lines: tuple[Item, str]) -> Any:
    """A draft of a transfer."""
    typed = [{"item": item, "quantity": D(quantity)} for item, quantity in lines]
    data = {"document_date": TODAY, "warehouse": source, "to_warehouse": target, "lines": typed}
    return transfers.draft_transfer(data=data, **house.who())


def sales_order(house: House, *lines: tuple[Item, str, str]) -> Any:
    """An approved sales order: item, quantity, price."""
    f = house.factory
    typed = [{"item": item, "quantity": D(quantity), "unit_price": D(price)} for item, quantity, price in lines]
    data = {"customer": f.customer, "document_date": TODAY, "due_date": TODAY + dt.timedelta(9), "warehouse": f.store, "lines": typed}
    return house.post(sales_orders.approve_order, sales_orders.draft_order(data=data, **house.who()), by=f.ada)


def shipment(house: House, order: Any, *lines: tuple[int, str]) -> Any:
    """A draft of a shipment: order line, quantity."""
    order.refresh_from_db()
    typed = [{"order_line": line, "quantity": D(quantity)} for line, quantity in lines]
    return shipments.draft_shipment(data={"order": order, "document_date": TODAY, "lines": typed}, **house.who())


def purchase_order(house: House, *lines: tuple[Item, str, str]) -> Any:
    """An approved purchase order: item, quantity, price."""
    f = house.factory
    typed = [{"item": item, "quantity": D(quantity), "unit_price": D(price)} for item, quantity, price in lines]
    data = {"supplier": f.supplier, "document_date": TODAY, "due_date": TODAY + dt.timedelta(9), "warehouse": f.store, "lines": typed}
    return house.post(purchase_orders.approve_order, purchase_orders.draft_order(data=data, **house.who()), by=f.ada)


def purchase_receipt(house: House, order: Any, *lines: tuple[int, str]) -> Any:
    """A draft of a receipt: order line, quantity."""
    order.refresh_from_db()
    typed = [{"order_line": line, "quantity": D(quantity)} for line, quantity in lines]
    return purchase_receipts.draft_receipt(data={"order": order, "document_date": TODAY, "lines": typed}, **house.who())


def waiting_inspection(origin: Any) -> Inspection:
    """The oldest inspection that waits for a document."""
    return Inspection.objects.filter(company=origin.company, origin_number=origin.number, state=State.DRAFT).earliest("id")


def decide(house: House, waiting: Inspection, accepted: str, rejected: str = "0") -> Any:
    """A posted inspection."""
    finding = "划伤" if D(rejected) else ""
    return house.post(inspection.post_inspection, waiting, accepted=D(accepted), rejected=D(rejected), finding=finding)


def supplier_invoice(house: House, receipt: Any, number: str, *lines: tuple[int, str, str]) -> Any:
    """A draft of an invoice: receipt line, quantity, price."""
    received = {row.origin_line: row for row in GoodsReceived.objects.filter(company=receipt.company, origin_number=receipt.number)}
    typed = [{"received": received[line], "quantity": D(quantity), "unit_price": D(price)} for line, quantity, price in lines]
    data = {"supplier": house.factory.supplier, "invoice_number": number, "document_date": TODAY, "lines": typed}
    return invoices.draft_invoice(data=data, **house.who())


def payment(house: House, amount: str, *settled: tuple[OpenItem, str]) -> Any:
    """A draft of a payment to the supplier."""
    typed = [{"open_item": item, "amount": D(part)} for item, part in settled]
    data = {"supplier": house.factory.supplier, "document_date": TODAY, "bank_account": house.bank, "amount": D(amount), "lines": typed}
    return money.draft_supplier_payment(data=data, **house.who())


def customer_money(house: House, amount: str, *settled: tuple[OpenItem, str]) -> Any:
    """A draft of a payment from the customer."""
    typed = [{"open_item": item, "amount": D(part)} for item, part in settled]
    data = {"customer": house.factory.customer, "document_date": TODAY, "bank_account": house.bank, "amount": D(amount), "lines": typed}
    return money.draft_customer_receipt(data=data, **house.who())


def open_item(document: Any) -> OpenItem:
    """The open item that a document booked."""
    return OpenItem.objects.get(company=document.company, origin_number=document.number)


def work_order(house: House, quantity: str) -> Any:
    """A draft of a work order for frames."""
    f = house.factory
    data = {
        "item": f.frame,
        "quantity": D(quantity),
        "document_date": TODAY,
        "start_date": TODAY,
        "due_date": TODAY,
        "department": f.workshop,
        "material_warehouse": f.store,
        "target_warehouse": f.store,
    }
    return work_orders.draft_order(data=data, **house.who())


def released(house: House, quantity: str) -> Any:
    """A work order whose materials are reserved."""
    return house.post(work_orders.release_order, work_order(house, quantity))


def issue(house: House, order: Any, *lines: tuple[int, str], reason: str = "") -> Any:
    """A draft of an issue: order line, quantity; without lines, of all that is open."""
    order.refresh_from_db()
    typed = [{"material": line, "quantity": D(quantity)} for line, quantity in lines]
    return issues.draft_issue(data={"work_order": order, "document_date": TODAY, "reason": reason, "lines": typed}, **house.who())


def material_return(house: House, order: Any, *lines: tuple[int, str]) -> Any:
    """A draft of a return: order line, quantity."""
    order.refresh_from_db()
    typed = [{"material": line, "quantity": D(quantity)} for line, quantity in lines]
    return returns.draft_return(data={"work_order": order, "document_date": TODAY, "lines": typed}, **house.who())


def operation_report(house: House, order: Any, operation: int, good: str, minutes: str, scrapped: str = "0") -> Any:
    """A draft of a report."""
    order.refresh_from_db()
    data = {
        "work_order": order,
        "operation": operation,
        "document_date": TODAY,
        "good": D(good),
        "scrapped": D(scrapped),
        "minutes": D(minutes),
        "scrap_reason": "裂纹" if D(scrapped) else "",
    }
    return reports.draft_report(data=data, **house.who())


def finished_receipt(house: House, order: Any, quantity: str, *, is_final: bool = False) -> Any:
    """A draft of a finished receipt."""
    order.refresh_from_db()
    data = {"work_order": order, "document_date": TODAY, "quantity": D(quantity), "is_final": is_final}
    return receipts.draft_receipt(data=data, **house.who())

"""The money desk: suppliers' invoices are matched and paid, customers pay – most in time, one hardly ever."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from django.db.models import F, QuerySet

from erp.demo.calendar import at, chance
from erp.demo.masters import Factory
from finance.invoices import draft_invoice, post_invoice
from finance.models import GoodsReceived, OpenItem
from finance.money import draft_customer_receipt, draft_supplier_payment, post_customer_receipt, post_supplier_payment
from masterdata.models import Customer, Supplier

BAD_PAYER = "C019"
"""The customer who lets everything become overdue."""
INVOICE_WEEKDAY, PAYMENT_WEEKDAY = 2, 4
INVOICES_AFTER_DAYS = 6
DEARER = Decimal("1.02")


def book_invoices(factory: Factory, day: dt.date) -> None:
    """On Wednesdays: each supplier's invoice over what came at least six days ago; one in fifteen is dearer than ordered."""
    if day.weekday() != INVOICE_WEEKDAY:
        return
    received = GoodsReceived.objects.filter(
        company=factory.company, date__lte=day - dt.timedelta(days=INVOICES_AFTER_DAYS), invoiced_quantity__lt=F("quantity")
    ).select_related("supplier__tax_rate", "item")
    for supplier, rows in groupby(received.order_by("supplier__code", "id"), key=lambda row: row.supplier):
        book_invoice(factory, day, supplier, list(rows))


def book_invoice(factory: Factory, day: dt.date, supplier: Supplier, rows: Sequence[GoodsReceived]) -> None:
    """Enter and post one invoice over goods received."""
    factor = DEARER if chance(rows[0].pk, "price").random() < 0.07 else Decimal(1)
    data = {
        "supplier": supplier,
        "invoice_number": f"{supplier.pk % 90 + 10}{day:%y%m%d}{rows[0].pk % 10000:04d}",
        "document_date": day,
        "lines": [
            {
                "received": row,
                "quantity": row.quantity - row.invoiced_quantity,
                "unit_price": (row.amount / row.quantity * factor).quantize(Decimal("0.0001")),
            }
            for row in rows
        ],
    }
    invoice = draft_invoice(company=factory.company, data=data, by=factory.people.accountant, at=at(day, 10))
    post_invoice(company=factory.company, document_id=invoice.pk, by=factory.people.accountant, at=at(day, 10, 30))


def pay_suppliers(factory: Factory, day: dt.date) -> None:
    """On Fridays: pay what falls due until the Friday after; the cashier prepares, the accountant releases."""
    if day.weekday() != PAYMENT_WEEKDAY:
        return
    due = _open(factory, OpenItem.Side.PAYABLE).filter(due_date__lte=day + dt.timedelta(days=6)).select_related("supplier")
    for supplier, items in groupby(due.order_by("supplier__code", "id"), key=lambda item: item.supplier):
        data = {"supplier": supplier, "document_date": day, "bank_account": factory.banks["B01"], **settling(items)}
        payment = draft_supplier_payment(company=factory.company, data=data, by=factory.people.cashier, at=at(day, 15))
        post_supplier_payment(company=factory.company, document_id=payment.pk, by=factory.people.accountant, at=at(day, 15, 30))


def collect(factory: Factory, day: dt.date) -> None:
    """Book what customers pay today: each settles what is due, some days early or late as is their habit."""
    due: dict[Customer, list[OpenItem]] = defaultdict(list)
    for item in _open(factory, OpenItem.Side.RECEIVABLE).select_related("customer").order_by("customer__code", "id"):
        assert item.customer is not None
        if item.customer.code != BAD_PAYER and item.due_date + dt.timedelta(days=_habit(item.customer)) <= day:
            due[item.customer].append(item)
    for customer, items in due.items():
        bank = factory.banks["B02" if customer.pk % 3 == 0 else "B01"]
        data = {
            "customer": customer,
            "document_date": day,
            "bank_account": bank,
            "reference": f"{day:%y%m%d}{customer.code}",
            **settling(items),
        }
        receipt = draft_customer_receipt(company=factory.company, data=data, by=factory.people.cashier, at=at(day, 9, 20))
        post_customer_receipt(company=factory.company, document_id=receipt.pk, by=factory.people.cashier, at=at(day, 9, 40))


def _habit(customer: Customer) -> int:
    return (-2, 0, 1, 3, 6)[customer.pk % 5]


def _open(factory: Factory, side: str) -> "QuerySet[OpenItem]":
    return OpenItem.objects.filter(company=factory.company, side=side).exclude(open_amount=0)


def settling(items: Iterable[OpenItem]) -> dict[str, object]:
    """The money and the lines that settle `items` whole."""
    lines = [{"open_item": item, "amount": item.open_amount} for item in items]
    return {"amount": sum((item["amount"] for item in lines), Decimal(0)), "lines": lines}

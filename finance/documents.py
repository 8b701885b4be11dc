"""The documents of the books, as the doors show them: supplier invoices, money from customers, money to suppliers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.decimals import EXACT, PRICE_PLACES, ZERO, round_half_up
from core.documents import Action, Column, DocumentType, LineSet, NextStep, document_types
from core.models import Company, Document, State
from finance import inputs, invoices, money
from finance.models import CustomerReceipt, GoodsReceived, OpenItem, SupplierInvoice, SupplierPayment

_NUMBER = Column("number", _("Number"), "document", sort="number", filter=True)
_DATE = Column("document_date", _("Date"), "date", sort="document_date", filter=True)
_STATE = Column("state", _("State"), "state", sort="state", filter=True)
_PEOPLE = (
    Column("created_by", _("Made by"), "person"),
    Column("posted_by", _("Posted by"), "person"),
    Column("voucher", _("Voucher")),
    Column("reversal_of", _("Reverses"), "document"),
    Column("note", _("Note")),
)


def _actions(model_name: str, post: Any, cancel: Any, reverse: Any, *, post_label: Any, post_by_token: bool = True) -> tuple[Action, ...]:
    return (
        Action("post", post_label, post, f"finance.post_{model_name}", (State.DRAFT,), by_token=post_by_token),
        Action("cancel", _("Cancel"), cancel, f"finance.cancel_{model_name}", (State.DRAFT,), style="secondary", wants_reason=True),
        Action(
            "reverse",
            _("Reverse"),
            reverse,
            f"finance.reverse_{model_name}",
            (State.POSTED,),
            style="danger",
            confirm=_("A reversing document and a red voucher will be posted."),
            wants_reason=True,
            by_token=False,
        ),
    )


def _id(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _source(company: Company, kind: str, pk: int | None) -> Document | None:
    """The document that a form is filled from, by its kind's name: it may live above."""
    found = document_types().get(kind) if pk is not None else None
    return found.model._default_manager.filter(company=company, pk=pk).first() if found else None


def _invoice_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?receipt=12` fills an invoice from a purchase receipt, `?supplier=S1` from all that this supplier has not charged yet."""
    rows = (
        GoodsReceived.objects.filter(company=company, invoiced_quantity__lt=F("quantity")).select_related("supplier", "item").order_by("id")
    )
    receipt = _source(company, "purchase_receipt", _id(params, "receipt"))
    if receipt is not None:
        rows = rows.filter(origin_kind="purchase_receipt", origin_number=receipt.number)
    elif params.get("supplier"):
        rows = rows.filter(supplier__code=params["supplier"])
    else:
        return {}
    lines = [
        {
            "received": row,
            "name": row.item.label,
            "quantity": row.quantity - row.invoiced_quantity,
            "unit_price": _unit_price(row.amount, row.quantity),
        }
        for row in rows[:1000]
    ]
    supplier = lines[0]["received"].supplier if lines else None
    return {"supplier": supplier, "lines": lines} if lines else {}


def _unit_price(amount: Decimal, quantity: Decimal) -> Decimal:
    return round_half_up(EXACT.divide(amount, quantity), PRICE_PLACES) if quantity else ZERO


def _money_from(*, company: Company, params: Mapping[str, str], side: str, partner: str, source: str, kind: str) -> Mapping[str, Any]:
    rows = OpenItem.objects.filter(company=company, side=side, open_amount__gt=0).select_related(partner)
    document = _source(company, kind, _id(params, source))
    if document is not None:
        rows = rows.filter(origin_kind=kind, origin_number=document.number)
    elif params.get(partner):
        rows = rows.filter(**{f"{partner}__code": params[partner]})
    else:
        return {}
    items = list(rows.order_by("due_date", "id")[:1000])
    if not items:
        return {}
    amount = sum((item.open_amount for item in items), ZERO)
    return {
        partner: getattr(items[0], partner),
        "amount": amount,
        "lines": [{"open_item": item, "amount": item.open_amount} for item in items],
    }


def _receipt_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?shipment=12` or `?customer=C1` fills a customer's payment with what is open."""
    return _money_from(
        company=company, params=params, side=OpenItem.Side.RECEIVABLE, partner="customer", source="shipment", kind="shipment"
    )


def _payment_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?invoice=12` or `?supplier=S1` fills a payment with what is open."""
    return _money_from(company=company, params=params, side=OpenItem.Side.PAYABLE, partner="supplier", source="invoice", kind=invoices.KIND)


SUPPLIER_INVOICE = DocumentType(
    kind=invoices.KIND,
    model=SupplierInvoice,
    prefix=invoices.PREFIX,
    section="finance",
    slug="supplier-invoices",
    label=_("Supplier invoice"),
    label_plural=_("Supplier invoices"),
    columns=(
        _NUMBER,
        _DATE,
        Column("supplier", _("Supplier"), sort="supplier__code", filter=True),
        Column("invoice_number", _("Invoice number"), sort="invoice_number", filter=True),
        Column("due_date", _("Payment due"), "date", sort="due_date"),
        Column("net_amount", _("Net amount"), "money", sort="net_amount", total=True),
        Column("tax_amount", _("Tax"), "money", total=True),
        Column("gross_amount", _("Gross amount"), "money", sort="gross_amount", total=True),
        _STATE,
    ),
    head=(
        Column("supplier", _("Supplier")),
        Column("invoice_number", _("Invoice number")),
        Column("document_date", _("Date"), "date"),
        Column("due_date", _("Payment due"), "date"),
        Column("net_amount", _("Net amount"), "money"),
        Column("tax_amount", _("Tax"), "money"),
        Column("gross_amount", _("Gross amount"), "money"),
        *_PEOPLE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                Column("received", _("Receipt line")),
                Column("received.item", _("Item")),
                Column("quantity", _("Quantity"), "quantity"),
                Column("unit_price", _("Price (without tax)"), "price"),
                Column("net_amount", _("Net amount"), "money", total=True),
                Column("tax_percent", _("Tax %"), "percent"),
                Column("tax_amount", _("Tax"), "money", total=True),
                Column("accrual_cleared", _("Accrual cleared"), "money", total=True),
                Column("stock_difference", _("Difference to stock"), "money", total=True),
                Column("expensed_difference", _("Difference expensed"), "money", total=True),
                Column("note", _("Note")),
            ),
            select=("received__item",),
        ),
    ),
    actions=_actions("supplierinvoice", invoices.post_invoice, invoices.cancel_invoice, invoices.reverse_invoice, post_label=_("Post")),
    input=inputs.SupplierInvoiceInput,
    draft=invoices.draft_invoice,
    edit=invoices.edit_invoice,
    select=("supplier", "posted_by", "voucher", "reversal_of"),
    search=("number", "invoice_number", "supplier__name", "supplier__name_en", "supplier__code"),
    initial=_invoice_from,
    next_steps=(NextStep("supplier_payment", _("Pay"), "invoice", (State.POSTED,)),),
)

_MONEY_LINES = LineSet(
    "lines",
    _("Settled documents"),
    (
        Column("line_no", _("Line")),
        Column("open_item.origin_number", _("Document")),
        Column("open_item.side", _("Side")),
        Column("open_item.date", _("Date"), "date"),
        Column("open_item.due_date", _("Payment due"), "date"),
        Column("open_item.amount", _("Amount of the document"), "money"),
        Column("amount", _("Settled"), "money", total=True),
        Column("note", _("Note")),
    ),
    select=("open_item",),
)

CUSTOMER_RECEIPT = DocumentType(
    kind=money.RECEIPT.kind,
    model=CustomerReceipt,
    prefix=money.RECEIPT.prefix,
    section="finance",
    slug="customer-receipts",
    label=_("Customer payment"),
    label_plural=_("Customer payments"),
    columns=(
        _NUMBER,
        _DATE,
        Column("customer", _("Customer"), sort="customer__code", filter=True),
        Column("bank_account", _("Bank account"), filter=True),
        Column("amount", _("Amount"), "money", sort="amount", total=True),
        Column("reference", _("Bank reference")),
        _STATE,
    ),
    head=(
        Column("customer", _("Customer")),
        Column("document_date", _("Date"), "date"),
        Column("bank_account", _("Bank account")),
        Column("amount", _("Amount"), "money"),
        Column("reference", _("Bank reference")),
        *_PEOPLE,
    ),
    line_sets=(_MONEY_LINES,),
    actions=_actions(
        "customerreceipt",
        money.post_customer_receipt,
        money.cancel_customer_receipt,
        money.reverse_customer_receipt,
        post_label=_("Post"),
    ),
    input=inputs.CustomerReceiptInput,
    draft=money.draft_customer_receipt,
    edit=money.edit_customer_receipt,
    select=("customer", "bank_account", "posted_by", "voucher", "reversal_of"),
    search=("number", "reference", "customer__name", "customer__name_en", "customer__code"),
    initial=_receipt_from,
)

SUPPLIER_PAYMENT = DocumentType(
    kind=money.PAYMENT.kind,
    model=SupplierPayment,
    prefix=money.PAYMENT.prefix,
    section="finance",
    slug="supplier-payments",
    label=_("Supplier payment"),
    label_plural=_("Supplier payments"),
    columns=(
        _NUMBER,
        _DATE,
        Column("supplier", _("Supplier"), sort="supplier__code", filter=True),
        Column("bank_account", _("Bank account"), filter=True),
        Column("amount", _("Amount"), "money", sort="amount", total=True),
        Column("reference", _("Bank reference")),
        _STATE,
    ),
    head=(
        Column("supplier", _("Supplier")),
        Column("document_date", _("Date"), "date"),
        Column("bank_account", _("Bank account")),
        Column("amount", _("Amount"), "money"),
        Column("reference", _("Bank reference")),
        *_PEOPLE,
    ),
    line_sets=(_MONEY_LINES,),
    actions=_actions(
        "supplierpayment",
        money.post_supplier_payment,
        money.cancel_supplier_payment,
        money.reverse_supplier_payment,
        post_label=_("Release and post"),
        post_by_token=False,
    ),
    input=inputs.SupplierPaymentInput,
    draft=money.draft_supplier_payment,
    edit=money.edit_supplier_payment,
    select=("supplier", "bank_account", "posted_by", "voucher", "reversal_of"),
    search=("number", "reference", "supplier__name", "supplier__name_en", "supplier__code"),
    initial=_payment_from,
)

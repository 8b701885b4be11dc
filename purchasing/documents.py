"""The documents of buying, as the doors show them: requisitions, purchase orders and receipts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.documents import Action, Column, DocumentType, LineSet, NextStep
from core.drafts import named_in
from core.models import Company, State
from purchasing import inputs, orders, receipts, requisitions
from purchasing.models import PurchaseOrder, PurchaseReceipt, Requisition

PRICES = "purchasing.see_prices"
COSTS = "core.view_cost"

_NUMBER = Column("number", _("Number"), "document", sort="number", filter=True)
_DATE = Column("document_date", _("Date"), "date", sort="document_date", filter=True)
_STATE = Column("state", _("State"), "state", sort="state", filter=True)
_SUPPLIER = Column("supplier", _("Supplier"), sort="supplier__code", filter=True)
_MADE_BY = Column("created_by", _("Made by"), "person")
_NOTE = Column("note", _("Note"))
_AMOUNTS = (
    Column("net_amount", _("Net amount"), "money", total=True, secret=PRICES),
    Column("tax_amount", _("Tax"), "money", total=True, secret=PRICES),
    Column("gross_amount", _("Gross amount"), "money", sort="gross_amount", total=True, secret=PRICES),
)
_GOODS = (
    Column("item.code", _("Item")),
    Column("item.label", _("Name")),
    Column("item.specification", _("Specification")),
    Column("quantity", _("Quantity"), "quantity", total=True),
    Column("item.unit", _("Unit")),
)


def _order_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?requisition=12` fills an order with what is still to be ordered; several suppliers: the first, or `&supplier=S1`."""
    requisition = named_in(params, "requisition", Requisition, company=company)
    if requisition is None:
        return {}
    rows = requisition.lines.select_related("document", "item__unit", "item__category", "item__default_supplier", "supplier").order_by(
        "line_no"
    )
    still_open = [line for line in rows if line.ordered < line.quantity]
    if not still_open:
        return {}
    suppliers = sorted({supplier.code: supplier for line in still_open if (supplier := orders.supplier_of(line))}.items())
    chosen = next((supplier for code, supplier in suppliers if code == params.get("supplier", code)), None)
    lines = [line for line in still_open if orders.supplier_of(line) in (chosen, None)]
    return {
        "supplier": chosen,
        "due_date": max(line.due_date for line in lines) if lines else None,
        "lines": [
            {
                "item": line.item,
                "name": line.item.label,
                "quantity": line.quantity - line.ordered,
                "due_date": line.due_date,
                "requisition_line": line,
            }
            for line in lines
        ],
    }


def _receipt_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?order=12` fills a receipt with what is open of a purchase order."""
    order = named_in(params, "order", PurchaseOrder, company=company)
    if order is None:
        return {}
    lines = order.lines.select_related("item__unit", "item__category").order_by("line_no")
    return {
        "order": order,
        "warehouse": order.warehouse,
        "lines": [
            {"order_line": line.line_no, "item": line.item, "name": line.item.label, "quantity": line.quantity - line.received}
            for line in lines
            if line.received < line.quantity
        ],
    }


REQUISITION = DocumentType(
    kind=requisitions.KIND,
    model=Requisition,
    prefix=requisitions.PREFIX,
    section="purchasing",
    slug="requisitions",
    label=_("Purchase requisition"),
    label_plural=_("Purchase requisitions"),
    columns=(
        _NUMBER,
        _DATE,
        Column("department", _("Department"), filter=True),
        Column("created_by", _("Made by"), "person"),
        _NOTE,
        _STATE,
    ),
    head=(
        Column("document_date", _("Date"), "date"),
        Column("department", _("Department")),
        _MADE_BY,
        Column("approved_by", _("Approved by"), "person"),
        _NOTE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                *_GOODS,
                Column("ordered", _("Ordered"), "quantity", total=True),
                Column("due_date", _("Needed by"), "date"),
                Column("supplier", _("Supplier")),
                _NOTE,
            ),
            select=("item__unit", "supplier"),
        ),
    ),
    actions=(
        Action("approve", _("Approve"), requisitions.approve_requisition, "purchasing.approve_requisition", (State.DRAFT,), by_token=False),
        Action(
            "order",
            _("Make purchase orders"),
            orders.order_requisition,
            "purchasing.add_purchaseorder",
            (State.APPROVED,),
            input=inputs.OrderRequisitionInput,
        ),
        Action(
            "cancel",
            _("Cancel"),
            requisitions.cancel_requisition,
            "purchasing.cancel_requisition",
            (State.DRAFT, State.APPROVED),
            style="danger",
            wants_reason=True,
        ),
    ),
    input=inputs.RequisitionInput,
    draft=requisitions.draft_requisition,
    edit=requisitions.edit_requisition,
    select=("department", "approved_by"),
    search=("number", "note"),
    next_steps=(NextStep(orders.KIND, _("Order"), "requisition", (State.APPROVED,)),),
)

PURCHASE_ORDER = DocumentType(
    kind=orders.KIND,
    model=PurchaseOrder,
    prefix=orders.PREFIX,
    section="purchasing",
    slug="orders",
    label=_("Purchase order"),
    label_plural=_("Purchase orders"),
    columns=(_NUMBER, _DATE, _SUPPLIER, Column("due_date", _("Delivery date"), "date", sort="due_date", filter=True), *_AMOUNTS, _STATE),
    head=(
        Column("supplier", _("Supplier")),
        Column("document_date", _("Date"), "date"),
        Column("due_date", _("Delivery date"), "date"),
        Column("warehouse", _("Deliver to")),
        *_AMOUNTS,
        _MADE_BY,
        Column("approved_by", _("Approved by"), "person"),
        _NOTE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                *_GOODS,
                Column("received", _("Received"), "quantity", total=True),
                Column("unit_price", _("Price (without tax)"), "price", secret=PRICES),
                Column("tax_percent", _("Tax %"), "percent", secret=PRICES),
                Column("net_amount", _("Net amount"), "money", total=True, secret=PRICES),
                Column("tax_amount", _("Tax"), "money", total=True, secret=PRICES),
                Column("due_date", _("Delivery date"), "date"),
                Column("requisition_line.document", _("Requisition"), "document"),
                _NOTE,
            ),
            select=("item__unit", "requisition_line__document"),
        ),
    ),
    actions=(
        Action("approve", _("Approve"), orders.approve_order, "purchasing.approve_purchaseorder", (State.DRAFT,), by_token=False),
        Action(
            "close",
            _("Close"),
            orders.close_order,
            "purchasing.close_purchaseorder",
            (State.APPROVED,),
            style="secondary",
            confirm=_("What is still open will not be expected any more."),
            wants_reason=True,
        ),
        Action(
            "cancel",
            _("Cancel"),
            orders.cancel_order,
            "purchasing.cancel_purchaseorder",
            (State.DRAFT, State.APPROVED),
            style="danger",
            wants_reason=True,
        ),
    ),
    input=inputs.PurchaseOrderInput,
    draft=orders.draft_order,
    edit=orders.edit_order,
    select=("supplier", "warehouse", "approved_by"),
    search=("number", "supplier__code", "supplier__name", "supplier__name_en"),
    initial=_order_from,
    next_steps=(NextStep(receipts.KIND, _("Receive"), "order", (State.APPROVED,)),),
)

PURCHASE_RECEIPT = DocumentType(
    kind=receipts.KIND,
    model=PurchaseReceipt,
    prefix=receipts.PREFIX,
    section="purchasing",
    slug="receipts",
    label=_("Purchase receipt"),
    label_plural=_("Purchase receipts"),
    columns=(
        _NUMBER,
        _DATE,
        Column("order", _("Purchase order"), "document", sort="order__number"),
        _SUPPLIER,
        Column("warehouse", _("Warehouse"), filter=True),
        Column("delivery_note", _("Delivery note"), filter=True),
        _STATE,
    ),
    head=(
        Column("order", _("Purchase order"), "document"),
        Column("supplier", _("Supplier")),
        Column("document_date", _("Date"), "date"),
        Column("warehouse", _("Warehouse")),
        Column("delivery_note", _("Delivery note")),
        _MADE_BY,
        Column("posted_by", _("Posted by"), "person"),
        Column("reversal_of", _("Reverses"), "document"),
        _NOTE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                Column("order_line.line_no", _("Order line")),
                *_GOODS,
                Column("bin", _("Bin")),
                Column("lot_code", _("Lot")),
                Column("expiry_date", _("Expiry date"), "date"),
                Column("value", _("Value"), "money", total=True, secret=COSTS),
                _NOTE,
            ),
            select=("order_line", "item__unit", "bin"),
        ),
    ),
    actions=(
        Action("post", _("Post"), receipts.post_receipt, "purchasing.post_purchasereceipt", (State.DRAFT,)),
        Action(
            "cancel",
            _("Cancel"),
            receipts.cancel_receipt,
            "purchasing.cancel_purchasereceipt",
            (State.DRAFT,),
            style="secondary",
            wants_reason=True,
        ),
        Action(
            "reverse",
            _("Reverse"),
            receipts.reverse_receipt,
            "purchasing.reverse_purchasereceipt",
            (State.POSTED,),
            style="danger",
            confirm=_("A reversing document and a red voucher will be posted."),
            wants_reason=True,
            by_token=False,
        ),
    ),
    input=inputs.PurchaseReceiptInput,
    draft=receipts.draft_receipt,
    edit=receipts.edit_receipt,
    select=("order", "supplier", "warehouse", "posted_by", "reversal_of"),
    search=("number", "order__number", "delivery_note", "supplier__code", "supplier__name", "supplier__name_en"),
    initial=_receipt_from,
    next_steps=(NextStep("supplier_invoice", _("Enter invoice"), "receipt", (State.POSTED,)),),
)

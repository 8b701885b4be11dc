"""The documents of selling, as the doors show them: sales orders and shipments."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.documents import Action, Column, DocumentType, LineSet, NextStep
from core.drafts import named_in
from core.models import Company, State
from sales import inputs, orders, reserving, shipments
from sales.models import SalesOrder, Shipment

PRICES = "sales.see_prices"
COSTS = "core.view_cost"

_NUMBER = Column("number", _("Number"), "document", sort="number", filter=True)
_DATE = Column("document_date", _("Date"), "date", sort="document_date", filter=True)
_STATE = Column("state", _("State"), "state", sort="state", filter=True)
_CUSTOMER = Column("customer", _("Customer"), sort="customer__code", filter=True)
_AMOUNTS = (
    Column("net_amount", _("Net amount"), "money", total=True, secret=PRICES),
    Column("tax_amount", _("Tax"), "money", total=True, secret=PRICES),
    Column("gross_amount", _("Gross amount"), "money", sort="gross_amount", total=True, secret=PRICES),
)
_LINE_MONEY = (
    Column("net_amount", _("Net amount"), "money", total=True, secret=PRICES),
    Column("tax_amount", _("Tax"), "money", total=True, secret=PRICES),
)
_REVERSE = _("A reversing document and a red voucher will be posted.")


def _shipment_from(*, company: Company, params: Mapping[str, str]) -> Mapping[str, Any]:
    """`?order=12` fills a shipment with what is open of a sales order."""
    order = named_in(params, "order", SalesOrder, company=company)
    if order is None:
        return {}
    lines = order.lines.select_related("item__unit", "item__category").order_by("line_no")
    return {
        "order": order,
        "warehouse": order.warehouse,
        "lines": [
            {"order_line": line.line_no, "item": line.item, "name": line.item.label, "quantity": line.quantity - line.shipped}
            for line in lines
            if line.shipped < line.quantity
        ],
    }


SALES_ORDER = DocumentType(
    kind=orders.KIND,
    model=SalesOrder,
    prefix=orders.PREFIX,
    section="sales",
    slug="orders",
    label=_("Sales order"),
    label_plural=_("Sales orders"),
    columns=(
        _NUMBER,
        _DATE,
        _CUSTOMER,
        Column("customer_reference", _("Customer's order number"), filter=True),
        Column("due_date", _("Delivery date"), "date", sort="due_date", filter=True),
        *_AMOUNTS,
        _STATE,
    ),
    head=(
        Column("customer", _("Customer")),
        Column("customer_reference", _("Customer's order number")),
        Column("document_date", _("Date"), "date"),
        Column("due_date", _("Delivery date"), "date"),
        Column("warehouse", _("Ship from")),
        *_AMOUNTS,
        Column("created_by", _("Made by"), "person"),
        Column("approved_by", _("Approved by"), "person"),
        Column("note", _("Note")),
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                Column("item.code", _("Item")),
                Column("item.label", _("Name")),
                Column("item.specification", _("Specification")),
                Column("quantity", _("Quantity"), "quantity", total=True),
                Column("item.unit", _("Unit")),
                Column("shipped", _("Shipped"), "quantity", total=True),
                Column("unit_price", _("Price (without tax)"), "price", secret=PRICES),
                Column("tax_percent", _("Tax %"), "percent", secret=PRICES),
                *_LINE_MONEY,
                Column("due_date", _("Delivery date"), "date"),
                Column("note", _("Note")),
            ),
            select=("item__unit",),
        ),
    ),
    actions=(
        Action("approve", _("Approve"), orders.approve_order, "sales.approve_salesorder", (State.DRAFT,), by_token=False),
        Action("reserve", _("Reserve stock"), reserving.reserve_order, "sales.change_salesorder", (State.APPROVED,), style="secondary"),
        Action(
            "give_back",
            _("Give reserved stock back"),
            reserving.give_back_order,
            "sales.change_salesorder",
            (State.APPROVED,),
            style="secondary",
        ),
        Action(
            "close",
            _("Close"),
            orders.close_order,
            "sales.close_salesorder",
            (State.APPROVED,),
            style="secondary",
            confirm=_("What is still open will not be shipped."),
            wants_reason=True,
        ),
        Action(
            "cancel",
            _("Cancel"),
            orders.cancel_order,
            "sales.cancel_salesorder",
            (State.DRAFT, State.APPROVED),
            style="danger",
            wants_reason=True,
        ),
    ),
    input=inputs.SalesOrderInput,
    draft=orders.draft_order,
    edit=orders.edit_order,
    select=("customer", "warehouse", "approved_by"),
    search=("number", "customer_reference", "customer__code", "customer__name", "customer__name_en"),
    next_steps=(NextStep(shipments.KIND, _("Ship"), "order", (State.APPROVED,)),),
)

SHIPMENT = DocumentType(
    kind=shipments.KIND,
    model=Shipment,
    prefix=shipments.PREFIX,
    section="sales",
    slug="shipments",
    label=_("Sales shipment"),
    label_plural=_("Sales shipments"),
    columns=(
        _NUMBER,
        _DATE,
        Column("order", _("Sales order"), "document", sort="order__number"),
        _CUSTOMER,
        Column("warehouse", _("Warehouse"), filter=True),
        *_AMOUNTS,
        _STATE,
    ),
    head=(
        Column("order", _("Sales order"), "document"),
        Column("customer", _("Customer")),
        Column("document_date", _("Date"), "date"),
        Column("warehouse", _("Warehouse")),
        Column("due_date", _("Payment due"), "date"),
        *_AMOUNTS,
        Column("created_by", _("Made by"), "person"),
        Column("posted_by", _("Posted by"), "person"),
        Column("reversal_of", _("Reverses"), "document"),
        Column("note", _("Note")),
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                Column("line_no", _("Line")),
                Column("order_line.line_no", _("Order line")),
                Column("item.code", _("Item")),
                Column("item.label", _("Name")),
                Column("quantity", _("Quantity"), "quantity", total=True),
                Column("item.unit", _("Unit")),
                Column("bin", _("Bin")),
                Column("lot", _("Lot")),
                *_LINE_MONEY,
                Column("cost", _("Cost of sales"), "money", total=True, secret=COSTS),
                Column("note", _("Note")),
            ),
            select=("order_line", "item__unit", "bin", "lot"),
        ),
    ),
    actions=(
        Action("post", _("Post"), shipments.post_shipment, "sales.post_shipment", (State.DRAFT,)),
        Action(
            "cancel", _("Cancel"), shipments.cancel_shipment, "sales.cancel_shipment", (State.DRAFT,), style="secondary", wants_reason=True
        ),
        Action(
            "reverse",
            _("Reverse"),
            shipments.reverse_shipment,
            "sales.reverse_shipment",
            (State.POSTED,),
            style="danger",
            confirm=_REVERSE,
            wants_reason=True,
            by_token=False,
        ),
    ),
    input=inputs.ShipmentInput,
    draft=shipments.draft_shipment,
    edit=shipments.edit_shipment,
    select=("order", "customer", "warehouse", "posted_by", "reversal_of"),
    search=("number", "order__number", "customer__code", "customer__name", "customer__name_en"),
    initial=_shipment_from,
    next_steps=(NextStep("customer_receipt", _("Receive payment"), "shipment", (State.POSTED,)),),
)

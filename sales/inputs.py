"""What may be typed into orders and shipments, on pages and through the API alike."""

from django.utils.translation import gettext_lazy as _

from core.inputs import CodeField, DayField, LineSerializer, PercentField, PriceField, QuantityField, StrictSerializer, TextField
from inventory.inputs import BinField, ItemField, LineNumberField, LotField
from inventory.models import Warehouse
from masterdata.models import Customer
from sales.models import SalesOrder


class SalesOrderLineInput(LineSerializer):
    item = ItemField(label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    unit_price = PriceField(required=False, allow_null=True, label=_("Price (without tax)"), help_text=_("Empty: the list price."))
    tax_percent = PercentField(required=False, allow_null=True, label=_("Tax %"), help_text=_("Empty: the customer's usual rate."))
    due_date = DayField(required=False, label=_("Delivery date"), help_text=_("Empty: as the order."))
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class SalesOrderInput(StrictSerializer):
    """A customer's order."""

    customer = CodeField(Customer, select=("tax_rate",), label=_("Customer"))
    customer_reference = TextField(max_length=60, required=False, allow_blank=True, label=_("Customer's order number"))
    document_date = DayField(label=_("Date"))
    due_date = DayField(label=_("Delivery date"))
    warehouse = CodeField(Warehouse, label=_("Ship from"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = SalesOrderLineInput(many=True, allow_empty=False, label=_("Lines"))


class ShipmentLineInput(LineSerializer):
    order_line = LineNumberField(label=_("Order line"))
    item = ItemField(required=False, label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    bin = BinField()
    lot = LotField()
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class ShipmentInput(StrictSerializer):
    """Goods for a sales order."""

    order = CodeField(SalesOrder, by="number", select=("customer", "warehouse"), label=_("Sales order"))
    document_date = DayField(label=_("Date"))
    due_date = DayField(required=False, label=_("Payment due"), help_text=_("Empty: by the customer's payment term."))
    warehouse = CodeField(Warehouse, required=False, label=_("Warehouse"), help_text=_("Empty: as the order."))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = ShipmentLineInput(many=True, allow_empty=False, label=_("Lines"))

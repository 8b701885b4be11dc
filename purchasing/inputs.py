"""What may be typed into requisitions, purchase orders and receipts, on pages and through the API alike."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.inputs import (
    LASTING,
    CodeField,
    DayField,
    LineSerializer,
    PercentField,
    PriceField,
    QuantityField,
    StrictSerializer,
    TextField,
    clean_code,
)
from inventory.inputs import BinField, ItemField, LineNumberField
from inventory.models import Warehouse
from masterdata.models import Department, Supplier
from purchasing.models import PurchaseOrder, RequisitionLine


class RequisitionLineInput(LineSerializer):
    item = ItemField(label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    due_date = DayField(label=_("Needed by"))
    supplier = CodeField(Supplier, required=False, label=_("Supplier"))
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class RequisitionInput(StrictSerializer):
    """A request to buy."""

    document_date = DayField(label=_("Date"))
    department = CodeField(Department, required=False, label=_("Department"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = RequisitionLineInput(many=True, allow_empty=False, label=_("Lines"))


class OrderRequisitionInput(StrictSerializer):
    """Where and with which date the orders for a requisition are placed."""

    warehouse = CodeField(Warehouse, label=_("Deliver to"))
    document_date = DayField(label=_("Date"))


@extend_schema_field(str)
class RequisitionLineField(serializers.Field):
    """A requisition line by number and line: PR-202603-0001/2."""

    select = ("document",)

    def to_internal_value(self, data: Any) -> RequisitionLine | None:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Enter a requisition number and line, such as PR-202603-0001/2."), code="type")
        if not data.strip():
            return None
        number, _slash, line = clean_code(data)[:80].rpartition("/")
        found = self._found(number).get(line)
        if found is None:
            raise serializers.ValidationError(_("There is no requisition line “{line}”.").format(line=data.strip()[:80]), code="not_found")
        return found

    def _found(self, number: str) -> dict[str, RequisitionLine]:
        """All lines of a requisition, read once for all lines of the order."""
        known = cast("dict[str, Any]", self.context).setdefault("requisition_lines", {})
        if number not in known:
            rows = RequisitionLine.objects.filter(document__company=self.context["company"], document__number=number).select_related(
                "document"
            )
            known[number] = {str(row.line_no): row for row in rows}
        return known[number]

    def to_representation(self, value: Any) -> str:
        return str(value)


class PurchaseOrderLineInput(LineSerializer):
    item = ItemField(label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    unit_price = PriceField(required=False, allow_null=True, label=_("Price (without tax)"), help_text=_("Empty: the expected price."))
    tax_percent = PercentField(required=False, allow_null=True, label=_("Tax %"), help_text=_("Empty: the supplier's usual rate."))
    due_date = DayField(required=False, label=_("Delivery date"), help_text=_("Empty: as the order."))
    requisition_line = RequisitionLineField(required=False, label=_("Requisition line"))
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class PurchaseOrderInput(StrictSerializer):
    """An order to a supplier."""

    supplier = CodeField(Supplier, select=("tax_rate",), label=_("Supplier"))
    document_date = DayField(label=_("Date"))
    due_date = DayField(label=_("Delivery date"))
    warehouse = CodeField(Warehouse, label=_("Deliver to"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = PurchaseOrderLineInput(many=True, allow_empty=False, label=_("Lines"))


class PurchaseReceiptLineInput(LineSerializer):
    order_line = LineNumberField(label=_("Order line"))
    item = ItemField(required=False, label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    bin = BinField()
    lot_code = TextField(max_length=40, required=False, allow_blank=True, label=_("Lot"))
    expiry_date = DayField(days_ahead=LASTING, required=False, label=_("Expiry date"))
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class PurchaseReceiptInput(StrictSerializer):
    """Goods of a purchase order."""

    order = CodeField(PurchaseOrder, by="number", select=("supplier", "warehouse"), label=_("Purchase order"))
    document_date = DayField(label=_("Date"))
    warehouse = CodeField(Warehouse, required=False, label=_("Warehouse"), help_text=_("Empty: as the order."))
    delivery_note = TextField(max_length=60, required=False, allow_blank=True, label=_("Delivery note"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = PurchaseReceiptLineInput(many=True, allow_empty=False, label=_("Lines"))

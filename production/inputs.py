"""What pages, API and commands may say about documents of production: the strict input of each verb."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.decimals import ZERO
from core.inputs import (
    LASTING,
    CodeField,
    DayField,
    LineSerializer,
    MinutesField,
    PercentField,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeField,
)
from inventory.inputs import BinField, ItemField, LineNumberField, LotField
from inventory.models import Warehouse
from masterdata.models import Department, Employee, Item
from production.models import WorkOrder


class LossField(PercentField):
    """A share that is lost, in percent; of what is lost altogether no quantity would be enough."""

    def to_internal_value(self, data: Any) -> Any:
        share = super().to_internal_value(data)
        if share is not None and share >= 100:
            raise serializers.ValidationError(_("Enter a percentage from 0 to below 100."), code="out_of_range")
        return share


class BomLineInput(LineSerializer):
    """A component."""

    component = CodeField(Item)
    quantity = QuantityField()
    scrap_percent = LossField(required=False, default=ZERO)
    operation_no = WholeField(required=False, allow_null=True, minimum=1, maximum=9999)


class BomInput(StrictSerializer):
    """A bill of materials with its components."""

    item = CodeField(Item)
    version = TextField(max_length=12, required=False, default="1")
    base_quantity = QuantityField(required=False, default=Decimal(1))
    valid_from = DayField(days_ahead=LASTING)
    valid_to = DayField(days_ahead=LASTING, required=False, allow_null=True, default=None)
    is_active = serializers.BooleanField(required=False, default=True)
    lines = BomLineInput(many=True, allow_empty=False)


class WorkOrderInput(StrictSerializer):
    """An order to make something; materials and operations follow from the bill of materials and the routing."""

    item = ItemField()
    quantity = QuantityField()
    document_date = DayField()
    start_date = DayField()
    due_date = DayField()
    department = CodeField(Department)
    material_warehouse = CodeField(Warehouse)
    target_warehouse = CodeField(Warehouse)
    note = TextField(max_length=500, required=False, default="", allow_blank=True)


class ReleaseInput(StrictSerializer):
    """How a work order is released."""

    partial = serializers.BooleanField(required=False, default=False, label=_("release although materials are short"))  # type: ignore[assignment]


class IssueLineInput(LineSerializer):
    """How much of a material of the order is taken; bin and lot only where one insists on them."""

    material = LineNumberField(label=_("line of the order"))
    item = ItemField(required=False, allow_blocked=True)
    quantity = QuantityField()
    bin = BinField()
    lot = LotField()
    note = TextField(max_length=200, required=False, default="", allow_blank=True)


class MaterialIssueInput(StrictSerializer):
    """Materials for a work order; without lines, all that is still open."""

    work_order = CodeField(WorkOrder, by="number")
    document_date = DayField()
    warehouse = CodeField(Warehouse, required=False)
    reason = TextField(max_length=200, required=False, default="", allow_blank=True)
    note = TextField(max_length=500, required=False, default="", allow_blank=True)
    lines = IssueLineInput(many=True, required=False)


class ReturnLineInput(LineSerializer):
    """How much of a material comes back."""

    proposed = ("material", "item")

    material = LineNumberField(label=_("line of the order"))
    item = ItemField(required=False, allow_blocked=True)
    quantity = QuantityField()
    bin = BinField()
    note = TextField(max_length=200, required=False, default="", allow_blank=True)


class MaterialReturnInput(StrictSerializer):
    """Surplus that comes back from a work order."""

    work_order = CodeField(WorkOrder, by="number")
    document_date = DayField()
    warehouse = CodeField(Warehouse, required=False)
    note = TextField(max_length=500, required=False, default="", allow_blank=True)
    lines = ReturnLineInput(many=True, allow_empty=False)


class OperationReportInput(StrictSerializer):
    """Work done on one operation."""

    work_order = CodeField(WorkOrder, by="number")
    operation = LineNumberField(label=_("operation"))
    document_date = DayField()
    employee = CodeField(Employee, required=False, allow_null=True, default=None)
    good = QuantityField(positive=False, minimum=0, required=False, default=ZERO)
    scrapped = QuantityField(positive=False, minimum=0, required=False, default=ZERO)
    scrap_reason = TextField(max_length=120, required=False, default="", allow_blank=True)
    minutes = MinutesField(required=False, default=ZERO)
    note = TextField(max_length=500, required=False, default="", allow_blank=True)


class FinishedReceiptInput(StrictSerializer):
    """Accepted products that go into stock."""

    work_order = CodeField(WorkOrder, by="number")
    document_date = DayField()
    quantity = QuantityField()
    warehouse = CodeField(Warehouse, required=False)
    bin = BinField()
    lot_code = TextField(max_length=40, required=False, default="", allow_blank=True)
    is_final = serializers.BooleanField(required=False, default=False)
    note = TextField(max_length=500, required=False, default="", allow_blank=True)


class PlanInput(StrictSerializer):
    """From when and how far material planning looks."""

    plan_date = DayField(required=False, label=_("planned from"), help_text=_("Empty: today."))
    horizon_days = WholeField(required=False, default=180, minimum=1, maximum=730, label=_("horizon (days)"))

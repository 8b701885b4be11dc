"""What may be typed into the warehouse's own documents, and the fields that other documents about goods share."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.inputs import CodeField, DayField, LineSerializer, PriceField, QuantityField, StrictSerializer, TextField, clean_code
from inventory.models import Bin, Lot, StockEntry, Warehouse
from masterdata.models import Department, Item

CODE_LENGTH = 40


class ItemField(CodeField):
    """An item by its code, read with what postings ask of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Item, select=("unit", "category"), **kwargs)


class _NamedLater(CodeField):
    """A code that means something only together with the rest of the document; the verb looks it up."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Enter a code."), code="type")
        code = clean_code(data)
        if len(code) > CODE_LENGTH:
            raise serializers.ValidationError(_("A code has at most {limit} characters.").format(limit=CODE_LENGTH), code="max_length")
        return code

    def to_representation(self, value: Any) -> str:
        return str(value)


class BinField(_NamedLater):
    """A bin by its code, inside the warehouse of the document."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Bin, **{"required": False, "label": _("Bin"), **kwargs})


class LotField(_NamedLater):
    """A lot by its code, of the item of the line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Lot, **{"required": False, "label": _("Lot"), **kwargs})


class LineNumberField(QuantityField):
    """The number of a line of another document."""

    places = 0

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data)
        return None if number is None else int(number)

    def to_representation(self, value: Any) -> str:
        return str(value)


class StockEntryLineInput(LineSerializer):
    item = ItemField(label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    unit_cost = PriceField(required=False, allow_null=True, label=_("Unit cost"))
    bin = BinField()
    lot = LotField()
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class StockEntryInput(StrictSerializer):
    """Opening stock, another receipt or another issue."""

    kind = serializers.ChoiceField(choices=StockEntry.Kind.choices, label=_("Kind"))
    document_date = DayField(label=_("Date"))
    warehouse = CodeField(Warehouse, label=_("Warehouse"))
    department = CodeField(Department, required=False, label=_("Department"))
    reason = TextField(label=_("Reason"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = StockEntryLineInput(many=True, allow_empty=False, label=_("Lines"))


class StockTransferLineInput(LineSerializer):
    item = ItemField(label=_("Item"))
    quantity = QuantityField(label=_("Quantity"))
    bin = BinField(label=_("From bin"))
    to_bin = BinField(label=_("To bin"))
    lot = LotField()
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class StockTransferInput(StrictSerializer):
    """Goods moved from one warehouse or bin to another."""

    document_date = DayField(label=_("Date"))
    warehouse = CodeField(Warehouse, label=_("From warehouse"))
    to_warehouse = CodeField(Warehouse, label=_("To warehouse"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = StockTransferLineInput(many=True, allow_empty=False, label=_("Lines"))


class InspectionResultInput(StrictSerializer):
    """What an inspection found."""

    accepted = QuantityField(positive=False, minimum=0, label=_("Accepted"))
    rejected = QuantityField(positive=False, minimum=0, required=False, default=0, label=_("Rejected"))
    document_date = DayField(required=False, label=_("Date"), help_text=_("Empty: the day of arrival."))
    finding = TextField(max_length=300, required=False, allow_blank=True, label=_("Finding"))

"""What may be typed into invoices, payments, vouchers and opening balances, on pages and through the API alike."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.decimals import ZERO
from core.inputs import (
    CodeField,
    DayField,
    LineSerializer,
    MoneyField,
    PercentField,
    PriceField,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeField,
)
from finance.models import Account, BankAccount, GoodsReceived, OpenItem
from masterdata.models import Customer, Department, Employee, Supplier


class SupplierInvoiceLineInput(LineSerializer):
    received = CodeField(
        GoodsReceived,
        by="reference",
        select=("item", "supplier"),
        label=_("Receipt line"),
        help_text=_("Receipt and line: GR-202603-0001/2."),
    )
    quantity = QuantityField(label=_("Quantity"))
    unit_price = PriceField(label=_("Price (without tax)"))
    tax_percent = PercentField(required=False, allow_null=True, label=_("Tax %"), help_text=_("Empty: the supplier's usual rate."))
    tax_amount = MoneyField(
        required=False,
        allow_null=True,
        label=_("Tax"),
        help_text=_("As printed on the invoice; it may differ from the computed tax by 0.01."),
    )
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class SupplierInvoiceInput(StrictSerializer):
    """A supplier's invoice over goods received."""

    supplier = CodeField(Supplier, select=("tax_rate",), allow_blocked=True, label=_("Supplier"))
    invoice_number = TextField(max_length=40, label=_("Invoice number"))
    document_date = DayField(label=_("Date"))
    due_date = DayField(required=False, label=_("Payment due"), help_text=_("Empty: by the supplier's payment term."))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = SupplierInvoiceLineInput(many=True, allow_empty=False, label=_("Lines"))


class SettlementLineInput(LineSerializer):
    open_item = CodeField(OpenItem, by="origin_number", label=_("Document"), help_text=_("The document that booked the open item."))
    amount = MoneyField(positive=True, label=_("Amount"))
    note = TextField(required=False, allow_blank=True, label=_("Note"))


class CustomerReceiptInput(StrictSerializer):
    """Money from a customer."""

    customer = CodeField(Customer, allow_blocked=True, label=_("Customer"))
    document_date = DayField(label=_("Date"))
    bank_account = CodeField(BankAccount, select=("account",), label=_("Bank account"))
    amount = MoneyField(minimum=0, label=_("Amount"), help_text=_("What is not settled below becomes an advance."))
    reference = TextField(max_length=60, required=False, allow_blank=True, label=_("Bank reference"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = SettlementLineInput(many=True, required=False, label=_("Settled documents"))


class SupplierPaymentInput(StrictSerializer):
    """Money to a supplier."""

    supplier = CodeField(Supplier, label=_("Supplier"))
    document_date = DayField(label=_("Date"))
    bank_account = CodeField(BankAccount, select=("account",), label=_("Bank account"))
    amount = MoneyField(minimum=0, label=_("Amount"), help_text=_("What is not settled below becomes an advance."))
    reference = TextField(max_length=60, required=False, allow_blank=True, label=_("Bank reference"))
    note = TextField(max_length=500, required=False, allow_blank=True, label=_("Note"))
    lines = SettlementLineInput(many=True, required=False, label=_("Settled documents"))


class VoucherLineInput(LineSerializer):
    summary = TextField(max_length=160, label=_("Summary"))
    account = CodeField(Account, label=_("Account"))
    debit = MoneyField(required=False, default=ZERO, label=_("Debit"))
    credit = MoneyField(required=False, default=ZERO, label=_("Credit"))
    customer = CodeField(Customer, required=False, label=_("Customer"))
    supplier = CodeField(Supplier, required=False, label=_("Supplier"))
    department = CodeField(Department, required=False, label=_("Department"))
    employee = CodeField(Employee, required=False, label=_("Employee"))
    project = TextField(max_length=40, required=False, allow_blank=True, label=_("Project"))


class VoucherInput(StrictSerializer):
    """A voucher made by hand."""

    date = DayField(label=_("Date"))
    attachments_count = WholeField(minimum=0, maximum=9999, required=False, default=0, label=_("Attachments"))
    lines = VoucherLineInput(many=True, allow_empty=False, label=_("Lines"))


class OpeningLineInput(LineSerializer):
    account = CodeField(Account, label=_("Account"))
    debit = MoneyField(required=False, default=ZERO, label=_("Debit"))
    credit = MoneyField(required=False, default=ZERO, label=_("Credit"))
    department = CodeField(Department, required=False, label=_("Department"))
    employee = CodeField(Employee, required=False, label=_("Employee"))


class OpeningItemInput(LineSerializer):
    side = serializers.ChoiceField(choices=OpenItem.Side.choices, label=_("Side"))
    customer = CodeField(Customer, required=False, label=_("Customer"))
    supplier = CodeField(Supplier, required=False, label=_("Supplier"))
    number = TextField(max_length=30, label=_("Old document number"))
    date = serializers.DateField(label=_("Date"))
    due_date = serializers.DateField(label=_("Payment due"))
    amount = MoneyField(positive=True, label=_("Amount"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """It comes from the old books, so it is no younger than the new ones, and it was not due before it was made."""
        start = self.context["company"].start_date
        if attrs["date"] > start:
            raise _wrong(
                "date", _("An opening item is not younger than the books, which start on {date}.").format(date=start), "after_start"
            )
        if attrs["due_date"] < attrs["date"]:
            raise _wrong("due_date", _("The payment can't be due before the date of the document."), "due_before_date")
        return attrs


def _wrong(field: str, text: object, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(str(text), code=code)]})


class OpeningInput(StrictSerializer):
    """The trial balance with which the books start, and the open items behind its control accounts."""

    lines = OpeningLineInput(many=True, allow_empty=False, label=_("Balances"))
    items = OpeningItemInput(many=True, required=False, label=_("Open items"))


class ReasonInput(StrictSerializer):
    """Why something is done."""

    reason = TextField(max_length=500, label=_("Reason"))

"""The books: accounts, posting rules and bank accounts to configure; vouchers, balances and open items to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin_base import CompanyAdmin, ReadOnlyAdmin, ReadOnlyInline
from finance.models import (
    Account,
    AccountBalance,
    BankAccount,
    ClosingStep,
    CustomerReceipt,
    CustomerReceiptLine,
    GoodsReceived,
    OpenItem,
    PostingRule,
    Settlement,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierPayment,
    SupplierPaymentLine,
    Voucher,
    VoucherLine,
    VoucherSource,
)


@admin.register(Account)
class AccountAdmin(CompanyAdmin):
    """The chart of accounts. What an account is stays once it exists; its name and whether it may be used can change."""

    list_display = ("code", "name", "name_en", "category", "normal_side", "is_leaf", "control", "is_blocked")
    list_filter = ("category", "control", "is_blocked")
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("parent",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code", "parent", "category", "normal_side", "is_leaf", "control") if obj else ()


@admin.register(PostingRule)
class PostingRuleAdmin(CompanyAdmin):
    """Which accounts an event debits and credits."""

    list_display = ("event", "element", "category", "department", "debit_account", "credit_account", "summary")
    list_filter = ("event",)
    list_select_related = ("category", "department", "debit_account", "credit_account")
    autocomplete_fields = ("category", "department", "debit_account", "credit_account")


@admin.register(BankAccount)
class BankAccountAdmin(CompanyAdmin):
    """Bank accounts and cash boxes."""

    list_display = ("code", "name", "name_en", "account", "account_number", "is_blocked")
    list_select_related = ("account",)
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("account",)


class VoucherLines(ReadOnlyInline):
    model = VoucherLine


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Vouchers."""

    list_display = ("__str__", "period", "date", "state", "source", "origin_kind", "origin_number", "total")
    list_select_related = ("period",)
    search_fields = ("origin_number",)
    inlines = (VoucherLines,)


@admin.register(VoucherSource)
class VoucherSourceAdmin(ReadOnlyAdmin):
    """Where voucher lines come from."""

    company_path = "line__voucher__company"


class SupplierInvoiceLines(ReadOnlyInline):
    model = SupplierInvoiceLine


class CustomerReceiptLines(ReadOnlyInline):
    model = CustomerReceiptLine


class SupplierPaymentLines(ReadOnlyInline):
    model = SupplierPaymentLine


@admin.register(SupplierInvoice)
class SupplierInvoiceAdmin(ReadOnlyAdmin):
    """Supplier invoices."""

    search_fields = ("number", "invoice_number")
    inlines = (SupplierInvoiceLines,)


@admin.register(CustomerReceipt)
class CustomerReceiptAdmin(ReadOnlyAdmin):
    """Money from customers."""

    search_fields = ("number",)
    inlines = (CustomerReceiptLines,)


@admin.register(SupplierPayment)
class SupplierPaymentAdmin(ReadOnlyAdmin):
    """Money to suppliers."""

    search_fields = ("number",)
    inlines = (SupplierPaymentLines,)


admin.site.register([AccountBalance, OpenItem, Settlement, GoodsReceived, ClosingStep], ReadOnlyAdmin)

"""The books: accounts, posting rules and bank accounts to configure; vouchers, balances and open items to look at."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_base import CompanyAdmin, CompanyForm, ReadOnlyAdmin, ReadOnlyInline
from core.errors import BusinessError
from finance import bank_accounts, chart
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


class AccountForm(CompanyForm):
    """A new account below another has a code that begins with the other's; the one above must not be in use."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        parent, code = cleaned.get("parent"), cleaned.get("code", "")
        if self.instance.pk or parent is None or self.errors:
            return cleaned
        if not code.startswith(parent.code) or code == parent.code:
            self.add_error(
                "code", ValidationError(_("The code of a sub-account begins with {code}.").format(code=parent.code), code="code")
            )
        try:
            chart.refuse_used(parent)
        except BusinessError as error:
            self.add_error("parent", ValidationError(error.message(), code=error.code))
        return cleaned


@admin.register(Account)
class AccountAdmin(CompanyAdmin):
    """The chart of accounts. What an account is stays once it exists; its name and whether it may be used can change."""

    form = AccountForm

    list_display = ("code", "name", "name_en", "category", "normal_side", "is_leaf", "control", "is_blocked")
    list_filter = ("category", "control", "is_blocked")
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("parent",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code", "parent", "category", "normal_side", "is_leaf", "control") if obj else ("is_leaf",)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """What lies under an account is kept as that is, and takes the entries in its place."""
        if not change:
            chart.put_below(obj, obj.parent)
        super().save_model(request, obj, form, change)


@admin.register(PostingRule)
class PostingRuleAdmin(CompanyAdmin):
    """Which accounts an event debits and credits."""

    list_display = ("event", "element", "category", "department", "debit_account", "credit_account", "summary")
    list_filter = ("event",)
    list_select_related = ("category", "department", "debit_account", "credit_account")
    autocomplete_fields = ("category", "department", "debit_account", "credit_account")


class BankAccountForm(CompanyForm):
    """A bank account on an account that can hold money."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        account = cleaned.get("account")
        try:
            if account is not None and "account" not in self.errors:
                bank_accounts.refuse_unfit(account, field="account")
        except BusinessError as error:
            self.add_error("account", ValidationError(error.message(), code=error.code))
        return cleaned


@admin.register(BankAccount)
class BankAccountAdmin(CompanyAdmin):
    """Bank accounts and cash boxes."""

    form = BankAccountForm

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

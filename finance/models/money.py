"""Bank accounts, money from customers, money to suppliers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import MoneyField
from core.models import Document, DocumentLine
from finance.models.account import Account
from finance.models.open_item import OpenItem
from finance.models.voucher import Voucher
from masterdata.models import Customer, Supplier
from masterdata.models.base import Master


class BankAccount(Master):
    """A bank account or a cash box, and the account of the books that it is kept on."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    account_number = models.CharField(_("account number"), max_length=60, blank=True)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")


class _Money(Document):
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="+", verbose_name=_("bank account"))
    amount = MoneyField(_("amount"))
    reference = models.CharField(_("bank reference"), max_length=60, blank=True)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        abstract = True


class CustomerReceipt(_Money):
    """Money from a customer (收款单), settled against receivables; what is left over is an advance.

    With an amount of zero it only uses an advance to settle receivables (预收冲应收).
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))

    class Meta(Document.Meta):
        verbose_name = _("customer payment")
        verbose_name_plural = _("customer payments")
        constraints = [*Document.Meta.constraints, models.CheckConstraint(condition=Q(amount__gte=0), name="customerreceipt_positive")]
        permissions = [
            ("post_customerreceipt", _("Can post customer payments")),
            ("reverse_customerreceipt", _("Can reverse customer payments")),
            ("cancel_customerreceipt", _("Can cancel customer payments")),
        ]


class SupplierPayment(_Money):
    """Money to a supplier (付款单), settled against payables; what is left over is an advance.

    With an amount of zero it only uses an advance to settle payables (预付冲应付).
    """

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=_("supplier"))

    class Meta(Document.Meta):
        verbose_name = _("supplier payment")
        verbose_name_plural = _("supplier payments")
        constraints = [*Document.Meta.constraints, models.CheckConstraint(condition=Q(amount__gte=0), name="supplierpayment_positive")]
        permissions = [
            ("post_supplierpayment", _("Can release supplier payments")),
            ("reverse_supplierpayment", _("Can reverse supplier payments")),
            ("cancel_supplierpayment", _("Can cancel supplier payments")),
        ]


class _MoneyLine(DocumentLine):
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="+", verbose_name=_("open item"))
    amount = MoneyField(_("amount"))

    class Meta(DocumentLine.Meta):
        abstract = True


class CustomerReceiptLine(_MoneyLine):
    """How much of the money settles which receivable."""

    document = models.ForeignKey(CustomerReceipt, models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        verbose_name = _("settlement line")
        verbose_name_plural = _("settlement lines")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="customerreceiptline_positive")]


class SupplierPaymentLine(_MoneyLine):
    """How much of the money settles which payable."""

    document = models.ForeignKey(SupplierPayment, models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        verbose_name = _("settlement line")
        verbose_name_plural = _("settlement lines")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="supplierpaymentline_positive")]

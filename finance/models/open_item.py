"""What customers owe us and what we owe suppliers, item by item, and what settled it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.models import CompanyOwned
from finance.models.account import Account
from finance.models.voucher import Voucher
from masterdata.models import Customer, Supplier


class OpenItem(CompanyOwned):
    """A receivable, a payable or an advance: its amount in the direction of its side, and how much is still open."""

    class Side(models.TextChoices):
        RECEIVABLE = "receivable", _("Receivable")
        PAYABLE = "payable", _("Payable")
        CUSTOMER_ADVANCE = "customer_advance", _("Advance from customer")
        SUPPLIER_ADVANCE = "supplier_advance", _("Advance to supplier")

    side = models.CharField(_("side"), max_length=16, choices=Side.choices)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="open_items", verbose_name=_("customer"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="open_items", verbose_name=_("supplier"))
    origin_kind = models.CharField(_("document kind"), max_length=40)
    origin_number = models.CharField(_("document"), max_length=40)
    date = models.DateField(_("date"))
    due_date = models.DateField(_("due date"))
    amount = MoneyField(_("amount"))
    open_amount = MoneyField(_("open amount"))
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("voucher"))
    is_opening = models.BooleanField(_("opening balance"), default=False)

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        ordering = ["due_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "side", "origin_kind", "origin_number"], name="one_item_per_document_and_side"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, open_amount__gte=0) | Q(amount__lt=0, open_amount__lte=0), name="open_amount_same_side"
            ),
            models.CheckConstraint(condition=Q(customer__isnull=False) | Q(supplier__isnull=False), name="open_item_has_partner"),
        ]
        indexes = [models.Index(fields=["company", "side", "due_date"], condition=~Q(open_amount=0), name="still_open")]

    def __str__(self) -> str:
        return f"{self.origin_number}: {self.open_amount}"


class Settlement(CompanyOwned):
    """That a part of an open item was settled by a document (核销). Append-only: taking it back is a negative row."""

    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="settlements")
    origin_kind = models.CharField(max_length=40)
    origin_number = models.CharField(_("settled by"), max_length=40)
    date = models.DateField(_("date"))
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        indexes = [models.Index(fields=["company", "origin_kind", "origin_number"], name="settlement_by_origin")]

    def __str__(self) -> str:
        return f"{self.origin_number}: {self.amount}"

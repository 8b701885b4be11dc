"""Supplier invoices and the goods received that they are matched with (暂估)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField, ScaledDecimalField
from core.models import CompanyOwned, Document, DocumentLine
from finance.models.voucher import Voucher
from inventory.models import StockMove
from masterdata.models import Item, Supplier


class GoodsReceived(CompanyOwned):
    """A receipt line whose invoice has not (wholly) come: the sub-ledger of the accrued payables account."""

    origin_kind = models.CharField(max_length=40)
    origin_number = models.CharField(_("receipt"), max_length=40)
    origin_line = models.PositiveIntegerField(_("line"))
    reference = models.CharField(_("receipt line"), max_length=60, help_text=_("receipt and line, as invoices name it"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=_("supplier"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    move = models.OneToOneField(StockMove, models.PROTECT, related_name="+")
    date = models.DateField(_("date"))
    quantity = QuantityField(_("received"))
    amount = MoneyField(_("accrued"))
    invoiced_quantity = QuantityField(_("invoiced"), default=0)
    invoiced_amount = MoneyField(_("accrual cleared"), default=0)
    source_number = models.CharField(_("purchase order"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("goods received, not invoiced")
        verbose_name_plural = _("goods received, not invoiced")
        constraints = [
            models.UniqueConstraint(fields=["company", "origin_kind", "origin_number", "origin_line"], name="one_accrual_per_line"),
            models.UniqueConstraint(fields=["company", "reference"], name="accrual_reference_once"),
            models.CheckConstraint(condition=Q(invoiced_quantity__gte=0, quantity__gte=0), name="accrual_not_negative"),
            models.CheckConstraint(condition=Q(invoiced_quantity__lte=models.F("quantity")), name="not_invoiced_beyond_receipt"),
        ]
        indexes = [models.Index(fields=["company", "supplier"], name="accrual_by_supplier")]

    def __str__(self) -> str:
        return self.reference


class SupplierInvoice(Document):
    """A supplier's invoice, matched line by line with goods received."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=_("supplier"))
    invoice_number = models.CharField(_("invoice number"), max_length=40)
    due_date = models.DateField(_("due date"))
    net_amount = MoneyField(_("net amount"), default=0)
    tax_amount = MoneyField(_("tax"), default=0)
    gross_amount = MoneyField(_("gross amount"), default=0)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("supplier invoice")
        verbose_name_plural = _("supplier invoices")
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["company", "supplier", "invoice_number"],
                condition=~Q(state__in=["cancelled", "reversed"]) & Q(reversal_of__isnull=True),
                name="invoice_booked_once",
            ),
        ]
        permissions = [
            ("post_supplierinvoice", _("Can post supplier invoices")),
            ("reverse_supplierinvoice", _("Can reverse supplier invoices")),
            ("cancel_supplierinvoice", _("Can cancel supplier invoices")),
        ]


class SupplierInvoiceLine(DocumentLine):
    """What is charged for (a part of) a receipt line."""

    document = models.ForeignKey(SupplierInvoice, models.CASCADE, related_name="lines")
    received = models.ForeignKey(GoodsReceived, models.PROTECT, related_name="invoice_lines", verbose_name=_("goods received"))
    quantity = QuantityField(_("quantity"))
    unit_price = PriceField(_("price (without tax)"))
    net_amount = MoneyField(_("net amount"))
    tax_percent = ScaledDecimalField(_("tax %"), places=4, default=13)
    tax_amount = MoneyField(_("tax"))
    accrual_cleared = MoneyField(_("accrual cleared"), default=0)
    stock_difference = MoneyField(_("difference to stock"), default=0)
    expensed_difference = MoneyField(_("difference expensed"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0, unit_price__gte=0), name="invoiceline_positive")]

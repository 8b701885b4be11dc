"""Purchase receipts: goods come in at the price of the order, the payable is accrued."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, QuantityField
from core.models import Document, DocumentLine
from inventory.models import Bin, Lot, StockPosting, Warehouse
from masterdata.models import Item, Supplier
from purchasing.models.order import PurchaseOrder, PurchaseOrderLine


class PurchaseReceipt(Document):
    """Goods from one purchase order into one warehouse (采购入库单)."""

    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts", verbose_name=_("purchase order"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=_("supplier"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    delivery_note = models.CharField(_("delivery note"), max_length=60, blank=True)
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("purchase receipt")
        verbose_name_plural = _("purchase receipts")
        permissions = [
            ("post_purchasereceipt", _("Can post purchase receipts")),
            ("reverse_purchasereceipt", _("Can reverse purchase receipts")),
            ("cancel_purchasereceipt", _("Can cancel purchase receipts")),
        ]


class PurchaseReceiptLine(DocumentLine):
    """How many of an order line came, into which bin and lot."""

    document = models.ForeignKey(PurchaseReceipt, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="receipt_lines", verbose_name=_("order line"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot_code = models.CharField(_("lot"), max_length=40, blank=True)
    expiry_date = models.DateField(_("expiry date"), null=True, blank=True)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+")
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="purchasereceiptline_positive")]

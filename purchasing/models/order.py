"""Purchase orders."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField, ScaledDecimalField
from core.models import Document, DocumentLine
from inventory.models import Warehouse
from masterdata.models import Item, Supplier
from purchasing.models.requisition import RequisitionLine


class PurchaseOrder(Document):
    """An order to a supplier. Approving it makes its lines supply."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=_("supplier"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("deliver to"))
    due_date = models.DateField(_("delivery date"))
    net_amount = MoneyField(_("net amount"), default=0)
    tax_amount = MoneyField(_("tax"), default=0)
    gross_amount = MoneyField(_("gross amount"), default=0)

    class Meta(Document.Meta):
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        permissions = [
            ("approve_purchaseorder", _("Can approve purchase orders")),
            ("cancel_purchaseorder", _("Can cancel purchase orders")),
            ("close_purchaseorder", _("Can close purchase orders")),
            ("see_prices", _("Can see purchase prices")),
        ]


class PurchaseOrderLine(DocumentLine):
    """An item, how many, at which price; `received` follows the receipts."""

    document = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    requisition_line = models.ForeignKey(
        RequisitionLine, models.PROTECT, null=True, blank=True, related_name="order_lines", verbose_name=_("requisition line")
    )
    quantity = QuantityField(_("quantity"))
    unit_price = PriceField(_("price (without tax)"))
    tax_percent = ScaledDecimalField(_("tax %"), places=4, default=13)
    net_amount = MoneyField(_("net amount"))
    tax_amount = MoneyField(_("tax"))
    due_date = models.DateField(_("delivery date"))
    received = QuantityField(_("received"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_price__gte=0, received__gte=0), name="purchaseorderline_positive")
        ]

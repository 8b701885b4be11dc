"""Shipments: goods leave, cost of sales, revenue, tax and receivable are booked."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, QuantityField
from core.models import Document, DocumentLine
from finance.models import Voucher
from inventory.models import Bin, Lot, StockPosting, Warehouse
from masterdata.models import Customer, Item
from sales.models.order import SalesOrder, SalesOrderLine


class Shipment(Document):
    """Goods for one sales order, out of one warehouse (销售出库单)."""

    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="shipments", verbose_name=_("sales order"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    due_date = models.DateField(_("payment due"), null=True, blank=True)
    net_amount = MoneyField(_("net amount"), default=0)
    tax_amount = MoneyField(_("tax"), default=0)
    gross_amount = MoneyField(_("gross amount"), default=0)
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("sales shipment")
        verbose_name_plural = _("sales shipments")
        permissions = [
            ("post_shipment", _("Can post sales shipments")),
            ("reverse_shipment", _("Can reverse sales shipments")),
            ("cancel_shipment", _("Can cancel sales shipments")),
        ]


class ShipmentLine(DocumentLine):
    """How many of an order line leave, from which bin and lot (empty: proposed at posting)."""

    document = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(SalesOrderLine, models.PROTECT, related_name="shipment_lines", verbose_name=_("order line"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"))
    net_amount = MoneyField(_("net amount"), default=0)
    tax_amount = MoneyField(_("tax"), default=0)
    cost = MoneyField(_("cost of sales"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="shipmentline_positive")]

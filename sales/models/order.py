"""Sales orders: what a customer wants, at which price, by when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField, ScaledDecimalField
from core.models import Document, DocumentLine
from inventory.models import Warehouse
from masterdata.models import Customer, Item


class SalesOrder(Document):
    """A customer's order. Approving it makes its lines demand; it closes itself when all is shipped."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    customer_reference = models.CharField(_("customer's order number"), max_length=60, blank=True)
    due_date = models.DateField(_("delivery date"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("ship from"))
    net_amount = MoneyField(_("net amount"), default=0)
    tax_amount = MoneyField(_("tax"), default=0)
    gross_amount = MoneyField(_("gross amount"), default=0)

    class Meta(Document.Meta):
        verbose_name = _("sales order")
        verbose_name_plural = _("sales orders")
        permissions = [
            ("approve_salesorder", _("Can approve sales orders")),
            ("cancel_salesorder", _("Can cancel sales orders")),
            ("close_salesorder", _("Can close sales orders")),
            ("see_prices", _("Can see sales prices")),
        ]


class SalesOrderLine(DocumentLine):
    """An item, how many, at which price; `shipped` follows the shipments."""

    document = models.ForeignKey(SalesOrder, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit_price = PriceField(_("price (without tax)"))
    tax_percent = ScaledDecimalField(_("tax %"), places=4, default=13)
    net_amount = MoneyField(_("net amount"))
    tax_amount = MoneyField(_("tax"))
    due_date = models.DateField(_("delivery date"))
    shipped = QuantityField(_("shipped"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("sales order line")
        verbose_name_plural = _("sales order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_price__gte=0, shipped__gte=0), name="salesorderline_positive"),
            models.CheckConstraint(condition=Q(shipped__lte=F("quantity")), name="not_shipped_beyond_order"),
        ]

"""Documents of the warehouse itself: other receipts and issues (with a reason), opening stock, transfers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import PriceField, QuantityField
from core.models import Document, DocumentLine
from inventory.models.ledger import StockPosting
from inventory.models.places import Bin, Lot, Warehouse
from masterdata.models import Department, Item


class StockEntry(Document):
    """Goods that come or go for another reason than buying, making or selling."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening stock")
        OTHER_IN = "other_in", _("Other receipt")
        OTHER_OUT = "other_out", _("Other issue")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department"))
    reason = models.CharField(_("reason"), max_length=200)
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("other receipt or issue")
        verbose_name_plural = _("other receipts and issues")
        permissions = [
            ("post_stockentry", _("Can post other receipts and issues")),
            ("reverse_stockentry", _("Can reverse other receipts and issues")),
            ("cancel_stockentry", _("Can cancel other receipts and issues")),
        ]


class StockEntryLine(DocumentLine):
    """An item, a quantity and, for receipts, its unit cost."""

    document = models.ForeignKey(StockEntry, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"))
    unit_cost = PriceField(_("unit cost"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0, unit_cost__gte=0), name="stockentryline_positive")]


class StockTransfer(Document):
    """Goods moved from one warehouse or bin to another, in one step."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("from warehouse"))
    to_warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("to warehouse"))
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        permissions = [
            ("post_stocktransfer", _("Can post transfers")),
            ("reverse_stocktransfer", _("Can reverse transfers")),
            ("cancel_stocktransfer", _("Can cancel transfers")),
        ]


class StockTransferLine(DocumentLine):
    """An item and a quantity, from bin to bin."""

    document = models.ForeignKey(StockTransfer, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from bin"))
    to_bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"))

    class Meta(DocumentLine.Meta):
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="stocktransferline_positive")]

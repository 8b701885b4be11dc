"""Finished goods into stock, at what they cost."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, QuantityField
from core.models import Document
from inventory.models import Bin, Lot, StockPosting, Warehouse
from masterdata.models import Item
from production.models.work_order import WorkOrder


class FinishedReceipt(Document):
    """Accepted products received from one work order (产品入库单), with lot and value by cost element."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="receipts", verbose_name=_("work order"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot_code = models.CharField(_("lot"), max_length=40, blank=True)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+")
    quantity = QuantityField(_("quantity"))
    is_final = models.BooleanField(_("completes the order"), default=False)
    material_cost = MoneyField(_("material"), default=0)
    labour_cost = MoneyField(_("labour"), default=0)
    overhead_cost = MoneyField(_("overhead"), default=0)
    value = MoneyField(_("value"), default=0)
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("finished receipt")
        verbose_name_plural = _("finished receipts")
        permissions = [
            ("post_finishedreceipt", _("Can post finished receipts")),
            ("cancel_finishedreceipt", _("Can cancel drafts of finished receipts")),
            ("reverse_finishedreceipt", _("Can reverse finished receipts")),
        ]
        constraints = [*Document.Meta.constraints, models.CheckConstraint(condition=Q(quantity__gt=0), name="finishedreceipt_positive")]

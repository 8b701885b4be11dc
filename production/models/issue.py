"""Materials to a work order, and back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, QuantityField
from core.models import Document, DocumentLine
from inventory.models import Bin, Lot, StockMove, StockPosting, Warehouse
from masterdata.models import Item
from production.models.work_order import WorkOrder, WorkOrderMaterial


class MaterialIssue(Document):
    """Materials taken from stock for one work order (生产领料单). `reason` is needed where more than the order lists is taken."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="issues", verbose_name=_("work order"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    reason = models.CharField(_("reason for more"), max_length=200, blank=True)
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("material issue")
        verbose_name_plural = _("material issues")
        permissions = [
            ("post_materialissue", _("Can post material issues")),
            ("cancel_materialissue", _("Can cancel drafts of material issues")),
            ("reverse_materialissue", _("Can reverse material issues")),
        ]


class MaterialIssueLine(DocumentLine):
    """How many of a material; bin and lot are proposed (reserved ones first) where empty."""

    document = models.ForeignKey(MaterialIssue, models.CASCADE, related_name="lines")
    material = models.ForeignKey(WorkOrderMaterial, models.PROTECT, related_name="issue_lines", verbose_name=_("material"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("issue line")
        verbose_name_plural = _("issue lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="materialissueline_positive")]


class MaterialReturn(Document):
    """Surplus brought back from a work order at the cost at which it went out (生产退料单)."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="returns", verbose_name=_("work order"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    posting = models.ForeignKey(StockPosting, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("material return")
        verbose_name_plural = _("material returns")
        permissions = [
            ("post_materialreturn", _("Can post material returns")),
            ("cancel_materialreturn", _("Can cancel drafts of material returns")),
            ("reverse_materialreturn", _("Can reverse material returns")),
        ]


class MaterialReturnLine(DocumentLine):
    """How many of which issued move come back."""

    document = models.ForeignKey(MaterialReturn, models.CASCADE, related_name="lines")
    material = models.ForeignKey(WorkOrderMaterial, models.PROTECT, related_name="return_lines", verbose_name=_("material"))
    issued_move = models.ForeignKey(StockMove, models.PROTECT, related_name="+", verbose_name=_("issued as"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="materialreturnline_positive")]

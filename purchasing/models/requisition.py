"""Requisitions: what should be bought."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import QuantityField
from core.models import Document, DocumentLine
from masterdata.models import Department, Item, Supplier


class Requisition(Document):
    """A request to buy, by hand or from planning (采购申请)."""

    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department"))

    class Meta(Document.Meta):
        verbose_name = _("purchase requisition")
        verbose_name_plural = _("purchase requisitions")
        permissions = [
            ("approve_requisition", _("Can approve purchase requisitions")),
            ("cancel_requisition", _("Can cancel purchase requisitions")),
        ]


class RequisitionLine(DocumentLine):
    """An item, how many, by when; `ordered` follows the purchase orders made from it."""

    document = models.ForeignKey(Requisition, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supplier"))
    quantity = QuantityField(_("quantity"))
    due_date = models.DateField(_("needed by"))
    ordered = QuantityField(_("ordered"), default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("requisition line")
        verbose_name_plural = _("requisition lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, ordered__gte=0), name="requisitionline_positive"),
            models.CheckConstraint(condition=Q(ordered__lte=F("quantity")), name="not_ordered_beyond_request"),
        ]

    def __str__(self) -> str:
        return f"{self.document.number}/{self.line_no}"

"""Inspections: incoming goods and finished work are accepted or refused here."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import QuantityField
from core.models import Document
from inventory.models.places import Bin, Lot, Warehouse
from masterdata.models import Item


class Inspection(Document):
    """One lot-sized quantity to look at. Posting it records what was accepted and what was rejected.

    For goods already in the warehouse (`warehouse` set) acceptance frees them and rejection blocks them;
    for finished work (`warehouse` empty) the accepted quantity may be received.
    """

    class Kind(models.TextChoices):
        INCOMING = "incoming", _("Incoming inspection")
        FINAL = "final", _("Final inspection")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    origin_kind = models.CharField(max_length=40)
    origin_number = models.CharField(_("for"), max_length=40)
    origin_line = models.PositiveIntegerField(default=1)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("warehouse"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("to inspect"))
    accepted = QuantityField(_("accepted"), default=0)
    rejected = QuantityField(_("rejected"), default=0)
    finding = models.CharField(_("finding"), max_length=300, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        permissions = [
            ("post_inspection", _("Can decide inspections")),
            ("reverse_inspection", _("Can reverse inspections")),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(condition=Q(quantity__gt=0, accepted__gte=0, rejected__gte=0), name="inspection_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gte=F("accepted") + F("rejected")), name="inspection_adds_up"),
        ]
        indexes = [*Document.Meta.indexes, models.Index(fields=["company", "origin_kind", "origin_number"], name="inspection_origin")]

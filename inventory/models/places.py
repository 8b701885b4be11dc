"""Warehouses, their bins, and lots."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.models import CompanyOwned
from masterdata.models import Item, Supplier
from masterdata.models.base import Master


class Warehouse(Master):
    """A place where stock is kept. `own_valuation` makes it a valuation area of its own."""

    allow_negative = models.BooleanField(_("may go below zero"), default=False)
    own_valuation = models.BooleanField(_("valued on its own"), default=False)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")


class Bin(CompanyOwned):
    """A storage location inside a warehouse. Every warehouse has a default bin for goods that have no place of their own."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="bins", verbose_name=_("warehouse"))
    code = models.CharField(_("code"), max_length=30)
    is_default = models.BooleanField(_("default bin"), default=False)
    is_blocked = models.BooleanField(_("blocked"), default=False)

    class Meta:
        verbose_name = _("bin")
        verbose_name_plural = _("bins")
        ordering = ["warehouse", "code"]
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "code"], name="bin_code_once"),
            models.UniqueConstraint(fields=["warehouse"], condition=models.Q(is_default=True), name="one_default_bin"),
        ]

    def __str__(self) -> str:
        return self.code


class Lot(CompanyOwned):
    """A quantity of an item that was made or bought together."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="lots", verbose_name=_("item"))
    code = models.CharField(_("lot"), max_length=40)
    production_date = models.DateField(_("production date"), null=True, blank=True)
    expiry_date = models.DateField(_("expiry date"), null=True, blank=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supplier"))
    origin_kind = models.CharField(max_length=40, blank=True)
    origin_number = models.CharField(_("origin"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [models.UniqueConstraint(fields=["item", "code"], name="lot_code_once")]

    def __str__(self) -> str:
        return self.code

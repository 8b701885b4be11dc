"""Items, their categories and units."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import PriceField, QuantityField
from core.models import CompanyOwned
from masterdata.models.base import Master


class Unit(CompanyOwned):
    """A unit of measure and how many decimals a quantity in it may have."""

    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    places = models.PositiveSmallIntegerField(_("decimals"), default=0)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="unit_code_once")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and not (get_language() or "zh").startswith("zh") else self.name


class ItemCategory(Master):
    """A kind of goods: decides the valuation method and, through posting rules, the accounts."""

    class Method(models.TextChoices):
        MOVING_AVERAGE = "moving_average", _("Moving average")
        FIFO = "fifo", _("First in, first out")
        MONTH_AVERAGE = "month_average", _("Monthly average")
        SPECIFIC = "specific", _("Specific (by lot)")
        STANDARD = "standard", _("Standard cost")

    valuation_method = models.CharField(_("valuation method"), max_length=16, choices=Method.choices, default=Method.MOVING_AVERAGE)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("item category")
        verbose_name_plural = _("item categories")


class Item(Master):
    """Anything kept in the item master: material, semi-finished, finished good."""

    class Supply(models.TextChoices):
        PURCHASED = "purchased", _("Purchased")
        MANUFACTURED = "manufactured", _("Manufactured")
        PHANTOM = "phantom", _("Phantom")

    class LotSizing(models.TextChoices):
        LOT_FOR_LOT = "L4L", _("Lot for lot")
        FIXED = "FOQ", _("Fixed quantity")
        PERIOD = "POQ", _("Period of supply")
        MIN_MULTIPLE = "MIN_MULTIPLE", _("Minimum and multiple")

    specification = models.CharField(_("specification"), max_length=120, blank=True)
    category = models.ForeignKey(ItemCategory, models.PROTECT, related_name="items", verbose_name=_("category"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    supply_type = models.CharField(_("supply type"), max_length=12, choices=Supply.choices, default=Supply.PURCHASED)
    is_sold = models.BooleanField(_("is sold"), default=False)
    lot_tracked = models.BooleanField(_("kept by lot"), default=False)
    inspect_on_receipt = models.BooleanField(_("inspected on receipt"), default=False)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=0)
    lot_sizing = models.CharField(_("lot-sizing policy"), max_length=12, choices=LotSizing.choices, default=LotSizing.LOT_FOR_LOT)
    lot_size = QuantityField(_("fixed lot or order multiple"), default=0)
    min_order_quantity = QuantityField(_("minimum order quantity"), default=0)
    supply_period_days = models.PositiveSmallIntegerField(_("period of supply (days)"), default=0)
    safety_stock = QuantityField(_("safety stock"), default=0)
    reorder_point = QuantityField(_("reorder point"), default=0)
    standard_cost = PriceField(_("standard cost"), default=0)
    list_price = PriceField(_("list price (without tax)"), default=0)
    default_supplier = models.ForeignKey(
        "masterdata.Supplier", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("usual supplier")
    )
    barcode = models.CharField(_("barcode"), max_length=80, blank=True, db_index=True)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [
            *Master.Meta.constraints,
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0, lot_size__gte=0, min_order_quantity__gte=0, standard_cost__gte=0, list_price__gte=0),
                name="item_amounts_not_negative",
            ),
        ]

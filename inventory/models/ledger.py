"""The stock ledger: postings and moves are append-only; balances, pools and layers follow from them and can be rebuilt.

Only `inventory.ledger` writes these tables.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField
from core.models import Company, CompanyOwned
from inventory.models.places import Bin, Lot, Warehouse
from masterdata.models import Item, ItemCategory


class StockStatus(models.TextChoices):
    """What may be done with goods on hand."""

    FREE = "free", _("Free")
    INSPECTION = "inspection", _("In inspection")
    BLOCKED = "blocked", _("Blocked")


class StockPosting(CompanyOwned):
    """One posting of one document into the stock ledger."""

    event = models.CharField(_("event"), max_length=40)
    origin_kind = models.CharField(_("document kind"), max_length=40)
    origin_number = models.CharField(_("document"), max_length=40)
    date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"))
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("posted by"))
    reversal_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )

    class Meta:
        verbose_name = _("stock posting")
        verbose_name_plural = _("stock postings")
        indexes = [
            models.Index(fields=["company", "origin_kind", "origin_number"], name="posting_by_origin"),
            models.Index(fields=["company", "date"], name="posting_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.origin_number}"


class StockMove(models.Model):
    """A line of the stock ledger: quantity and value in (+) or out (−). A correction of value alone has quantity 0."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    posting = models.ForeignKey(StockPosting, models.PROTECT, related_name="moves")
    origin_line = models.PositiveIntegerField(_("document line"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    category = models.ForeignKey(ItemCategory, models.PROTECT, related_name="+", verbose_name=_("category"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", verbose_name=_("lot"))
    status = models.CharField(_("stock status"), max_length=12, choices=StockStatus.choices, default=StockStatus.FREE)
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"))
    unit_cost = PriceField(_("unit cost"))
    date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"))
    reversal_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["company", "item", "id"], name="move_by_item"),
            models.Index(fields=["company", "date", "id"], name="move_by_date"),
            models.Index(fields=["company", "warehouse", "id"], name="move_by_warehouse"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.quantity} / {self.value}"


class StockBalance(CompanyOwned):
    """What is on hand of an item at one place, in one lot and status; kept in the same transaction as the moves."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="balances", verbose_name=_("item"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", verbose_name=_("lot"))
    status = models.CharField(_("stock status"), max_length=12, choices=StockStatus.choices, default=StockStatus.FREE)
    on_hand = QuantityField(_("on hand"), default=0)
    reserved = QuantityField(_("reserved"), default=0)
    may_go_negative = models.BooleanField(_("may go below zero"), default=False)

    class Meta:
        verbose_name = _("stock balance")
        verbose_name_plural = _("stock balances")
        constraints = [
            models.UniqueConstraint("item", "warehouse", "bin", Coalesce("lot", 0), "status", name="one_balance_per_place"),
            models.CheckConstraint(condition=Q(on_hand__gte=0) | Q(may_go_negative=True), name="on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_negative"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")) | Q(reserved=0), name="reserved_within_on_hand"),
        ]
        indexes = [models.Index(fields=["company", "warehouse", "item"], name="balance_by_warehouse")]

    def __str__(self) -> str:
        return f"{self.item_id} @ {self.warehouse_id}/{self.bin_id}: {self.on_hand}"


class ValuationPool(CompanyOwned):
    """Quantity and value of an item in one valuation area: the company, or a warehouse (× lot for specific identification)."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="pools", verbose_name=_("item"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, related_name="+", verbose_name=_("warehouse"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", verbose_name=_("lot"))
    quantity = QuantityField(_("quantity"), default=0)
    value = MoneyField(_("value"), default=0)
    last_cost = PriceField(_("last unit cost"), default=0)

    class Meta:
        verbose_name = _("valuation pool")
        verbose_name_plural = _("valuation pools")
        constraints = [
            models.UniqueConstraint("item", Coalesce("warehouse", 0), Coalesce("lot", 0), name="one_pool_per_area"),
            models.CheckConstraint(condition=~Q(quantity=0) | Q(value=0), name="no_value_without_quantity"),
            models.CheckConstraint(condition=Q(quantity__lt=0) | Q(value__gte=0), name="value_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.quantity} / {self.value}"


class CostLayer(models.Model):
    """A receipt that is not used up yet, in the order in which it will leave (FIFO)."""

    pool = models.ForeignKey(ValuationPool, models.PROTECT, related_name="layers")
    receipt_ref = models.CharField(max_length=120, blank=True)
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"))

    class Meta:
        verbose_name = _("cost layer")
        verbose_name_plural = _("cost layers")
        ordering = ["id"]
        indexes = [models.Index(fields=["pool", "id"], condition=~Q(quantity=0), name="open_layers")]
        constraints = [models.CheckConstraint(condition=~Q(quantity=0) | Q(value=0), name="layer_value_needs_quantity")]

    def __str__(self) -> str:
        return f"{self.receipt_ref}: {self.quantity} / {self.value}"

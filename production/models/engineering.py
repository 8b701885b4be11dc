"""Bills of materials, routings and work centres."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import PriceField, QuantityField, ScaledDecimalField
from core.models import CompanyOwned
from masterdata.models import Department, Item
from masterdata.models.base import Master


class WorkCenter(Master):
    """A machine or a group of places that does operations, with its hourly rates."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("workshop"))
    labour_rate = PriceField(_("labour rate per hour"), default=0)
    machine_rate = PriceField(_("machine and overhead rate per hour"), default=0)
    hours_per_day = ScaledDecimalField(_("hours per day"), places=4, default=8)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("work centre")
        verbose_name_plural = _("work centres")


class Bom(CompanyOwned):
    """What one batch of an item is made of, in a version that is valid for a time."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="boms", verbose_name=_("item"))
    version = models.CharField(_("version"), max_length=12, default="1")
    base_quantity = QuantityField(_("for a quantity of"), default=1)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("bill of materials")
        verbose_name_plural = _("bills of materials")
        ordering = ["item", "version"]
        constraints = [
            models.UniqueConstraint(fields=["company", "item", "version"], name="bom_version_once"),
            models.CheckConstraint(condition=Q(base_quantity__gt=0), name="bom_base_positive"),
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="bom_dates_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.item} v{self.version}"


class BomLine(models.Model):
    """A component: quantity for the base quantity of the parent, before scrap."""

    bom = models.ForeignKey(Bom, models.CASCADE, related_name="lines")
    line_no = models.PositiveIntegerField(_("line"))
    component = models.ForeignKey(Item, models.PROTECT, related_name="used_in", verbose_name=_("component"))
    quantity = QuantityField(_("quantity"))
    scrap_percent = ScaledDecimalField(_("scrap %"), places=4, default=0)
    operation_no = models.PositiveIntegerField(_("for operation"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components")
        ordering = ["line_no"]
        constraints = [
            models.UniqueConstraint(fields=["bom", "line_no"], name="bom_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, scrap_percent__gte=0, scrap_percent__lt=100), name="bom_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line_no}: {self.component_id} × {self.quantity}"


class Routing(CompanyOwned):
    """The operations by which an item is made, in a version."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="routings", verbose_name=_("item"))
    version = models.CharField(_("version"), max_length=12, default="1")
    is_active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("routing")
        verbose_name_plural = _("routings")
        constraints = [models.UniqueConstraint(fields=["company", "item", "version"], name="routing_version_once")]

    def __str__(self) -> str:
        return f"{self.item} v{self.version}"


class RoutingOperation(models.Model):
    """A step: where it is done and how long it takes (minutes)."""

    routing = models.ForeignKey(Routing, models.CASCADE, related_name="operations")
    operation_no = models.PositiveIntegerField(_("operation"))
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    work_center = models.ForeignKey(WorkCenter, models.PROTECT, related_name="+", verbose_name=_("work centre"))
    setup_minutes = ScaledDecimalField(_("set-up minutes"), places=4, default=0)
    run_minutes = ScaledDecimalField(_("minutes per piece"), places=4, default=0)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["operation_no"]
        constraints = [
            models.UniqueConstraint(fields=["routing", "operation_no"], name="operation_once"),
            models.CheckConstraint(condition=Q(setup_minutes__gte=0, run_minutes__gte=0), name="operation_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.operation_no} {self.name}"

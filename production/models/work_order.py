"""Work orders: what is to be made, its own list of materials and operations (a snapshot), and what it has cost so far."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField, ScaledDecimalField
from core.models import CompanyOwned, Document, DocumentLine
from inventory.models import Warehouse
from masterdata.models import Department, Item
from production.models.engineering import Bom, WorkCenter


class WorkOrder(Document):
    """An order to make a quantity of one item (生产订单). Its dates are the plan; `document_date` is the day it was made out."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    bom = models.ForeignKey(Bom, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bill of materials"))
    quantity = QuantityField(_("quantity"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("workshop"))
    material_warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("materials from"))
    target_warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("receive into"))
    start_date = models.DateField(_("start date"))
    due_date = models.DateField(_("due date"))
    planned_unit_cost = PriceField(_("planned unit cost"), default=0)
    good = QuantityField(_("reported good"), default=0)
    scrapped = QuantityField(_("scrapped"), default=0)
    accepted = QuantityField(_("accepted by quality"), default=0)
    received = QuantityField(_("received"), default=0)
    source_number = models.CharField(_("for"), max_length=40, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        permissions = [
            ("release_workorder", _("Can release work orders")),
            ("cancel_workorder", _("Can cancel work orders")),
            ("close_workorder", _("Can close work orders")),
            ("run_mrp", _("Can run material planning")),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(quantity__gt=0, good__gte=0, scrapped__gte=0, accepted__gte=0, received__gte=0), name="workorder_not_negative"
            ),
        ]


class WorkOrderMaterial(DocumentLine):
    """A component of this order: needed, issued (net of returns)."""

    document = models.ForeignKey(WorkOrder, models.CASCADE, related_name="materials")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("needed"))
    issued = QuantityField(_("issued"), default=0)
    issued_value = MoneyField(_("issued value"), default=0)
    operation_no = models.PositiveIntegerField(_("for operation"), null=True, blank=True)

    class Meta(DocumentLine.Meta):
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0, issued__gte=0), name="workordermaterial_positive")]


class WorkOrderOperation(DocumentLine):
    """An operation of this order: planned and reported."""

    document = models.ForeignKey(WorkOrder, models.CASCADE, related_name="operations")
    operation_no = models.PositiveIntegerField(_("operation"))
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    work_center = models.ForeignKey(WorkCenter, models.PROTECT, related_name="+", verbose_name=_("work centre"))
    planned_minutes = ScaledDecimalField(_("planned minutes"), places=4, default=0)
    good = QuantityField(_("good"), default=0)
    scrapped = QuantityField(_("scrap"), default=0)
    minutes = ScaledDecimalField(_("minutes"), places=4, default=0)

    class Meta(DocumentLine.Meta):
        verbose_name = _("operation")
        verbose_name_plural = _("operations")

    def __str__(self) -> str:
        return str(self.operation_no)


class CostElement(models.TextChoices):
    """What a product's cost is made of."""

    MATERIAL = "material", _("Direct material")
    LABOUR = "labour", _("Direct labour")
    OVERHEAD = "overhead", _("Manufacturing overhead")


class WorkOrderCost(CompanyOwned):
    """A line of the cost ledger of a work order: cost in (+), cost out with received goods or settlement (−). Append-only."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="costs", verbose_name=_("work order"))
    element = models.CharField(_("cost element"), max_length=10, choices=CostElement.choices)
    amount = MoneyField(_("amount"))
    date = models.DateField(_("date"))
    origin_kind = models.CharField(_("document kind"), max_length=40)
    origin_number = models.CharField(_("document"), max_length=40)
    origin_line = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("work order cost")
        verbose_name_plural = _("work order costs")
        indexes = [models.Index(fields=["work_order", "element"], name="cost_by_order")]

    def __str__(self) -> str:
        return f"{self.work_order_id} {self.element}: {self.amount}"

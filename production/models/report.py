"""Shop-floor reports: good, scrap and minutes of one operation."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, QuantityField, ScaledDecimalField
from core.models import Document
from finance.models import Voucher
from masterdata.models import Employee
from production.models.work_order import WorkOrder, WorkOrderOperation


class OperationReport(Document):
    """Work done on one operation (工序汇报): collects labour and machine cost on the work order."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="reports", verbose_name=_("work order"))
    operation = models.ForeignKey(WorkOrderOperation, models.PROTECT, related_name="reports", verbose_name=_("operation"))
    employee = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("worker"))
    good = QuantityField(_("good"), default=0)
    scrapped = QuantityField(_("scrap"), default=0)
    scrap_reason = models.CharField(_("reason for scrap"), max_length=120, blank=True)
    minutes = ScaledDecimalField(_("minutes"), places=4, default=0)
    labour_cost = MoneyField(_("labour cost"), default=0)
    machine_cost = MoneyField(_("machine and overhead cost"), default=0)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Document.Meta):
        verbose_name = _("operation report")
        verbose_name_plural = _("operation reports")
        permissions = [
            ("post_operationreport", _("Can post operation reports")),
            ("cancel_operationreport", _("Can cancel drafts of operation reports")),
            ("reverse_operationreport", _("Can reverse operation reports")),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(condition=Q(good__gte=0, scrapped__gte=0, minutes__gte=0), name="report_not_negative"),
        ]

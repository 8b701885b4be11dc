"""Production: bills of materials, routings and work centres to configure; orders and what was done on them to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin_base import CompanyAdmin, LinesInline, ReadOnlyAdmin, ReadOnlyInline
from production import bom
from production.models import (
    Bom,
    BomLine,
    FinishedReceipt,
    MaterialIssue,
    MaterialIssueLine,
    MaterialReturn,
    MaterialReturnLine,
    OperationReport,
    Routing,
    RoutingOperation,
    WorkCenter,
    WorkOrder,
    WorkOrderCost,
    WorkOrderMaterial,
    WorkOrderOperation,
)


class BomLineInline(LinesInline):
    """Components."""

    model = BomLine
    autocomplete_fields = ("component",)


@admin.register(Bom)
class BomAdmin(CompanyAdmin):
    """Bills of materials. Saving one asks the same question as everywhere: does any item contain itself?"""

    list_display = ("item", "version", "base_quantity", "valid_from", "valid_to", "is_active")
    list_select_related = ("item",)
    list_filter = ("is_active",)
    search_fields = ("item__code", "item__name", "item__name_en")
    autocomplete_fields = ("item",)
    inlines = (BomLineInline,)

    def save_model(self, request: HttpRequest, obj: Bom, form: Any, change: bool) -> None:
        bom.lock_structure(obj.company)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        bom.check(form.instance.company)


class RoutingOperationInline(LinesInline):
    """Operations."""

    model = RoutingOperation


@admin.register(Routing)
class RoutingAdmin(CompanyAdmin):
    """Routings."""

    list_display = ("item", "version", "is_active")
    list_select_related = ("item",)
    search_fields = ("item__code", "item__name", "item__name_en")
    autocomplete_fields = ("item",)
    inlines = (RoutingOperationInline,)


@admin.register(WorkCenter)
class WorkCenterAdmin(CompanyAdmin):
    """Work centres with their rates."""

    list_display = ("code", "name", "name_en", "department", "labour_rate", "machine_rate", "hours_per_day", "is_blocked")
    list_select_related = ("department",)
    search_fields = ("code", "name", "name_en")


class WorkOrderMaterials(ReadOnlyInline):
    model = WorkOrderMaterial


class WorkOrderOperations(ReadOnlyInline):
    model = WorkOrderOperation


class MaterialIssueLines(ReadOnlyInline):
    model = MaterialIssueLine


class MaterialReturnLines(ReadOnlyInline):
    model = MaterialReturnLine


@admin.register(WorkOrder)
class WorkOrderAdmin(ReadOnlyAdmin):
    """Work orders."""

    search_fields = ("number",)
    inlines = (WorkOrderMaterials, WorkOrderOperations)


@admin.register(MaterialIssue)
class MaterialIssueAdmin(ReadOnlyAdmin):
    """Material issues."""

    search_fields = ("number",)
    inlines = (MaterialIssueLines,)


@admin.register(MaterialReturn)
class MaterialReturnAdmin(ReadOnlyAdmin):
    """Material returns."""

    search_fields = ("number",)
    inlines = (MaterialReturnLines,)


admin.site.register([OperationReport, FinishedReceipt, WorkOrderCost], ReadOnlyAdmin)

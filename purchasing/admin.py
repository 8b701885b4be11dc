"""Purchasing documents, to look at."""

from django.contrib import admin

from core.admin_base import ReadOnlyAdmin, ReadOnlyInline
from purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    PurchaseReceiptLine,
    Requisition,
    RequisitionLine,
)


class RequisitionLines(ReadOnlyInline):
    model = RequisitionLine


class PurchaseOrderLines(ReadOnlyInline):
    model = PurchaseOrderLine


class PurchaseReceiptLines(ReadOnlyInline):
    model = PurchaseReceiptLine


@admin.register(Requisition)
class RequisitionAdmin(ReadOnlyAdmin):
    """Requisitions."""

    search_fields = ("number",)
    inlines = (RequisitionLines,)


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnlyAdmin):
    """Purchase orders."""

    search_fields = ("number",)
    inlines = (PurchaseOrderLines,)


@admin.register(PurchaseReceipt)
class PurchaseReceiptAdmin(ReadOnlyAdmin):
    """Purchase receipts."""

    search_fields = ("number",)
    inlines = (PurchaseReceiptLines,)

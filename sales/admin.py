"""Sales documents, to look at."""

from django.contrib import admin

from core.admin_base import ReadOnlyAdmin, ReadOnlyInline
from sales.models import SalesOrder, SalesOrderLine, Shipment, ShipmentLine


class SalesOrderLines(ReadOnlyInline):
    model = SalesOrderLine


class ShipmentLines(ReadOnlyInline):
    model = ShipmentLine


@admin.register(SalesOrder)
class SalesOrderAdmin(ReadOnlyAdmin):
    """Sales orders."""

    search_fields = ("number",)
    inlines = (SalesOrderLines,)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    """Shipments."""

    search_fields = ("number",)
    inlines = (ShipmentLines,)

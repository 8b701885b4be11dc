"""The warehouse: places to configure; documents, ledger and plan to look at."""

from django.contrib import admin

from core.admin_base import CompanyAdmin, LinesInline, ReadOnlyAdmin, ReadOnlyInline
from inventory.models import (
    Bin,
    CostLayer,
    Demand,
    Inspection,
    Lot,
    PlanRun,
    Proposal,
    Reservation,
    StockBalance,
    StockEntry,
    StockEntryLine,
    StockMove,
    StockPosting,
    StockTransfer,
    StockTransferLine,
    Supply,
    ValuationPool,
    Warehouse,
)


class BinInline(LinesInline):
    """The bins of a warehouse."""

    model = Bin
    exclude = ("company",)


@admin.register(Warehouse)
class WarehouseAdmin(CompanyAdmin):
    """Warehouses with their bins. How stock is valued can't be changed once a warehouse exists."""

    list_display = ("code", "name", "name_en", "allow_negative", "own_valuation", "is_blocked")
    search_fields = ("code", "name", "name_en", "pinyin")
    inlines = (BinInline,)

    def get_readonly_fields(self, request, obj=None):  # type: ignore[no-untyped-def]
        return ("own_valuation",) if obj else ()

    def save_formset(self, request, form, formset, change):  # type: ignore[no-untyped-def]
        for place in formset.save(commit=False):
            place.company = form.instance.company
            place.save()
        for gone in formset.deleted_objects:
            gone.delete()


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """Lots come with goods."""

    search_fields = ("code", "item__code")


@admin.register(StockMove)
class StockMoveAdmin(ReadOnlyAdmin):
    """The stock ledger."""

    list_display = ("date", "posting", "item", "warehouse", "bin", "lot", "status", "quantity", "value")
    list_select_related = ("posting", "item", "warehouse", "bin", "lot")
    search_fields = ("item__code", "posting__origin_number")


@admin.register(StockBalance)
class StockBalanceAdmin(ReadOnlyAdmin):
    """What is on hand."""

    list_display = ("item", "warehouse", "bin", "lot", "status", "on_hand", "reserved")
    list_select_related = ("item", "warehouse", "bin", "lot")
    search_fields = ("item__code",)


@admin.register(CostLayer)
class CostLayerAdmin(ReadOnlyAdmin):
    """Receipts that are not used up (FIFO)."""

    company_path = "pool__company"


class StockEntryLines(ReadOnlyInline):
    model = StockEntryLine


class StockTransferLines(ReadOnlyInline):
    model = StockTransferLine


@admin.register(StockEntry)
class StockEntryAdmin(ReadOnlyAdmin):
    """Other receipts and issues."""

    search_fields = ("number",)
    inlines = (StockEntryLines,)


@admin.register(StockTransfer)
class StockTransferAdmin(ReadOnlyAdmin):
    """Transfers."""

    search_fields = ("number",)
    inlines = (StockTransferLines,)


admin.site.register([StockPosting, ValuationPool, Inspection, Reservation, Demand, Supply, PlanRun, Proposal], ReadOnlyAdmin)

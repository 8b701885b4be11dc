"""Master data: items and what they need, partners, organisation, money."""

from django.contrib import admin

from core.admin_base import CompanyAdmin, Scoped
from masterdata.models import (
    Currency,
    Customer,
    Department,
    Employee,
    ExchangeRate,
    Item,
    ItemCategory,
    Supplier,
    SupplierPrice,
    TaxRate,
    Unit,
)

_NAMES = ("code", "name", "name_en")
_SEARCH = ("code", "name", "name_en", "pinyin")


@admin.register(Item)
class ItemAdmin(CompanyAdmin):
    """Items."""

    list_display = (*_NAMES, "specification", "category", "unit", "supply_type", "is_blocked")
    list_filter = ("supply_type", "is_sold", "lot_tracked", "is_blocked")
    list_select_related = ("category", "unit")
    search_fields = (*_SEARCH, "specification", "barcode")
    autocomplete_fields = ("category", "default_supplier")


@admin.register(ItemCategory)
class ItemCategoryAdmin(CompanyAdmin):
    """Item categories."""

    list_display = (*_NAMES, "valuation_method", "is_blocked")
    search_fields = _SEARCH


@admin.register(Unit)
class UnitAdmin(CompanyAdmin):
    """Units of measure."""

    list_display = (*_NAMES, "places")


@admin.register(Customer)
class CustomerAdmin(CompanyAdmin):
    """Customers."""

    list_display = (*_NAMES, "contact", "phone", "credit_limit", "payment_days", "is_blocked")
    search_fields = _SEARCH


@admin.register(Supplier)
class SupplierAdmin(CompanyAdmin):
    """Suppliers."""

    list_display = (*_NAMES, "contact", "phone", "payment_days", "is_blocked")
    search_fields = _SEARCH


@admin.register(SupplierPrice)
class SupplierPriceAdmin(CompanyAdmin):
    """Prices of suppliers."""

    list_display = ("supplier", "item", "price", "min_quantity", "lead_time_days", "valid_from")
    list_select_related = ("supplier", "item")
    autocomplete_fields = ("supplier", "item")


@admin.register(Department)
class DepartmentAdmin(CompanyAdmin):
    """Departments and workshops."""

    list_display = (*_NAMES, "is_workshop", "is_blocked")
    search_fields = _SEARCH


@admin.register(Employee)
class EmployeeAdmin(CompanyAdmin):
    """Employees."""

    list_display = (*_NAMES, "department", "is_blocked")
    list_select_related = ("department",)
    search_fields = _SEARCH


@admin.register(ExchangeRate)
class ExchangeRateAdmin(CompanyAdmin):
    """Exchange rates."""

    list_display = ("currency", "valid_from", "rate")


@admin.register(TaxRate)
class TaxRateAdmin(CompanyAdmin):
    """Tax rates."""

    list_display = ("code", "name", "percent")


@admin.register(Currency)
class CurrencyAdmin(Scoped, admin.ModelAdmin):
    """Currencies, shared by all companies."""

    list_display = ("code", "name", "places")

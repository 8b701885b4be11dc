"""Master data, one file per subject."""

from masterdata.models.item import Item, ItemCategory, Unit
from masterdata.models.money import Currency, ExchangeRate, TaxRate
from masterdata.models.organisation import Department, Employee
from masterdata.models.partner import Customer, Supplier, SupplierPrice

__all__ = [
    "Currency",
    "Customer",
    "Department",
    "Employee",
    "ExchangeRate",
    "Item",
    "ItemCategory",
    "Supplier",
    "SupplierPrice",
    "TaxRate",
    "Unit",
]

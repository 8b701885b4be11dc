"""Customers, suppliers and what suppliers ask for an item."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import MoneyField, PriceField, QuantityField
from core.models import CompanyOwned
from masterdata.models.base import Master
from masterdata.models.item import Item


class Partner(Master):
    """What customers and suppliers have in common."""

    tax_number = models.CharField(_("unified social credit code"), max_length=30, blank=True)
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    bank_account = models.CharField(_("bank and account"), max_length=120, blank=True)
    payment_days = models.PositiveSmallIntegerField(_("payment term (days)"), default=30)
    tax_rate = models.ForeignKey(
        "masterdata.TaxRate", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("usual tax rate")
    )

    class Meta(Master.Meta):
        abstract = True


class Customer(Partner):
    """Who buys from us."""

    credit_limit = MoneyField(_("credit limit (0 = none set)"), default=0)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("customer")
        verbose_name_plural = _("customers")


class Supplier(Partner):
    """Who sells to us."""

    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")


class SupplierPrice(CompanyOwned):
    """What a supplier asks for an item (without tax), from a day on."""

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="prices", verbose_name=_("supplier"))
    item = models.ForeignKey(Item, models.CASCADE, related_name="supplier_prices", verbose_name=_("item"))
    price = PriceField(_("price (without tax)"))
    min_quantity = QuantityField(_("minimum quantity"), default=0)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=0)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("supplier price")
        verbose_name_plural = _("supplier prices")
        constraints = [
            models.UniqueConstraint(fields=["company", "supplier", "item", "valid_from"], name="one_supplier_price_per_day"),
            models.CheckConstraint(condition=Q(price__gte=0), name="supplier_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.item_id}: {self.price}"

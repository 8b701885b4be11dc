"""Currencies, exchange rates and tax rates."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import PriceField, ScaledDecimalField
from core.models import CompanyOwned


class Currency(models.Model):
    """A currency by its ISO 4217 code, with its own number of decimals."""

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    places = models.PositiveSmallIntegerField(_("decimals"), default=2)

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")

    def __str__(self) -> str:
        return self.code


class ExchangeRate(CompanyOwned):
    """What one unit of a currency costs in the company's currency from a day on."""

    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("currency"))
    valid_from = models.DateField(_("valid from"))
    rate = PriceField(_("rate"))

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["company", "currency", "valid_from"], name="one_rate_per_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.valid_from}: {self.rate}"


class TaxRate(CompanyOwned):
    """A VAT rate by name, in percent."""

    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=60)
    percent = ScaledDecimalField(_("percent"), places=4)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="tax_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.percent.normalize():f} %"

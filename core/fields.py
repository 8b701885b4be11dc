"""Decimals as scaled 64-bit integers, exact and fast to sum on both engines.

SQLite keeps DecimalField values as floating point (RELIABILITY.md 1.1), so money, quantities and prices are stored as
integers: 12.34 with four places is 123400. Python sees Decimal only.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.core import checks
from django.db import models

from core.decimals import EXACT, MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, parse_decimal, scaled_integer
from core.errors import BusinessError


class ScaledDecimalField(models.Field):
    """A Decimal with a fixed number of places, stored as a 64-bit integer scaled by 10**places."""

    def __init__(self, *args: Any, places: int = MONEY_PLACES, **kwargs: Any) -> None:
        self.places = places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["places"] = self.places
        return name, path, args, kwargs

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        wrong = [] if 0 <= self.places <= 12 else [checks.Error("places must lie between 0 and 12.", obj=self, id="core.E001")]
        return [*super().check(**kwargs), *wrong]

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number = value if isinstance(value, Decimal) else parse_decimal(value, places=self.places, field=self.name or "")
        return scaled_integer(number, places=self.places, field=self.name or "")

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places, context=EXACT)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        return parse_decimal(value, places=self.places, field=self.name or "")

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else format(value, "f")

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": StrictDecimalFormField, "places": self.places, **kwargs})


class StrictDecimalFormField(forms.CharField):
    """A form field that reads numbers the way `core.decimals.parse_decimal` does."""

    widget = forms.TextInput

    def __init__(self, *, places: int, **kwargs: Any) -> None:
        self.places = places
        kwargs.pop("max_length", None)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        from_input = text if isinstance(text, str) else str(text)
        try:
            return parse_decimal(from_input, places=self.places)
        except BusinessError as error:
            raise forms.ValidationError(error.message(), code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class MoneyField(ScaledDecimalField):
    """An amount of money: 4 places stored, rounded to the currency's places when it enters a ledger."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("places", MONEY_PLACES)
        super().__init__(*args, **kwargs)


class QuantityField(ScaledDecimalField):
    """A quantity in the item's base unit, 6 places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("places", QUANTITY_PLACES)
        super().__init__(*args, **kwargs)


class PriceField(ScaledDecimalField):
    """A unit price, unit cost or rate, 8 places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("places", PRICE_PLACES)
        super().__init__(*args, **kwargs)

"""Form fields that read what people type as strictly as the ledgers want it, and errors put where they belong."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.decimals import PRICE_PLACES, QUANTITY_PLACES, parse_decimal
from core.errors import BusinessError


class ExactField(forms.CharField):
    """A number typed by a person: full-width digits are understood, exponents, commas and too many decimals refused."""

    def __init__(self, *, places: int = 2, **options: Any) -> None:
        self.places = places
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"}))
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_decimal(text, places=self.places)
        except BusinessError as error:
            raise ValidationError(error.message(), code=error.code) from error


class MoneyField(ExactField):
    """An amount of money, two decimals unless said otherwise."""


class QuantityField(ExactField):
    """A quantity, up to six decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(places=QUANTITY_PLACES, **options)


class PriceField(ExactField):
    """A unit price or rate, up to eight decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(places=PRICE_PLACES, **options)


class DayField(forms.DateField):
    """A business date, chosen with the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        options.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**options)


class LookupInput(forms.TextInput):
    """A text field with type-ahead: offers what the address `url` finds for code, name or pinyin initials."""

    def __init__(self, url: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-lookup": url, "autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.shown_name: str | Promise = ""
        """What the code in the field stands for, where that is known."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The field, and the name of what stands in it beside it (kept up to date by `lookup.js`)."""
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<small class="lookup-name">{}</small>', field, self.shown_name)


def add_problems(form: forms.Form, error: BusinessError) -> None:
    """Put each problem of `error` at the field it names, or at the top of the form; lines are left to the grid."""
    for problem in error.problems():
        if problem.field.startswith("lines["):
            continue
        form.add_error(problem.field if problem.field in form.fields else None, problem.message())

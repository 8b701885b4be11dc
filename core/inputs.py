"""What comes in through a door, checked in one place for pages and API alike: strict serializers and their fields.

A document's input is one serializer with nested `lines`; the page's form and the API's body pass through the same one.
Masters are named by code and found inside the company only (`context["company"]`), so another company's code does not exist.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.decimals import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, check_places, parse_decimal
from core.errors import BusinessError, InvalidInput, InvalidInputs

MAX_LINES = 1000
_INVISIBLE = re.compile(r"[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]")
# Emoji such as a family are several, held together by a joiner: in texts that is what was typed, in codes it never is.
_EMOJI = r"\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_EMOJI_JOINER = re.compile(rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])")
_SELECTOR = re.compile(r"[\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields, and gathers all that is wrong."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {name[:60]: [serializers.ErrorDetail(str(_("There is no such field.")), code="unknown_field")] for name in unknown[:20]}
                )
        return super().to_internal_value(data)


class _NumberField(serializers.Field):
    """A Decimal from text or an int; never a float, never a guess."""

    places = 0

    def __init__(self, *, positive: bool = False, minimum: int | None = None, maximum: int | None = None, **kwargs: Any) -> None:
        self.positive, self.minimum, self.maximum = positive, minimum, maximum
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not data.strip():
            if self.allow_null or not self.required:
                return None if self.allow_null else self.get_default()
            raise serializers.ValidationError(_("This field is needed."), code="required")
        try:
            number = parse_decimal(data, places=self.places)
        except InvalidInput as error:
            raise serializers.ValidationError(error.message(), code=error.code) from error
        if self.positive and number <= 0:
            raise serializers.ValidationError(_("Enter a number above zero."), code="not_positive")
        if self.minimum is not None and number < self.minimum:
            raise serializers.ValidationError(_("Enter at least {minimum}.").format(minimum=self.minimum), code="too_small")
        if self.maximum is not None and number > self.maximum:
            raise serializers.ValidationError(_("Enter at most {maximum}.").format(maximum=self.maximum), code="too_large")
        return number

    def to_representation(self, value: Any) -> str:
        return format(value, "f")


class QuantityField(_NumberField):
    """A quantity; above zero unless said otherwise."""

    places = QUANTITY_PLACES

    def __init__(self, *, positive: bool = True, **kwargs: Any) -> None:
        super().__init__(positive=positive, **kwargs)


class MoneyField(_NumberField):
    """An amount of money, in no finer parts than the company's currency has: a tenth of a cent could never be paid."""

    places = MONEY_PLACES

    def to_internal_value(self, data: Any) -> Any:
        amount = super().to_internal_value(data)
        company = self.context.get("company")
        if amount is not None and company is not None:
            try:
                check_places(amount, places=min(company.currency_places, MONEY_PLACES))
            except InvalidInput as error:
                raise serializers.ValidationError(error.message(), code=error.code) from error
        return amount


class PriceField(_NumberField):
    """A unit price or cost, not negative."""

    places = PRICE_PLACES

    def __init__(self, *, minimum: int | None = 0, **kwargs: Any) -> None:
        super().__init__(minimum=minimum, **kwargs)


class PercentField(_NumberField):
    """A percentage between 0 and 100."""

    places = 4

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"minimum": 0, "maximum": 100, **kwargs})


class MinutesField(_NumberField):
    """Minutes of work, not negative."""

    places = 4

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"minimum": 0, **kwargs})


class WholeField(_NumberField):
    """A whole number, read as strictly as all numbers."""

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data)
        return int(number) if isinstance(number, Decimal) else number

    def to_representation(self, value: Any) -> Any:
        return int(value)


# Days ahead for what may well last: the expiry of a lot, the validity of a bill of materials.
LASTING = 36525


class DayField(serializers.Field):
    """A business date, ISO 8601; full-width digits are understood on pages (`context["lenient"]`), not by the API.

    A day may lie `days_ahead` days in the future: `settings.DAYS_AHEAD` where nothing else is said.
    """

    def __init__(self, *, days_ahead: int | None = None, **kwargs: Any) -> None:
        self.days_ahead = days_ahead
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dt.date | None:
        if isinstance(data, str) and not data.strip() and not self.required:
            return None
        text = unicodedata.normalize("NFKC", data).strip() if isinstance(data, str) and self.context.get("lenient") else data
        if not isinstance(text, str) or not _ISO.match(text):
            raise serializers.ValidationError(_("Write the date as year-month-day: 2026-11-22."), code="invalid_date")
        try:
            day = dt.date.fromisoformat(text)
        except ValueError as error:
            raise serializers.ValidationError(_("There is no such day."), code="invalid_date") from error
        company = self.context.get("company")
        if company is not None and day < company.start_date:
            raise serializers.ValidationError(
                _("The books of this company start on {date}.").format(date=company.start_date), code="before_start"
            )
        today = self.context.get("today")
        latest = today + dt.timedelta(days=self.days_ahead or settings.DAYS_AHEAD) if today else None
        if latest is not None and day > latest:
            raise serializers.ValidationError(
                _("This day is too far in the future; the latest that can be used is {date}.").format(date=latest), code="too_far"
            )
        return day

    def to_representation(self, value: dt.date) -> str:
        return value.isoformat()


class TextField(serializers.CharField):
    """Text without control or invisible characters, trimmed."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Enter text."), code="type")
        return clean_text(super().to_internal_value(data))


class ReasonSerializer(StrictSerializer):
    """Why something is done, where an action wants to know."""

    reason = TextField(max_length=500)


def clean_text(text: str) -> str:
    """Trim text and refuse control and invisible characters.

    Raises:
        serializers.ValidationError: ``invisible_character``.
    """
    trimmed = text.strip()
    if _holds_invisible(trimmed):
        raise serializers.ValidationError(_("This text holds an invisible character; type it again."), code="invisible_character")
    return trimmed


def _holds_invisible(text: str) -> bool:
    return bool(_INVISIBLE.search(_EMOJI_JOINER.sub("", text))) or any(unicodedata.category(char) == "Cc" for char in text)


def clean_code(text: str) -> str:
    """Bring a code into its one form: NFKC, trimmed (Ａ１ is A1).

    Raises:
        serializers.ValidationError: ``invisible_character``.
    """
    if _SELECTOR.search(text):
        raise serializers.ValidationError(_("This text holds an invisible character; type it again."), code="invisible_character")
    return unicodedata.normalize("NFKC", clean_text(text))


class CodeField(serializers.Field):
    """A master record (or document) of the company, named by its code (or number)."""

    def __init__(
        self, model: type[models.Model], *, by: str = "code", select: tuple[str, ...] = (), allow_blocked: bool = False, **kwargs: Any
    ) -> None:
        self.model, self.by, self.select, self.allow_blocked = model, by, select, allow_blocked
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Enter a code."), code="type")
        if not data.strip():
            if not self.required or self.allow_null:
                return None
            raise serializers.ValidationError(_("This field is needed."), code="required")
        code = clean_code(data)[:80]
        known = self._known()
        found = known[code] if code in known else self._find(code)
        if found is None:
            raise serializers.ValidationError(_("“{code}” does not exist.").format(code=code), code="not_found")
        if getattr(found, "is_blocked", False) and not self.allow_blocked:
            raise serializers.ValidationError(_("“{code}” is blocked.").format(code=code), code="blocked")
        return found

    def _known(self) -> dict[str, Any]:
        """Records read ahead for all lines at once (`preload`), so that lines don't cost a statement each."""
        return _read_ahead(self, self.model, self.by)

    def _find(self, code: str) -> Any:
        rows = self.model._default_manager.select_related(*self.select).filter(company=self.context["company"], **{self.by: code})
        found = rows.first()
        self._known()[code] = found
        return found

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, self.by))


def _read_ahead(door: serializers.BaseSerializer | serializers.Field, model: type[models.Model], by: str) -> dict[str, Any]:
    """Records of one kind that were read so far while checking this input, by code; None where a code does not exist."""
    context: dict[str, Any] = door.context  # type: ignore[assignment]
    known: dict[str, Any] = context.setdefault("preloaded", {}).setdefault((model, by), {})
    return known


def preload(serializer: serializers.BaseSerializer, lines: Any) -> None:
    """Read all masters that the lines name in one statement per kind of master."""
    if not isinstance(lines, list) or not lines or not isinstance(serializer, serializers.ListSerializer):
        return
    child: Any = serializer.child
    for name, field in child.fields.items():
        if isinstance(field, CodeField):
            codes = {
                clean_code(line[name])[:80]
                for line in lines
                if isinstance(line, Mapping)
                and isinstance(line.get(name), str)
                and line[name].strip()
                and not _SELECTOR.search(line[name])
                and not _holds_invisible(line[name].strip())
            }
            rows = field.model._default_manager.select_related(*field.select).filter(
                company=serializer.context["company"], **{f"{field.by}__in": codes}
            )
            known = _read_ahead(serializer, field.model, field.by)
            known.update(dict.fromkeys(codes) | {getattr(row, field.by): row for row in rows})


class LinesSerializer(serializers.ListSerializer):
    """The lines of a document: at least one, at most a thousand; masters are read ahead."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > MAX_LINES:
            raise serializers.ValidationError(
                {
                    "non_field_errors": [
                        serializers.ErrorDetail(_("At most {limit} lines are possible.").format(limit=MAX_LINES), code="too_many_lines")
                    ]
                }
            )
        preload(self, data)
        return super().to_internal_value(data)


class LineSerializer(StrictSerializer):
    """One line of a document; use it with many=True.

    `proposed` names the fields that a page fills in by itself while the deciding one stays empty: on pages, a line that holds
    nothing else was left alone and does not count. What comes in by the API always counts.
    """

    proposed: Collection[str] = ()

    class Meta:
        list_serializer_class = LinesSerializer


def validated(
    serializer_class: type[serializers.Serializer], data: Any, *, company: Any, today: dt.date | None = None, lenient: bool = False
) -> dict[str, Any]:
    """Pass `data` through a serializer.

    Raises:
        InvalidInputs: all that is wrong, each with its path (``lines[2].quantity``).
    """
    serializer = serializer_class(data=data, context={"company": company, "today": today, "lenient": lenient})
    if not serializer.is_valid():
        raise InvalidInputs(list(problems(serializer.errors)))
    return dict(serializer.validated_data)


def problems(errors: Any, path: str = "") -> list[BusinessError]:
    """Flatten the nested errors of a serializer into single problems with paths."""
    found: list[BusinessError] = []
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            here = (
                path if name == "non_field_errors" else f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else name
            )
            found += problems(inner, here)
    elif isinstance(errors, list):
        for index, inner in enumerate(errors):
            if isinstance(inner, Mapping | list):
                found += problems(inner, f"{path}[{index}]")
            else:
                found.append(InvalidInput(getattr(inner, "code", "invalid"), str(inner).replace("{", "{{").replace("}", "}}"), field=path))
    return found

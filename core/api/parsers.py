"""JSON read strictly: what would have to be guessed, or could not be held, is refused with a reason (RELIABILITY.md 7F)."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from core.decimals import MAX_DIGITS
from core.errors import InvalidInput, TooLarge

MAX_DEPTH = 20
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CHARSETS = {"utf-8", "utf8"}


class StrictJSONParser(BaseParser):
    """UTF-8 JSON, at most 20 levels deep, no key twice, numbers exact: a number with a point becomes a Decimal, never a float."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Read the body.

        Raises:
            InvalidInput: with codes invalid_json, duplicate_key, too_deep, invalid_number, out_of_range, invalid_text.
            TooLarge: over the limit of R22.
            UnsupportedMediaType: a character set other than UTF-8.
        """
        _check_charset(media_type or self.media_type)
        try:
            text = _read(stream).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput("invalid_json", _("The body is not UTF-8.")) from error
        return loads(text)


def _check_charset(media_type: str) -> None:
    for part in media_type.split(";")[1:]:
        name, _equals, value = part.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _CHARSETS:
            raise UnsupportedMediaType(media_type)


def _read(stream: IO[bytes]) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        body = stream.read(limit + 1)
    except RequestDataTooBig as error:
        raise TooLarge(limit=limit) from error
    except UnreadablePostError as error:
        raise InvalidInput("invalid_json", _("The body broke off.")) from error
    if len(body) > limit:
        raise TooLarge(limit=limit)
    return body


def loads(text: str) -> Any:
    """Parse JSON text with all refusals of this module."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise InvalidInput("invalid_json", _("The body is not JSON: {reason}."), reason=str(error)[:100]) from error
    _check_depth_and_text(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InvalidInput("duplicate_key", _("“{name}” is there twice."), field=twice[:60], name=twice[:60])
    return found


def _decimal(text: str) -> Decimal:
    if "e" in text.lower():
        raise InvalidInput("invalid_number", _("“{value}”: write numbers without an exponent, best as text."), value=text[:40])
    return Decimal(_short(text))


def _integer(text: str) -> int:
    return int(_short(text))


def _short(text: str) -> str:
    if len(text) > MAX_DIGITS:
        raise InvalidInput("out_of_range", _("This number is too long."))
    return text


def _no_constant(text: str) -> Any:
    raise InvalidInput("invalid_number", _("“{value}” is not a number."), value=text)


def _too_deep() -> InvalidInput:
    return InvalidInput("too_deep", _("At most {limit} levels can be nested."), limit=MAX_DEPTH)


def _check_depth_and_text(value: Any) -> None:
    """Walk through the value level by level, without recursion."""
    level = [value]
    for _depth in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.keys()
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and _SURROGATE.search(item):
                raise InvalidInput("invalid_text", _("A text holds half a character."))
        if not inner:
            return
        level = inner
    raise _too_deep()

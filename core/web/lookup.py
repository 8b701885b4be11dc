"""Type-ahead: what can be looked up by code, name, pinyin initials or barcode, and the answer that the browser needs.

`erp/lookups.py` lists all lookups; forms find the address that belongs to a kind of master by `lookup_address`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.http import HttpResponse, JsonResponse
from django.utils.module_loading import import_string

from core.web.http import CompanyRequest

MAX_HITS = 20
MAX_WORDS = 50


@dataclass(frozen=True, slots=True)
class LookupHit:
    """One offer. `value` goes into the field, `text` is the name shown beside it, `detail` a small remark (stock, city).

    `fill` names other fields of the same line (or form) and what to put there where they are still empty.
    """

    value: str
    text: str
    detail: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A kind of thing that fields name by a code.

    search: fields that may contain the typed words; hit: turns a row into an offer; narrow: parameters that narrow the choice
    (a bin is one of the chosen warehouse), each with its ORM lookup; where: what may be offered at all.
    """

    name: str
    model: type[Model]
    hit: Callable[[Any], LookupHit]
    by: str = "code"
    search: Sequence[str] = ("code", "name", "name_en", "pinyin")
    narrow: Mapping[str, str] = field(default_factory=dict)
    where: Q = field(default_factory=Q)
    select: Sequence[str] = ()
    permission: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """What is filled in for holders of a right only: the field and the right."""


@cache
def lookups() -> Mapping[tuple[type[Model], str], Lookup]:
    """All lookups by model and the field that names a row."""
    return {(lookup.model, lookup.by): lookup for lookup in import_string(settings.LOOKUPS)}


def lookup_address(model: Any, by: str = "code", *, beside: Iterable[str] = ()) -> str:
    """Where a field that names a `model` asks; empty if there is no lookup for it.

    Args:
        beside: names of the other fields of the form or line; those that narrow the choice are asked along (`with=`).
    """
    return _address(lookups().get((model, by)), beside)


def named_lookup_address(name: str, *, beside: Iterable[str] = ()) -> str:
    """Where a field asks whose lookup is known by its name; empty if there is none."""
    return _address(next((lookup for lookup in lookups().values() if lookup.name == name), None), beside)


def _address(lookup: Lookup | None, beside: Iterable[str]) -> str:
    if lookup is None:
        return ""
    narrowing = ",".join(name for name in lookup.narrow if name in set(beside))
    return f"/lookup/{lookup.name}/" + (f"?with={narrowing}" if narrowing else "")


def look_up(request: CompanyRequest, lookup: Lookup) -> HttpResponse:
    """The rows that contain the typed words, the exact code first."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_WORDS]
    rows: QuerySet[Any] = lookup.model._default_manager.select_related(*lookup.select).filter(lookup.where, company=request.company)
    for name, condition in lookup.narrow.items():
        value = request.GET.get(name, "").strip()[:80]
        if value and "\x00" not in value:
            rows = rows.filter(**{condition: value})
    hidden = {name for name, permission in lookup.secrets.items() if not request.access.may(permission)}
    hits = (lookup.hit(row) for row in found(rows, lookup, words)[:MAX_HITS])
    return lookup_response(replace(hit, fill={name: text for name, text in hit.fill.items() if name not in hidden}) for hit in hits)


def found(rows: QuerySet[Any], lookup: Lookup, words: str) -> QuerySet[Any]:
    """The rows that contain every word, best first."""
    for word in words.replace("\x00", "").split():
        condition = Q()
        for name in lookup.search:
            condition |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(condition)
    best = Case(
        When(**{f"{lookup.by}__iexact": words}, then=Value(0)),
        When(**{f"{lookup.by}__istartswith": words}, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.order_by(best, lookup.by) if words else rows.order_by(lookup.by)


def lookup_response(hits: Iterable[LookupHit]) -> JsonResponse:
    """The hits as JSON: ``{"results": [{"value", "text", "detail", "fill"}]}``."""
    rows = [{"value": hit.value, "text": hit.text, "detail": hit.detail, "fill": dict(hit.fill)} for hit in hits]
    return JsonResponse({"results": rows[:MAX_HITS]}, json_dumps_params={"ensure_ascii": False})

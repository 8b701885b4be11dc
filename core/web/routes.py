"""Addresses that know who may use them: every page declares its methods and its permission where it gets its address.

    page("sales/orders/", view, name="sales_order-list", permission="sales.view_salesorder")

`routes()` lists what was declared, so that a test can walk every address as a stranger.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.converters import IntConverter, register_converter

from core.web.http import CompanyRequest

View = Callable[..., HttpResponse]
ANY_MEMBER = ""
"""The permission of pages that are open to everybody who works for the company."""

OPEN = "-"
"""Stands for a permission where a page is not about a company at all."""


class IdConverter(IntConverter):
    """The id of a row: ASCII digits, as many as fit into 64 bits."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")


@dataclass(frozen=True, slots=True)
class Route:
    """One declared address."""

    pattern: str
    name: str
    permission: str
    methods: tuple[str, ...]


def page(pattern: str, view: View, *, name: str, permission: str, methods: Sequence[str] = ("GET",)) -> URLPattern:
    """An address whose view runs only with one of `methods` (else 405) and for who holds `permission` here (else 403)."""
    # HEAD is a GET without a body, so it belongs to pages that only read. Where a view also acts, everything that is not GET acts,
    # and HEAD would pass without the form's protection token.
    allowed = (*methods, "HEAD") if tuple(methods) == ("GET",) else tuple(methods)

    @wraps(view)
    def guarded(request: CompanyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in allowed:
            return HttpResponseNotAllowed(allowed)
        request.access.require(permission)
        return view(request, *args, **kwargs)

    guarded.declared = Route(pattern, name, permission, tuple(methods))  # type: ignore[attr-defined]
    return path(pattern, guarded, name=name)


def open_page(pattern: str, view: View, *, name: str, methods: Sequence[str] = ("GET",)) -> URLPattern:
    """An address that is not about a company: the log-in, the health check, a person's own preferences. The view says who may use it."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    shown.declared = Route(pattern, name, OPEN, tuple(methods))  # type: ignore[attr-defined]
    return path(pattern, shown, name=name)


def declared(view: Callable[[HttpRequest], HttpResponse]) -> Route | None:
    """What a view declared, None if it declared nothing."""
    return getattr(view, "declared", None)


def routes() -> Iterator[tuple[str, Route | None]]:
    """Every address of the project, with what it declared."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Route | None]]:
    for entry in patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, address)
        else:
            yield address, declared(entry.callback)

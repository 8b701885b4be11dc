"""Long lists in pieces: pages by number for documents, by position for the big ledgers. No request gets more than 200 rows (R22)."""

import re
from collections.abc import Callable
from typing import Any

from django.core.paginator import EmptyPage, Paginator
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import InvalidInput, NotVisible

MAX_ROWS = 200
MAX_PAGE = 100_000
_WHOLE = re.compile(r"[0-9]{1,18}\Z", re.ASCII)

Represent = Callable[[list[Any]], list[dict[str, Any]]]


def whole_number(request: Request, name: str, *, default: int, minimum: int, maximum: int) -> int:
    """Read a whole number of the address: plain ASCII digits within bounds.

    Raises:
        InvalidInput: ``invalid_number`` or ``out_of_range``.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _WHOLE.match(text):
        raise InvalidInput("invalid_number", _("Enter a whole number."), field=name)
    if not minimum <= int(text) <= maximum:
        raise InvalidInput("out_of_range", _("Enter a number from {minimum} to {maximum}."), field=name, minimum=minimum, maximum=maximum)
    return int(text)


class BoundedPagination(PageNumberPagination):
    """``?page=2&page_size=100``: pages from 1, at most 200 rows each, with the count of all."""

    page_size = 50
    max_page_size = MAX_ROWS
    page_size_query_param = "page_size"
    parameters = ("page", "page_size")

    def answer(self, request: Request, rows: "QuerySet[Any]", represent: Represent) -> Response:
        """One page of `rows`.

        Raises:
            InvalidInput: page or page size can't be accepted.
            NotVisible: there is no such page.
        """
        size = whole_number(request, "page_size", default=self.page_size or 50, minimum=1, maximum=MAX_ROWS)
        number = whole_number(request, "page", default=1, minimum=1, maximum=MAX_PAGE)
        try:
            self.page = Paginator(rows, size).page(number)
        except EmptyPage as error:
            raise NotVisible(field="page") from error
        self.request = request
        return self.get_paginated_response(represent(list(self.page.object_list)))


class KeysetPagination:
    """``?after=12345&page_size=100``: rows in the order of their ids, from after one; costs the same wherever it is."""

    parameters = ("after", "page_size")

    def answer(self, request: Request, rows: "QuerySet[Any]", represent: Represent) -> Response:
        """The next rows; `next_after` is null at the end.

        Raises:
            InvalidInput: a parameter can't be accepted.
        """
        size = whole_number(request, "page_size", default=50, minimum=1, maximum=MAX_ROWS)
        after = whole_number(request, "after", default=0, minimum=0, maximum=2**62)
        found: list[Model] = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        more = len(found) > size
        return Response({"next_after": found[size - 1].pk if more else None, "results": represent(found[:size])})

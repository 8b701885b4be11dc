"""Read-only tables: stock, ledgers, masters. Literal columns and filters; the big ones are read by position, not by page."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from core.api.base import ApiRequest, ApiView
from core.api.filters import Filter, filtered, ordered
from core.api.pagination import BoundedPagination, KeysetPagination
from core.api.representation import represent, visible
from core.api.schema import REFUSALS, page_of, parameters, row_serializer, slice_of
from core.documents import Column

V = TypeVar("V", bound="TableView")


class TableView(ApiView):
    """Rows of the company, narrowed by literal filters."""

    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    sorts: ClassVar[dict[str, str]] = {}
    paging: ClassVar[type[BoundedPagination] | type[KeysetPagination]] = BoundedPagination

    def rows(self, request: ApiRequest) -> "QuerySet[Any]":
        """All rows that the company has."""
        raise NotImplementedError

    def get(self, request: ApiRequest) -> Response:
        """List and filter."""
        paging = self.paging()
        by_page = isinstance(paging, BoundedPagination)
        found = filtered(self.rows(request), request, self.filters, others=(*paging.parameters, *(["sort"] if by_page else [])))
        columns = visible(self.columns, request.access)
        rows = ordered(found, request, self.sorts) if by_page else found
        return paging.answer(request, rows, lambda part: [{"id": row.pk} | represent(row, columns) for row in part])


def described(name: str, slug: str, tag: str) -> Callable[[type[V]], type[V]]:
    """Decorator: give a table its OpenAPI description."""

    def decorate(view: type[V]) -> type[V]:
        row = row_serializer(f"{name}Row", view.columns)
        answer = page_of(name, row) if view.paging is BoundedPagination else slice_of(name, row)
        asked = parameters(view.filters, view.paging.parameters, view.sorts)
        schema = extend_schema(operation_id=f"{slug}_list", tags=[tag], responses=REFUSALS | {200: answer}, parameters=asked)
        return extend_schema_view(get=schema)(view)

    return decorate

"""The pages of every kind of document: list, detail, print, export. Thin: what a kind is stands in its `DocumentType`.

Reading goes through one door: `visible`, which knows the company. What is not visible does not exist (404).
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.documents import Column, DocumentType, LineSet, document_types
from core.errors import BusinessError, InvalidInput, NotVisible
from core.models import Document, State
from core.saved_views import views_of
from core.spreadsheets.writer import CONTENT_TYPE, write_table
from core.web import lists
from core.web.cells import address_of, cell, cells, read, sheet_column, sheet_value, visible
from core.web.document_offers import ICONS, followers, offers, path_of
from core.web.history import history_of
from core.web.http import CompanyRequest
from core.web.labels import qr_code

MAX_PRINTED = 50


def rows_of(request: CompanyRequest, kind: DocumentType) -> QuerySet[Any]:
    """All documents of a kind that the user may see."""
    return kind.rows().filter(company=request.company)


def visible_document(request: CompanyRequest, kind: DocumentType, pk: int) -> Document:
    """A document that the user may see.

    Raises:
        NotVisible: there is none with this id in the company.
    """
    document = rows_of(request, kind).filter(pk=pk).first()
    if document is None:
        raise NotVisible()
    return document


# ---- list -------------------------------------------------------------------------------------------------------------


class ShownList:
    """A list as the address asks for it: filter, order, columns."""

    def __init__(self, request: CompanyRequest, kind: DocumentType) -> None:
        self.kind = kind
        self.all_columns = visible(kind.columns, request.access)
        self.columns = lists.chosen(self.all_columns, request.GET.getlist("columns"))
        filters = lists.filters_of(kind.model, [*_always_filtered(kind), *self.all_columns])
        filters = list({found.name: found for found in filters}.values())
        self.form = lists.filter_form(filters, request.GET)
        found = lists.filtered(rows_of(request, kind), self.form, filters, kind.search)
        self.rows = lists.ordered(found, self.all_columns, request.GET.get("sort", ""))


def _always_filtered(kind: DocumentType) -> Sequence[Column]:
    return (Column("state", _("State"), "state", filter=True), Column("document_date", _("Date"), "date", filter=True))


def list_page(request: CompanyRequest, kind: DocumentType) -> HttpResponse:
    """The documents of a kind."""
    shown = ShownList(request, kind)
    page = lists.page_of(shown.rows, request.GET.get("page", "1"))
    sums = lists.totals(shown.rows, shown.columns, page.paginator)
    context = {
        "title": kind.label_plural,
        "kind": kind,
        "form": shown.form,
        "columns": shown.columns,
        "all_columns": shown.all_columns,
        "chosen": [column.path for column in shown.columns],
        "views": views_of(request.company, request.user, kind.kind),
        "page": page,
        "rows": [(row, cells(shown.columns, row)) for row in page.object_list],
        "totals": [cell(column, _Sums(sums)) if column.path in sums else None for column in shown.columns] if sums else None,
        "bulk_actions": [
            (a, ICONS.get(a.name, "")) for a in kind.actions if not a.input and not a.wants_reason and request.access.may(kind.right(a))
        ],
        "may_add": kind.draft is not None and request.access.may(kind.permission("add")),
        "key": uuid.uuid4().hex,
    }
    return render(request, "documents/list.html", context)


class _Sums:
    """Totals, readable by the path of their column."""

    def __init__(self, values: Any) -> None:
        self.__dict__.update(values)


def export(request: CompanyRequest, kind: DocumentType) -> HttpResponse:
    """The list as it is shown – filter, order, columns – as a workbook with real numbers."""
    shown = ShownList(request, kind)
    rows = shown.rows[: lists.MAX_EXPORTED + 1]
    if rows.count() > lists.MAX_EXPORTED:
        raise InvalidInput("too_many_rows", _("More than {limit} rows. Narrow the filter first."), limit=lists.MAX_EXPORTED)
    content = write_table(
        kind.label_plural,
        [sheet_column(column) for column in shown.columns],
        ([sheet_value(column, row) for column in shown.columns] for row in rows.iterator(chunk_size=2000)),
        subtitle=str(request.company),
    )
    return workbook(content, kind.plural_slug)


def workbook(content: bytes, name: str) -> HttpResponse:
    """A workbook as a download."""
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


# ---- detail -----------------------------------------------------------------------------------------------------------


def detail(request: CompanyRequest, pk: int, kind: DocumentType) -> HttpResponse:
    """One document with everything that belongs to it."""
    return detail_page(request, kind, visible_document(request, kind, pk))


def detail_page(request: CompanyRequest, kind: DocumentType, document: Document, *, error: BusinessError | None = None) -> HttpResponse:
    """The page of a document; with `error`, what was refused and why stands above it."""
    access = request.access
    context = {
        "title": f"{kind.label} {document}",
        "kind": kind,
        "document": document,
        "facts": facts(kind, document, request),
        "line_sets": [_lines(request, document, line_set) for line_set in kind.line_sets],
        "path": path_of(kind),
        "actions": offers(kind, document, access),
        "followers": followers(kind, document, access),
        "history": history_of(kind, document),
        "reversed_by": _link(getattr(document, "reversed_by", None)),
        "reversal_of": _link(document.reversal_of),
        "error": error,
        "key": uuid.uuid4().hex,
        "may_add": kind.draft is not None and access.may(kind.permission("add")),
    }
    return render(request, "documents/detail.html", context, status=error.status if error else 200)


def _link(document: Document | None) -> tuple[str, str] | None:
    return (document.number, address_of(document)) if document else None


def facts(kind: DocumentType, document: Document, request: CompanyRequest) -> list[tuple[Any, Any]]:
    """The head of a document: label and figure; empty ones are left out."""
    found = [(column.label, cell(column, document)) for column in visible(kind.head, request.access)]
    return [(label, shown) for label, shown in found if shown.html != ""]


def _lines(request: CompanyRequest, document: Document, line_set: LineSet) -> dict[str, Any]:
    columns = visible(line_set.columns, request.access)
    rows = list(getattr(document, line_set.name).select_related(*line_set.select))
    sums = [_sum(column, rows) for column in columns]
    return {
        "label": line_set.label,
        "columns": columns,
        "rows": [cells(columns, row) for row in rows],
        "totals": sums if any(total is not None for total in sums) and len(rows) > 1 else None,
    }


def _sum(column: Column, rows: Sequence[Any]) -> Any:
    if not column.total or not rows:
        return None
    values = [value for value in (read(row, column.path) for row in rows) if value is not None]
    return cell(Column("total", column.label, column.kind), _Sums({"total": sum(values)}))


def by_number(request: CompanyRequest, kind: str, number: str) -> HttpResponse:
    """Go to a document named by kind and number, as ledgers, vouchers and barcodes name it."""
    found = document_types().get(kind)
    if found is None or not number.isprintable():
        raise NotVisible()
    request.access.require(found.permission("view"))
    pk = found.model._default_manager.filter(company=request.company, number=number[:40]).values_list("pk", flat=True).first()
    if pk is None:
        raise NotVisible()
    return redirect(f"{kind}-detail", pk=pk)


# ---- paper ------------------------------------------------------------------------------------------------------------


def print_page(request: CompanyRequest, kind: DocumentType, pk: int | None = None) -> HttpResponse:
    """One document, or the chosen ones (`?ids=1&ids=2`), as they are printed."""
    if pk is not None:
        documents = [visible_document(request, kind, pk)]
    else:
        ids = [int(one) for one in request.GET.getlist("ids")[:MAX_PRINTED] if one.isascii() and one.isdigit() and len(one) < 19]
        documents = list(rows_of(request, kind).filter(pk__in=ids).order_by("id"))
    if not documents:
        raise NotVisible()
    sheets = [
        {
            "document": document,
            "facts": facts(kind, document, request),
            "line_sets": [_lines(request, document, line_set) for line_set in kind.line_sets[:2]],
            "amount": _amount(kind, document, request),
            "code": qr_code(document.number),
            "is_draft": document.state in (State.DRAFT, State.CANCELLED),
        }
        for document in documents
    ]
    return render(request, "documents/print.html", {"title": f"{kind.label} {documents[0]}", "kind": kind, "sheets": sheets})


def _amount(kind: DocumentType, document: Document, request: CompanyRequest) -> Any:
    """What the document is about in money, for who may see it in the list too."""
    shown = {column.path for column in visible((*kind.columns, *kind.head), request.access)}
    return next((amount for name in ("gross_amount", "amount") if name in shown and (amount := getattr(document, name, None))), None)

"""All kinds of documents through one door: list, read, create, change a draft, and one address per action.

The addresses follow from the literal list of document types; what may be done, by whom, and with which input is said there.

    GET  /sales-orders/?customer=C1&state=approved&sort=-document_date&page=2
    POST /sales-orders/                       GET, PATCH /sales-orders/12/
    POST /sales-orders/12/approve/            one address per action
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.urls import URLPattern, re_path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from core.api.base import ApiRequest, ApiView
from core.api.filters import Filter, column_filter, dates, equal, filtered, one_of, ordered, words
from core.api.pagination import BoundedPagination
from core.api.representation import key_of, represent, represent_head, visible
from core.api.schema import KEY_PARAMETER, REFUSALS, head_fields, page_of, parameters, row_serializer
from core.db import durable
from core.documents import Action, Column, DocumentType
from core.errors import BusinessError, InvalidInput, NotVisible
from core.inputs import ReasonSerializer
from core.models import Document, State
from core.versions import as_read

ID = r"(?P<document_id>[1-9][0-9]{0,17})"
"""Ids in addresses: ASCII digits that fit into the database; anything else is no address of ours."""


class VersionMissing(BusinessError):
    """A change has to say which version it is about."""

    code = "version_missing"
    status = 428
    text = _("Say which version you have changed: header If-Match with the ETag of the document.")


class DocumentsView(ApiView):
    """The documents of one kind."""

    kind: ClassVar[DocumentType]

    def get(self, request: ApiRequest) -> Response:
        """List, filter, sort; newest first."""
        kind = self.kind
        paging = BoundedPagination()
        columns = visible(kind.columns, request.access)
        rows = kind.rows().filter(company=request.company)
        rows = filtered(rows, request, filters_of(kind, columns), others=(*paging.parameters, "sort"))
        rows = ordered(rows, request, sorts_of(columns))
        return paging.answer(request, rows, lambda found: [represent_head(row) | represent(row, columns) for row in found])


class DraftableDocumentsView(DocumentsView):
    """The documents of a kind that may be made from outside."""

    def post(self, request: ApiRequest) -> Response:
        """Create a draft."""
        draft = self.kind.draft
        assert draft is not None
        data = self.read_body(request, self.kind.input)

        def act() -> tuple[int, Any]:
            document = draft(company=request.company, data=data, by=request.user, at=self.now())
            return 201, full(self.kind, document.pk, request)

        answer = self.answer_once(request, act)
        answer["Location"] = f"{request.path}{answer.data['id']}/"
        return answer


class DocumentView(ApiView):
    """One document with its lines."""

    kind: ClassVar[DocumentType]

    def get(self, request: ApiRequest, document_id: str) -> Response:
        """Read a document with all its tables."""
        found = full(self.kind, int(document_id), request)
        return Response(found, headers={"ETag": f'"{found["version"]}"'})


class EditableDocumentView(DocumentView):
    """One document that may be changed while it is a draft."""

    def patch(self, request: ApiRequest, document_id: str) -> Response:
        """Change a draft; the whole input is sent again, with the version that it was read in (If-Match)."""
        edit = self.kind.edit
        assert edit is not None
        pk = int(document_id)
        find(self.kind, pk, request)
        version = _version(request)
        data = self.read_body(request, self.kind.input)

        def act() -> tuple[int, Any]:
            edit(company=request.company, document_id=pk, version=version, data=data, by=request.user, at=self.now())
            return 200, full(self.kind, pk, request)

        return self.answer_once(request, act)


class ActionView(ApiView):
    """One action on one document."""

    kind: ClassVar[DocumentType]
    document_action: ClassVar[Action]

    def post(self, request: ApiRequest, document_id: str) -> Response:
        """Do it; the answer is the document afterwards. With If-Match only if the document is still as it was read."""
        pk = int(document_id)
        document = find(self.kind, pk, request)
        version = _version(request) if "If-Match" in request.headers else None
        data = self.read_body(request, input_of(self.document_action))

        @durable
        def act() -> tuple[int, Any]:
            with as_read(document, version):
                self.document_action.verb(company=request.company, document_id=pk, by=request.user, at=self.now(), **data)
            return 200, full(self.kind, pk, request)

        return self.answer_once(request, act)


def _version(request: ApiRequest) -> int:
    """The version in If-Match.

    Raises:
        VersionMissing, InvalidInput: none is sent, or it is no version.
    """
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not text:
        raise VersionMissing()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("invalid_version", _("If-Match holds the ETag of the document."))
    return int(text)


def find(kind: DocumentType, pk: int, request: ApiRequest) -> Document:
    """A document of the company.

    Raises:
        NotVisible: the company has none with this id.
    """
    document = kind.rows().filter(company=request.company, pk=pk).first()
    if document is None:
        raise NotVisible()
    return document


def full(kind: DocumentType, pk: int, request: ApiRequest) -> dict[str, Any]:
    """A document with everything that its kind shows and this person may see."""
    document = find(kind, pk, request)
    answer = represent_head(document) | represent(document, visible(detail_columns(kind), request.access))
    for lines in kind.line_sets:
        columns = visible(lines.columns, request.access)
        answer[lines.name] = [_line(row) | represent(row, columns) for row in getattr(document, lines.name).select_related(*lines.select)]
    answer["reversal_of"] = document.reversal_of.number if document.reversal_of else None
    answer["actions"] = [
        action.name for action in kind.actions if document.state in action.states and request.access.may(action.permission)
    ]
    return answer


def _line(row: Any) -> dict[str, Any]:
    return {"line_no": row.line_no} if hasattr(row, "line_no") else {}


def detail_columns(kind: DocumentType) -> list[Column]:
    """Columns of head and list, each once."""
    return list({column.path: column for column in (*kind.columns, *kind.head)}.values())


def input_of(action: Action) -> Any:
    """The serializer of an action's body: its own, with a reason if wanted."""
    if not action.wants_reason:
        return action.input
    if action.input is None:
        return ReasonSerializer
    return type(f"{action.input.__name__}WithReason", (ReasonSerializer, action.input), {"__module__": action.input.__module__})


def filters_of(kind: DocumentType, columns: Iterable[Column]) -> list[Filter]:
    """What the list of a kind may be filtered by, of the columns that one may see: a filter tells what it hides."""
    found = {"state": equal("state", read=one_of(State.values)), "number": equal("number")}
    found |= {one.name: one for one in (*dates("document_date"), words(*kind.search))}
    for column in columns:
        one = column_filter(kind.model, column.path, key_of(column)) if column.filter else None
        if one:
            found.setdefault(one.name, one)
    return list(found.values())


def sorts_of(columns: Iterable[Column]) -> dict[str, str]:
    """What a list with these columns may be sorted by: the order of rows tells about the figures, too."""
    return {"document_date": "document_date", "number": "number"} | {key_of(column): column.sort for column in columns if column.sort}


# ---- addresses --------------------------------------------------------------------------------------------------------


def document_urls(kinds: Iterable[DocumentType]) -> list[URLPattern]:
    """The addresses of all kinds."""
    return [pattern for kind in kinds for pattern in _urls(kind)]


def _urls(kind: DocumentType) -> list[URLPattern]:
    name = kind.model.__name__
    described = _described(kind)
    many = _view(DraftableDocumentsView if kind.draft else DocumentsView, f"{name}sView", kind, described["many"])
    one = _view(EditableDocumentView if kind.edit else DocumentView, f"{name}View", kind, described["one"])
    slug = kind.plural_slug
    patterns = [
        re_path(rf"^{slug}/\Z", many.as_view(), name=f"api-{slug}"),
        re_path(rf"^{slug}/{ID}/\Z", one.as_view(), name=f"api-{slug}-one"),
    ]
    for action in kind.actions:
        view = _view(ActionView, f"{name}{action.name.title().replace('_', '')}View", kind, described[action.name], action)
        patterns.append(re_path(rf"^{slug}/{ID}/{action.name.replace('_', '-')}/\Z", view.as_view(), name=f"api-{slug}-{action.name}"))
    return patterns


def _view(base: type[ApiView], name: str, kind: DocumentType, described: Mapping[str, Any], action: Action | None = None) -> type[ApiView]:
    """A view class for a kind: what it may ask and how it is described."""
    rights = {"GET": kind.permission("view"), "POST": kind.permission("add"), "PATCH": kind.permission("change")}
    attributes: dict[str, Any] = {"kind": kind, "permissions": rights, "__doc__": base.__doc__, "__module__": __name__}
    if action:
        attributes |= {"document_action": action, "permissions": {"POST": action.permission}, "by_token": action.by_token}
    view = type(name, (base,), attributes)
    return extend_schema_view(**{method: schema for method, schema in described.items() if hasattr(view, method)})(view)


def _described(kind: DocumentType) -> dict[str, dict[str, Any]]:
    """The OpenAPI description of a kind's addresses."""
    name = kind.model.__name__
    slug = kind.plural_slug.replace("-", "_")
    row = row_serializer(f"{name}Row", kind.columns, more=head_fields())
    whole = _whole_serializer(kind)
    tags = [kind.plural_slug]
    described: dict[str, dict[str, Any]] = {
        "many": {
            "get": extend_schema(
                operation_id=f"{slug}_list",
                tags=tags,
                responses=REFUSALS | {200: page_of(name, row)},
                parameters=parameters(filters_of(kind, kind.columns), BoundedPagination.parameters, sorts_of(kind.columns)),
            ),
            "post": extend_schema(
                operation_id=f"{slug}_create", tags=tags, request=kind.input, responses=REFUSALS | {201: whole}, parameters=[KEY_PARAMETER]
            ),
        },
        "one": {
            "get": extend_schema(operation_id=f"{slug}_read", tags=tags, responses=REFUSALS | {200: whole}),
            "patch": extend_schema(
                operation_id=f"{slug}_change", tags=tags, request=kind.input, responses=REFUSALS | {200: whole}, parameters=[KEY_PARAMETER]
            ),
        },
    }
    for action in kind.actions:
        described[action.name] = {
            "post": extend_schema(
                operation_id=f"{slug}_{action.name}",
                tags=tags,
                summary=str(action.label),
                request=input_of(action),
                responses=REFUSALS | {200: whole},
                parameters=[KEY_PARAMETER],
            )
        }
    return described


def _whole_serializer(kind: DocumentType) -> Any:
    name = kind.model.__name__
    more = head_fields()
    for lines in kind.line_sets:
        more[lines.name] = row_serializer(f"{name}{lines.name.title().replace('_', '')}Row", lines.columns)(many=True)
    return row_serializer(name, detail_columns(kind), more=more)

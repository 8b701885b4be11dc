"""The addresses of every kind of document, made from its description; `erp/urls.py` includes them."""

from collections.abc import Iterable
from functools import partial

from django.urls import URLPattern

from core.documents import Action, DocumentType
from core.web import document_actions, document_edit, documents, saved_views
from core.web.lookup import Lookup, look_up
from core.web.routes import ANY_MEMBER, page


def document_urls(kinds: Iterable[DocumentType]) -> list[URLPattern]:
    """All pages of all kinds, and the way from a number to its document."""
    found = [page("documents/<slug:kind>/<str:number>/", documents.by_number, name="document-by-number", permission=ANY_MEMBER)]
    for kind in kinds:
        found += _pages(kind)
    return found


def _pages(kind: DocumentType) -> list[URLPattern]:
    base, name, view = f"{kind.section}/{kind.slug}/", kind.kind, kind.permission("view")
    found = [
        page(base, partial(documents.list_page, kind=kind), name=f"{name}-list", permission=view),
        page(f"{base}export/", partial(documents.export, kind=kind), name=f"{name}-export", permission=view),
        page(f"{base}print/", partial(documents.print_page, kind=kind), name=f"{name}-print-many", permission=view),
        page(f"{base}chosen/", partial(document_actions.act_on_many, kind=kind), name=f"{name}-chosen", permission=view, methods=["POST"]),
        page(f"{base}views/", partial(saved_views.save, kind=kind), name=f"{name}-view-save", permission=view, methods=["POST"]),
        page(
            f"{base}views/<id:pk>/delete/",
            partial(saved_views.delete, kind=kind),
            name=f"{name}-view-delete",
            permission=view,
            methods=["POST"],
        ),
        page(f"{base}<id:pk>/", partial(documents.detail, kind=kind), name=f"{name}-detail", permission=view),
        page(f"{base}<id:pk>/print/", partial(documents.print_page, kind=kind), name=f"{name}-print", permission=view),
    ]
    if kind.draft and kind.input:
        create = partial(document_edit.create, kind=kind)
        found.append(page(f"{base}new/", create, name=f"{name}-new", permission=kind.permission("add"), methods=["GET", "POST"]))
    if kind.edit and kind.input:
        edit = partial(document_edit.edit, kind=kind)
        found.append(page(f"{base}<id:pk>/edit/", edit, name=f"{name}-edit", permission=kind.permission("change"), methods=["GET", "POST"]))
    return found + [_action(kind, action, base) for action in kind.actions]


def _action(kind: DocumentType, action: Action, base: str) -> URLPattern:
    methods = ["GET", "POST"] if action.input else ["POST"]
    view = partial(document_actions.act, kind=kind, action=action)
    return page(f"{base}<id:pk>/{action.name}/", view, name=f"{kind.kind}-{action.name}", permission=kind.right(action), methods=methods)


def lookup_urls(lookups: Iterable[Lookup]) -> list[URLPattern]:
    """The addresses that type-ahead fields ask."""
    return [
        page(f"lookup/{lookup.name}/", partial(look_up, lookup=lookup), name=f"lookup-{lookup.name}", permission=lookup.permission)
        for lookup in lookups
    ]

"""What belongs to a document beyond itself: its chain, its moves in the stock ledger, its vouchers."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from core.documents import DocumentType
from core.models import Document
from core.web.documents import visible_document
from core.web.http import CompanyRequest
from finance.models import Voucher
from inventory.models import StockMove
from reports.chain import chain_of
from reports.planning import KitLine, kit_lines

MAX_ROWS = 300


def related(request: CompanyRequest, pk: int, kind: DocumentType) -> HttpResponse:
    """Chain, stock moves and vouchers of a document; a fragment for its page, or a page of its own."""
    document = visible_document(request, kind, pk)
    origin = {"origin_kind": kind.kind, "origin_number": document.number}
    context: dict[str, Any] = {
        "title": f"{kind.label} {document}",
        "kind": kind,
        "document": document,
        "chain": chain_of(request.access, kind.kind, document.number),
        "moves": _moves(request, document, origin),
        "vouchers": _vouchers(request, origin),
        "kit": _kit(request, origin),
        "may_see_value": request.access.may("core.view_cost"),
    }
    return render(request, "reports/related.html" if request.htmx else "reports/related_page.html", context)


def _kit(request: CompanyRequest, origin: dict[str, str]) -> list[KitLine]:
    """What the document still needs, and what covers it (齐套)."""
    return kit_lines(request.company, Q(**origin)) if request.access.may("inventory.view_demand") else []


def _moves(request: CompanyRequest, document: Document, origin: dict[str, str]) -> list[StockMove]:
    """The moves of a document; those of a reversal name the document they undo, so they are found by their posting."""
    if not request.access.may("inventory.view_stockmove"):
        return []
    posting: int | None = getattr(document, "posting_id", None)
    by_origin = {f"posting__{name}": value for name, value in origin.items()}
    rows = StockMove.objects.filter(company=request.company, **({"posting": posting} if posting else by_origin))
    return list(rows.select_related("item", "warehouse", "bin", "lot", "posting").order_by("id")[:MAX_ROWS])


def _vouchers(request: CompanyRequest, origin: dict[str, str]) -> list[Voucher]:
    if not request.access.may("finance.view_voucher"):
        return []
    rows = Voucher.objects.filter(company=request.company, **origin)
    return list(rows.select_related("period").prefetch_related("lines__account").order_by("id")[:MAX_ROWS])

"""Stock reports: on hand, the ledger of moves, and who holds what is reserved."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core.documents import Column
from core.errors import InvalidInput, NotVisible
from core.web.cells import Link, numbered_link
from core.web.documents import workbook
from core.web.forms import DayField
from core.web.http import CompanyRequest
from core.web.lists import MAX_EXPORTED, FilterForm, page_of
from inventory.models import Reservation, StockMove, Warehouse
from masterdata.models import Item, ItemCategory
from reports.sheets import stock_ledger_sheet
from reports.stock import (
    LedgerLine,
    OnHand,
    Running,
    after_cursor,
    balances,
    before_cursor,
    ledger_moves,
    running_until,
    total_value,
    with_balance,
    with_value,
)
from reports.web.frame import COST, Sums, choice_field, lookup_field, report

PAGE = 100


# ---- on hand ------------------------------------------------------------------------------------------------------------


class OnHandForm(FilterForm):
    """What is shown of the stock."""

    by = choice_field(_("Show by"), [("item", _("item")), ("warehouse", _("item and warehouse")), ("lot", _("bin and lot"))], empty=False)
    item = lookup_field(_("Item"), Item)
    category = lookup_field(_("Category"), ItemCategory)
    warehouse = lookup_field(_("Warehouse"), Warehouse)
    lot = forms.CharField(label=_("Lot"), required=False, max_length=40)


class _OnHandRow:
    """A row of the page: the figures of `OnHand`, the item with the way to its ledger."""

    def __init__(self, row: OnHand) -> None:
        self.row = row
        self.item = Link(row.item.code, f"{reverse('stock-ledger')}?{urlencode({'item': row.item.code})}")
        self.reserved = (
            Link(f"{row.reserved.normalize():f}", f"{reverse('reservations')}?{urlencode({'item': row.item.code})}")
            if row.reserved
            else None
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


ON_HAND = (
    Column("item", _("Item")),
    Column("row.item.label", _("Name")),
    Column("row.item.specification", _("Specification")),
)
_PLACE = {
    "item": (),
    "warehouse": (Column("warehouse.label", _("Warehouse")),),
    "lot": (
        Column("warehouse.label", _("Warehouse")),
        Column("bin", _("Bin")),
        Column("lot.code", _("Lot")),
        Column("status", _("Stock status")),
    ),
}
_FIGURES = (
    Column("row.item.unit", _("Unit")),
    Column("on_hand", _("On hand"), "quantity"),
    Column("reserved", _("Reserved"), "quantity"),
    Column("available", _("Available"), "quantity"),
    Column("unit_cost", _("Unit cost"), "price", secret=COST),
    Column("value", _("Value"), "money", total=True, secret=COST),
)


def stock_on_hand(request: CompanyRequest) -> HttpResponse:
    """Stock on hand by item, warehouse, or bin and lot."""
    form = OnHandForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    by = wanted.get("by") or "item"
    rows = balances(request.company, _where(wanted), by)
    page = page_of(rows, request.GET.get("page", "1"))
    narrowed = wanted.get("warehouse") or wanted.get("lot")
    warehouse = Warehouse.objects.filter(company=request.company, code=wanted["warehouse"]).first() if wanted.get("warehouse") else None
    items = Item.objects.filter(_items(wanted), company=request.company)
    return report(
        request,
        title=_("Stock on hand"),
        name="stock-on-hand",
        columns=[*ON_HAND, *_PLACE[by], *_FIGURES],
        rows=lambda: _on_hand_rows(request, page.object_list, warehouse),
        every_row=lambda: _on_hand_rows(request, rows[:MAX_EXPORTED], warehouse),
        form=form,
        page=page,
        totals=None if narrowed else Sums({"value": total_value(request.company, items)}),
    )


def _on_hand_rows(request: CompanyRequest, rows: Iterable[Any], warehouse: Warehouse | None) -> list[_OnHandRow]:
    return [_OnHandRow(row) for row in with_value(request.company, rows, warehouse=warehouse)]


def _where(wanted: dict[str, Any]) -> Q:
    where = _items(wanted, "item__")
    for name, lookup in (("warehouse", "warehouse__code"), ("lot", "lot__code")):
        if wanted.get(name):
            where &= Q(**{lookup: wanted[name]})
    return where


def _items(wanted: dict[str, Any], path: str = "") -> Q:
    """Which items are wanted; `path` leads to the item from rows that are about one, so that list and total are of the same."""
    where = Q()
    for name, lookup in (("item", "code"), ("category", "category__code")):
        if wanted.get(name):
            where &= Q(**{f"{path}{lookup}": wanted[name]})
    for word in wanted.get("q", "").split():
        named = Q()
        for name in ("code", "name", "name_en", "pinyin", "specification"):
            named |= Q(**{f"{path}{name}__icontains": word})
        where &= named
    return where


# ---- ledger -------------------------------------------------------------------------------------------------------------


class LedgerForm(forms.Form):
    """Which moves. With an item the ledger has opening, running balance and totals; without, it is all moves, the newest first."""

    item = lookup_field(_("Item"), Item)
    warehouse = lookup_field(_("Warehouse"), Warehouse)
    lot = forms.CharField(label=_("Lot"), required=False, max_length=40)
    date_from = DayField(label=_("From"), required=False)
    date_to = DayField(label=_("to"), required=False)
    number = forms.CharField(label=_("Document"), required=False, max_length=40)


def stock_ledger(request: CompanyRequest) -> HttpResponse:
    """The ledger of one item (数量金额明细账), or all moves; paged by key, so a million rows cost what a hundred cost."""
    form = LedgerForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    where = _moves_where(wanted)
    context: dict[str, Any] = {"title": _("Stock ledger"), "form": form, "may_see_value": request.access.may(COST), "can_export": True}
    item = Item.objects.select_related("unit").filter(company=request.company, code=wanted["item"]).first() if wanted.get("item") else None
    if wanted.get("item") and item is None:
        raise NotVisible()
    if request.GET.get("export") == "xlsx":
        return _export(request, item, where, wanted)
    if item is not None:
        return render(request, "reports/stock_ledger.html", context | _item_ledger(request, item, where, wanted))
    return render(request, "reports/stock_moves.html", context | _newest(request, where, wanted))


def _moves_where(wanted: dict[str, Any]) -> Q:
    where = Q()
    names = (("item", "item__code"), ("warehouse", "warehouse__code"), ("lot", "lot__code"), ("number", "posting__origin_number"))
    for name, lookup in names:
        if wanted.get(name):
            where &= Q(**{lookup: wanted[name]})
    return where


def _dates(wanted: dict[str, Any]) -> Q:
    where = Q()
    if wanted.get("date_from"):
        where &= Q(date__gte=wanted["date_from"])
    if wanted.get("date_to"):
        where &= Q(date__lte=wanted["date_to"])
    return where


def _item_ledger(request: CompanyRequest, item: Item, where: Q, wanted: dict[str, Any]) -> dict[str, Any]:
    cursor = _cursor(request.GET.get("after", ""))
    start = running_until(request.company, where, before=wanted.get("date_from"), cursor=cursor)
    moves = list(after_cursor(ledger_moves(request.company, where & _dates(wanted)), cursor)[: PAGE + 1])
    lines = with_balance(moves[:PAGE], start)
    more = len(moves) > PAGE
    return {
        "item": item,
        "start": start,
        "is_first": cursor is None,
        "lines": lines,
        "total_in": _total([line for line in lines if line.is_in]),
        "total_out": _total([line for line in lines if not line.is_in]),
        "end": lines[-1].after if lines else start,
        "next": _cursor_at(moves[PAGE - 1]) if more else "",
    }


def _total(lines: list[LedgerLine]) -> Running:
    total = Running()
    for line in lines:
        total = total.plus(line.move)
    return total


def _cursor_at(move: StockMove) -> str:
    """Where a page ends, as the address of the next one says it."""
    return f"{move.date.isoformat()}_{move.pk}"


def _cursor(text: str) -> tuple[dt.date, int] | None:
    """Where the last page ended: date and id.

    Raises:
        NotVisible: it is none of ours.
    """
    if not text:
        return None
    day, _mark, pk = text.partition("_")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise NotVisible()
    try:
        return dt.date.fromisoformat(day), int(pk)
    except ValueError as error:
        raise NotVisible() from error


def _newest(request: CompanyRequest, where: Q, wanted: dict[str, Any]) -> dict[str, Any]:
    rows: QuerySet[StockMove] = ledger_moves(request.company, where & _dates(wanted))
    cursor = _cursor(request.GET.get("before", ""))
    found = list(before_cursor(rows, cursor)[: PAGE + 1])
    return {
        "lines": [LedgerLine(move) for move in found[:PAGE]],
        "next": _cursor_at(found[PAGE - 1]) if len(found) > PAGE else "",
        "is_first": cursor is None,
    }


def _export(request: CompanyRequest, item: Item | None, where: Q, wanted: dict[str, Any]) -> HttpResponse:
    rows = ledger_moves(request.company, where & _dates(wanted)).order_by("date", "id")
    if rows.order_by()[: MAX_EXPORTED + 1].count() > MAX_EXPORTED:
        raise InvalidInput("too_many_rows", _("More than {limit} rows. Narrow the filter first."), limit=MAX_EXPORTED)
    start = running_until(request.company, where, before=wanted.get("date_from"), cursor=None) if item else Running()
    lines = with_balance(rows.iterator(chunk_size=2000), start)
    days = (wanted.get("date_from"), wanted.get("date_to"))
    content = stock_ledger_sheet(request.company, item, lines, start=start, days=days, with_value=request.access.may(COST))
    return workbook(content, f"stock-ledger-{item.code}" if item else "stock-ledger")


# ---- reservations -------------------------------------------------------------------------------------------------------


class ReservationForm(forms.Form):
    """Whose goods, for whom."""

    item = lookup_field(_("Item"), Item)
    warehouse = lookup_field(_("Warehouse"), Warehouse)
    number = forms.CharField(label=_("Held for"), required=False, max_length=40)


class _Held:
    def __init__(self, row: Reservation) -> None:
        self.row = row
        self.held_for = numbered_link(row.demand.origin_kind, row.demand.origin_number)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


HELD = (
    Column("balance.item.code", _("Item")),
    Column("balance.item.label", _("Name")),
    Column("balance.warehouse.label", _("Warehouse")),
    Column("balance.bin", _("Bin")),
    Column("balance.lot", _("Lot")),
    Column("quantity", _("Held"), "quantity"),
    Column("held_for", _("Held for")),
    Column("demand.due_date", _("Due date"), "date"),
    Column("held_by", _("Held by"), "person"),
    Column("held_at", _("Held at")),
    Column("expires_at", _("Expires at")),
)


def reservations(request: CompanyRequest) -> HttpResponse:
    """Who holds what: every open reservation."""
    form = ReservationForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    where = Q()
    for name, lookup in (("item", "balance__item__code"), ("warehouse", "balance__warehouse__code"), ("number", "demand__origin_number")):
        if wanted.get(name):
            where &= Q(**{lookup: wanted[name]})
    rows = (
        Reservation.objects.filter(where, company=request.company, state=Reservation.State.HELD)
        .select_related("balance__item", "balance__warehouse", "balance__bin", "balance__lot", "demand", "held_by")
        .order_by("balance__item__code", "id")
    )
    page = page_of(rows, request.GET.get("page", "1"))
    return report(
        request,
        title=_("Reservations"),
        name="reservations",
        columns=HELD,
        rows=lambda: [_Held(row) for row in page.object_list],
        every_row=lambda: (_Held(row) for row in rows[:MAX_EXPORTED]),
        form=form,
        page=page,
    )

"""Stock for other systems: what is on hand where, and every move of the ledger."""

from django.db.models import QuerySet

from core.api.base import ApiRequest
from core.api.filters import Filter, dates, equal, one_of
from core.api.pagination import KeysetPagination
from core.api.tables import TableView, described
from core.documents import Column
from inventory.models import StockBalance, StockMove, StockStatus

_PLACE = (
    Column("item", "item"),
    Column("warehouse", "warehouse"),
    Column("bin", "bin"),
    Column("lot", "lot"),
    Column("status", "free, inspection or blocked"),
)
_PLACE_FILTERS: tuple[Filter, ...] = (
    equal("item", "item__code"),
    equal("warehouse", "warehouse__code"),
    equal("bin", "bin__code"),
    equal("lot", "lot__code"),
    equal("status", read=one_of(StockStatus.values)),
)


@described("StockBalance", "stock_balances", "stock")
class StockBalancesView(TableView):
    """What is on hand, by place, lot and status; places that have become empty are left out."""

    permissions = {"GET": "inventory.view_stockbalance"}
    columns = (*_PLACE, Column("on_hand", "on hand", "quantity"), Column("reserved", "reserved", "quantity"))
    filters = _PLACE_FILTERS
    sorts = {"item": "item__code", "warehouse": "warehouse__code"}

    def rows(self, request: ApiRequest) -> "QuerySet[StockBalance]":
        held = StockBalance.objects.filter(company=request.company).exclude(on_hand=0)
        return held.select_related("item", "warehouse", "bin", "lot")


@described("StockMove", "stock_moves", "stock")
class StockMovesView(TableView):
    """The stock ledger, oldest first; `next_after` leads on."""

    permissions = {"GET": "inventory.view_stockmove"}
    columns = (
        Column("posting.event", "event"),
        Column("posting.origin_kind", "kind of document"),
        Column("posting.origin_number", "document"),
        Column("origin_line", "line"),
        Column("date", "date", "date"),
        *_PLACE,
        Column("quantity", "in (+) or out (-)", "quantity"),
        Column("value", "value", "money", secret="core.view_cost"),
        Column("unit_cost", "unit cost", "price", secret="core.view_cost"),
    )
    filters = (
        *_PLACE_FILTERS,
        *dates("date"),
        equal("event", "posting__event"),
        equal("origin_kind", "posting__origin_kind"),
        equal("origin_number", "posting__origin_number"),
    )
    paging = KeysetPagination

    def rows(self, request: ApiRequest) -> "QuerySet[StockMove]":
        return StockMove.objects.filter(company=request.company).select_related("posting", "item", "warehouse", "bin", "lot")

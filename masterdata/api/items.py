"""Items for other systems: look up by code, barcode or words."""

from django.db.models import QuerySet

from core.api.base import ApiRequest
from core.api.filters import equal, one_of, read_truth, words
from core.api.tables import TableView, described
from core.documents import Column
from masterdata.models import Item


@described("Item", "items", "master data")
class ItemsView(TableView):
    """The items of the company."""

    permissions = {"GET": "masterdata.view_item"}
    columns = (
        Column("code", "code"),
        Column("name", "Chinese name"),
        Column("name_en", "English name"),
        Column("specification", "specification"),
        Column("category", "category"),
        Column("unit", "unit"),
        Column("supply_type", "purchased, manufactured or phantom"),
        Column("is_sold", "is sold"),
        Column("lot_tracked", "kept by lot"),
        Column("inspect_on_receipt", "inspected on receipt"),
        Column("lead_time_days", "lead time in days"),
        Column("safety_stock", "safety stock", "quantity"),
        Column("barcode", "barcode"),
        Column("is_blocked", "blocked"),
        Column("list_price", "list price without tax", "price"),
        Column("standard_cost", "standard cost", "price", secret="core.view_cost"),
    )
    filters = (
        equal("code"),
        equal("barcode"),
        equal("category", "category__code"),
        equal("supply_type", read=one_of(Item.Supply.values)),
        equal("is_blocked", read=read_truth),
        words("code", "name", "name_en", "pinyin", "specification"),
    )
    sorts = {"code": "code"}

    def rows(self, request: ApiRequest) -> "QuerySet[Item]":
        return Item.objects.filter(company=request.company).select_related("category", "unit")

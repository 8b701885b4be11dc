"""What a purchased item is expected to cost: the supplier's price, else the last one paid to them, else the standard cost."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Max

from core.models import Company, State
from masterdata.models import Item, Supplier, SupplierPrice
from purchasing.models import PurchaseOrderLine


def expected_prices(company: Company, supplier: Supplier, date: dt.date, wanted: Sequence[tuple[Item, Decimal]]) -> list[Decimal]:
    """The price of each (item, quantity) without tax, in three statements however many there are."""
    items = {item.pk for item, _quantity in wanted}
    asked: dict[int, list[SupplierPrice]] = {}
    for row in SupplierPrice.objects.filter(company=company, supplier=supplier, item__in=items, valid_from__lte=date).order_by(
        "-valid_from", "-min_quantity"
    ):
        asked.setdefault(row.item_id, []).append(row)
    paid = _last_paid(company, supplier, items)
    return [_price(item, quantity, asked.get(item.pk, []), paid.get(item.pk)) for item, quantity in wanted]


def _price(item: Item, quantity: Decimal, asked: Sequence[SupplierPrice], paid: Decimal | None) -> Decimal:
    for row in asked:
        if quantity >= row.min_quantity:
            return row.price
    return item.standard_cost if paid is None else paid


def _last_paid(company: Company, supplier: Supplier, items: set[int]) -> dict[int, Decimal]:
    newest = (
        PurchaseOrderLine.objects.filter(
            document__company=company,
            document__supplier=supplier,
            item__in=items,
            document__state__in=[State.APPROVED, State.DONE, State.CLOSED],
        )
        .values("item_id")
        .annotate(newest=Max("id"))
        .order_by()
        .values_list("newest", flat=True)
    )
    return dict(PurchaseOrderLine.objects.filter(pk__in=list(newest)).values_list("item_id", "unit_price"))

"""All that can be looked up while typing, as a literal list: who adds a field that names something by code adds its line."""

from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from core.models import State
from core.web.lookup import Lookup, LookupHit
from finance.models import Account, BankAccount, GoodsReceived, OpenItem
from inventory.models import Bin, Lot, Warehouse
from masterdata.models import Customer, Department, Employee, Item, ItemCategory, Supplier
from production.models import WorkCenter, WorkOrder
from purchasing.models import PurchaseOrder, Requisition
from sales.models import SalesOrder


def _master(row: Any) -> LookupHit:
    return LookupHit(row.code, row.label)


def _item(row: Item) -> LookupHit:
    fill = {"unit": str(row.unit), "specification": row.specification}
    if row.list_price:
        fill["unit_price"] = _plain(row.list_price)
    return LookupHit(row.code, f"{row.label} {row.specification}".strip(), str(row.unit), fill)


def _partner(row: Any) -> LookupHit:
    return LookupHit(row.code, row.label, row.contact)


def _lot(row: Lot) -> LookupHit:
    return LookupHit(row.code, row.item.label, f"{row.expiry_date:%Y-%m-%d}" if row.expiry_date else "")


def _sales_order(row: SalesOrder) -> LookupHit:
    return LookupHit(row.number, row.customer.label, row.get_state_display())


def _purchase_order(row: PurchaseOrder) -> LookupHit:
    return LookupHit(row.number, row.supplier.label, row.get_state_display())


def _work_order(row: WorkOrder) -> LookupHit:
    return LookupHit(row.number, f"{row.item.label} × {_plain(row.quantity)}", row.get_state_display())


def _requisition(row: Requisition) -> LookupHit:
    return LookupHit(row.number, str(row.document_date), row.get_state_display())


def _bank(row: BankAccount) -> LookupHit:
    return LookupHit(row.code, row.label, row.account_number)


def _bin(row: Bin) -> LookupHit:
    return LookupHit(row.code, row.warehouse.label)


def _open_item(row: OpenItem) -> LookupHit:
    return LookupHit(row.origin_number, str(row.customer or row.supplier), f"{row.open_amount:,.2f}", {"amount": _plain(row.open_amount)})


def _goods_received(row: GoodsReceived) -> LookupHit:
    left = row.quantity - row.invoiced_quantity
    return LookupHit(row.reference, row.item.label, f"{row.supplier.label} · {_plain(left)}", {"quantity": _plain(left)})


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


_USABLE = Q(is_blocked=False)
_ALIVE = ~Q(state__in=[State.CANCELLED, State.REVERSED, State.CLOSED])
_ITEM_WORDS = ("code", "name", "name_en", "pinyin", "specification", "barcode")

LOOKUPS: tuple[Lookup, ...] = (
    Lookup("items", Item, _item, search=_ITEM_WORDS, where=_USABLE, select=("unit",), secrets={"unit_price": "sales.see_prices"}),
    Lookup("item-categories", ItemCategory, _master, where=_USABLE),
    Lookup("customers", Customer, _partner, where=_USABLE),
    Lookup("suppliers", Supplier, _partner, where=_USABLE),
    Lookup("departments", Department, _master, where=_USABLE),
    Lookup("employees", Employee, _master, where=_USABLE),
    Lookup("warehouses", Warehouse, _master, where=_USABLE),
    Lookup("work-centres", WorkCenter, _master, where=_USABLE),
    Lookup("bins", Bin, _bin, search=("code",), where=_USABLE, narrow={"warehouse": "warehouse__code"}, select=("warehouse",)),
    Lookup("lots", Lot, _lot, search=("code",), narrow={"item": "item__code"}, select=("item",)),
    Lookup("accounts", Account, _master, search=("code", "name", "name_en"), where=Q(is_blocked=False, is_leaf=True)),
    Lookup("bank-accounts", BankAccount, _bank, where=_USABLE, permission="finance.view_bankaccount"),
    Lookup(
        "sales-orders",
        SalesOrder,
        _sales_order,
        search=("number", "customer__code", "customer__name", "customer__pinyin"),
        select=("customer",),
        narrow={"customer": "customer__code"},
        permission="sales.view_salesorder",
        by="number",
        where=_ALIVE,
    ),
    Lookup(
        "purchase-orders",
        PurchaseOrder,
        _purchase_order,
        search=("number", "supplier__code", "supplier__name", "supplier__pinyin"),
        select=("supplier",),
        narrow={"supplier": "supplier__code"},
        permission="purchasing.view_purchaseorder",
        by="number",
        where=_ALIVE,
    ),
    Lookup(
        "requisitions", Requisition, _requisition, search=("number",), permission="purchasing.view_requisition", by="number", where=_ALIVE
    ),
    Lookup(
        "work-orders",
        WorkOrder,
        _work_order,
        search=("number", "item__code", "item__name", "item__pinyin"),
        select=("item",),
        permission="production.view_workorder",
        by="number",
        where=_ALIVE,
    ),
    Lookup(
        "open-items",
        OpenItem,
        _open_item,
        by="origin_number",
        search=("origin_number", "customer__name", "supplier__name"),
        where=~Q(open_amount=0),
        select=("customer", "supplier"),
        narrow={"customer": "customer__code", "supplier": "supplier__code"},
        permission="finance.view_openitem",
    ),
    Lookup(
        "goods-received",
        GoodsReceived,
        _goods_received,
        by="reference",
        search=("reference", "item__code", "item__name", "supplier__name"),
        where=Q(invoiced_quantity__lt=F("quantity")),
        select=("item", "supplier"),
        narrow={"supplier": "supplier__code"},
        permission="finance.view_goodsreceived",
    ),
)

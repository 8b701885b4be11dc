"""Stock as it is and as it moved: on hand by item, warehouse or lot with its value, and the ledger of moves."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from core.decimals import EXACT, ZERO, round_half_up
from core.models import Company
from inventory import events
from inventory.models import Lot, StockBalance, StockMove, StockStatus, ValuationPool, Warehouse
from masterdata.models import Item

EVENT_LABELS: Mapping[str, Any] = {
    events.OPENING: _("Opening stock"),
    events.PURCHASE_RECEIPT: _("Purchase receipt"),
    events.PRODUCTION_ISSUE: _("Material issue"),
    events.PRODUCTION_RECEIPT: _("Finished receipt"),
    events.PRODUCTION_SETTLEMENT: _("Work order settlement"),
    events.SALES_SHIPMENT: _("Sales shipment"),
    events.OTHER_IN: _("Other receipt"),
    events.OTHER_OUT: _("Other issue"),
    events.TRANSFER: _("Transfer"),
    events.INSPECTION: _("Inspection"),
    events.INVOICE_DIFFERENCE: _("Invoice difference"),
    events.NEGATIVE_SETTLEMENT: _("Settlement of negative stock"),
}

GROUPINGS: Mapping[str, Sequence[str]] = {
    "item": ("item_id",),
    "warehouse": ("item_id", "warehouse_id"),
    "lot": ("item_id", "warehouse_id", "bin__code", "lot_id", "status"),
}


@dataclass(frozen=True, slots=True)
class OnHand:
    """What is on hand of an item (at a place, in a lot). The value is exact by item, a share of it below that."""

    item: Item
    on_hand: Decimal
    reserved: Decimal
    free: Decimal
    unit_cost: Decimal
    value: Decimal
    warehouse: Warehouse | None = None
    bin: str = ""
    lot: Lot | None = None
    status: str = ""

    @property
    def available(self) -> Decimal:
        """Free stock that nobody holds."""
        return self.free - self.reserved


def balances(company: Company, where: Q, by: str) -> QuerySet[Any]:
    """Stock on hand, grouped; not read yet."""
    rows = StockBalance.objects.filter(where, company=company).exclude(on_hand=0, reserved=0)
    return (
        rows.values(*GROUPINGS[by])
        .annotate(free=Sum("on_hand", filter=Q(status=StockStatus.FREE)), on_hand=Sum("on_hand"), reserved=Sum("reserved"))
        .order_by("item__code", *GROUPINGS[by][1:])
    )


def with_value(company: Company, rows: Iterable[Mapping[str, Any]], *, warehouse: Warehouse | None = None) -> list[OnHand]:
    """Grouped rows with their masters and values (four statements, however many rows).

    Args:
        warehouse: the one from which all rows are, where they don't say it themselves.
    """
    rows = list(rows)
    items = Item.objects.select_related("unit", "category").in_bulk({row["item_id"] for row in rows})
    warehouses = Warehouse.objects.in_bulk({row["warehouse_id"] for row in rows if "warehouse_id" in row})
    lots = Lot.objects.in_bulk({row["lot_id"] for row in rows if row.get("lot_id")})
    pools: dict[int, list[ValuationPool]] = {}
    for pool in ValuationPool.objects.filter(company=company, item__in=items):
        pools.setdefault(pool.item_id, []).append(pool)
    found = []
    for row in rows:
        valued = _valuing(pools.get(row["item_id"], ()), warehouses.get(row.get("warehouse_id"), warehouse), row.get("lot_id"))
        quantity, value = sum((pool.quantity for pool in valued), ZERO), sum((pool.value for pool in valued), ZERO)
        cost = EXACT.divide(value, quantity) if quantity else ZERO
        exact = row["on_hand"] == quantity
        found.append(
            OnHand(
                item=items[row["item_id"]],
                on_hand=row["on_hand"],
                reserved=row["reserved"],
                free=row["free"] or ZERO,
                unit_cost=round_half_up(cost, 4),
                value=value if exact else round_half_up(cost * row["on_hand"], 2),
                warehouse=warehouses.get(row.get("warehouse_id")),
                bin=row.get("bin__code") or "",
                lot=lots.get(row.get("lot_id")),
                status=str(StockStatus(row["status"]).label) if row.get("status") else "",
            )
        )
    return found


def _valuing(pools: Iterable[ValuationPool], warehouse: Warehouse | None, lot_id: int | None) -> list[ValuationPool]:
    """Those pools of an item in which goods of a warehouse, of a lot, have their value: of its valuation area, of the lot if by lot."""
    if warehouse is not None:
        area = warehouse.pk if warehouse.own_valuation else None
        pools = [pool for pool in pools if pool.warehouse_id == area]
    return [pool for pool in pools if lot_id is None or pool.lot_id in (None, lot_id)]


def total_value(company: Company, items: QuerySet[Any]) -> Decimal:
    """The value of all stock of some items."""
    return ValuationPool.objects.filter(company=company, item__in=items).aggregate(value=Sum("value"))["value"] or ZERO


# ---- the ledger ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Running:
    """Quantity and value up to a point of the ledger."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def unit_cost(self) -> Decimal | None:
        """The average, None where there is nothing."""
        return round_half_up(EXACT.divide(self.value, self.quantity), 4) if self.quantity else None

    def plus(self, move: StockMove) -> "Running":
        """After one more move."""
        return Running(self.quantity + move.quantity, self.value + move.value)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A move with what is on hand after it."""

    move: StockMove
    after: Running | None = None

    @property
    def is_in(self) -> bool:
        """Whether it belongs to the columns of what came in: by quantity, a correction of value by its sign."""
        return self.move.quantity > 0 or (self.move.quantity == 0 and self.move.value >= 0)

    @property
    def event(self) -> Any:
        """Why the goods moved, in words."""
        return EVENT_LABELS.get(self.move.posting.event, self.move.posting.event)


def ledger_moves(company: Company, where: Q) -> QuerySet[StockMove]:
    """Moves with what a ledger shows of them."""
    return StockMove.objects.filter(where, company=company).select_related("posting", "item__unit", "warehouse", "lot")


def after_cursor(rows: QuerySet[StockMove], cursor: tuple[dt.date, int] | None) -> QuerySet[StockMove]:
    """Moves of one item in the order of the book – date, then posting – beyond a cursor."""
    if cursor is not None:
        date, pk = cursor
        rows = rows.filter(Q(date=date, id__gt=pk) | Q(date__gt=date))
    return rows.order_by("date", "id")


def before_cursor(rows: QuerySet[StockMove], cursor: tuple[dt.date, int] | None) -> QuerySet[StockMove]:
    """Moves from the latest date back, before a cursor."""
    if cursor is not None:
        date, pk = cursor
        rows = rows.filter(Q(date=date, id__lt=pk) | Q(date__lt=date))
    return rows.order_by("-date", "-id")


def running_until(company: Company, where: Q, *, before: dt.date | None, cursor: tuple[dt.date, int] | None) -> Running:
    """Quantity and value of the moves before a day, or up to a cursor (one statement)."""
    rows = StockMove.objects.filter(where, company=company)
    if cursor is not None:
        date, pk = cursor
        rows = rows.filter(Q(date__lt=date) | Q(date=date, id__lte=pk))
    elif before is not None:
        rows = rows.filter(date__lt=before)
    else:
        return Running()
    sums = rows.aggregate(quantity=Sum("quantity"), value=Sum("value"))
    return Running(sums["quantity"] or ZERO, sums["value"] or ZERO)


def with_balance(moves: Iterable[StockMove], start: Running) -> list[LedgerLine]:
    """Each move with the balance after it."""
    lines, running = [], start
    for move in moves:
        running = running.plus(move)
        lines.append(LedgerLine(move, running))
    return lines

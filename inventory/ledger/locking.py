"""Locking stock in one fixed order – reservations, balances, pools, layers – and choosing from what is locked."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from core.decimals import ZERO
from core.models import Company
from core.prepared import Prepared
from inventory.models import CostLayer, Lot, Reservation, StockBalance, StockStatus, ValuationPool, Warehouse
from inventory.models.places import Bin
from inventory.valuation import METHODS, Layer, Pool
from masterdata.models import Item, ItemCategory


class Place(NamedTuple):
    """Where goods are: the key of a stock balance."""

    item_id: int
    warehouse_id: int
    bin_id: int
    lot_id: int | None
    status: str = StockStatus.FREE


class Area(NamedTuple):
    """A valuation area: the key of a valuation pool."""

    item_id: int
    warehouse_id: int | None
    lot_id: int | None


@dataclass(frozen=True, slots=True)
class Pick:
    """A part of a wanted quantity at one place; `reservation` is set where it was held for the demand."""

    place: Place
    quantity: Decimal
    bin: Bin
    lot: Lot | None
    reservation: Reservation | None = None


@dataclass(slots=True)
class LockedStock:
    """Balances, reservations and pools that stay locked until commit."""

    company: Company
    balances: dict[Place, StockBalance]
    reservations: list[Reservation] = field(default_factory=list)
    pools: dict[Area, tuple[ValuationPool, Pool]] = field(default_factory=dict)
    _picked: dict[Place, Decimal] = field(default_factory=dict)
    _used: dict[int, Decimal] = field(default_factory=dict)

    def free(self, place: Place) -> Decimal:
        """What may still be taken at a place: on hand, minus what is held for others, minus what was picked already."""
        balance = self.balances[place]
        return balance.on_hand - balance.reserved - self._picked.get(place, ZERO)

    def pick(
        self,
        item: Item,
        warehouse: Warehouse,
        quantity: Decimal,
        *,
        demand_id: int | None = None,
        bin_id: int | None = None,
        lot_id: int | None = None,
        reservation_id: int | None = None,
        on: dt.date,
    ) -> tuple[list[Pick], Decimal]:
        """Choose places for `quantity`: what is held for the demand first, then free stock by expiry date, lot and bin.

        Args:
            bin_id, lot_id: only goods of this bin or lot.
            reservation_id: the one of the demand's reservations that goes first.
            on: lots that have expired before this day stay where they are, unless `lot_id` names them.

        Returns:
            the picks, and what is missing (0 if all was found).
        """
        missing = quantity
        picks: list[Pick] = []
        for reservation in sorted(self.reservations, key=lambda held: held.pk != reservation_id):
            if reservation.demand_id != demand_id or missing <= 0:
                continue
            place = _place_of(reservation.balance)
            if not _matches(place, item.pk, warehouse.pk, bin_id, lot_id):
                continue
            part = min(missing, reservation.quantity - self._used.get(reservation.pk, ZERO))
            if part > 0:
                balance = self.balances[place]
                picks.append(Pick(place, part, balance.bin, balance.lot, reservation))
                self._used[reservation.pk] = self._used.get(reservation.pk, ZERO) + part
                missing -= part
        for place in self._in_order_of_issue(item.pk, warehouse.pk, bin_id, lot_id, on):
            part = min(missing, self.free(place))
            if part > 0:
                balance = self.balances[place]
                picks.append(Pick(place, part, balance.bin, balance.lot))
                self._picked[place] = self._picked.get(place, ZERO) + part
                missing -= part
        return picks, missing

    def available(self, item_id: int, warehouse_id: int, *, lot_id: int | None = None, on: dt.date) -> tuple[Decimal, Decimal]:
        """Quantity of an item in a warehouse that may be picked, and what is reserved, for the message of a shortage."""
        here = [b for p, b in self.balances.items() if (p.item_id, p.warehouse_id, p.status) == (item_id, warehouse_id, StockStatus.FREE)]
        free = (b.on_hand - b.reserved for b in here if _may_be_picked(b, lot_id, on))
        return sum(free, ZERO), sum((b.reserved for b in here), ZERO)

    def _in_order_of_issue(self, item_id: int, warehouse_id: int, bin_id: int | None, lot_id: int | None, on: dt.date) -> list[Place]:
        places = [
            place
            for place, balance in self.balances.items()
            if place.status == StockStatus.FREE
            and _matches(place, item_id, warehouse_id, bin_id, lot_id)
            and _may_be_picked(balance, lot_id, on)
        ]
        return sorted(places, key=lambda p: (_expiry(self.balances[p].lot), p.lot_id or 0, self.balances[p].bin.code, p.bin_id))


def _may_be_picked(balance: StockBalance, lot_id: int | None, on: dt.date) -> bool:
    """Nothing is picked from a blocked bin, and of expired lots only the one that was named."""
    if balance.bin.is_blocked:
        return False
    return lot_id is not None or _expiry(balance.lot) >= on


def _expiry(lot: Lot | None) -> dt.date:
    return lot.expiry_date if lot and lot.expiry_date else dt.date.max


def _matches(place: Place, item_id: int, warehouse_id: int, bin_id: int | None, lot_id: int | None) -> bool:
    return (
        (place.item_id, place.warehouse_id) == (item_id, warehouse_id)
        and (bin_id is None or place.bin_id == bin_id)
        and (lot_id is None or place.lot_id == lot_id)
    )


def _place_of(balance: StockBalance) -> Place:
    return Place(balance.item_id, balance.warehouse_id, balance.bin_id, balance.lot_id, balance.status)


def area_of(item: Item, warehouse: Warehouse, lot_id: int | None) -> Area:
    """The valuation area in which goods at a place are valued."""
    by_lot = item.category.valuation_method == ItemCategory.Method.SPECIFIC
    return Area(item.pk, warehouse.pk if warehouse.own_valuation else None, lot_id if by_lot else None)


_HELD: Prepared[Reservation] = Prepared(
    lambda demands: (
        Reservation.objects.select_for_update(of=("self",))
        .filter(demand__among=demands, state=Reservation.State.HELD)
        .select_related("balance")
        .order_by("id")
    )
)
_BALANCES: Prepared[StockBalance] = Prepared(
    lambda items, warehouses, held: (
        StockBalance.objects.select_for_update(of=("self",))
        .filter(Q(item__among=items, warehouse__among=warehouses) | Q(pk__among=held))
        .select_related("bin", "lot")
        .order_by("item_id", "warehouse_id", "bin_id", "lot_id", "id")
    )
)
_POOLS: Prepared[ValuationPool] = Prepared(
    lambda items: ValuationPool.objects.select_for_update().filter(item__among=items).order_by("item_id", "warehouse_id", "lot_id", "id")
)
_LAYERS: Prepared[CostLayer] = Prepared(
    lambda pools: CostLayer.objects.select_for_update().filter(pool__among=pools).exclude(quantity=0).order_by("pool_id", "id")
)


def lock_stock(
    company: Company,
    *,
    items: Sequence[Item],
    warehouses: Sequence[Warehouse],
    arriving: Iterable[Place] = (),
    demand_ids: Sequence[int] = (),
    valued: bool = True,
) -> LockedStock:
    """Lock what a posting will touch, one query per table, in the fixed order of RELIABILITY.md section 3.

    Args:
        items, warehouses: all balances of these items in these warehouses are locked.
        arriving: places that goods come into; their rows are created first, so that there is a row to lock.
        demand_ids: demands whose held reservations are used or given back; the balances these lie on are locked too, in whatever warehouse.
        valued: lock the valuation pools (and FIFO layers) too.
    """
    arriving = sorted(set(arriving), key=lambda p: (p.item_id, p.warehouse_id, p.bin_id, p.lot_id or 0, p.status))
    reservations = _HELD(demands=demand_ids) if demand_ids else []
    if arriving:
        negative = {warehouse.pk: warehouse.allow_negative for warehouse in warehouses}
        StockBalance.objects.bulk_create(
            [StockBalance(company=company, may_go_negative=negative[place.warehouse_id], **place._asdict()) for place in arriving],
            ignore_conflicts=True,
        )
    balances = _BALANCES(
        items=[item.pk for item in items],
        warehouses=[warehouse.pk for warehouse in warehouses],
        held=sorted({held.balance_id for held in reservations}),
    )
    stock = LockedStock(company, {_place_of(balance): balance for balance in balances}, reservations)
    if valued:
        _lock_pools(stock, items, warehouses, arriving)
    return stock


def _lock_pools(stock: LockedStock, items: Sequence[Item], warehouses: Sequence[Warehouse], arriving: Sequence[Place]) -> None:
    by_id = {item.pk: item for item in items}
    homes = {warehouse.pk: warehouse for warehouse in warehouses}
    areas = {area_of(by_id[p.item_id], homes[p.warehouse_id], p.lot_id) for p in arriving}
    if areas:
        ValuationPool.objects.bulk_create(
            [
                ValuationPool(company=stock.company, **area._asdict())
                for area in sorted(areas, key=lambda a: (a.item_id, a.warehouse_id or 0, a.lot_id or 0))
            ],
            ignore_conflicts=True,
        )
    rows = _POOLS(items=list(by_id))
    layers: dict[int, list[Layer]] = {}
    with_layers = [row.pk for row in rows if METHODS[by_id[row.item_id].category.valuation_method].uses_layers]
    if with_layers:
        for layer in _LAYERS(pools=with_layers):
            layers.setdefault(layer.pool_id, []).append(
                Layer(quantity=layer.quantity, value=layer.value, receipt_ref=layer.receipt_ref, pk=layer.pk)
            )
    for row in rows:
        pool = Pool(
            quantity=row.quantity,
            value=row.value,
            last_cost=row.last_cost,
            standard_cost=by_id[row.item_id].standard_cost,
            layers=layers.get(row.pk, []),
        )
        stock.pools[Area(row.item_id, row.warehouse_id, row.lot_id)] = (row, pool)

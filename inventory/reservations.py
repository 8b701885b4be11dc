"""Try, confirm, cancel: freezing stock for a demand.

*Try* is `hold`; *confirm* is the posted issue that takes the held goods (`inventory.ledger.issuing`); *cancel* is `give_back`.
Each is resolved once; `StockBalance.reserved` equals the sum of its held reservations at every moment (P3).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import bulk
from core.db import durable
from core.decimals import ZERO
from core.errors import BusinessError
from core.models import Company, User
from inventory.ledger.issuing import Wanted, short_of
from inventory.ledger.locking import LockedStock, lock_stock
from inventory.ledger.posting import StockShort, upsert
from inventory.models import Demand, Reservation, StockBalance, Warehouse
from masterdata.usable import refuse_fractions


class DemandClosed(BusinessError):
    """Who wanted the goods does not want them any more."""

    code = "demand_closed"
    text = _("{number} wants no more {item}.")


class HeldAboveNeed(BusinessError):
    """More would be held than is wanted."""

    code = "above_need"
    text = _("{item}: {quantity} to be reserved, but {number} wants only {wanted} more.")
    hint = _("Reserve at most what is still wanted; what is reserved already counts.")


@dataclass(frozen=True, slots=True)
class Hold:
    """A wish to freeze a quantity of a demand's item in a warehouse; `line` is only for messages."""

    demand: Demand
    warehouse: Warehouse
    quantity: Decimal
    line: int = 1


def hold(
    company: Company, wishes: Sequence[Hold], *, by: User, at: dt.datetime, expires_at: dt.datetime | None = None, partial: bool = False
) -> list[Reservation]:
    """Freeze stock for demands (building block; call it inside a transaction).

    Args:
        partial: hold what is there instead of refusing when something is short.

    Raises:
        StockShort: with every line that is short, unless `partial`; nothing is written.
    """
    items = {wish.demand.item_id: wish.demand.item for wish in wishes}
    warehouses = {wish.warehouse.pk: wish.warehouse for wish in wishes}
    stock = lock_stock(company, items=list(items.values()), warehouses=list(warehouses.values()), valued=False)
    today = timezone.localdate(at)
    held: list[Reservation] = []
    short: list[BusinessError] = []
    for wish in wishes:
        picks, missing = stock.pick(wish.demand.item, wish.warehouse, wish.quantity, on=today)
        if missing > 0 and not partial:
            short.append(short_of(stock, Wanted(wish.line, wish.demand.item, wish.warehouse, wish.quantity), on=today))
        held += [
            Reservation(
                company=company,
                balance=stock.balances[pick.place],
                demand=wish.demand,
                quantity=pick.quantity,
                expires_at=expires_at,
                held_by=by,
                held_at=at,
            )
            for pick in picks
        ]
    if short:
        raise StockShort(short)
    _freeze(stock, held)
    return held


def _freeze(stock: LockedStock, held: Sequence[Reservation]) -> None:
    for reservation in held:
        reservation.balance.reserved += reservation.quantity
    upsert(StockBalance, list({r.balance.pk: r.balance for r in held}.values()), ["reserved"])
    bulk.insert(held)


def give_back(company: Company, demand_ids: Sequence[int], *, state: str = Reservation.State.CANCELLED) -> int:
    """Release all that is held for the demands (building block); repeating it is harmless.

    Returns:
        how many reservations were released.
    """
    return _release(Reservation.objects.filter(company=company, demand_id__in=demand_ids), state)


def trim(company: Company, demands: Sequence[Demand], *, stock: LockedStock | None = None) -> int:
    """Release what is held beyond what the demands still want, newest first (building block inside a posting); repeating it is harmless.

    An open demand keeps `quantity - done`, a closed one nothing. Call it when the demands have been carried on. Whatever locks the
    posting's stock (`lock_stock`, `ledger.reverse`) must be given these demands too: their balances may lie in any warehouse.

    Args:
        demands: locked, with the figures after the posting.
        stock: what the posting has locked for these demands; nothing is read again then.

    Returns:
        how many reservations were changed.
    """
    if stock is None:
        held = _lock_held(Reservation.objects.filter(company=company, demand_id__in=[demand.pk for demand in demands]))
    else:
        held = [row for row in stock.reservations if row.quantity > 0]
    spare = list(_beyond_need(demands, held))
    balances = _lock_balances(row for row, _part in spare) if stock is None else {b.pk: b for b in stock.balances.values()}
    return _free(spare, balances, Reservation.State.CANCELLED)


def _beyond_need(demands: Sequence[Demand], held: Sequence[Reservation]) -> Iterator[tuple[Reservation, Decimal]]:
    needed = {demand.pk: max(demand.quantity - demand.done, ZERO) if demand.is_open else ZERO for demand in demands}
    for row in sorted(held, key=lambda row: row.pk):
        if row.demand_id not in needed:
            continue
        kept = min(row.quantity, needed[row.demand_id])
        needed[row.demand_id] -= kept
        if kept < row.quantity:
            yield row, row.quantity - kept


def _release(which: "QuerySet[Reservation]", state: str) -> int:
    rows = _lock_held(which)
    return _free([(row, row.quantity) for row in rows], _lock_balances(rows), state)


def _lock_held(which: "QuerySet[Reservation]") -> list[Reservation]:
    return list(which.select_for_update().filter(state=Reservation.State.HELD).order_by("id"))


def _lock_balances(rows: Iterable[Reservation]) -> dict[int, StockBalance]:
    found = StockBalance.objects.select_for_update().filter(pk__in={row.balance_id for row in rows})
    return {balance.pk: balance for balance in found.order_by("item_id", "warehouse_id", "bin_id", "lot_id", "id")}


def _free(spare: Sequence[tuple[Reservation, Decimal]], balances: Mapping[int, StockBalance], state: str) -> int:
    """Take parts off reservations and off their balances; one of which nothing is left is resolved."""
    for row, part in spare:
        balances[row.balance_id].reserved -= part
        row.quantity -= part
        if not row.quantity:
            row.state = state
    bulk.together(
        (list({row.balance_id: balances[row.balance_id] for row, _part in spare}.values()), ("reserved",)),
        ([row for row, _part in spare], ("quantity", "state")),
    )
    return len(spare)


@durable
def try_hold(
    *,
    company: Company,
    demand: Demand,
    warehouse: Warehouse,
    quantity: Decimal,
    by: User,
    at: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> list[Reservation]:
    """Freeze available stock for one demand, or say what is short (try).

    The demand is locked first: it may have been closed, or have got what it wanted, since it was read.

    Raises:
        DemandClosed: its document wants nothing more.
        HeldAboveNeed: less than `quantity` is wanted beyond what is held already.
        StockShort: less than `quantity` is free; nothing is written.
    """
    demand = (
        Demand.objects.select_for_update(of=("self",)).select_related("item__category", "item__unit").get(company=company, pk=demand.pk)
    )
    refuse_fractions([("quantity", demand.item, quantity)])
    if not demand.is_open:
        raise DemandClosed(field="origin_number", number=demand.origin_number, item=demand.item)
    wanted = demand.quantity - demand.done - _held(demand)
    if quantity > wanted:
        raise HeldAboveNeed(
            field="quantity",
            item=demand.item,
            number=demand.origin_number,
            quantity=format(quantity.normalize(), "f"),
            wanted=format(max(wanted, ZERO).normalize(), "f"),
        )
    return hold(company, [Hold(demand, warehouse, quantity)], by=by, at=at, expires_at=expires_at)


def _held(demand: Demand) -> Decimal:
    rows = Reservation.objects.filter(demand=demand, state=Reservation.State.HELD)
    return sum(rows.values_list("quantity", flat=True), ZERO)


@durable
def cancel_hold(*, company: Company, reservation_id: int) -> int:
    """Give one reservation back; repeating it is harmless (cancel)."""
    return _release(Reservation.objects.filter(company=company, pk=reservation_id), Reservation.State.CANCELLED)


@durable
def expire(*, at: dt.datetime) -> int:
    """Give back whatever was held longer than allowed; the compare-and-set makes a second run harmless."""
    return _release(Reservation.objects.filter(expires_at__lte=at), Reservation.State.EXPIRED)

"""Turning a wanted quantity into moves out of the places where it lies."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.decimals import ZERO
from core.errors import BusinessError
from inventory.ledger.locking import LockedStock, Place
from inventory.ledger.posting import InsufficientStock, MoveRequest, StockShort
from inventory.models import Bin, Lot, StockStatus, Warehouse
from masterdata.dimensions import NONE, Dimensions
from masterdata.models import Item


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that takes goods out of a warehouse; bin and lot only if the user insists on them.

    Of what is held for the demand, `reservation_id` goes first.
    """

    line: int
    item: Item
    warehouse: Warehouse
    quantity: Decimal
    demand_id: int | None = None
    bin: Bin | None = None
    lot: Lot | None = None
    reservation_id: int | None = None
    dimensions: Dimensions = NONE


def issue_requests(stock: LockedStock, wanted: Sequence[Wanted], *, default_bins: dict[int, Bin], on: dt.date) -> list[MoveRequest]:
    """Find the goods for all lines: held ones first, then free ones by expiry; nothing free out of blocked bins.

    Args:
        on: the day on which they leave; lots that have expired before stay, unless a line names them.
        default_bins: by warehouse id; where a warehouse may go below zero, what is missing is taken from its default bin.

    Raises:
        StockShort: with every line that is short.
    """
    requests: list[MoveRequest] = []
    short: list[BusinessError] = []
    for want in wanted:
        picks, missing = stock.pick(
            want.item,
            want.warehouse,
            want.quantity,
            demand_id=want.demand_id,
            bin_id=want.bin.pk if want.bin else None,
            lot_id=want.lot.pk if want.lot else None,
            reservation_id=want.reservation_id,
            on=on,
        )
        requests += [
            MoveRequest(
                line=want.line,
                item=want.item,
                warehouse=want.warehouse,
                place=pick.place,
                quantity=-pick.quantity,
                lot=pick.lot,
                reservation=pick.reservation,
                dimensions=want.dimensions,
            )
            for pick in picks
        ]
        if missing > 0 and want.warehouse.allow_negative:
            requests.append(_below_zero(want, missing, default_bins))
        elif missing > 0:
            short.append(short_of(stock, want, on=on))
    if short:
        raise StockShort(short)
    return requests


def negative_places(wanted: Iterable[Wanted], default_bins: dict[int, Bin]) -> list[Place]:
    """Places that must exist before they can go below zero; to be passed to `lock_stock` as arriving."""
    return [_below_zero(want, want.quantity, default_bins).place for want in wanted if want.warehouse.allow_negative]


def _below_zero(want: Wanted, missing: Decimal, default_bins: dict[int, Bin]) -> MoveRequest:
    home = want.bin or default_bins[want.warehouse.pk]
    place = Place(want.item.pk, want.warehouse.pk, home.pk, want.lot.pk if want.lot else None, StockStatus.FREE)
    return MoveRequest(
        line=want.line, item=want.item, warehouse=want.warehouse, place=place, quantity=-missing, lot=want.lot, dimensions=want.dimensions
    )


def short_of(stock: LockedStock, want: Wanted, *, on: dt.date) -> InsufficientStock:
    free, reserved = stock.available(want.item.pk, want.warehouse.pk, lot_id=want.lot.pk if want.lot else None, on=on)
    return InsufficientStock(
        field=f"lines[{want.line - 1}].quantity",
        item=str(want.item),
        warehouse=want.warehouse.label,
        wanted=_plain(want.quantity),
        available=_plain(max(free, ZERO)),
        reserved=_plain(reserved),
    )


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"

"""What the planning engine reads: items, bills of materials, demands and existing supply, as parallel arrays.

`Plant.of` builds the arrays from plain rows; who reads straight from the database may fill the arrays himself.
Items are named by their position in `Items`. Quantities are millionths (`quantities.scaled`), days are whole numbers; what
day 0 means, and whether non-working days are counted, is the caller's affair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from production.mrp.lots import LOT_RULES, Lot, LotSize
from production.mrp.quantities import SCALE, Days, Indexes, Quantities, scaled


@dataclass(frozen=True, slots=True)
class Item:
    """An item to plan. `yield_rate`: good share of what is started; `rounding`: step to which losses are rounded up."""

    code: str
    lead_days: int = 0
    lot: Lot = Lot()
    on_hand: Decimal = Decimal(0)
    safety_stock: Decimal = Decimal(0)
    yield_rate: Decimal = Decimal(1)
    rounding: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class BomLine:
    """`quantity_per` of the component goes into one piece of the parent; `scrap` is the share that is lost (0.1 = 10 %)."""

    parent: str
    component: str
    quantity_per: Decimal
    scrap: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Event:
    """A demand, or a scheduled receipt."""

    item: str
    day: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Items:
    """One row for each item. `lot_sizes` names only items whose lots are decided by a cost heuristic."""

    codes: Sequence[str]
    lead_days: Days
    lot_minimum: Quantities
    lot_multiple: Quantities
    cover_days: Days
    on_hand: Quantities
    safety_stock: Quantities
    yield_rate: Quantities
    rounding: Quantities
    lot_sizes: dict[int, LotSize] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Bom:
    """One row for each line of a bill of materials.

    `base` is the quantity of the parent that `quantity_per` is for (None: one piece). A line counts for orders that are released from
    `first_day` to `last_day` (None: always), so that several versions of a bill can stand side by side.
    """

    parent: Indexes
    component: Indexes
    quantity_per: Quantities
    scrap: Quantities
    base: Quantities | None = None
    first_day: Days | None = None
    last_day: Days | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """Demands or scheduled receipts; what an answer calls "demand 7" is row 7."""

    item: Indexes
    day: Days
    quantity: Quantities


@dataclass(frozen=True, slots=True)
class Plant:
    """All that is planned together."""

    items: Items
    bom: Bom
    demands: Events
    receipts: Events

    @classmethod
    def of(cls, items: Sequence[Item], bom: Iterable[BomLine], demands: Iterable[Event], receipts: Iterable[Event] = ()) -> "Plant":
        """Build the arrays from rows; raises KeyError for a code that is no item or a lot rule that is not in the table."""
        index = {item.code: position for position, item in enumerate(items)}
        lines = list(bom)
        return cls(
            _items(items),
            Bom(
                np.array([index[line.parent] for line in lines], np.int64),
                np.array([index[line.component] for line in lines], np.int64),
                _quantities(line.quantity_per for line in lines),
                _quantities(line.scrap for line in lines),
            ),
            _events(index, demands),
            _events(index, receipts),
        )


def _items(items: Sequence[Item]) -> Items:
    lots = [LOT_RULES[item.lot.rule](item.lot) for item in items]
    return Items(
        codes=[item.code for item in items],
        lead_days=np.array([item.lead_days for item in items], np.int32),
        lot_minimum=np.array([lot.minimum for lot in lots], np.int64),
        lot_multiple=np.array([lot.multiple for lot in lots], np.int64),
        cover_days=np.array([lot.cover_days for lot in lots], np.int32),
        on_hand=_quantities(item.on_hand for item in items),
        safety_stock=_quantities(item.safety_stock for item in items),
        yield_rate=_quantities(item.yield_rate for item in items),
        rounding=_quantities(item.rounding for item in items),
        lot_sizes={position: lot for position, lot in enumerate(lots) if lot.heuristic},
    )


def _quantities(values: Iterable[Decimal]) -> Quantities:
    return np.array([scaled(value) for value in values], np.int64)


def _events(index: dict[str, int], events: Iterable[Event]) -> Events:
    rows = list(events)
    return Events(
        np.array([index[row.item] for row in rows], np.int64),
        np.array([row.day for row in rows], np.int32),
        _quantities(row.quantity for row in rows),
    )


def plain_items(codes: Sequence[str], lead_days: Days, minimum: Quantities, multiple: Quantities) -> Items:
    """Items without stock, safety stock and losses, ordered by minimum and multiple: a start for whole-array callers."""
    count = len(codes)
    nothing, whole = np.zeros(count, np.int64), np.full(count, SCALE, np.int64)
    return Items(codes, lead_days, minimum, multiple, np.ones(count, np.int32), nothing, nothing, whole, whole)

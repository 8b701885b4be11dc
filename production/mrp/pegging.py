"""Pegging: which supply serves which requirement, and what existing supply should move.

Supply of an item (stock on hand, scheduled receipts, planned orders, by day) and what is needed of it (safety stock, then
requirements by day) are laid side by side and matched from the front: first in, first served. Because an order is planned
whenever the balance would fall below the safety stock, no requirement is served by supply that comes after it.
"""

from dataclasses import dataclass

import numpy as np

from production.mrp.engine import Plan
from production.mrp.plant import Items, Plant
from production.mrp.quantities import SAFE, Days, Indexes, Quantities

ON_HAND, RECEIPT, ORDER = 0, 1, 2
SAFETY_STOCK = -1
EXPEDITE, POSTPONE, CANCEL, REDUCE, OVERDUE = "expedite", "postpone", "cancel", "reduce", "overdue"


@dataclass(frozen=True, slots=True)
class Supply:
    """Supply rows; `kind` is ON_HAND, RECEIPT or ORDER, `number` the item, receipt or order it is."""

    item: Indexes
    day: Days
    quantity: Quantities
    kind: np.ndarray
    number: Indexes


@dataclass(frozen=True, slots=True)
class Pegging:
    """One row for each piece of supply that serves a piece of need.

    `requirement` is a row of `plan.requirements` (a demand, or what an order needs), or SAFETY_STOCK.
    """

    kind: np.ndarray
    number: Indexes
    requirement: Indexes
    quantity: Quantities

    def __len__(self) -> int:
        return self.kind.size

    def of_orders(self) -> "Pegging":
        """Only the rows of planned orders, in the order of the orders."""
        rows = np.flatnonzero(self.kind == ORDER)
        rows = rows[np.argsort(self.number[rows], kind="stable")]
        return Pegging(self.kind[rows], self.number[rows], self.requirement[rows], self.quantity[rows])


@dataclass(frozen=True, slots=True)
class Message:
    """What to do about a scheduled receipt: move it to `day`, or take `quantity` away from it."""

    receipt: int
    action: str
    day: int
    quantity: int


def peg(plant: Plant, plan: Plan) -> Pegging:
    """Match all supply with all needs."""
    return _match(plant.items, plan, _supply(plant, plan, with_orders=True))


def _supply(plant: Plant, plan: Plan, *, with_orders: bool) -> Supply:
    stocked = np.flatnonzero(plant.items.on_hand > 0)
    receipts, orders = plant.receipts, plan.orders
    start = np.full(stocked.size, np.iinfo(np.int32).min, np.int32)
    kinds = [np.full(stocked.size, ON_HAND, np.int8), np.full(receipts.item.size, RECEIPT, np.int8)]
    parts = [(stocked, start, plant.items.on_hand[stocked], stocked)]
    parts.append((receipts.item, receipts.day, receipts.quantity, np.arange(receipts.item.size)))
    if with_orders:
        kinds.append(np.full(len(orders), ORDER, np.int8))
        parts.append((orders.item, orders.due_day, orders.quantity, np.arange(len(orders))))
    item, day, quantity, number = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = _by_item_and_day(item, day)
    return Supply(item[order], day[order], quantity[order], np.concatenate(kinds)[order], number[order])


def _by_item_and_day(item: Indexes, day: Days) -> Indexes:
    """Stable order by item, then day."""
    if not item.size:
        return np.zeros(0, np.int64)
    wide = day.astype(np.int64)
    low = int(wide.min())
    return np.argsort(item * (int(wide.max()) - low + 1) + (wide - low), kind="stable")


def _needs(items: Items, plan: Plan) -> tuple[Indexes, Quantities, Indexes]:
    """Needs by item, the safety stock (and what is missing of the stock on hand) first: (item, quantity, requirement)."""
    reserve = np.maximum(items.safety_stock, 0) + np.maximum(-items.on_hand, 0)
    kept = np.flatnonzero(reserve > 0)
    required = plan.requirements
    item = np.concatenate([kept, required.item])
    day = np.concatenate([np.full(kept.size, np.iinfo(np.int32).min, np.int32), required.day])
    requirement = np.concatenate([np.full(kept.size, SAFETY_STOCK, np.int64), np.arange(len(required))])
    quantity = np.concatenate([reserve[kept], required.quantity])
    order = _by_item_and_day(item, day)
    return item[order], quantity[order], requirement[order]


def _match(items: Items, plan: Plan, supply: Supply) -> Pegging:
    """Lay the supplies and the needs of each item end to end and cut wherever one of the two ends."""
    item, quantity, requirement = _needs(items, plan)
    owner = np.concatenate([supply.item, item])
    end = np.concatenate([_ends(supply.item, supply.quantity), _ends(item, quantity)])
    cut = _by_item_and_end(owner, end, len(items))
    owner, end = owner[cut], end[cut]
    is_supply = cut < supply.item.size
    s: Indexes = np.cumsum(is_supply) - is_supply
    n: Indexes = np.arange(cut.size) - s
    length = np.diff(end, prepend=0)
    fresh = np.diff(owner, prepend=-1) != 0
    length[fresh] = end[fresh]
    rows = np.flatnonzero((length > 0) & (s < supply.item.size) & (n < item.size))
    rows = rows[(supply.item[s[rows]] == owner[rows]) & (item[n[rows]] == owner[rows])]
    s, n = s[rows], n[rows]
    return Pegging(supply.kind[s], supply.number[s], requirement[n], length[rows])


def _ends(item: Indexes, quantity: Quantities) -> Quantities:
    """Running total within each item (rows are sorted by item)."""
    if not item.size:
        return quantity
    total = np.cumsum(quantity)
    head = np.flatnonzero(np.diff(item, prepend=-1))
    before = (total - quantity)[head]
    return total - np.repeat(before, np.diff(head, append=item.size))


def _by_item_and_end(owner: Indexes, end: Quantities, count: int) -> Indexes:
    """Order by item, then end. One sortable number for both where it fits into 64 bits: then it is a merge of two sorted runs."""
    longest = np.ones(count, np.int64)
    np.maximum.at(longest, owner, end + 1)
    if float(longest.sum(dtype=np.float64)) < SAFE:
        return np.argsort((np.cumsum(longest) - longest)[owner] + end, kind="stable")
    return np.lexsort((end, owner))


def end_demands(plan: Plan, pegging: Pegging, order: int) -> list[int]:
    """Find the demands that a planned order is, over all levels, made or bought for (its safety stock share has none)."""
    rows = pegging.of_orders()
    found: set[int] = set()
    seen: set[int] = set()
    ahead = [order]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        first, after = np.searchsorted(rows.number, [current, current + 1])
        for requirement in rows.requirement[first:after].tolist():
            if requirement != SAFETY_STOCK:
                parent = int(plan.requirements.order[requirement])
                if parent >= 0:
                    ahead.append(parent)
                else:
                    found.add(requirement)
    return sorted(found)


def messages(plant: Plant, plan: Plan, *, tolerance_days: int = 0) -> list[Message]:
    """Say which scheduled receipts should come earlier, later or not at all, for what is needed now.

    Existing supply alone is matched with the needs: a receipt is wanted on the day of the first need that it would serve.
    A shift of at most `tolerance_days` is not worth a message.
    """
    receipts = plant.receipts
    pegging = _match(plant.items, plan, _supply(plant, plan, with_orders=False))
    mine = np.flatnonzero(pegging.kind == RECEIPT)
    number, requirement = pegging.number[mine], pegging.requirement[mine]
    day = np.full(mine.size, plan.first_day, np.int64)
    real = requirement != SAFETY_STOCK
    day[real] = plan.requirements.day[requirement[real]]
    wanted = np.full(receipts.item.size, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(wanted, number, day)
    used = np.zeros(receipts.item.size, np.int64)
    np.add.at(used, number, pegging.quantity[mine])
    answer: list[Message] = []
    for receipt in range(receipts.item.size):
        due, quantity, served = int(receipts.day[receipt]), int(receipts.quantity[receipt]), int(used[receipt])
        answer.extend(
            Message(receipt, action, day, amount)
            for action, day, amount in _advice(due, quantity, served, int(wanted[receipt]), (plan.first_day, tolerance_days))
        )
    return answer


def _advice(due: int, quantity: int, served: int, wanted: int, today: tuple[int, int]) -> list[tuple[str, int, int]]:
    first_day, tolerance = today
    if not served:
        return [(CANCEL, due, quantity)]
    advice = [(OVERDUE, max(wanted, first_day), quantity)] if due < first_day else []
    expected = max(due, first_day)
    if wanted < expected - tolerance:
        advice.append((EXPEDITE, wanted, quantity))
    elif wanted > expected + tolerance:
        advice.append((POSTPONE, wanted, quantity))
    if served < quantity:
        advice.append((REDUCE, due, quantity - served))
    return advice

"""The planning arithmetic: from demands, stock and existing supply to planned orders, level by level down the bills of materials.

For each item and day: available = what was projected + scheduled receipts - requirements. When that is below the safety stock,
an order is planned for that day; its lot rule says how much. It is released lead days earlier, and what it needs of its
components is required on the day of its release, by the bill that holds on that day. Items are handled by low-level code, so
everything that an item is needed for is known before it is planned.

The whole is done on arrays and integers, and is exact. With N(t) the balance without planned orders, the running maximum
M(t) of (safety stock - N) is what must have been ordered by then in total. A rule that only rounds up to multiples
orders up to ceil(M / multiple) x multiple; the others look at the days one after the other, for all items at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from production.mrp.plant import Bom, Events, Items, Plant
from production.mrp.quantities import SAFE, SCALE, Days, Indexes, Quantities, QuantityTooLarge, check_totals, times_ratio_up
from production.mrp.structure import children, low_level_codes, spread


@dataclass(frozen=True, slots=True)
class Orders:
    """Planned orders. `quantity` arrives on `due_day`; `start_quantity` (more, where the yield is below 1) is begun on `release_day`."""

    item: Indexes
    due_day: Days
    release_day: Days
    quantity: Quantities
    start_quantity: Quantities
    past_due: np.ndarray

    def __len__(self) -> int:
        return self.item.size


@dataclass(frozen=True, slots=True)
class Requirements:
    """What is needed: first the demands (same row numbers), then the components of planned orders.

    `order` is the planned order that needs it, or -1 for a demand of its own.
    """

    item: Indexes
    day: Days
    quantity: Quantities
    order: Indexes

    def __len__(self) -> int:
        return self.item.size


@dataclass(frozen=True, slots=True)
class Balances:
    """Item by item, every day on which something happens; `projected` is the closing balance with planned orders."""

    item: Indexes
    day: Days
    gross: Quantities
    scheduled: Quantities
    planned: Quantities
    projected: Quantities


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer of the engine."""

    first_day: int
    low_level_code: Days
    orders: Orders
    requirements: Requirements
    balances: Balances


def _divide(quantity_per: Quantities, scrap: Quantities) -> tuple[Quantities, Quantities]:
    return quantity_per, SCALE - scrap


def _multiply(quantity_per: Quantities, scrap: Quantities) -> tuple[Quantities, Quantities]:
    return quantity_per * (SCALE + scrap), np.full(scrap.size, SCALE * SCALE, np.int64)


# How scrap raises what a component needs: quantity / (1 - scrap), or quantity x (1 + scrap).
SCRAP_RULES = {"divide": _divide, "multiply": _multiply}


def plan(plant: Plant, *, first_day: int = 0, not_before_first_day: bool = True, scrap_rule: str = "divide") -> Plan:
    """Plan all items of the plant.

    Args:
        first_day: today; an order that would have to be released earlier is marked `past_due`.
        not_before_first_day: what is required or expected before the first day counts as of the first day (nothing can happen
            in the past). Otherwise days are taken as they are.
        scrap_rule: a key of SCRAP_RULES.

    Raises:
        BomCycle: the bills of materials contain themselves.
        QuantityTooLarge: a total does not fit into 64 bits.
    """
    run = _Run(plant, first_day, not_before_first_day, scrap_rule)
    for level in range(int(run.level.max(initial=-1)) + 1):
        run.plan_level(level)
    return run.answer()


class _Run:
    """One planning run: what is required so far, by level, and what has been planned."""

    def __init__(self, plant: Plant, first_day: int, not_before_first_day: bool, scrap_rule: str) -> None:
        self.plant = plant
        self.first_day = first_day
        self.clamp = not_before_first_day
        self.level = low_level_codes(plant.bom, list(plant.items.codes))
        self.lines, self.begin = children(plant.bom, len(plant.items))
        self.ratio = _line_ratios(plant.bom, plant.items, scrap_rule)
        demands, nobody = plant.demands, np.full(plant.demands.item.size, -1, np.int64)
        self.required = [Requirements(demands.item, self._from_today(demands.day), demands.quantity, nobody)]
        self.receipts = Events(plant.receipts.item, self._from_today(plant.receipts.day), plant.receipts.quantity)
        self.orders: list[Orders] = []
        self.balances: list[Balances] = []
        self.order_count = 0
        low = int(self.level.max(initial=0)) + 1
        self.pending: list[list[Requirements]] = [[] for _ in range(low)]
        self._hand_down(self.required[0])

    def _from_today(self, days: Days) -> Days:
        return np.maximum(days, np.int32(self.first_day)) if self.clamp else days

    def _hand_down(self, required: Requirements) -> None:
        """Sort requirements by the level of their item."""
        level = self.level[required.item]
        for number in np.flatnonzero(np.bincount(level, minlength=1)):
            mine = level == number
            self.pending[number].append(
                Requirements(required.item[mine], required.day[mine], required.quantity[mine], required.order[mine])
            )

    def plan_level(self, level: int) -> None:
        """Net the items of one level and explode their orders."""
        gross = _together(self.pending[level])
        mine = self.level[self.receipts.item] == level
        scheduled = Events(self.receipts.item[mine], self.receipts.day[mine], self.receipts.quantity[mine])
        check_totals(gross.item, gross.quantity, self.plant.items.codes)
        items = self.plant.items
        short = np.flatnonzero((self.level == level) & (items.on_hand < items.safety_stock))
        balances = _net(items, gross, scheduled, short, self.first_day)
        if balances.item.size:
            self.balances.append(balances)
            self._release(balances)

    def _release(self, balances: Balances) -> None:
        items = self.plant.items
        at = np.flatnonzero(balances.planned > 0)
        item, due, quantity = balances.item[at], balances.day[at], balances.planned[at]
        release = (due - items.lead_days[item]).astype(np.int32)
        orders = Orders(item, due, release, quantity, _start(items, item, quantity), release < self.first_day)
        self.orders.append(orders)
        owner, position = spread(self.begin[item], self.begin[item + 1])
        owner, line = self._valid(owner, self.lines[position], self._from_today(release))
        component, (numerator, denominator, step) = self.plant.bom.component[line], (part[line] for part in self.ratio)
        needed = times_ratio_up(orders.start_quantity[owner], numerator, denominator, name=lambda row: items.codes[component[row]])
        required = Requirements(component, self._from_today(release[owner]), needed * step, owner + self.order_count)
        self.order_count += item.size
        self.required.append(required)
        self._hand_down(required)

    def _valid(self, owner: Indexes, line: Indexes, release: Days) -> tuple[Indexes, Indexes]:
        """Keep the lines that hold on the day on which their order is released."""
        bom = self.plant.bom
        if bom.first_day is None or bom.last_day is None:
            return owner, line
        day = release[owner]
        rows = np.flatnonzero((bom.first_day[line] <= day) & (day <= bom.last_day[line]))
        return owner[rows], line[rows]

    def answer(self) -> Plan:
        """Put the levels together."""
        return Plan(
            self.first_day,
            self.level,
            Orders(*_joined(self.orders, ("item", "due_day", "release_day", "quantity", "start_quantity", "past_due"))),
            _together(self.required),
            Balances(*_joined(self.balances, ("item", "day", "gross", "scheduled", "planned", "projected"))),
        )


def _joined(parts: Sequence[object], names: tuple[str, ...]) -> list[np.ndarray]:
    if not parts:
        return [np.zeros(0, bool if name == "past_due" else np.int32 if name.endswith("day") else np.int64) for name in names]
    return [np.concatenate([getattr(part, name) for part in parts]) for name in names]


def _together(parts: Sequence[Requirements]) -> Requirements:
    return Requirements(*_joined(parts, ("item", "day", "quantity", "order")))


def _line_ratios(bom: Bom, items: Items, scrap_rule: str) -> tuple[Quantities, Quantities, Quantities]:
    """Express each BOM line as (numerator, denominator, step): component = ceil(parent x numerator / denominator) x step.

    The step is the component's rounding where there is scrap or a base quantity, else the finest (a millionth).
    """
    if float(bom.quantity_per.max(initial=0)) * 2 * SCALE > SAFE:
        raise QuantityTooLarge(item=items.codes[bom.component[bom.quantity_per.argmax()]])
    numerator, denominator = SCRAP_RULES[scrap_rule](bom.quantity_per, bom.scrap)
    step = np.where((bom.scrap > 0) | (bom.base is not None), items.rounding[bom.component], 1)
    if bom.base is not None:
        numerator, denominator = _over_base(numerator, denominator, bom.base, name=lambda line: items.codes[bom.parent[line]])
    common = np.gcd(numerator, denominator)
    common[common == 0] = 1
    numerator, denominator = numerator // common, denominator // common
    common = np.gcd(numerator, step)
    return numerator // common, denominator * (step // common), step


def _over_base(
    numerator: Quantities, denominator: Quantities, base: Quantities, *, name: Callable[[int], str]
) -> tuple[Quantities, Quantities]:
    """Divide ratios of whole numbers by a base quantity (millionths, like what it divides)."""
    common = np.gcd(numerator, base)
    common[common == 0] = 1
    numerator, base = numerator // common, base // common
    common = np.gcd(np.int64(SCALE), denominator)
    if float(base.max(initial=1)) * float(denominator.max(initial=1)) > SAFE:
        raise QuantityTooLarge(item=name(int(base.argmax())))
    return numerator * (SCALE // common), (denominator // common) * base


def _start(items: Items, item: Indexes, quantity: Quantities) -> Quantities:
    """What has to be begun so that `quantity` is good: quantity / yield, rounded up to the item's step."""
    start = quantity.copy()
    lossy = np.flatnonzero(items.yield_rate[item] != SCALE)
    if lossy.size:
        which = item[lossy]
        step = items.rounding[which]
        good = np.full(which.size, SCALE, np.int64)
        common = np.gcd(good, items.yield_rate[which])
        rate = items.yield_rate[which] // common * step
        start[lossy] = times_ratio_up(quantity[lossy], good // common, rate, name=lambda row: items.codes[which[row]]) * step
    return start


def _net(items: Items, gross: Requirements, scheduled: Events, short: Indexes, first_day: int) -> Balances:
    """Compute balances and planned receipts of one level; items in `short` start below their safety stock."""
    item, day, slot = _slots(items, gross, scheduled, short, first_day)
    needed, expected = np.zeros(item.size, np.int64), np.zeros(item.size, np.int64)
    np.add.at(needed, slot[: len(gross)], gross.quantity)
    np.add.at(expected, slot[len(gross) : len(gross) + scheduled.item.size], scheduled.quantity)
    head = np.flatnonzero(np.diff(item, prepend=-1))
    segment = np.repeat(np.arange(head.size), np.diff(head, append=item.size))
    without = items.on_hand[item] + _running_sum(expected - needed, head, segment)
    must = np.maximum(_running_max(items.safety_stock[item] - without, head, segment), 0)
    ordered = _ordered(items, item, day, must, head)
    planned = np.diff(ordered, prepend=0)
    planned[head] = ordered[head]
    return Balances(item, day, needed, expected, planned, without + ordered)


def _slots(items: Items, gross: Requirements, scheduled: Events, short: Indexes, first_day: int) -> tuple[Indexes, Days, Indexes]:
    """Give the distinct (item, day) pairs in order, and for each requirement, receipt and refill the pair it belongs to."""
    item = np.concatenate([gross.item, scheduled.item, short])
    day = np.concatenate([gross.day, scheduled.day, np.full(short.size, first_day, np.int32)]).astype(np.int64)
    low = int(day.min(initial=0))
    span = int(day.max(initial=0)) - low + 1
    key, slot = np.unique(item * span + (day - low), return_inverse=True)
    return key // span, (key % span + low).astype(np.int32), slot


def _running_sum(value: Quantities, head: Indexes, segment: Indexes) -> Quantities:
    total = np.cumsum(value)
    return total - (total[head] - value[head])[segment]


def _running_max(value: Quantities, head: Indexes, segment: Indexes) -> Quantities:
    """Maximum since the start of the segment, by doubling the distance looked back."""
    longest = int(np.diff(head, append=segment.size).max(initial=0))
    best, back = value.copy(), 1
    while back < longest:
        best[back:] = np.where(segment[back:] == segment[:-back], np.maximum(best[back:], best[:-back]), best[back:])
        back *= 2
    return best


def _ordered(items: Items, item: Indexes, day: Days, must: Quantities, head: Indexes) -> Quantities:
    """Total ordered until each day, by the items' lot rules, given what must have been ordered."""
    multiple = items.lot_multiple[item]
    ordered = -(-must // multiple) * multiple
    weighed = np.isin(item, np.fromiter(items.lot_sizes, np.int64, len(items.lot_sizes)))
    stepwise = ~weighed & ((items.lot_minimum[item] > multiple) | (items.cover_days[item] > 1))
    if stepwise.any():
        _order_day_by_day(items, item, day, must, stepwise, ordered)
    after = np.append(head[1:], item.size)
    mine = weighed[head]
    for first, last in zip(head[mine].tolist(), after[mine].tolist(), strict=True):
        ordered[first:last] = _weigh(items, int(item[first]), day[first:last], must[first:last])
    return ordered


def _order_day_by_day(items: Items, item: Indexes, day: Days, must: Quantities, stepwise: np.ndarray, ordered: Quantities) -> None:
    """Fill `ordered` where one order depends on the one before (minimum lots, period lots): n-th need of all items at once."""
    grows = np.diff(must, prepend=0) > 0
    fresh = np.diff(item, prepend=-1) != 0
    grows[fresh] = must[fresh] > 0
    at = np.flatnonzero(stepwise & grows)
    if not at.size:
        return
    target = must[_window_end(items, item, day, at)]
    owner = item[at]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    length = np.diff(first, append=at.size)
    by_length = np.argsort(-length, kind="stable")
    first, length = first[by_length], length[by_length]
    multiple, minimum = items.lot_multiple[owner[first]], items.lot_minimum[owner[first]]
    so_far = np.zeros(first.size, np.int64)
    for nth in range(int(length.max(initial=0))):
        active = int(np.searchsorted(-length, -nth))
        row = first[:active] + nth
        lot = np.maximum(target[row] - so_far[:active], minimum[:active])
        lot = -(-lot // multiple[:active]) * multiple[:active]
        so_far[:active] += np.where(must[at[row]] > so_far[:active], lot, 0)
        ordered[at[row]] = so_far[:active]
    _carry_forward(item, at, stepwise, ordered)


def _window_end(items: Items, item: Indexes, day: Days, at: Indexes) -> Indexes:
    """Row of the last day that an order placed at row `at` covers."""
    low, reach = int(day.min()), int(items.cover_days.max())
    span = int(day.max()) - low + reach + 1
    key = item * span + (day - low)
    return np.searchsorted(key, key[at] + items.cover_days[item[at]] - 1, side="right") - 1


def _carry_forward(item: Indexes, at: Indexes, stepwise: np.ndarray, ordered: Quantities) -> None:
    """Days without a new need keep the total of the day before (0 before the first need)."""
    rows = np.flatnonzero(stepwise)
    known = np.searchsorted(at, rows, side="right") - 1
    before = at[np.maximum(known, 0)]
    ordered[rows] = np.where((known >= 0) & (item[before] == item[rows]), ordered[before], 0)


def _weigh(items: Items, item: int, day: Days, must: Quantities) -> Quantities:
    """Total ordered until each day where the lots are found by weighing costs."""
    lot_size = items.lot_sizes[item]
    need = np.diff(must, prepend=0)
    rows = np.flatnonzero(need > 0)
    total = np.zeros(must.size, np.int64)
    if rows.size and lot_size.heuristic:
        needs = list(zip(day[rows].tolist(), need[rows].tolist(), strict=True))
        covered = np.cumsum(lot_size.heuristic(needs, lot_size.balance))
        start = rows[np.concatenate([[0], covered[:-1]])]
        total[start] = must[rows[covered - 1]]
        total = np.maximum.accumulate(total)
    return total

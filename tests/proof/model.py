"""An independent account of what must be true: plain dictionaries and decimals, no table, nothing of the code it is held against."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

D = Decimal
CENT = D("0.01")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def cents(amount: Decimal, unit: Decimal = CENT) -> Decimal:
    """Round half up."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP, context=_EXACT)


def share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """value × part / whole, rounded once."""
    return cents(_EXACT.divide(_EXACT.multiply(value, part), whole))


class Move(NamedTuple):
    """A quantity that went through a place, with its value."""

    item: str
    store: str
    quantity: Decimal
    value: Decimal
    status: str = "free"
    ref: str = ""
    valued: bool = True


@dataclass
class Pool:
    """One item in one valuation area."""

    method: str
    standard: Decimal = D(0)
    quantity: Decimal = D(0)
    value: Decimal = D(0)
    last: Decimal = D(0)
    layers: list[list] = field(default_factory=list)  # [reference, quantity, value], the oldest first

    def _remember(self) -> None:
        if self.quantity > 0:
            self.last = cents(_EXACT.divide(self.value, self.quantity), D("0.00000001"))

    def _at_standard(self, quantity: Decimal) -> Decimal:
        before, self.quantity = self.value, self.quantity + quantity
        self.value = cents(self.quantity * self.standard)
        return self.value - before

    def put(self, quantity: Decimal, value: Decimal, ref: str = "") -> None:
        """Goods come in; what was taken below zero is paid at the price of what comes."""
        if self.method == "standard":
            self._at_standard(quantity)
            return
        hole = min(quantity, max(-self.quantity, D(0)))
        paid = share(value, hole, quantity)
        self.value += value + (share(self.value, hole, self.quantity) - paid if hole else D(0))
        self.quantity += quantity
        self._remember()
        if self.method == "fifo" and quantity > hole:
            self.layers.append([ref, quantity - hole, value - paid])

    def take(self, quantity: Decimal) -> Decimal:
        """Goods go out at what the method says; gives the value."""
        if self.method == "standard":
            return -self._at_standard(-quantity)
        return sum((value for _quantity, value in self.parts(quantity)), D(0))

    def parts(self, quantity: Decimal, *, first: str = "") -> list[tuple[Decimal, Decimal]]:
        """Goods go out, told layer by layer (under FIFO; those of `first` before the others)."""
        if self.method == "standard":
            return [(quantity, self.take(quantity))]
        self._remember()
        there = min(quantity, max(self.quantity, D(0)))
        gone = self._from_layers(there, first) if self.method == "fifo" else [(there, self._average(there))] if there else []
        self.quantity -= there
        self.value -= sum((value for _quantity, value in gone), D(0))
        if self.method == "fifo":
            self._remember()
        if quantity > there:
            cost = cents(self.last * (quantity - there))
            self.quantity -= quantity - there
            self.value -= cost
            gone.append((quantity - there, cost))
        return gone if self.method == "fifo" else [(quantity, sum((value for _quantity, value in gone), D(0)))]

    def _average(self, quantity: Decimal) -> Decimal:
        return self.value if quantity == self.quantity else share(self.value, quantity, self.quantity)

    def _from_layers(self, quantity: Decimal, first: str) -> list[tuple[Decimal, Decimal]]:
        gone = []
        for layer in sorted(self.layers, key=lambda one: not (first and one[0] == first)):
            taken = min(quantity, layer[1])
            if taken:
                value = layer[2] if taken == layer[1] else share(layer[2], taken, layer[1])
                layer[1:] = [layer[1] - taken, layer[2] - value]
                quantity -= taken
                gone.append((taken, value))
        return gone

    def take_back(self, quantity: Decimal, value: Decimal, ref: str) -> None:
        """A receipt is undone at the value at which it came, as far as the pool can bear that."""
        if self.method == "standard":
            self._at_standard(-quantity)
        elif self.method == "fifo":
            self.parts(quantity, first=ref)
        else:
            self._remember()
            leaves = self.value if quantity == self.quantity else (min if quantity < self.quantity else max)(value, self.value)
            self.quantity, self.value = self.quantity - quantity, self.value - leaves
            self._remember()

    def adjust(self, amount: Decimal, covered: Decimal, ref: str) -> None:
        """What came in turns out dearer or cheaper: the share that is still there takes its part."""
        if self.method == "fifo":
            for layer in self.layers:
                if layer[1] and layer[0] == ref:
                    part = max(share(amount, min(layer[1], covered), covered), -layer[2])
                    layer[2] += part
                    self.value += part
        elif self.method != "standard" and self.quantity > 0:
            self.value += max(share(amount, min(self.quantity, covered), covered), -self.value)
        self._remember()


class Model:
    """The whole house: goods, their worth, what is held, and the balances that the books must show."""

    def __init__(self, methods: dict[str, tuple[str, Decimal]], own_areas: Iterable[str]) -> None:
        self.own_areas = set(own_areas)
        self.methods = methods
        self.pools: dict[tuple[str, str], Pool] = {}
        self.on_hand: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.held: dict[tuple[str, str], dict[str, list[Decimal]]] = defaultdict(dict)
        """By item and store: what is held for each demand, reservation by reservation."""
        self.books: dict[str, Decimal] = defaultdict(Decimal)
        """Payables, receivables, accruals, advances, and work in process by order."""

    def pool(self, item: str, store: str) -> Pool:
        """The pool in which goods at a store are valued."""
        area = store if store in self.own_areas else ""
        return self.pools.setdefault((item, area), Pool(*self.methods[item]))

    def reserved(self, item: str, store: str) -> Decimal:
        """What is held of an item in a store."""
        return sum((sum(parts, D(0)) for parts in self.held[(item, store)].values()), D(0))

    def free(self, item: str, store: str) -> Decimal:
        """What may be taken by anybody."""
        return self.on_hand[(item, store, "free")] - self.reserved(item, store)

    def put(self, item: str, store: str, quantity: Decimal, value: Decimal, ref: str = "", status: str = "free") -> Move:
        """Goods come in."""
        self.pool(item, store).put(quantity, value, ref)
        self.on_hand[(item, store, status)] += quantity
        return Move(item, store, quantity, value, status, ref)

    def take(self, item: str, store: str, quantity: Decimal, demand: str = "") -> list[Move]:
        """Goods go out: what is held for the demand first, then what is free, then below zero; each part is valued by itself."""
        parts = []
        held = self.held[(item, store)].get(demand, [])
        for index, there in enumerate(held):
            part = min(there, quantity - sum(parts, D(0)))
            if part:
                held[index] -= part
                parts.append(part)
        missing = quantity - sum(parts, D(0))
        free = min(missing, max(self.free(item, store) - sum(parts, D(0)), D(0)))
        parts += [part for part in (free, missing - free) if part]
        moves = [Move(item, store, -part, -self.pool(item, store).take(part)) for part in parts]
        self.on_hand[(item, store, "free")] -= quantity
        return moves

    def move(self, item: str, source: str, target: str, quantity: Decimal, ref: str) -> list[Move]:
        """Goods go from store to store; between areas they take their cost along."""
        self.on_hand[(item, source, "free")] -= quantity
        self.on_hand[(item, target, "free")] += quantity
        parts = self.pool(item, source).parts(quantity)
        for part, value in parts:
            self.pool(item, target).put(part, value, ref)
        value = sum((value for _quantity, value in parts), D(0))
        return [Move(item, source, -quantity, -value), Move(item, target, quantity, value, ref=ref)]

    def undo(self, moves: Iterable[Move]) -> None:
        """Every move is mirrored at its own value."""
        for one in moves:
            if one.valued and one.quantity > 0:
                self.pool(one.item, one.store).take_back(one.quantity, one.value, one.ref)
            elif one.valued:
                self.pool(one.item, one.store).put(-one.quantity, -one.value)
            self.on_hand[(one.item, one.store, one.status)] -= one.quantity

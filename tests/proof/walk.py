"""A walk through the house: every step is done by the services and by the model; what the model says can't be done must be refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from core.errors import BusinessError
from core.models import State
from inventory.ledger.posting import StockShort
from inventory.models import Demand, Inspection, Reservation
from inventory.reservations import cancel_hold, try_hold
from masterdata.models import Item
from production import closing, work_orders
from sales import orders as sales_orders
from tests.proof import house as h
from tests.proof.house import House
from tests.proof.model import Model, Move, cents, share
from tests.proof.stories import verb_of

D = Decimal
METHODS = {"BOLT": ("fifo", D(0)), "PLATE": ("moving_average", D(0)), "FRAME": ("moving_average", D(0)), "PAINT": ("standard", D("7.35"))}
TAX = D("0.13")
RATES = {10: (D(60), D(30)), 20: (D(48), D(24))}


@dataclass(eq=False)
class Done:
    """A posted document that may be taken back, and what that does to the model."""

    kind: str
    document: Any
    undo: Callable[[], None]


@dataclass(eq=False)
class Bought:
    """A line of goods that came from the supplier."""

    receipt: Any
    item: str
    quantity: Decimal
    accrued: Decimal
    ref: str
    invoiced: Decimal = D(0)
    cleared: Decimal = D(0)


@dataclass(eq=False)
class Sold:
    """A sales order of one line."""

    order: Any
    item: str
    quantity: Decimal
    net: Decimal
    tax: Decimal
    shipped: Decimal = D(0)
    net_shipped: Decimal = D(0)
    tax_shipped: Decimal = D(0)

    def due(self, quantity: Decimal) -> tuple[Decimal, Decimal]:
        """Net and tax of the next part; the last takes the rest."""
        done = self.shipped + quantity
        return tuple(
            (whole if done == self.quantity else share(whole, done, self.quantity)) - before
            for whole, before in ((self.net, self.net_shipped), (self.tax, self.tax_shipped))
        )  # type: ignore[return-value]


@dataclass(eq=False)
class Issued:
    """A move of material to a work order, and what of it came back."""

    move: Move
    quantity_back: Decimal = D(0)
    value_back: Decimal = D(0)


@dataclass(eq=False)
class Made:
    """A work order for frames."""

    order: Any
    quantity: Decimal
    planned: Decimal
    state: str = "draft"
    issued: dict[str, list[Issued]] = field(default_factory=lambda: {"BOLT": [], "PLATE": []})
    good: dict[int, Decimal] = field(default_factory=lambda: {10: D(0), 20: D(0)})
    accepted: Decimal = D(0)
    rejected: Decimal = D(0)
    received: Decimal = D(0)

    @property
    def name(self) -> str:
        return f"wip:{self.order.number}"

    def need(self, item: str) -> Decimal:
        """What the bill of materials says."""
        return self.quantity * {"BOLT": 4, "PLATE": 2}[item]

    def net_issued(self, item: str) -> Decimal:
        """Issued and not returned."""
        return sum((-one.move.quantity - one.quantity_back for one in self.issued[item]), D(0))


class Walk:
    """The house, its model, and everything that can be gone on with."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.model = Model(METHODS, own_areas=["YARD"])
        self.items: dict[str, Item] = {item.code: item for item in house.items()}
        self.stores = {"MAIN": house.factory.store, "YARD": house.yard}
        self.done: list[Done] = []
        self.bought: list[Bought] = []
        self.sold: list[Sold] = []
        self.made: list[Made] = []
        self.invoices: list[list[Any]] = []  # [document, still open]
        self.shipments: list[list[Any]] = []  # [document, still open]
        self.invoice_numbers = 0

    @contextmanager
    def refused_if(self, impossible: bool) -> Iterator[None]:
        """The block must be refused as short of stock if the model says so."""
        if impossible:
            with pytest.raises(StockShort):
                yield
        else:
            yield

    def _note(self, kind: str, document: Any, undo: Callable[[], None]) -> None:
        self.done.append(Done(kind, document, undo))

    def _post(self, kind: str, draft: Any) -> Any:
        return self.house.post(verb_of(kind, "post"), draft, by=self.house.factory.ada)

    # ---- the warehouse ------------------------------------------------------------------------------------------------

    def bring_in(self, item: str, store: str, quantity: Decimal, cost: Decimal) -> None:
        """Another receipt."""
        draft = h.entry(self.house, "other_in", self.stores[store], (self.items[item], str(quantity), str(cost)))
        self._post("stock_entry", draft)
        move = self.model.put(item, store, quantity, cents(quantity * cost), f"stock_entry:{draft.number}:1")
        self._note("stock_entry", draft, lambda: self.model.undo([move]))

    def give_away(self, item: str, store: str, quantity: Decimal) -> None:
        """Another issue."""
        draft = h.entry(self.house, "other_out", self.stores[store], (self.items[item], str(quantity), "0"))
        short = store == "MAIN" and self.model.free(item, store) < quantity
        with self.refused_if(short):
            self._post("stock_entry", draft)
        if not short:
            moves = self.model.take(item, store, quantity)
            self._note("stock_entry", draft, lambda: self.model.undo(moves))

    def transfer(self, item: str, source: str, target: str, quantity: Decimal) -> None:
        """From store to store."""
        draft = h.transfer(self.house, self.stores[source], self.stores[target], (self.items[item], str(quantity)))
        short = self.model.free(item, source) < quantity
        with self.refused_if(short):
            self._post("stock_transfer", draft)
        if not short:
            moves = self.model.move(item, source, target, quantity, f"stock_transfer:{draft.number}:1")
            self._note("stock_transfer", draft, lambda: self.model.undo(moves))

    # ---- buying -------------------------------------------------------------------------------------------------------

    def buy(self, item: str, quantity: Decimal, price: Decimal) -> None:
        """An order, and all of it comes."""
        order = h.purchase_order(self.house, (self.items[item], str(quantity), str(price)))
        receipt = self._post("purchase_receipt", h.purchase_receipt(self.house, order, (1, str(quantity))))
        ref, value = f"purchase_receipt:{receipt.number}:1", cents(quantity * price)
        move = self.model.put(item, "MAIN", quantity, value, ref, "inspection" if item == "PLATE" else "free")
        self.model.books["goods_received"] -= value
        bought = Bought(receipt, item, quantity, value, ref)
        self.bought.append(bought)

        def undo() -> None:
            self.model.undo([move])
            self.model.books["goods_received"] += value
            self.bought.remove(bought)

        self._note("purchase_receipt", receipt, undo)

    def inspect(self, which: int, rejected: Decimal) -> None:
        """Decide about plates that came."""
        waiting = list(Inspection.objects.filter(company=self.house.factory.company, kind="incoming", state=State.DRAFT).order_by("id"))
        if waiting:
            one = waiting[which % len(waiting)]
            rejected = min(rejected, one.quantity)
            h.decide(self.house, one, str(one.quantity - rejected), str(rejected))
            shift = self._shift("PLATE", {"inspection": -one.quantity, "free": one.quantity - rejected, "blocked": rejected})
            self._note("inspection", one, shift)

    def _shift(self, item: str, by_status: dict[str, Decimal]) -> Callable[[], None]:
        for status, quantity in by_status.items():
            self.model.on_hand[(item, "MAIN", status)] += quantity

        def undo() -> None:
            for status, quantity in by_status.items():
                self.model.on_hand[(item, "MAIN", status)] -= quantity

        return undo

    def invoice(self, which: int, quantity: Decimal, price: Decimal) -> None:
        """The supplier charges a part of what came, perhaps at another price."""
        waiting = [one for one in self.bought if one.invoiced < one.quantity]
        if not waiting:
            return
        one = waiting[which % len(waiting)]
        quantity = min(quantity, one.quantity - one.invoiced)
        self.invoice_numbers += 1
        line = (1, str(quantity), str(price))
        invoice = self._post("supplier_invoice", h.supplier_invoice(self.house, one.receipt, f"FP-{self.invoice_numbers}", line))
        all_of_it = one.invoiced + quantity == one.quantity
        cleared = (one.accrued if all_of_it else share(one.accrued, one.invoiced + quantity, one.quantity)) - one.cleared
        net = cents(quantity * price)
        gross = net + cents(net * TAX)

        def book(sign: int) -> None:
            one.invoiced += sign * quantity
            one.cleared += sign * cleared
            if net != cleared:
                self.model.pool(one.item, "MAIN").adjust(sign * (net - cleared), quantity, one.ref)
            self.model.books["goods_received"] += sign * cleared
            self.model.books["payable"] -= sign * gross

        book(1)
        entry = [invoice, gross]
        self.invoices.append(entry)

        def undo() -> None:
            book(-1)
            self.invoices.remove(entry)

        self._note("supplier_invoice", invoice, undo)

    def pay(self, which: int, amount: Decimal) -> None:
        """Money for an invoice; what is too much is paid ahead."""
        self._money("supplier_payment", self.invoices, which, amount, ("payable", "supplier_advance", 1))

    def collect(self, which: int, amount: Decimal) -> None:
        """Money for a shipment; what is too much was paid ahead."""
        self._money("customer_receipt", self.shipments, which, amount, ("receivable", "customer_advance", -1))

    def _money(self, kind: str, papers: list[list[Any]], which: int, amount: Decimal, books: tuple[str, str, int]) -> None:
        waiting = [one for one in papers if one[1]]
        if not waiting:
            return
        paper, (control, advance, sign) = waiting[which % len(waiting)], books
        settled = min(amount, paper[1])
        make = h.payment if kind == "supplier_payment" else h.customer_money
        document = self._post(kind, make(self.house, str(amount), (h.open_item(paper[0]), str(settled))))

        def book(direction: int) -> None:
            paper[1] -= direction * settled
            self.model.books[control] += direction * sign * settled
            self.model.books[advance] += direction * sign * (amount - settled)

        book(1)
        self._note(kind, document, lambda: book(-1))

    # ---- selling ------------------------------------------------------------------------------------------------------

    def sell(self, item: str, quantity: Decimal, price: Decimal) -> None:
        """An approved order."""
        order = h.sales_order(self.house, (self.items[item], str(quantity), str(price)))
        net = cents(quantity * price)
        self.sold.append(Sold(order, item, quantity, net, cents(net * TAX)))

    def _open_sale(self, which: int) -> Sold | None:
        waiting = [one for one in self.sold if one.shipped < one.quantity]
        return waiting[which % len(waiting)] if waiting else None

    def hold(self, which: int, quantity: Decimal) -> None:
        """Reserve goods for an order."""
        one = self._open_sale(which)
        if one is None:
            return
        held = self.model.held[(one.item, "MAIN")].setdefault(one.order.number, [])
        quantity = min(quantity, one.quantity - one.shipped - sum(held, D(0)))
        if quantity <= 0:
            return
        short = self.model.free(one.item, "MAIN") < quantity
        demand = Demand.objects.select_related("item__category").get(company=one.order.company, origin_number=one.order.number)
        with self.refused_if(short):
            try_hold(demand=demand, warehouse=self.stores["MAIN"], quantity=quantity, **self.house.who())
        if not short:
            held.append(quantity)

    def let_go(self, which: int) -> None:
        """Give one reservation of an order back; a second time is harmless."""
        one = self._open_sale(which)
        if one is None:
            return
        demand = Demand.objects.get(company=one.order.company, origin_number=one.order.number)
        reservation = demand.reservations.filter(state="held").order_by("id").first()
        if reservation is not None:
            for released in (1, 0):
                assert cancel_hold(company=one.order.company, reservation_id=reservation.pk) == released
            held = self.model.held[(one.item, "MAIN")][one.order.number]
            held.remove(next(part for part in held if part))

    def ship(self, which: int, quantity: Decimal) -> None:
        """Goods of an order leave; revenue and receivable are booked."""
        one = self._open_sale(which)
        if one is None:
            return
        quantity = min(quantity, one.quantity - one.shipped)
        draft = h.shipment(self.house, one.order, (1, str(quantity)))
        own = sum(self.model.held[(one.item, "MAIN")].get(one.order.number, []), D(0))
        short = self.model.free(one.item, "MAIN") + own < quantity
        with self.refused_if(short):
            self._post("shipment", draft)
        if not short:
            self._shipped(one, draft, quantity)

    def _shipped(self, one: Sold, shipment: Any, quantity: Decimal) -> None:
        moves = self.model.take(one.item, "MAIN", quantity, one.order.number)
        net, tax = one.due(quantity)

        def book(sign: int) -> None:
            one.shipped += sign * quantity
            one.net_shipped += sign * net
            one.tax_shipped += sign * tax
            self.model.books["receivable"] += sign * (net + tax)

        book(1)
        if one.shipped == one.quantity:
            self.model.held[(one.item, "MAIN")].pop(one.order.number, None)
        entry = [shipment, net + tax]
        self.shipments.append(entry)

        def undo() -> None:
            self.model.undo(moves)
            book(-1)
            self.shipments.remove(entry)

        self._note("shipment", shipment, undo)

    # ---- making -------------------------------------------------------------------------------------------------------

    def plan(self, quantity: Decimal) -> None:
        """A work order, released if its materials can be reserved."""
        order = h.work_order(self.house, str(quantity))
        made = Made(order, quantity, _planned(quantity))
        self.made.append(made)
        short = any(self.model.free(item, "MAIN") < made.need(item) for item in ("BOLT", "PLATE"))
        with self.refused_if(short):
            self.house.post(work_orders.release_order, order)
        if not short:
            made.state = "released"
            for item in ("BOLT", "PLATE"):
                self.model.held[(item, "MAIN")][order.number] = [made.need(item)]

    def _order(self, which: int, *states: str) -> Made | None:
        there = [one for one in self.made if one.state in states]
        return there[which % len(there)] if there else None

    def issue(self, which: int, bolts: Decimal, plates: Decimal) -> None:
        """Materials leave for an order, as far as it needs them."""
        one = self._order(which, "released", "running")
        if one is None:
            return
        wanted = {"BOLT": bolts, "PLATE": plates}
        take = {item: min(quantity, one.need(item) - one.net_issued(item)) for item, quantity in wanted.items()}
        take = {item: quantity for item, quantity in take.items() if quantity > 0}
        if not take:
            return
        lines = [({"BOLT": 1, "PLATE": 2}[item], str(quantity)) for item, quantity in take.items()]
        draft = h.issue(self.house, one.order, *lines)
        held = {item: sum(self.model.held[(item, "MAIN")].get(one.order.number, []), D(0)) for item in take}
        short = any(self.model.free(item, "MAIN") + held[item] < quantity for item, quantity in take.items())
        with self.refused_if(short):
            self._post("material_issue", draft)
        if short:
            self.house.post(verb_of("material_issue", "cancel"), draft)
        else:
            self._issued(one, draft, take)

    def _issued(self, one: Made, issue: Any, take: dict[str, Decimal]) -> None:
        new = {
            item: [Issued(move) for move in self.model.take(item, "MAIN", quantity, one.order.number)] for item, quantity in take.items()
        }
        moves = [issued.move for parts in new.values() for issued in parts]
        cost = -sum((move.value for move in moves), D(0))
        for item, parts in new.items():
            one.issued[item] += parts
        self.model.books[one.name] += cost
        one.state = "running"

        def undo() -> None:
            self.model.undo(moves)
            self.model.books[one.name] -= cost
            for item, parts in new.items():
                one.issued[item] = [issued for issued in one.issued[item] if issued not in parts]

        self._note("material_issue", issue, undo)

    def bring_back(self, which: int, item: str, quantity: Decimal) -> None:
        """Surplus comes back at the cost at which it went out, the latest issue first."""
        one = self._order(which, "running", "done")
        if one is None or one.net_issued(item) <= 0:
            return
        quantity = min(quantity, one.net_issued(item))
        document = self._post("material_return", h.material_return(self.house, one.order, ({"BOLT": 1, "PLATE": 2}[item], str(quantity))))
        back, line = [], 0
        for issued in reversed(one.issued[item]):
            part = min(quantity, -issued.move.quantity - issued.quantity_back)
            if part:
                line += 1
                value = share(-issued.move.value, issued.quantity_back + part, -issued.move.quantity) - issued.value_back
                issued.quantity_back += part
                issued.value_back += value
                quantity -= part
                back.append((issued, self.model.put(item, "MAIN", part, value, f"material_return:{document.number}:{line}")))
        cost = sum((move.value for _issued, move in back), D(0))
        self.model.books[one.name] -= cost

        def undo() -> None:
            self.model.undo([move for _issued, move in back])
            self.model.books[one.name] += cost
            for issued, move in back:
                issued.quantity_back -= move.quantity
                issued.value_back -= move.value

        self._note("material_return", document, undo)

    def report(self, which: int, operation: int, good: Decimal, minutes: Decimal) -> None:
        """Work is done; labour and machine cost go onto the order."""
        one = self._order(which, "running")
        if one is None:
            return
        given = one.quantity if operation == 10 else one.good[10]
        good = min(good, given - one.good[operation])
        if good <= 0 and not minutes:
            return
        document = self._post("operation_report", h.operation_report(self.house, one.order, operation, str(good), str(minutes)))
        cost = sum((share(minutes, rate, D(60)) for rate in RATES[operation]), D(0))

        def book(sign: int) -> None:
            one.good[operation] += sign * good
            self.model.books[one.name] += sign * cost

        book(1)
        self._note("operation_report", document, lambda: book(-1))

    def accept(self, which: int, rejected: Decimal) -> None:
        """Quality decides about the oldest finished pieces of an order."""
        one = self._order(which, "running", "done")
        waiting = (
            one
            and Inspection.objects.filter(company=one.order.company, origin_number=one.order.number, state=State.DRAFT)
            .order_by("id")
            .first()
        )
        if one is None or not waiting:
            return
        rejected = min(rejected, waiting.quantity)
        h.decide(self.house, waiting, str(waiting.quantity - rejected), str(rejected))

        def book(sign: int) -> None:
            one.accepted += sign * (waiting.quantity - rejected)
            one.rejected += sign * rejected

        book(1)
        self._note("inspection", waiting, lambda: book(-1))

    def receive(self, which: int, quantity: Decimal, is_final: bool) -> None:
        """Accepted frames go into stock at what the order cost."""
        one = self._order(which, "running")
        if one is None or one.accepted - one.received <= 0:
            return
        quantity = min(quantity, one.accepted - one.received)
        receipt = self._post("finished_receipt", h.finished_receipt(self.house, one.order, str(quantity), is_final=is_final))
        left = max(self.model.books[one.name], D(0))
        final = is_final or one.received + quantity >= one.quantity - one.rejected
        value = left if final else min(cents(one.planned * quantity), left)
        move = self.model.put("FRAME", "MAIN", quantity, value, f"finished_receipt:{receipt.number}:1")

        def book(sign: int) -> None:
            one.received += sign * quantity
            self.model.books[one.name] -= sign * value
            if final:
                one.state = "done" if sign > 0 else "running"

        book(1)

        def undo() -> None:
            self.model.undo([move])
            book(-1)

        self._note("finished_receipt", receipt, undo)

    def finish(self, which: int) -> None:
        """Close an order: what is left of its cost goes where its frames are; what was reserved is free."""
        one = self._order(which, "running", "done")
        if one is None:
            return
        self.house.post(closing.close_order, one.order, document_date=one.order.document_date)
        self._forget(one.order.number)
        left = self.model.books[one.name]
        if left and one.received:
            self.model.pool("FRAME", "MAIN").adjust(left, one.received, "")
        self.model.books[one.name] = D(0)
        one.state = "closed"

    def call_off(self, which: int) -> None:
        """Cancel a work order on which nothing was done: its reservations are given back."""
        one = self._order(which, "draft", "released")
        if one is not None:
            self.house.post(work_orders.cancel_order, one.order)
            self._forget(one.order.number)
            one.state = "cancelled"

    def _forget(self, demand: str) -> None:
        for held in self.model.held.values():
            held.pop(demand, None)

    # ---- taking back --------------------------------------------------------------------------------------------------

    def take_back(self, which: int) -> bool:
        """Reverse a posted document, if that is possible; a refusal changes nothing."""
        if not self.done:
            return False
        one = self.done[which % len(self.done)]
        try:
            self.house.post(verb_of(one.kind, "reverse"), one.document)
        except BusinessError:
            return False
        one.undo()
        self.done.remove(one)
        return True

    def undo_all(self) -> None:
        """Give back what is reserved, reverse everything that can be, the latest first, again and again; then give up all orders."""
        company = self.house.factory.company
        for pk in Reservation.objects.filter(company=company, state="held").values_list("pk", flat=True):
            cancel_hold(company=company, reservation_id=pk)
        self.model.held.clear()
        while any([self.take_back(index) for index in reversed(range(len(self.done)))]):
            pass
        while self._order(0, "draft", "released"):
            self.call_off(0)
        while self._order(0, "running", "done"):
            self.finish(0)
        for sale in self.sold:
            sale.order.refresh_from_db()
            if sale.order.state == State.APPROVED:
                self.house.post(sales_orders.close_order, sale.order)
            self._forget(sale.order.number)


def _planned(quantity: Decimal) -> Decimal:
    """Planned cost of one frame: four bolts at 2, two plates at 30, set-up and minutes at the rates."""
    unit = D("0.00000001")
    saw = share(D(30) + 6 * quantity, D(90), D(60))
    weld = share(15 * quantity, D(72), D(60))
    return cents((quantity * (8 + 60) + saw + weld) / quantity, unit)

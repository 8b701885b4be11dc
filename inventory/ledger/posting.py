"""Posting into the stock ledger: values in posting order, moves and balances in bulk, then the books answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import bulk
from core.decimals import EXACT, PRICE_PLACES, ZERO, allocate, round_half_up
from core.errors import BusinessError, InvalidInputs
from core.posting import PostingTransaction
from inventory import events
from inventory.ledger.locking import LockedStock, Place, area_of
from inventory.models import CostLayer, Lot, Reservation, StockBalance, StockMove, StockPosting, ValuationPool, Warehouse
from inventory.signals import PostedLine, StockPosted, stock_posted
from inventory.valuation import METHODS, Layer, transfer
from masterdata.dimensions import NONE, Dimensions
from masterdata.models import Item


class InsufficientStock(BusinessError):
    """Free stock of a line is short."""

    code = "insufficient_stock"
    text = _("{item}: {wanted} wanted, {available} free in {warehouse} ({reserved} reserved).")
    hint = _("See who holds it, take less, or ask for more to be bought or made.")


class StockShort(InvalidInputs):
    """One or more lines are short; nothing is written."""

    code = "insufficient_stock"
    status = 409
    text = _("Not enough stock.")


@dataclass(frozen=True, slots=True)
class Origin:
    """The document (and its kind) on whose behalf something is posted."""

    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """What one line of a document wants of the ledger.

    quantity: + in, − out, 0 for a correction of value alone.
    value: what comes in is worth (receipts, returns at original cost), or the exact value that must leave (reversals, negative),
        or the correction. None lets the valuation method say what leaves.
    covered, receipt_ref: for corrections, the quantity that was received too cheap or too dear, and as what.
    valued: False for moves inside one valuation area (status change, bin to bin).
    parts: split of the value by cost element; must sum to `value`.
    """

    line: int
    item: Item
    warehouse: Warehouse
    place: Place
    quantity: Decimal
    lot: Lot | None = None
    value: Decimal | None = None
    covered: Decimal = ZERO
    receipt_ref: str = ""
    valued: bool = True
    reservation: Reservation | None = None
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    dimensions: Dimensions = NONE
    reversal_of: StockMove | None = None


@dataclass(frozen=True, slots=True)
class _Worth:
    """What valuation says about a request: the move's value, what does not enter stock, and a settlement of negative stock."""

    value: Decimal = ZERO
    variance: Decimal = ZERO
    settlement: Decimal = ZERO


def post(
    transaction: PostingTransaction,
    stock: LockedStock,
    *,
    event: str,
    origin: Origin,
    requests: Sequence[MoveRequest],
    reversal_of: StockPosting | None = None,
) -> StockPosted:
    """Append moves for `requests`, update what follows from them, and let the books answer.

    Raises:
        StockShort: a place would go below zero or below what is reserved; all short lines are named.
        finance.rules.MissingRule: from the books, when no posting rule fits.
    """
    direction = events.DIRECTION[event]
    _take_quantities(stock, requests)
    worths = _value(stock, event, requests, transaction.company.currency_places)
    posting = StockPosting(
        company=transaction.company,
        event=event,
        origin_kind=origin.kind,
        origin_number=origin.number,
        date=transaction.date,
        posted_at=transaction.at,
        posted_by=transaction.by,
        reversal_of=reversal_of,
    )
    bulk.insert([posting])
    moves, lines = _moves(posting, event, direction, requests, worths)
    bulk.insert(moves)
    _write_balances(stock, requests)
    transaction.link("stock", posting.pk, chain_content(posting, moves))
    posted = StockPosted(posting=posting, transaction=transaction, lines=tuple(lines))
    stock_posted.send(sender=StockPosting, posted=posted)
    return posted


def chain_content(posting: StockPosting, moves: Sequence[StockMove]) -> dict[str, object]:
    """What the hash chain covers of a posting: its head and every move."""
    return {
        "event": posting.event,
        "origin": [posting.origin_kind, posting.origin_number],
        "date": posting.date,
        "posted": [posting.posted_by_id, posting.posted_at],
        "reversal_of": posting.reversal_of_id,
        "moves": [
            [
                m.pk,
                m.origin_line,
                m.item_id,
                m.category_id,
                m.warehouse_id,
                m.bin_id,
                m.lot_id,
                m.status,
                m.quantity,
                m.value,
                m.unit_cost,
                m.date,
                m.posted_at,
                m.reversal_of_id,
            ]
            for m in moves
        ],
    }


def values_by_line(posted: StockPosted) -> dict[int, Decimal]:
    """The stock value each document line moved, positive in the event's own direction."""
    sums: dict[int, Decimal] = {}
    for line in posted.lines:
        if line.is_stock_value:
            sums[line.move.origin_line] = sums.get(line.move.origin_line, ZERO) + line.amount
    return sums


def _take_quantities(stock: LockedStock, requests: Sequence[MoveRequest]) -> None:
    short: dict[int, BusinessError] = {}
    for request in requests:
        if not request.quantity:
            continue
        balance = stock.balances[request.place]
        held = request.reservation
        if held is not None:
            held.quantity += request.quantity
            held.used -= request.quantity
            held.state = Reservation.State.HELD if held.quantity > 0 else Reservation.State.CONFIRMED
            balance.reserved += request.quantity
        balance.on_hand += request.quantity
        if request.quantity < 0 and _is_short(balance, request.warehouse):
            wanted = -sum((r.quantity for r in requests if r.line == request.line and r.quantity < 0), ZERO)
            short.setdefault(request.line, _shortage(balance, request, wanted))
    if short:
        raise StockShort(list(short.values()))


def _is_short(balance: StockBalance, warehouse: Warehouse) -> bool:
    """What is held for somebody stays there, even where a warehouse may go below zero."""
    return balance.on_hand < balance.reserved and (balance.reserved > 0 or not warehouse.allow_negative)


def _shortage(balance: StockBalance, request: MoveRequest, wanted: Decimal) -> InsufficientStock:
    """The error that says what is short: how much of what a line wanted would have been there."""
    lacking = balance.reserved - balance.on_hand
    return InsufficientStock(
        field=f"lines[{request.line - 1}].quantity",
        item=str(request.item),
        warehouse=request.warehouse.label,
        wanted=_plain(wanted),
        available=_plain(max(wanted - lacking, ZERO)),
        reserved=_plain(balance.reserved),
    )


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


def _value(stock: LockedStock, event: str, requests: Sequence[MoveRequest], places: int) -> list[_Worth]:
    worths: list[_Worth] = []
    pending: MoveRequest | None = None
    for request in requests:
        if not request.valued:
            worths.append(_Worth())
        elif event == events.TRANSFER and request.quantity < 0 and request.value is None:
            pending = request
            worths.append(_Worth())
        elif event == events.TRANSFER and pending is not None:
            outgoing, incoming = _transfer(stock, pending, request, places)
            worths[-1] = outgoing
            worths.append(incoming)
            pending = None
        else:
            worths.append(_worth(stock, request, places))
    return worths


def _transfer(stock: LockedStock, out: MoveRequest, into: MoveRequest, places: int) -> tuple[_Worth, _Worth]:
    source = stock.pools[area_of(out.item, out.warehouse, out.place.lot_id)][1]
    target = stock.pools[area_of(into.item, into.warehouse, into.place.lot_id)][1]
    if source is target:
        return _Worth(), _Worth()
    method = METHODS[out.item.category.valuation_method]
    flow = transfer(method, source, target, into.quantity, receipt_ref=into.receipt_ref, places=places)
    return _Worth(-(flow.stock_value + flow.variance)), _Worth(flow.stock_value, flow.variance, flow.settlement)


def _worth(stock: LockedStock, request: MoveRequest, places: int) -> _Worth:
    method = METHODS[request.item.category.valuation_method]
    pool = stock.pools[area_of(request.item, request.warehouse, request.place.lot_id)][1]
    if request.quantity == 0:
        assert request.value is not None, "a correction needs a value"
        split = method.adjust(pool, request.value, request.covered, receipt_ref=request.receipt_ref, places=places)
        return _Worth(split.stock_part, split.expensed_part)
    if request.quantity > 0:
        assert request.value is not None, "what comes in needs a value"
        flow = method.take_in(pool, request.quantity, request.value, receipt_ref=request.receipt_ref, places=places)
        return _Worth(flow.stock_value, flow.variance, flow.settlement)
    if request.value is None:
        return _Worth(-method.take_out(pool, -request.quantity, places=places))
    out = method.take_out_exact(pool, -request.quantity, -request.value, receipt_ref=request.receipt_ref, places=places)
    return _Worth(-out.stock_value, -out.difference)


def _moves(
    posting: StockPosting, event: str, direction: int, requests: Sequence[MoveRequest], worths: Sequence[_Worth]
) -> tuple[list[StockMove], list[PostedLine]]:
    moves: list[StockMove] = []
    lines: list[PostedLine] = []
    for request, worth in zip(requests, worths, strict=True):
        move = _move(posting, request, request.quantity, worth.value)
        moves.append(move)
        sign = direction or (1 if request.quantity >= 0 else -1)
        parts, variance_parts = _parts(request, sign, worth, posting.company.currency_places)
        lines.append(PostedLine(move, event, sign * worth.value, parts=parts, dimensions=request.dimensions))
        if worth.variance:
            variance_event = events.VARIANCE_OF.get(event, events.OTHER_VARIANCE)
            # A transfer has no side of its own: what doesn't arrive has left the stock account, whichever move shows it.
            amount = (direction or 1) * worth.variance
            lines.append(
                PostedLine(move, variance_event, amount, is_stock_value=False, parts=variance_parts, dimensions=request.dimensions)
            )
        if worth.settlement:
            correction = _move(posting, request, ZERO, worth.settlement)
            moves.append(correction)
            lines.append(
                PostedLine(
                    correction,
                    events.NEGATIVE_SETTLEMENT,
                    events.DIRECTION[events.NEGATIVE_SETTLEMENT] * worth.settlement,
                    dimensions=request.dimensions,
                )
            )
    return moves, lines


def _parts(request: MoveRequest, sign: int, worth: _Worth, places: int) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """The split of the stock value and of the variance by cost element; element by element they add up to the request's parts."""
    parts = {element: sign * amount for element, amount in request.parts.items()}
    if not parts or not worth.variance:
        return parts, {}
    if sum(parts.values(), ZERO):
        stock = dict(zip(parts, allocate(sign * worth.value, list(parts.values()), places), strict=True))
    else:
        stock = dict.fromkeys(parts, ZERO) | {next(iter(parts)): sign * worth.value}
    return stock, {element: amount - stock[element] for element, amount in parts.items()}


def _move(posting: StockPosting, request: MoveRequest, quantity: Decimal, value: Decimal) -> StockMove:
    unit_cost = round_half_up(EXACT.divide(value, quantity), PRICE_PLACES) if quantity and value else ZERO
    return StockMove(
        company_id=posting.company_id,
        posting=posting,
        origin_line=request.line,
        item=request.item,
        category_id=request.item.category_id,
        warehouse=request.warehouse,
        bin_id=request.place.bin_id,
        lot_id=request.place.lot_id,
        status=request.place.status,
        quantity=quantity,
        value=value,
        unit_cost=unit_cost,
        date=posting.date,
        posted_at=posting.posted_at,
        reversal_of=request.reversal_of if quantity or not request.quantity else None,
    )


def _write_balances(stock: LockedStock, requests: Sequence[MoveRequest]) -> None:
    touched: dict[Place, StockBalance] = {}
    for request in requests:
        if request.quantity:
            balance = touched[request.place] = stock.balances[request.place]
            # What the warehouse allows may have changed since; what is below zero may stay so until it is filled.
            balance.may_go_negative = request.warehouse.allow_negative or balance.on_hand < 0
    used = {r.reservation.pk: r.reservation for r in requests if r.reservation is not None}
    layers: list[CostLayer] = []
    rows: list[ValuationPool] = []
    for area in {area_of(r.item, r.warehouse, r.place.lot_id) for r in requests if r.valued}:
        row, pool = stock.pools[area]
        row.quantity, row.value, row.last_cost = pool.quantity, pool.value, pool.last_cost
        rows.append(row)
        layers += _changed_layers(row, pool.layers)
    bulk.together(
        (list(touched.values()), ("on_hand", "reserved", "may_go_negative")),
        (list(used.values()), ("quantity", "used", "state")),
        (rows, ("quantity", "value", "last_cost")),
        ([layer for layer in layers if layer.pk], ("quantity", "value")),
    )
    bulk.insert([layer for layer in layers if not layer.pk])


def _changed_layers(row: ValuationPool, layers: Sequence[Layer]) -> Iterator[CostLayer]:
    for layer in layers:
        if layer.changed or layer.pk is None:
            yield CostLayer(pk=layer.pk, pool=row, receipt_ref=layer.receipt_ref, quantity=layer.quantity, value=layer.value)


def upsert(model: type[models.Model], rows: Sequence[models.Model], fields: list[str]) -> None:
    """Write the given fields of existing, locked rows in one statement."""
    bulk.update(rows, fields)

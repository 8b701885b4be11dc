"""Reversing a stock posting: a posting of its own that mirrors the original's exact figures."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.errors import BusinessError
from core.posting import PostingTransaction
from inventory import events
from inventory.ledger.locking import Area, Place, area_of, lock_stock
from inventory.ledger.posting import MoveRequest, Origin, StockShort, post
from inventory.models import StockMove, StockPosting
from inventory.signals import StockPosted
from masterdata.dimensions import NONE, Dimensions


class AlreadyReversed(BusinessError):
    """A posting is reversed once."""

    code = "already_reversed"
    text = _("{number} has been reversed before.")


class WouldGoNegative(BusinessError):
    """The goods of a receipt have been used since; the followers are named."""

    code = "would_go_negative"
    text = _("{number} can't be reversed: its goods have been used since. {short}")
    hint = _("Reverse what followed first: {followers}.")


def reverse(
    transaction: PostingTransaction,
    posting: StockPosting,
    *,
    origin: Origin,
    parts: dict[int, dict[str, Decimal]] | None = None,
    dimensions: dict[int, Dimensions] | None = None,
    demand_ids: Sequence[int] = (),
) -> StockPosted:
    """Post the opposite of `posting`, move by move; value corrections made since stay where they are.

    Args:
        parts: by document line, the original's value by cost element, with what of it did not enter stock (variance).
        dimensions: by document line, whom and what the original's lines concerned.
        demand_ids: demands whose reservations the caller trims afterwards; these and their balances are locked with the rest.

    Raises:
        AlreadyReversed: it has been reversed before.
        WouldGoNegative: goods that came in are gone.
    """
    if StockPosting.objects.filter(reversal_of=posting).exists():
        raise AlreadyReversed(number=posting.origin_number)
    moves = list(posting.moves.select_related("item__category", "warehouse", "bin", "lot").order_by("id"))
    places = [Place(m.item_id, m.warehouse_id, m.bin_id, m.lot_id, m.status) for m in moves]
    items, warehouses = {m.item_id: m.item for m in moves}, {m.warehouse_id: m.warehouse for m in moves}
    stock = lock_stock(
        transaction.company, items=list(items.values()), warehouses=list(warehouses.values()), arriving=places, demand_ids=demand_ids
    )
    requests = _requests(posting, moves, places, parts or {}, dimensions or {})
    try:
        return post(transaction, stock, event=posting.event, origin=origin, requests=requests, reversal_of=posting)
    except StockShort as short:
        raise WouldGoNegative(
            number=posting.origin_number, short=str(short), followers=", ".join(_followers(posting, moves)) or "–"
        ) from short


def _requests(
    posting: StockPosting,
    moves: Sequence[StockMove],
    places: Sequence[Place],
    parts: Mapping[int, Mapping[str, Decimal]],
    dimensions: Mapping[int, Dimensions],
) -> list[MoveRequest]:
    """Every move that carried goods, the other way round."""
    unvalued = _unvalued(posting, moves)
    return [
        MoveRequest(
            line=move.origin_line,
            item=move.item,
            warehouse=move.warehouse,
            place=place,
            quantity=-move.quantity,
            lot=move.lot,
            value=_value_back(move, parts.get(move.origin_line)) if move.pk not in unvalued else None,
            covered=abs(move.quantity),
            receipt_ref=receipt_ref(posting.origin_kind, posting.origin_number, move.origin_line),
            valued=move.pk not in unvalued,
            parts={key: -value for key, value in parts.get(move.origin_line, {}).items()},
            dimensions=dimensions.get(move.origin_line, NONE),
            reversal_of=move,
        )
        for move, place in zip(moves, places, strict=True)
        if move.quantity
    ]


def _value_back(move: StockMove, parts: Mapping[str, Decimal] | None) -> Decimal:
    return -sum(parts.values(), ZERO) if parts else -move.value


def receipt_ref(kind: str, number: str, line: int) -> str:
    """How a FIFO layer names the receipt line it came from."""
    return f"{kind}:{number}:{line}"


def _unvalued(posting: StockPosting, moves: Sequence[StockMove]) -> set[int]:
    """Moves inside one valuation area carried no value and carry none back; a transfer's moves come in pairs, out and in."""
    if posting.event == events.INSPECTION:
        return {move.pk for move in moves}
    if posting.event != events.TRANSFER:
        return set()
    moving = [move for move in moves if move.quantity]
    pairs = zip(moving[::2], moving[1::2], strict=True)
    return {move.pk for out, into in pairs if _area(out) == _area(into) for move in (out, into)}


def _area(move: StockMove) -> Area:
    return area_of(move.item, move.warehouse, move.lot_id)


def _followers(posting: StockPosting, moves: list[StockMove]) -> list[str]:
    later = StockMove.objects.filter(
        company_id=posting.company_id, id__gt=max(m.pk for m in moves), item__in={m.item_id for m in moves}, quantity__lt=0
    ).select_related("posting")
    return sorted({move.posting.origin_number for move in later[:20]})

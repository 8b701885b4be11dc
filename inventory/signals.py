"""What the warehouse announces. `stock_posted` is the one border between goods and books.

It is sent with `send()` inside the posting transaction, so a listener that refuses rolls everything back.
Listener: `finance.receivers` (writes the voucher). Nobody else may listen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.dispatch import Signal

from core.posting import PostingTransaction
from inventory.models import StockMove, StockPosting
from masterdata.dimensions import NONE, Dimensions

stock_posted = Signal()
"""Sent with `posted: StockPosted`."""


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A value for the books: the event it belongs to, its amount (see `inventory.events`), and its split by cost element.

    `move` is the stock move whose value it is; a variance belongs to the move beside it and is no stock value itself.
    """

    move: StockMove
    event: str
    amount: Decimal
    is_stock_value: bool = True
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    dimensions: Dimensions = NONE


@dataclass(frozen=True, slots=True)
class StockPosted:
    """One stock posting with all its lines."""

    posting: StockPosting
    transaction: PostingTransaction
    lines: tuple[PostedLine, ...]

"""The stock ledger: the only code that writes moves, balances, pools and layers.

A posting verb uses it in three steps, inside `core.posting.posting_transaction`:

    stock = lock_stock(company, wanted=[…], arriving=[…])      # balances, then pools and layers, in the fixed order
    picks = stock.pick(item, warehouse, quantity, …)           # bins and lots, reserved ones first
    post(transaction, stock, event=…, origin=…, requests=[…])  # values, moves, balances; the books answer
"""

from inventory.ledger.locking import LockedStock, Pick, Place, lock_stock
from inventory.ledger.posting import InsufficientStock, MoveRequest, Origin, post
from inventory.ledger.reversal import AlreadyReversed, WouldGoNegative, reverse

__all__ = [
    "AlreadyReversed",
    "InsufficientStock",
    "LockedStock",
    "MoveRequest",
    "Origin",
    "Pick",
    "Place",
    "WouldGoNegative",
    "lock_stock",
    "post",
    "reverse",
]

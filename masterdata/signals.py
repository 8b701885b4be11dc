"""What the masters announce, so that those above can refuse. Django's own `pre_save` says it of one row at a time only.

It is sent with `send()` before anything is written: a listener that refuses raises. Listener: `inventory.receivers`.
"""

from django.dispatch import Signal

items_changing = Signal()
"""Sent with `items: list[Item]`, as they are about to be written in bulk; some may be new."""

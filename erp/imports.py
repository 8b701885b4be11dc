"""The kinds of spreadsheet that can be taken in, in the order in which a new company needs them."""

from core.imports import ImportKind
from inventory.opening_import import OPENING_STOCK
from masterdata.item_import import ITEMS
from production.bom_import import BOMS

IMPORT_KINDS: tuple[ImportKind, ...] = (ITEMS, BOMS, OPENING_STOCK)

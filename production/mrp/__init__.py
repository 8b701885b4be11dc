"""Material requirements planning as pure arithmetic: arrays in, arrays out, no database.

    plant = Plant.of(items, bom, demands, receipts)          rows of Item, BomLine, Event; or fill the arrays of Plant directly
    planned = plan(plant, first_day=0)                       -> Plan(orders, requirements, balances, low_level_code)
    pegging = peg(plant, planned)                            -> Pegging: supply (stock, receipt, order) x requirement x quantity
    messages(plant, planned, tolerance_days=0)               -> expedite, postpone, cancel, reduce, overdue of existing supply
    end_demands(planned, pegging, order)                     -> the demands an order is for, over all levels

Quantities inside the arrays are millionths as 64-bit integers (`scaled`, `unscaled`), days whole numbers; the result is exact to
the unit. Lot rules are the table `LOT_RULES`, cost-weighing lot sizes are in `lot_sizing`.
"""

from production.mrp.engine import Balances, Orders, Plan, Requirements, plan
from production.mrp.lots import LOT_RULES, Lot
from production.mrp.pegging import Message, Pegging, end_demands, messages, peg
from production.mrp.plant import Bom, BomLine, Event, Events, Item, Items, Plant
from production.mrp.quantities import SCALE, QuantityTooLarge, scaled, unscaled
from production.mrp.structure import BomCycle

__all__ = [
    "LOT_RULES",
    "SCALE",
    "Balances",
    "Bom",
    "BomCycle",
    "BomLine",
    "Event",
    "Events",
    "Item",
    "Items",
    "Lot",
    "Message",
    "Orders",
    "Pegging",
    "Plan",
    "Plant",
    "QuantityTooLarge",
    "Requirements",
    "end_demands",
    "messages",
    "peg",
    "plan",
    "scaled",
    "unscaled",
]

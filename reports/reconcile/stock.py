"""P2 and P3: what is on hand, what it is worth and what is held follow from the moves, and stay within their limits."""

from django.utils.translation import gettext_noop as _

from core.models import Company
from reports.reconcile.answers import Result, count, money, named, quantity, rows

_BELOW_ZERO = """
SELECT i.code, w.code, b.on_hand FROM inventory_stockbalance b
JOIN masterdata_item i ON i.id = b.item_id JOIN inventory_warehouse w ON w.id = b.warehouse_id
WHERE b.company_id = %s AND b.on_hand < 0 AND NOT b.may_go_negative
"""
_ON_HAND_OFF = """
SELECT i.code, w.code, t.status, SUM(t.moved), SUM(t.shown) FROM (
    SELECT item_id, warehouse_id, bin_id, COALESCE(lot_id, 0) AS lot_id, status, quantity AS moved, 0 AS shown
    FROM inventory_stockmove WHERE company_id = %s
    UNION ALL
    SELECT item_id, warehouse_id, bin_id, COALESCE(lot_id, 0), status, 0, on_hand FROM inventory_stockbalance WHERE company_id = %s
) AS t JOIN masterdata_item i ON i.id = t.item_id JOIN inventory_warehouse w ON w.id = t.warehouse_id
GROUP BY t.item_id, t.warehouse_id, t.bin_id, t.lot_id, t.status, i.code, w.code HAVING SUM(t.moved) <> SUM(t.shown)
"""
_AREA = "CASE WHEN w.own_valuation THEN m.warehouse_id ELSE 0 END"
_LOT = "CASE WHEN c.valuation_method = 'specific' THEN COALESCE(m.lot_id, 0) ELSE 0 END"
_POOLS_OFF = f"""
SELECT i.code, t.warehouse_id, SUM(t.moved), SUM(t.shown), SUM(t.moved_value), SUM(t.shown_value) FROM (
    SELECT m.item_id, {_AREA} AS warehouse_id, {_LOT} AS lot_id, m.quantity AS moved, 0 AS shown, m.value AS moved_value, 0 AS shown_value
    FROM inventory_stockmove m JOIN inventory_warehouse w ON w.id = m.warehouse_id
    JOIN masterdata_item i ON i.id = m.item_id JOIN masterdata_itemcategory c ON c.id = i.category_id
    WHERE m.company_id = %s
    UNION ALL
    SELECT item_id, COALESCE(warehouse_id, 0), COALESCE(lot_id, 0), 0, quantity, 0, value
    FROM inventory_valuationpool WHERE company_id = %s
) AS t JOIN masterdata_item i ON i.id = t.item_id
GROUP BY t.item_id, t.warehouse_id, t.lot_id, i.code
HAVING SUM(t.moved) <> SUM(t.shown) OR SUM(t.moved_value) <> SUM(t.shown_value)
"""  # noqa: S608 - no input in it
_WORTH_OFF = """
SELECT i.code, p.quantity, p.value FROM inventory_valuationpool p JOIN masterdata_item i ON i.id = p.item_id
WHERE p.company_id = %s AND ((p.quantity = 0 AND p.value <> 0) OR (p.quantity >= 0 AND p.value < 0))
"""
_LAYERS_OFF = """
SELECT i.code, p.quantity, p.value, COALESCE(SUM(l.quantity), 0), COALESCE(SUM(l.value), 0)
FROM inventory_valuationpool p JOIN masterdata_item i ON i.id = p.item_id JOIN masterdata_itemcategory c ON c.id = i.category_id
LEFT JOIN inventory_costlayer l ON l.pool_id = p.id
WHERE p.company_id = %s AND c.valuation_method = 'fifo' AND p.quantity >= 0
GROUP BY p.id, i.code, p.quantity, p.value
HAVING COALESCE(SUM(l.quantity), 0) <> p.quantity OR COALESCE(SUM(l.value), 0) <> p.value
"""
_RESERVED_OFF = """
SELECT i.code, w.code, b.on_hand, b.reserved, COALESCE(SUM(r.quantity), 0)
FROM inventory_stockbalance b JOIN masterdata_item i ON i.id = b.item_id JOIN inventory_warehouse w ON w.id = b.warehouse_id
LEFT JOIN inventory_reservation r ON r.balance_id = b.id AND r.state = 'held'
WHERE b.company_id = %s
GROUP BY b.id, i.code, w.code, b.on_hand, b.reserved
HAVING b.reserved < 0 OR (b.reserved > 0 AND b.reserved > b.on_hand) OR b.reserved <> COALESCE(SUM(r.quantity), 0)
"""


def stock_is_not_negative(company: Company) -> Result:
    """P2: nothing lies below zero, nothing is worth less than nothing, and balances and pools are the sums of the moves."""
    result = Result("P2", _("stock is never below zero, and no stock is worth exactly nothing"))
    result.checked = count("SELECT COUNT(*) FROM inventory_stockbalance WHERE company_id = %s", company.pk)
    result.checked += count("SELECT COUNT(*) FROM inventory_valuationpool WHERE company_id = %s", company.pk)
    for item, warehouse, on_hand in rows(_BELOW_ZERO, company.pk):
        result.differs(named(item, warehouse), "stock is below zero", expected=0, found=quantity(on_hand))
    for item, warehouse, status, moved, shown in rows(_ON_HAND_OFF, company.pk, company.pk):
        text = "what is on hand is not the sum of the moves"
        result.differs(named(item, warehouse, status), text, expected=quantity(moved), found=quantity(shown))
    for item, area, moved, shown, moved_value, shown_value in rows(_POOLS_OFF, company.pk, company.pk):
        expected, found = f"{quantity(moved)} worth {money(moved_value)}", f"{quantity(shown)} worth {money(shown_value)}"
        result.differs(named(item, area), "the valuation pool is not the sum of the moves", expected=expected, found=found)
    for item, number, value in rows(_WORTH_OFF, company.pk):
        result.differs(item, f"{quantity(number)} on hand can't be worth this", found=money(value))
    for item, number, value, of_layers, value_of_layers in rows(_LAYERS_OFF, company.pk):
        expected, found = f"{quantity(number)} worth {money(value)}", f"{quantity(of_layers)} worth {money(value_of_layers)}"
        result.differs(item, "the FIFO layers are not the pool", expected=expected, found=found)
    return result


def reservations_fit(company: Company) -> Result:
    """P3: what is reserved is what reservations hold, and no more than what is on hand."""
    result = Result("P3", _("0 ≤ reserved ≤ on hand"))
    result.checked = count("SELECT COUNT(*) FROM inventory_stockbalance WHERE company_id = %s", company.pk)
    for item, warehouse, on_hand, reserved, held in rows(_RESERVED_OFF, company.pk):
        text = "reserved differs from what is held" if reserved != held else "more is reserved than is on hand"
        limit = quantity(held) if reserved != held else f"at most {quantity(on_hand)}"
        result.differs(named(item, warehouse), text, expected=limit, found=quantity(reserved))
    return result

"""Changing the books behind the application's back: raw SQL with the database's guards set aside, as an intruder would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def unguarded() -> Iterator[Any]:
    """A cursor that no trigger, constraint of ours or foreign key stops; afterwards the guards are back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield cursor
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield cursor
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        for _name, sql in triggers:
            cursor.execute(sql)


def without_constraint(cursor: Any, table: str, name: str) -> None:
    """Drop a CHECK or UNIQUE where the engine enforces it even against us (PostgreSQL)."""
    if connection.vendor == "postgresql":
        checked_now(cursor)
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def checked_now(cursor: Any) -> None:
    """Have deferred foreign keys checked, so that a table can be altered within the transaction (PostgreSQL)."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _one(table: str, where: str = "1 = 1", pick: str = "MIN") -> str:
    return f"id = (SELECT {pick}(id) FROM {table} WHERE {where})"


_ENTRY, _ENTRY_LINE = "inventory_stockentry", "inventory_stockentryline"
_LINE, _LINK = "finance_voucherline", "core_chainlink"
_STOCK_ACCOUNT = "(SELECT MIN(id) FROM finance_account WHERE control = 'inventory' AND is_leaf)"
_BY_HAND = "(SELECT MIN(l.id) FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id WHERE v.source = 'manual')"
_SHIPPED = "item_id, quantity, net_amount, tax_amount, cost, note"

BREAKS: dict[str, tuple[str, ...]] = {
    # name: the promise, what has to be said, the SQL that breaks it
    "a line of a voucher is raised": (
        "P1",
        "debit and credit differ",
        f"UPDATE {_LINE} SET debit = debit + 1 WHERE {_one(_LINE, 'debit > 0', 'MAX')}",
    ),
    "a voucher loses its lines": ("P1", "has no lines", "DELETE FROM finance_vouchersource", f"DELETE FROM {_LINE}"),
    "a voucher's total is changed": ("P1", "total is not the sum", "UPDATE finance_voucher SET total = total + 10000 WHERE number = 1"),
    "a balance row is lost": (
        "P1",
        "account balances are not the sums",
        f"DELETE FROM finance_accountbalance WHERE {_one('finance_accountbalance', pick='MAX')}",
    ),
    "stock is taken below zero": (
        "P2",
        "stock is below zero",
        f"UPDATE inventory_stockbalance SET on_hand = -1000000, reserved = 0 WHERE {_one('inventory_stockbalance', 'NOT may_go_negative')}",
    ),
    "a balance forgets a move": (
        "P2",
        "on hand is not the sum",
        f"UPDATE inventory_stockbalance SET on_hand = on_hand + 1000000 WHERE {_one('inventory_stockbalance')}",
    ),
    "a pool is worth a cent more": (
        "P2",
        "pool is not the sum",
        f"UPDATE inventory_valuationpool SET value = value + 100 WHERE {_one('inventory_valuationpool', 'quantity > 0')}",
    ),
    "value without goods": ("P2", "can't be worth this", "UPDATE inventory_valuationpool SET quantity = 0"),
    "a layer is lost": (
        "P2",
        "FIFO layers are not the pool",
        f"DELETE FROM inventory_costlayer WHERE {_one('inventory_costlayer', 'quantity > 0', 'MAX')}",
    ),
    "more is reserved than held": (
        "P3",
        "reserved differs from what is held",
        f"UPDATE inventory_stockbalance SET reserved = reserved + 1 WHERE {_one('inventory_stockbalance', 'on_hand > reserved + 1')}",
    ),
    "a move's value is changed": (
        "P4",
        "books another value than the goods moved",
        f"UPDATE inventory_stockmove SET value = value + 100 WHERE {_one('inventory_stockmove', 'value > 0', 'MAX')}",
    ),
    "a stock account is booked by hand": (
        "P4",
        "not the value that stock moves brought",
        f"UPDATE {_LINE} SET account_id = {_STOCK_ACCOUNT} WHERE id = {_BY_HAND}",
    ),
    "a work order's cost is changed": (
        "P5",
        "work in process differs",
        f"UPDATE production_workordercost SET amount = amount + 100 WHERE {_one('production_workordercost')}",
    ),
    "an open item is written off": (
        "P6",
        "not what the open items come to",
        f"UPDATE finance_openitem SET open_amount = open_amount - 100 WHERE {_one('finance_openitem', 'open_amount > 100')}",
    ),
    "a settlement is lost": ("P6", "is not the amount less its settlements", "DELETE FROM finance_settlement"),
    "an accrual is changed": ("P6", "goods received, not invoiced", "UPDATE finance_goodsreceived SET amount = amount + 100"),
    "a document is deleted": (
        "P7",
        "SE 2026-03: numbers are missing",
        f"DELETE FROM {_ENTRY_LINE} WHERE document_id = (SELECT MIN(id) FROM {_ENTRY})",
        f"DELETE FROM {_ENTRY} WHERE {_one(_ENTRY)}",
    ),
    "the last document is deleted": (
        "P7",
        "SE 2026-03: numbers are missing",
        f"DELETE FROM {_ENTRY_LINE} WHERE document_id = (SELECT MAX(id) FROM {_ENTRY})",
        f"DELETE FROM {_ENTRY} WHERE {_one(_ENTRY, pick='MAX')}",
    ),
    "a voucher's number is changed": (
        "P7",
        "voucher 记 2026-03: numbers are missing",
        "UPDATE finance_voucher SET number = number + 500 WHERE number = 3",
    ),
    "the counter is set back": (
        "P7",
        "higher than the last one given",
        "UPDATE core_numbersequence SET last = last - 1 WHERE kind = 'shipment'",
    ),
    "all documents of a kind are deleted": (
        "P7",
        "stock_transfer 2026-03: numbers are missing",
        "DELETE FROM inventory_stocktransferline",
        "DELETE FROM inventory_stocktransfer",
    ),
    "a source is lost": ("P10", "names no document line", "DELETE FROM finance_vouchersource WHERE move_id IS NULL"),
    "a source is changed": ("P10", "and its document lines differ", "UPDATE finance_vouchersource SET amount = amount + 100"),
    "a move is not booked": (
        "P10",
        "moved value, but no voucher line comes from it",
        "DELETE FROM finance_vouchersource WHERE move_id IS NOT NULL",
    ),
    "a document's number is changed": (
        "P10",
        "its document SH-202603-0001 does not exist",
        "UPDATE sales_shipment SET number = 'SH-202603-0099' WHERE number = 'SH-202603-0001'",
    ),
    "a line is added to a posted document": (
        "P10",
        "line 77 is posted, but moved nothing",
        f"INSERT INTO sales_shipmentline (line_no, document_id, order_line_id, {_SHIPPED}) "
        f"SELECT 77, document_id, order_line_id, {_SHIPPED} FROM sales_shipmentline WHERE line_no = 1",
    ),
    "an answer is lost": (
        "P11",
        "committed without its answer",
        "INSERT INTO core_idempotencykey (scope, key, fingerprint, status, answer, created_at) "
        "VALUES ('user:1', 'k', 'x', 0, NULL, CURRENT_TIMESTAMP)",
    ),
    "a summary is changed": ("P12", "the content is not what was chained", f"UPDATE {_LINE} SET summary = 'x' WHERE {_one(_LINE)}"),
    "an account is changed": (
        "P12",
        "the content is not what was chained",
        f"UPDATE {_LINE} SET account_id = account_id + 1 WHERE {_one(_LINE, pick='MAX')}",
    ),
    "a poster is changed": (
        "P12",
        "the content is not what was chained",
        "UPDATE finance_voucher SET posted_by_id = posted_by_id + 1000 WHERE number = 2",
    ),
    "a move's date is changed": (
        "P12",
        "the content is not what was chained",
        f"UPDATE inventory_stockmove SET date = '2026-02-01' WHERE {_one('inventory_stockmove')}",
    ),
    "a voucher is deleted": ("P12", "does not exist any more", "DELETE FROM finance_voucher WHERE number = 2"),
    "a link's digest is changed": ("P12", "link 3 (", f"UPDATE {_LINK} SET digest = 'x' WHERE sequence = 3"),
    "the first link is deleted": ("P12", "link 1: the link is missing", f"DELETE FROM {_LINK} WHERE sequence = 1"),
    "a link in the middle is deleted": ("P12", "link 4: the link is missing", f"DELETE FROM {_LINK} WHERE sequence = 4"),
    "the last link is deleted": (
        "P12",
        "chain head: the head is not the last link",
        f"DELETE FROM {_LINK} WHERE {_one(_LINK, pick='MAX')}",
    ),
    "the last link and the head are set back": (
        "P12",
        "it is posted, but not in the chain",
        f"DELETE FROM {_LINK} WHERE {_one(_LINK, pick='MAX')}",
        f"UPDATE core_chainhead SET sequence = sequence - 1, hash = (SELECT hash FROM {_LINK} WHERE {_one(_LINK, pick='MAX')})",
    ),
    "two links are swapped": (
        "P12",
        "does not follow from the link before",
        f"UPDATE {_LINK} SET sequence = 100003 WHERE sequence = 3",
        f"UPDATE {_LINK} SET sequence = 3 WHERE sequence = 4",
        f"UPDATE {_LINK} SET sequence = 4 WHERE sequence = 100003",
    ),
}
CONSTRAINTS = {
    "stock is taken below zero": ("inventory_stockbalance", "on_hand_not_negative"),
    "value without goods": ("inventory_valuationpool", "no_value_without_quantity"),
}
"""What PostgreSQL would refuse even so."""

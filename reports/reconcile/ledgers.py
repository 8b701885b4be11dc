"""P4, P5, P6: every sub-ledger equals the accounts that it keeps."""

from django.utils.translation import gettext_noop as _

from core.models import Company
from reports.reconcile.answers import Result, count, money, named, rows

_POSTINGS_OFF = """
SELECT p.event, p.origin_number, p.date, SUM(t.moved), SUM(t.booked) FROM (
    SELECT posting_id, value AS moved, 0 AS booked FROM inventory_stockmove WHERE company_id = %s
    UNION ALL
    SELECT m.posting_id, 0, s.amount FROM finance_vouchersource s
    JOIN inventory_stockmove m ON m.id = s.move_id
    JOIN finance_voucherline l ON l.id = s.line_id
    JOIN finance_account a ON a.id = l.account_id
    WHERE m.company_id = %s AND a.control = 'inventory'
) AS t JOIN inventory_stockposting p ON p.id = t.posting_id
GROUP BY t.posting_id, p.event, p.origin_number, p.date HAVING SUM(t.moved) <> SUM(t.booked)
"""
_ACCOUNTS_OFF = """
SELECT a.code, SUM(t.stock), SUM(t.books) FROM (
    SELECT l.account_id, s.amount AS stock, 0 AS books FROM finance_vouchersource s
    JOIN finance_voucherline l ON l.id = s.line_id JOIN finance_voucher v ON v.id = l.voucher_id
    WHERE v.company_id = %s AND s.move_id IS NOT NULL
    UNION ALL
    SELECT l.account_id, 0, l.debit - l.credit FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id
    WHERE v.company_id = %s AND v.state = 'posted'
) AS t JOIN finance_account a ON a.id = t.account_id
WHERE a.control = 'inventory' GROUP BY a.code HAVING SUM(t.stock) <> SUM(t.books)
"""
_WIP_OFF = """
SELECT t.number, SUM(t.cost), SUM(t.books) FROM (
    SELECT o.number, c.amount AS cost, 0 AS books FROM production_workordercost c JOIN production_workorder o ON o.id = c.work_order_id
    WHERE c.company_id = %s
    UNION ALL
    SELECT l.work_order, 0, l.debit - l.credit FROM finance_voucherline l
    JOIN finance_voucher v ON v.id = l.voucher_id JOIN finance_account a ON a.id = l.account_id
    WHERE v.company_id = %s AND v.state = 'posted' AND a.control = 'wip'
) AS t GROUP BY t.number HAVING SUM(t.cost) <> SUM(t.books)
"""
_OPEN_ITEMS_OFF = """
SELECT a.code, t.customer_id, t.supplier_id, SUM(t.items), SUM(t.books) FROM (
    SELECT account_id, COALESCE(customer_id, 0) AS customer_id, COALESCE(supplier_id, 0) AS supplier_id,
        CASE WHEN side IN ('payable', 'customer_advance') THEN -open_amount ELSE open_amount END AS items, 0 AS books
    FROM finance_openitem WHERE company_id = %s
    UNION ALL
    SELECT l.account_id, COALESCE(l.customer_id, 0), COALESCE(l.supplier_id, 0), 0, l.debit - l.credit
    FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id JOIN finance_account a ON a.id = l.account_id
    WHERE v.company_id = %s AND v.state = 'posted'
        AND a.control IN ('receivable', 'payable', 'customer_advance', 'supplier_advance')
) AS t JOIN finance_account a ON a.id = t.account_id
GROUP BY a.code, t.customer_id, t.supplier_id HAVING SUM(t.items) <> SUM(t.books)
"""
_GOODS_RECEIVED_OFF = """
SELECT t.supplier_id, SUM(t.waiting), SUM(t.books) FROM (
    SELECT supplier_id, invoiced_amount - amount AS waiting, 0 AS books FROM finance_goodsreceived WHERE company_id = %s
    UNION ALL
    SELECT COALESCE(l.supplier_id, 0), 0, l.debit - l.credit FROM finance_voucherline l
    JOIN finance_voucher v ON v.id = l.voucher_id JOIN finance_account a ON a.id = l.account_id
    WHERE v.company_id = %s AND v.state = 'posted' AND a.control = 'goods_received'
) AS t GROUP BY t.supplier_id HAVING SUM(t.waiting) <> SUM(t.books)
"""
_SETTLEMENTS_OFF = """
SELECT i.origin_number, i.amount, i.open_amount, COALESCE(SUM(s.amount), 0)
FROM finance_openitem i LEFT JOIN finance_settlement s ON s.open_item_id = i.id
WHERE i.company_id = %s GROUP BY i.id, i.origin_number, i.amount, i.open_amount
HAVING i.amount - COALESCE(SUM(s.amount), 0) <> i.open_amount
"""


def stock_equals_accounts(company: Company) -> Result:
    """P4: the value of every stock posting stands on stock accounts, and every stock account is made of stock moves alone."""
    result = Result("P4", _("value in the stock ledger = balance of the inventory accounts"))
    result.checked = count("SELECT COUNT(*) FROM inventory_stockposting WHERE company_id = %s", company.pk)
    result.checked += count("SELECT COUNT(*) FROM finance_account WHERE company_id = %s AND control = 'inventory'", company.pk)
    for event, number, date, moved, booked in rows(_POSTINGS_OFF, company.pk, company.pk):
        text = "the voucher books another value than the goods moved"
        result.differs(named(event, number, date), text, expected=money(moved), found=money(booked))
    for code, stock, books in rows(_ACCOUNTS_OFF, company.pk, company.pk):
        text = "the account's balance is not the value that stock moves brought to it"
        result.differs(f"account {code}", text, expected=money(stock), found=money(books))
    return result


def work_orders_equal_account(company: Company) -> Result:
    """P5: what a work order has collected is its balance in the work-in-process accounts, order by order."""
    result = Result("P5", _("cost collected on work orders = balance of work in process"))
    result.checked = count("SELECT COUNT(DISTINCT work_order_id) FROM production_workordercost WHERE company_id = %s", company.pk)
    for number, cost, books in rows(_WIP_OFF, company.pk, company.pk):
        text = "work in process differs from the cost collected"
        result.differs(number or "(no work order)", text, expected=money(cost), found=money(books))
    return result


def open_items_equal_accounts(company: Company) -> Result:
    """P6: open items and uninvoiced receipts are the balances of their control accounts, partner by partner."""
    result = Result("P6", _("open items = balance of their control accounts"))
    result.checked = count("SELECT COUNT(*) FROM finance_openitem WHERE company_id = %s", company.pk)
    result.checked += count("SELECT COUNT(*) FROM finance_goodsreceived WHERE company_id = %s", company.pk)
    for code, customer, supplier, items, books in rows(_OPEN_ITEMS_OFF, company.pk, company.pk):
        where = named(f"account {code}", _partner("customer", customer), _partner("supplier", supplier))
        result.differs(where, "the balance is not what the open items come to", expected=money(items), found=money(books))
    for supplier, waiting, books in rows(_GOODS_RECEIVED_OFF, company.pk, company.pk):
        where = _partner("supplier", supplier) or "(no supplier)"
        text = "goods received, not invoiced, are not the balance of their account"
        result.differs(where, text, expected=money(waiting), found=money(books))
    for number, amount, open_amount, settled in rows(_SETTLEMENTS_OFF, company.pk):
        result.differs(
            number, "what is open is not the amount less its settlements", expected=money(amount - settled), found=money(open_amount)
        )
    return result


def _partner(kind: str, pk: int) -> str:
    found = rows(f"SELECT code FROM masterdata_{kind} WHERE id = %s", pk) if pk else []  # noqa: S608 - two literal kinds
    return f"{kind} {found[0][0]}" if found else ""

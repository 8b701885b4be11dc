"""P10: every automatic voucher line leads to its document line, and every posted document line to its voucher line."""

from django.utils.translation import gettext_noop as _

from core.documents import DocumentType, document_types
from core.models import Company
from reports.reconcile.answers import Result, count, money, named, rows

_NO_SOURCE = """
SELECT v.word, v.number, v.origin_number, l.line_no FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id
WHERE v.company_id = %s AND v.state = 'posted' AND v.source IN ('document', 'opening')
    AND NOT EXISTS (SELECT 1 FROM finance_vouchersource s WHERE s.line_id = l.id)
"""
_SOURCE_OFF = """
SELECT v.word, v.number, v.origin_number, l.line_no, l.debit - l.credit, SUM(s.amount)
FROM finance_vouchersource s JOIN finance_voucherline l ON l.id = s.line_id JOIN finance_voucher v ON v.id = l.voucher_id
WHERE v.company_id = %s GROUP BY l.id, v.word, v.number, v.origin_number, l.line_no, l.debit, l.credit
HAVING SUM(s.amount) <> l.debit - l.credit
"""
_MOVE_NOT_BOOKED = """
SELECT p.event, p.origin_number, m.origin_line, m.value FROM inventory_stockmove m JOIN inventory_stockposting p ON p.id = m.posting_id
WHERE m.company_id = %s AND m.value <> 0 AND p.event NOT IN ('transfer', 'inspection')
    AND NOT EXISTS (SELECT 1 FROM finance_vouchersource s WHERE s.move_id = m.id)
"""
_LINE_NOT_MOVED = """
SELECT d.number, l.line_no FROM {lines} l JOIN {table} d ON d.id = l.document_id
WHERE d.company_id = %s AND d.posting_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM inventory_stockmove m WHERE m.posting_id = d.posting_id AND m.origin_line = l.line_no)
"""
_LINE_NOT_BOOKED = """
SELECT d.number, l.line_no FROM {lines} l JOIN {table} d ON d.id = l.document_id
WHERE d.company_id = %s AND d.voucher_id IS NOT NULL AND {matters}
    AND NOT EXISTS (SELECT 1 FROM finance_vouchersource s JOIN finance_voucherline v ON v.id = s.line_id
                    WHERE v.voucher_id = d.voucher_id AND s.origin_line = l.line_no)
"""
_SETTLES = "EXISTS (SELECT 1 FROM finance_openitem i WHERE i.id = l.open_item_id AND i.side IN ('receivable', 'payable'))"
_MATTERS = {
    "finance_supplierinvoiceline": "(l.net_amount <> 0 OR l.tax_amount <> 0)",
    "finance_customerreceiptline": _SETTLES,
    "finance_supplierpaymentline": _SETTLES,
    "sales_shipmentline": "(l.net_amount <> 0 OR l.tax_amount <> 0)",
}
"""Lines that must stand in the voucher that their document names, and which of them."""
_NO_DOCUMENT = """
SELECT v.word, v.number, v.origin_kind, v.origin_number FROM finance_voucher v
WHERE v.company_id = %s AND v.state = 'posted' AND v.source = 'document' AND v.origin_kind = %s
    AND NOT EXISTS (SELECT 1 FROM {table} d WHERE d.company_id = v.company_id AND d.number = v.origin_number)
"""


def lines_lead_to_their_documents(company: Company) -> Result:
    """P10: from the voucher line to the document line and back, without a break, and with the same amounts."""
    result = Result("P10", _("voucher lines lead to document lines and back"))
    result.checked = count(
        "SELECT COUNT(*) FROM finance_vouchersource s JOIN finance_voucherline l ON l.id = s.line_id "
        "JOIN finance_voucher v ON v.id = l.voucher_id WHERE v.company_id = %s",
        company.pk,
    )
    for word, number, origin, line in rows(_NO_SOURCE, company.pk):
        result.differs(named(f"{word}-{number}", origin), f"line {line} names no document line")
    for word, number, origin, line, amount, said in rows(_SOURCE_OFF, company.pk):
        text = f"line {line} and its document lines differ"
        result.differs(named(f"{word}-{number}", origin), text, expected=money(said), found=money(amount))
    for event, origin, line, value in rows(_MOVE_NOT_BOOKED, company.pk):
        result.differs(named(event, origin), f"line {line} moved value, but no voucher line comes from it", found=money(value))
    for kind in document_types().values():
        _check_kind(result, company, kind)
    return result


def _check_kind(result: Result, company: Company, kind: DocumentType) -> None:
    table = kind.model._meta.db_table
    lines, names = f"{table}line", {field.name for field in kind.model._meta.concrete_fields}
    has_lines = any(relation.related_model._meta.db_table == lines for relation in kind.model._meta.related_objects)
    if has_lines and "posting" in names:
        for number, line in rows(_LINE_NOT_MOVED.format(lines=lines, table=table), company.pk):
            result.differs(number, f"line {line} is posted, but moved nothing")
    if has_lines and lines in _MATTERS:
        for number, line in rows(_LINE_NOT_BOOKED.format(lines=lines, table=table, matters=_MATTERS[lines]), company.pk):
            result.differs(number, f"line {line} is posted, but no voucher line comes from it")
    for word, serial, _kind, origin in rows(_NO_DOCUMENT.format(table=table), company.pk, kind.kind):
        result.differs(f"{word}-{serial}", f"its document {origin} does not exist")

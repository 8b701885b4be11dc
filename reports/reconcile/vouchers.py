"""P1: every voucher balances, and the account balances follow from the vouchers."""

from django.utils.translation import gettext_noop as _

from core.models import Company
from reports.reconcile.answers import Result, count, money, named, rows

_UNBALANCED = """
SELECT v.word, v.number, v.date, v.origin_number, v.total, COALESCE(SUM(l.debit), 0), COALESCE(SUM(l.credit), 0), COUNT(l.id)
FROM finance_voucher v LEFT JOIN finance_voucherline l ON l.voucher_id = v.id
WHERE v.company_id = %s AND v.state = 'posted'
GROUP BY v.id, v.word, v.number, v.date, v.origin_number, v.total
HAVING COALESCE(SUM(l.debit), 0) <> COALESCE(SUM(l.credit), 0) OR COALESCE(SUM(l.debit), 0) <> v.total OR COUNT(l.id) = 0
"""
_KEY = "period_id, account_id, customer_id, supplier_id, department_id, employee_id, item_id, work_order, project, is_closing, is_opening"
_BALANCES_OFF = f"""
SELECT account_id, period_id, SUM(debit), SUM(credit) FROM (
    SELECT v.period_id, l.account_id, COALESCE(l.customer_id, 0) AS customer_id, COALESCE(l.supplier_id, 0) AS supplier_id,
        COALESCE(l.department_id, 0) AS department_id, COALESCE(l.employee_id, 0) AS employee_id, COALESCE(l.item_id, 0) AS item_id,
        l.work_order, l.project, CASE WHEN v.is_closing_entry THEN 1 ELSE 0 END AS is_closing,
        CASE WHEN v.source = 'opening' THEN 1 ELSE 0 END AS is_opening, l.debit, l.credit
    FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id
    WHERE v.company_id = %s AND v.state = 'posted'
    UNION ALL
    SELECT b.period_id, b.account_id, COALESCE(b.customer_id, 0), COALESCE(b.supplier_id, 0), COALESCE(b.department_id, 0),
        COALESCE(b.employee_id, 0), COALESCE(b.item_id, 0), b.work_order, b.project, CASE WHEN b.is_closing_entry THEN 1 ELSE 0 END,
        CASE WHEN b.is_opening THEN 1 ELSE 0 END, -b.debit, -b.credit
    FROM finance_accountbalance b WHERE b.company_id = %s
) AS both_sides GROUP BY {_KEY} HAVING SUM(debit) <> 0 OR SUM(credit) <> 0
"""  # noqa: S608 - no input in it


def vouchers_balance(company: Company) -> Result:
    """P1: debit equals credit in every posted voucher, its total is right, and the balances are the sums of the lines."""
    result = Result("P1", _("every voucher balances"))
    result.checked = count("SELECT COUNT(*) FROM finance_voucher WHERE company_id = %s AND state = 'posted'", company.pk)
    for word, number, date, origin, total, debit, credit, lines in rows(_UNBALANCED, company.pk):
        where = named(f"{word}-{number}", date, origin)
        if not lines:
            result.differs(where, "the voucher has no lines")
        elif debit != credit:
            result.differs(where, "debit and credit differ", expected=money(debit), found=money(credit))
        else:
            result.differs(where, "the total is not the sum of the lines", expected=money(debit), found=money(total))
    for account, period, debit, credit in rows(_BALANCES_OFF, company.pk, company.pk):
        code = rows("SELECT code FROM finance_account WHERE id = %s", account)[0][0]
        year, month = rows("SELECT year, month FROM core_period WHERE id = %s", period)[0]
        off = f"debit {money(debit)}, credit {money(credit)}"
        result.differs(f"account {code} in {year}-{month:02d}", "the account balances are not the sums of the voucher lines", found=off)
    return result

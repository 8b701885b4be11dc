"""The books as text, so that a test can hold them against a page of the journal."""

import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.models import Company
from finance.models import Account, AccountBalance, Voucher


def trial_balance(company: Company) -> str:
    """Closing balance of every account that has one: code, name, amount (debit positive, credit negative)."""
    totals: dict[int, Decimal] = {}
    for row in AccountBalance.objects.filter(company=company):
        totals[row.account_id] = totals.get(row.account_id, Decimal(0)) + row.debit - row.credit
    accounts = Account.objects.filter(pk__in=totals).order_by("code")
    return aligned([(account.code, account.name, _money(totals[account.pk])) for account in accounts if totals[account.pk]])


def voucher_text(origin_number: str, company: Company | None = None) -> str:
    """All vouchers of a document as an accountant writes them: debit (借) and credit (贷), account, amount, whom it is about."""
    vouchers = Voucher.objects.filter(origin_number=origin_number, **({"company": company} if company else {})).order_by("id")
    rows: list[tuple[str, ...]] = []
    for voucher in vouchers:
        rows += [("",)] if rows else []
        for line in voucher.lines.select_related("account", "customer", "supplier", "department", "employee").order_by("line_no"):
            about = [partner.code for partner in (line.customer, line.supplier, line.department, line.employee) if partner]
            about += [word for word in (line.work_order, line.project) if word]
            is_debit = line.debit or not line.credit
            rows.append(
                ("借" if is_debit else "贷", line.account.code, line.account.name, _money(line.debit or line.credit), " ".join(about))
            )
    return aligned(rows, amount=3)


def aligned(rows: Sequence[Sequence[str]], amount: int = 2) -> str:
    """Columns side by side, the one of the amounts to the right; a Chinese character is two columns wide."""
    widths: dict[int, int] = {}
    for row in rows:
        for index, text in enumerate(row):
            widths[index] = max(widths.get(index, 0), _width(text))
    return "\n".join("  ".join(_padded(row, widths, amount)).rstrip() for row in rows)


def _padded(row: Sequence[str], widths: dict[int, int], amount: int) -> Iterable[str]:
    for index, text in enumerate(row):
        blanks = " " * (widths[index] - _width(text))
        yield blanks + text if index == amount else text + blanks


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"

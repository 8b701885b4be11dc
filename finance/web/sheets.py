"""The voucher list as a workbook."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from core.models import Company
from core.spreadsheets.ledgers import LedgerSheet
from finance.models import Voucher, VoucherLine


def voucher_list_sheet(company: Company, vouchers: Iterable[Voucher], *, span: str) -> bytes:
    """The voucher list (序时账): every line in the order of date and number, with who made, reviewed and posted it."""
    title = _("Voucher list")
    sheet = LedgerSheet(title, [12, 12, 34, 12, 34, 26, 16, 16, 12, 12, 12, 18])
    sheet.heading(company, title, span)
    labels = (
        _("Date"),
        _("Voucher"),
        _("Summary"),
        _("Code"),
        _("Account"),
        _("Dimensions"),
        _("Debit"),
        _("Credit"),
        _("Prepared by"),
        _("Reviewed by"),
        _("Posted by"),
        _("Document"),
    )
    sheet.two_level_head([(label, ()) for label in labels])
    kinds = ["date", *["text"] * 5, "money", "money", *["text"] * 4]
    debit = credit = Decimal(0)
    for voucher in vouchers:
        people = [str(person or "") for person in (voucher.prepared_by, voucher.reviewed_by, voucher.posted_by)]
        for line in voucher.lines.all():
            debit, credit = debit + line.debit, credit + line.credit
            figures = [line.account.code, line.account.label, dimensions_text(line), line.debit, line.credit]
            sheet.write(kinds, [voucher.date, str(voucher), line.summary, *figures, *people, voucher.origin_number])
    sheet.write(kinds, [None, _("Total"), "", "", "", "", debit, credit, "", "", "", ""], bold=True)
    return sheet.content()


def dimensions_text(line: VoucherLine) -> str:
    """The auxiliary dimensions of a voucher line in one text."""
    named = (line.customer, line.supplier, line.department, line.employee)
    return " / ".join([*(str(one) for one in named if one), *(text for text in (line.work_order, line.project) if text)])

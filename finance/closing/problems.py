"""What can keep a month open, as nouns that carry facts."""

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInputs


class ClosingBlocked(InvalidInputs):
    """Something keeps the period open; everything found is named, nothing is written."""

    code = "closing_blocked"
    status = 409
    text = _("This period can't be closed yet.")


class OpenDocument(BusinessError):
    """A document dated in the period (or before) is still a draft."""

    code = "open_document"
    text = _("{kind} {number} of {date} is not posted.")
    hint = _("Post it, cancel it, or give it a later date.")


class OpenVoucher(BusinessError):
    """A voucher of the period is not posted."""

    code = "open_voucher"
    text = _("Voucher {voucher} of {date} is not posted.")
    hint = _("Review and post it, or cancel it.")


class NegativeStock(BusinessError):
    """An item lies below zero."""

    code = "negative_stock"
    text = _("{item} in {warehouse} stands at {quantity}.")
    hint = _("Post the missing receipt, or correct the stock.")


class EarlierPeriodOpen(BusinessError):
    """Periods are closed in order."""

    code = "earlier_period_open"
    text = _("{period} is not closed yet.")
    hint = _("Close the periods in order.")


class LaterPeriodClosed(BusinessError):
    """Periods are opened again in reverse order."""

    code = "later_period_closed"
    text = _("{period} is closed; it has to be opened first.")


class StockNotClosed(BusinessError):
    """Stock is closed before the books."""

    code = "stock_not_closed"
    text = _("The stock of {period} is not closed yet.")


class ResultNotTransferred(BusinessError):
    """A profit and loss account still has a balance."""

    code = "result_not_transferred"
    text = _("{account} still has a balance of {amount}.")
    hint = _("Run “Transfer profit and loss” again.")


class YearNotTransferred(BusinessError):
    """At the end of a year only undistributed profit may be left of its result."""

    code = "year_not_transferred"
    text = _("{account} still has a balance of {amount}.")
    hint = _("Run “Transfer the result of the year” again.")


class OverheadNotSettled(BusinessError):
    """Overhead was spent or absorbed, and the difference has not been settled."""

    code = "overhead_not_settled"
    text = _("{account} (department: {department}) still has overhead of {amount}.")
    hint = _("Run “Overhead difference” again.")


class VatNotTransferred(BusinessError):
    """VAT payable of the month is not where it is paid from."""

    code = "vat_not_transferred"
    text = _("VAT of {amount} has not been transferred to “unpaid VAT”.")
    hint = _("Run “Transfer VAT” again.")


class BooksOff(BusinessError):
    """Debit and credit of all accounts differ; this can't happen and has to be looked into."""

    code = "books_off"
    text = _("Debit {debit} and credit {credit} of all accounts differ.")


class StatementUnsound(BusinessError):
    """A check of a statement fails."""

    code = "statement_unsound"
    text = _("{statement}: {check} ({left} against {right}) {detail}")


class StepNotPassed(BusinessError):
    """A step of the month end has found something."""

    code = "step_not_passed"
    text = _("The step “{step}” has not passed.")
    hint = _("Correct what it found, then run it again.")


class ChartIncomplete(BusinessError):
    """The chart of accounts lacks an account that the month end needs."""

    code = "chart_incomplete"
    text = _("The chart of accounts has no account {code} that takes entries.")
    hint = _("An accountant adds it under Finance → Accounts.")


ALL = {
    problem.code: problem
    for problem in (
        OpenDocument,
        OpenVoucher,
        NegativeStock,
        EarlierPeriodOpen,
        LaterPeriodClosed,
        StockNotClosed,
        ResultNotTransferred,
        YearNotTransferred,
        OverheadNotSettled,
        VatNotTransferred,
        BooksOff,
        StatementUnsound,
        StepNotPassed,
        ChartIncomplete,
    )
}

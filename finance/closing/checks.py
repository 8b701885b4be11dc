"""The checking steps of a month end: they look, and write down what they found."""

import datetime as dt

from core.db import durable
from core.models import Company, User
from finance.closing import findings, steps
from finance.models import ClosingStep


@durable
def check_documents(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Find documents and vouchers of the period that are not posted, and stock below zero."""
    period = steps.find_period(company, period_id)
    found = [
        *findings.open_documents(company, period, with_finance=True),
        *findings.open_vouchers(company, period),
        *findings.negative_stock(company),
    ]
    return steps.record(company, period, steps.DOCUMENTS, by=by, at=at, blocking=found)


@durable
def check_trial_balance(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """See that debit equals credit, and that no result and no VAT is left to be transferred."""
    period = steps.find_period(company, period_id)
    found = [
        *findings.trial_balance_off(company, period),
        *findings.result_left(company, period),
        *findings.vat_left(company, period),
    ]
    return steps.record(company, period, steps.BALANCE, by=by, at=at, blocking=found)


@durable
def check_statements(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Draw up the statements and see that their checks hold."""
    period = steps.find_period(company, period_id)
    found = list(findings.unsound(findings.statements(company, period)))
    return steps.record(company, period, steps.STATEMENTS, by=by, at=at, blocking=found)

"""The checking steps of a month end: they look, and write down what they found; not in a closed period, where closing has written."""

import datetime as dt
from collections.abc import Sequence

from core.db import durable
from core.errors import AlreadyDone, BusinessError
from core.models import Company, Period, User
from finance.closing import findings, steps
from finance.models import ClosingStep


@durable
def check_documents(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Find documents and vouchers of the period that are not posted, and stock below zero.

    Raises:
        AlreadyDone: the period is closed.
    """
    period = steps.find_period(company, period_id)
    found = [
        *findings.open_documents(company, period, with_finance=True),
        *findings.open_vouchers(company, period),
        *findings.negative_stock(company),
    ]
    return _write_down(company, period, steps.DOCUMENTS, found, by=by, at=at)


@durable
def check_trial_balance(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """See that debit equals credit, and that no result, no overhead and no VAT is left to be transferred.

    Raises:
        AlreadyDone: the period is closed.
    """
    period = steps.find_period(company, period_id)
    found = [
        *findings.trial_balance_off(company, period),
        *findings.result_left(company, period),
        *findings.overhead_left(company, period),
        *findings.vat_left(company, period),
    ]
    return _write_down(company, period, steps.BALANCE, found, by=by, at=at)


@durable
def check_statements(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Draw up the statements and see that their checks hold.

    Raises:
        AlreadyDone: the period is closed.
    """
    period = steps.find_period(company, period_id)
    found = list(findings.unsound(findings.statements(company, period)))
    return _write_down(company, period, steps.STATEMENTS, found, by=by, at=at)


def _write_down(company: Company, period: Period, step: str, found: Sequence[BusinessError], *, by: User, at: dt.datetime) -> ClosingStep:
    """Keep what was found. The period is looked at again, held: what closing has kept meanwhile is not written over."""
    held = steps.find_period(company, period.pk, lock=True)
    if held.state == Period.State.CLOSED:
        raise AlreadyDone(number=held.code, state=held.get_state_display())
    return steps.record(company, held, step, by=by, at=at, blocking=found)

"""Closing and opening a period: its row is held for update, so nothing is posted between the last look and the close (P9)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.chain import canonical
from core.db import durable
from core.errors import AlreadyDone, BusinessError, InvalidInput
from core.models import AuditEntry, ChainHead, Company, OutboxEvent, Period, User
from core.periods import open_year
from finance.closing import findings, problems, steps
from finance.models import ClosingStep
from finance.statements import Statement

AHEAD = dt.timedelta(days=92)
"""Posting goes on while the old year waits for its month end, so a year is opened a quarter before it begins."""

_CLOSED = Period.State.CLOSED
_STOCK_CLOSED = Period.State.STOCK_CLOSED


def open_years(company: Company, first: dt.date, last: dt.date) -> None:
    """Open the months of the years from that of `first` to the one that is near on `last`; those that exist stay as they are."""
    for year in range(first.year, (last + AHEAD).year + 1):
        open_year(company, year)


@durable
def close_stock(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Close the stock of a period: no goods move in it any more, the books stay open. Late in the year it opens the next one.

    Raises:
        AlreadyDone: it is closed.
        ClosingBlocked: drafts, stock below zero, or an earlier period whose stock is open.
    """
    period = steps.find_period(company, period_id, lock=True)
    if period.state != Period.State.OPEN:
        raise AlreadyDone(number=period.code, state=period.get_state_display())
    found = [
        *findings.earlier_open(company, period, allowed=(_CLOSED, _STOCK_CLOSED)),
        *findings.open_documents(company, period, with_finance=False),
        *findings.negative_stock(company),
    ]
    if found:
        raise problems.ClosingBlocked(found)
    _move(period, _STOCK_CLOSED, "close_stock", by=by, at=at)
    open_years(company, period.end_date, max(period.end_date, at.date()))
    return steps.record(company, period, steps.STOCK, by=by, at=at)


@durable
def close_period(*, company: Company, period_id: int, by: User, at: dt.datetime) -> ClosingStep:
    """Close the books of a period; its statements are kept as they are now.

    Raises:
        AlreadyDone: it is closed.
        ClosingBlocked: with everything that keeps it open.
    """
    period = steps.find_period(company, period_id, lock=True)
    if period.state == _CLOSED:
        raise AlreadyDone(number=period.code, state=period.get_state_display())
    made = findings.statements(company, period)
    found = _against_closing(company, period, made)
    if found:
        raise problems.ClosingBlocked(found)
    steps.record(company, period, steps.STATEMENTS, by=by, at=at, notes=[_snapshot(statement) for statement in made])
    _move(period, _CLOSED, "close_period", by=by, at=at)
    open_years(company, period.end_date, max(period.end_date, at.date()))
    return steps.record(company, period, steps.CLOSED, by=by, at=at)


def _against_closing(company: Company, period: Period, made: Sequence[Statement]) -> list[BusinessError]:
    found: list[BusinessError] = []
    if period.state == Period.State.OPEN:
        found.append(problems.StockNotClosed(period=period.code))
    return [
        *found,
        *findings.earlier_open(company, period, allowed=(_CLOSED,)),
        *findings.open_documents(company, period, with_finance=True),
        *findings.open_vouchers(company, period),
        *findings.trial_balance_off(company, period),
        *findings.result_left(company, period),
        *findings.overhead_left(company, period),
        *findings.vat_left(company, period),
        *findings.unsound(made),
        *_foreign_steps_failed(company, period),
    ]


def _foreign_steps_failed(company: Company, period: Period) -> list[BusinessError]:
    """Steps of other floors that have not passed; our own are looked at afresh above."""
    ours = {step.name for step in steps.STEPS}
    rows = ClosingStep.objects.filter(company=company, period=period, passed=False).exclude(step__in=ours).order_by("id")
    return [problems.StepNotPassed(step=row.step) for row in rows]


def _snapshot(statement: Statement) -> dict[str, Any]:
    lines = [[line.number, format(line.first or 0, ".2f"), format(line.second or 0, ".2f")] for line in statement.lines if line.number]
    return {"statement": statement.kind, "lines": lines}


@durable
def reopen_period(*, company: Company, period_id: int, by: User, at: dt.datetime, reason: str) -> Period:
    """Open a period again, one step back: closed books become “stock closed”, closed stock becomes open (反结账).

    Posted vouchers stay unchangeable; only new entries become possible.

    Raises:
        LaterPeriodClosed: a later period is further than this one would be; the last one is opened first.
        InvalidInput: no reason is given, or the period is open.
    """
    if not reason.strip():
        raise InvalidInput("required", _("Say why the period is opened again."), field="reason")
    period = steps.find_period(company, period_id, lock=True)
    if period.state == Period.State.OPEN:
        raise InvalidInput("period_open", _("{period} is open."), period=period.code)
    later = Period.objects.select_for_update().filter(company=company, start_date__gt=period.end_date).order_by("-year", "-month")
    ahead = (_CLOSED,) if period.state == _CLOSED else (_CLOSED, _STOCK_CLOSED)
    blocking = next((row for row in later if row.state in ahead), None)
    if blocking is not None:
        raise problems.LaterPeriodClosed(period=blocking.code)
    back_to = _STOCK_CLOSED if period.state == _CLOSED else Period.State.OPEN
    done = steps.CLOSED if period.state == _CLOSED else steps.STOCK
    ClosingStep.objects.filter(company=company, period=period, step=done).delete()
    _move(period, back_to, "reopen_period" if done == steps.CLOSED else "reopen_stock", by=by, at=at, reason=reason)
    return period


def _move(period: Period, to: str, action: str, *, by: User, at: dt.datetime, reason: str = "") -> None:
    """Change the period's state and log it, with the place in the hash chain up to which it may hold entries."""
    from_state = period.state
    period.state = to
    period.save(update_fields=["state"])
    head = ChainHead.objects.filter(company=period.company).first()
    AuditEntry.objects.create(
        company=period.company,
        at=at,
        user=by,
        action=action,
        kind=Period._meta.label_lower,
        object_id=period.pk,
        number=period.code,
        from_state=from_state,
        to_state=to,
        reason=reason,
        changes={"chain_sequence": head.sequence if head else 0},
    )
    payload = canonical({"period": period.code, "state": to, "reason": reason})
    OutboxEvent.objects.create(company=period.company, kind=f"period.{to}", payload=payload, created_at=at)

"""The month-end cockpit: every step with ✓ or ✗, what it found, who ran it, and the button that runs it."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import BusinessError, InvalidInput, NotVisible
from core.models import Period
from core.web.http import CompanyRequest
from costing import month_end as costing
from finance import closing
from finance.closing import steps
from finance.models import ClosingStep
from reports.web.frame import periods_of

RUN: Mapping[str, Callable[..., Any]] = {
    steps.DOCUMENTS: closing.check_documents,
    steps.STOCK: closing.close_stock,
    costing.OVERHEAD: costing.settle_overhead,
    steps.VAT: closing.transfer_vat,
    steps.RESULT: closing.transfer_profit_and_loss,
    steps.YEAR: closing.transfer_year_result,
    steps.BALANCE: closing.check_trial_balance,
    steps.STATEMENTS: closing.check_statements,
    steps.CLOSED: closing.close_period,
}
"""What runs each step, in the order in which they are shown."""

FOR_GOOD = {steps.STOCK, steps.CLOSED}
"""Steps that shut something; they ask first."""


def month_end(request: CompanyRequest, pk: int | None = None) -> HttpResponse:
    """The cockpit of a month: the one asked for, else the first that is not closed."""
    return _cockpit(request, _period(request, pk))


def _period(request: CompanyRequest, pk: int | None) -> Period:
    periods = periods_of(request.company)
    wanted = (
        [period for period in periods if period.pk == pk] if pk else [p for p in periods if p.state != Period.State.CLOSED] or periods[-1:]
    )
    if not wanted:
        raise NotVisible()
    return wanted[0]


def _cockpit(request: CompanyRequest, period: Period, *, error: BusinessError | None = None) -> HttpResponse:
    found: list[dict[str, Any]] = []
    for step, row in _steps(request, period):
        sentences = [words for words in map(closing.words, row.findings) if words] if row else []
        found.append({"step": step, "row": row, "findings": sentences, "can_run": step.name in RUN, "for_good": step.name in FOR_GOOD})
    waiting = (one for one in found if one["can_run"] and not (one["row"] and one["row"].passed))
    next(waiting, {})["is_next"] = True
    context = {
        "title": _("Month end {period}").format(period=period.code),
        "period": period,
        "periods": periods_of(request.company),
        "steps": found,
        "may_close": request.access.may("finance.close_period"),
        "may_reopen": request.access.may("finance.reopen_period") and period.state != Period.State.OPEN,
        "error": error,
        "key": uuid.uuid4().hex,
    }
    return render(request, "reports/month_end.html", context, status=error.status if error else 200)


def _steps(request: CompanyRequest, period: Period) -> list[tuple[closing.Step, ClosingStep | None]]:
    """The steps of finance and of costing, in the order of RUN; what else has been recorded comes first."""
    known = {step.name: (step, row) for step, row in closing.steps_of(request.company, period)}
    known[costing.OVERHEAD] = (costing.STEP, known.get(costing.OVERHEAD, (None, None))[1])
    places = {name: place for place, name in enumerate(RUN)}
    return sorted(known.values(), key=lambda pair: places.get(pair[0].name, -1))


def run_step(request: CompanyRequest, pk: int, step: str) -> HttpResponse:
    """Run one step; what keeps it from passing is shown on the cockpit."""
    if step not in RUN:
        raise NotVisible()
    period = _period(request, pk)
    try:
        RUN[step](company=request.company, period_id=period.pk, by=request.user, at=timezone.now())
    except NotVisible:
        raise
    except BusinessError as error:
        return _cockpit(request, period, error=error)
    messages.success(request, _("Done."))
    return redirect("month-end", pk=period.pk)


def reopen(request: CompanyRequest, pk: int) -> HttpResponse:
    """Open a closed month again, one step back; it wants a reason and is logged."""
    period = _period(request, pk)
    try:
        reason = request.POST.get("reason", "").strip()[:200]
        if not reason:
            raise InvalidInput("required", _("Say why in a few words."), field="reason")
        closing.reopen_period(company=request.company, period_id=period.pk, by=request.user, at=timezone.now(), reason=reason)
    except BusinessError as error:
        return _cockpit(request, period, error=error)
    messages.warning(request, _("{period} is open again.").format(period=period.code))
    return redirect("month-end", pk=period.pk)

"""The steps of a month end and what each has found."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.documents import Text
from core.errors import BusinessError, NotVisible, facts_for_machines
from core.models import Company, Period, User
from finance.closing import problems
from finance.models import ClosingStep


@dataclass(frozen=True, slots=True)
class Step:
    """A step by its name; `december` steps belong to the end of the year."""

    name: str
    label: Text
    december: bool = False


DOCUMENTS, STOCK, VAT, RESULT, YEAR, BALANCE, STATEMENTS, CLOSED = (
    "documents",
    "stock",
    "vat",
    "profit_and_loss",
    "year_result",
    "trial_balance",
    "statements",
    "closed",
)
STEPS = (
    Step(DOCUMENTS, _("Open documents")),
    Step(STOCK, _("Close stock")),
    Step(VAT, _("Transfer VAT")),
    Step(RESULT, _("Transfer profit and loss")),
    Step(YEAR, _("Transfer the result of the year"), december=True),
    Step(BALANCE, _("Trial balance")),
    Step(STATEMENTS, _("Statements")),
    Step(CLOSED, _("Close the period")),
)


def find_period(company: Company, period_id: int, *, lock: bool = False) -> Period:
    """A period of the company; with `lock`, held against all postings until commit.

    Raises:
        NotVisible: there is none.
    """
    rows = Period.objects.filter(company=company, pk=period_id)
    period = (rows.select_for_update() if lock else rows).first()
    if period is None:
        raise NotVisible()
    return period


def record(
    company: Company,
    period: Period,
    step: str,
    *,
    by: User,
    at: dt.datetime,
    blocking: Sequence[BusinessError] = (),
    notes: Sequence[Mapping[str, Any]] = (),
) -> ClosingStep:
    """Write what a step has found; it has passed when nothing blocks.

    Args:
        notes: what else is worth keeping: vouchers made, figures.
    """
    findings: list[Any] = [{"code": problem.code, "facts": facts_for_machines(problem)} for problem in blocking]
    values = {"passed": not blocking, "findings": [*findings, *notes], "run_by": by, "run_at": at}
    row, _created = ClosingStep.objects.update_or_create(company=company, period=period, step=step, defaults=values)
    return row


def steps_of(company: Company, period: Period) -> list[tuple[Step, ClosingStep | None]]:
    """The steps of a period in their order, with what each has found so far; steps of other floors come with their own rows."""
    rows = {row.step: row for row in ClosingStep.objects.filter(company=company, period=period).select_related("run_by").order_by("id")}
    known = [(step, rows.pop(step.name, None)) for step in STEPS if period.month == 12 or not step.december]
    return [*((Step(name, name), row) for name, row in rows.items()), *known]


def words(finding: Mapping[str, Any]) -> str:
    """A finding as a sentence in the active language; empty for a note that is none."""
    problem = problems.ALL.get(str(finding.get("code", "")))
    return problem(**finding["facts"]).message() if problem else ""

"""Material requirements planning: from what is wanted, what is there and what will come to what should be made and bought."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import durable
from core.models import Company, User
from core.progress import Silent
from inventory.models import PlanRun
from inventory.requirements import lock_planning
from production.mrp import messages, peg, plan
from production.plan_reading import read_plant
from production.plan_writing import drop_old, exceptions, makeable, write_proposals

DEFAULT_HORIZON = 180
_Progress = Callable[..., None]


@durable
def run_mrp(
    *,
    company: Company,
    by: User,
    at: dt.datetime,
    plan_date: dt.date,
    horizon_days: int = DEFAULT_HORIZON,
    progress: _Progress | None = None,
) -> PlanRun:
    """Plan all items of a company; open proposals of earlier runs are dropped, the new ones say what they are for.

    Stock that is free or in inspection nets everything. What is reserved is reserved for a demand, which is counted itself; where it is
    not planned now, or wants less, that stock is left alone. Drafted and released work orders count as coming, and their materials as
    wanted, so nothing is planned twice.

    Args:
        plan_date: today; nothing is planned for the past, but an order that should have been started before is marked late.
        horizon_days: demands due later are left out; what is on its way and not wanted before may be meant for them.
        progress: called with percent and a line for the log.

    Raises:
        BomCycle: the bills of materials go round in a circle.
        QuantityTooLarge: somebody mistyped a quantity; nothing is written.
    """
    tell = progress or Silent()
    lock_planning(company)
    tell(5, _("Reading stock, demand, supply and bills of materials"))
    reading = read_plant(company, plan_date=plan_date, horizon_days=horizon_days)
    tell(30, _("Computing {items} items, {demands} demands").format(items=len(reading.items), demands=len(reading.demands)))
    planned = plan(reading.plant)
    pegging = peg(reading.plant, planned)
    tell(45, _("Writing {count} proposals").format(count=len(planned.orders)))
    drop_old(company)
    run = PlanRun(company=company, run_at=at, run_by=by, plan_date=plan_date, horizon_days=horizon_days)
    run.proposals_count = int(makeable(reading, planned).sum())
    run.exceptions = exceptions(run, reading, planned, messages(reading.plant, planned))
    run.save(force_insert=True)
    write_proposals(run, reading, planned, pegging)
    tell(95, _("{count} proposals, {messages} messages").format(count=run.proposals_count, messages=len(run.exceptions)))
    return run


def mrp_job(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: _Progress) -> dict[str, Any]:
    """The same as a background job; running it twice gives the same proposals.

    Args:
        params: plan_date (ISO text; today without one) and horizon_days.
    """
    text = params.get("plan_date")
    plan_date = dt.date.fromisoformat(text) if text else timezone.localdate(at)
    horizon = int(params.get("horizon_days") or DEFAULT_HORIZON)
    run = run_mrp(company=company, by=by, at=at, plan_date=plan_date, horizon_days=horizon, progress=progress)
    return {"plan_run": run.pk, "proposals": run.proposals_count, "messages": len(run.exceptions)}

"""The planner's desk: on Mondays material planning runs; what has to begin soon becomes work orders and requisitions."""

import datetime as dt

from erp.demo.calendar import at
from erp.demo.desks import buying
from erp.demo.masters import Factory
from inventory.models import PlanRun, Proposal
from production.planning import run_mrp
from production.proposals import from_proposals

PLANNING_WEEKDAY = 0
MAKE_AHEAD = dt.timedelta(days=4)
BUY_AHEAD = dt.timedelta(days=7)


def plan_week(factory: Factory, day: dt.date) -> None:
    """Plan, and turn into orders what must begin before the next Monday."""
    if day.weekday() != PLANNING_WEEKDAY:
        return
    run = plan(factory, day)
    make = run.proposals.filter(kind=Proposal.Kind.MAKE, start_date__lte=day + MAKE_AHEAD)
    if ids := list(make.order_by("id").values_list("id", flat=True)):
        from_proposals(company=factory.company, proposal_ids=ids, date=day, by=factory.people.planner, at=at(day, 8, 10))
    buy = run.proposals.filter(kind=Proposal.Kind.BUY, start_date__lte=day + BUY_AHEAD).select_related("item").order_by("id")
    for requisition in buying.ask(factory, day, list(buy)):
        buying.order(factory, day, requisition)


def plan(factory: Factory, day: dt.date) -> PlanRun:
    """Run material planning as of `day`."""
    return run_mrp(company=factory.company, by=factory.people.planner, at=at(day, 8), plan_date=day)

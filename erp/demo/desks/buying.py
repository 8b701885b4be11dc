"""The buyers' desk: what planning proposes to buy becomes requisitions, and those become orders, one for each supplier."""

import datetime as dt
from collections.abc import Sequence

from core.models import State
from erp.demo.calendar import at
from erp.demo.masters import Factory
from inventory.models import Proposal, Warehouse
from purchasing.models import Requisition
from purchasing.orders import approve_order, from_requisitions
from purchasing.requisitions import approve_requisition, from_proposals


def ask(factory: Factory, day: dt.date, proposals: Sequence[Proposal]) -> list[Requisition]:
    """Turn proposals to buy into requisitions, one for each warehouse that they are for."""
    asked = []
    for warehouse in factory.warehouses.values():
        ids = [proposal.pk for proposal in proposals if factory.home[proposal.item.code].warehouse_id == warehouse.pk]
        if ids:
            requisition = from_proposals(
                company=factory.company,
                proposal_ids=ids,
                date=day,
                by=factory.people.planner,
                at=at(day, 11),
                department=factory.departments["D03"],
            )
            asked.append(requisition)
    return asked


def order(factory: Factory, day: dt.date, requisition: Requisition) -> None:
    """Approve a requisition and order all of it; the boss approves the orders."""
    company, people = factory.company, factory.people
    approve_requisition(company=company, document_id=requisition.pk, by=people.boss, at=at(day, 11, 30))
    drafts = from_requisitions(
        company=company,
        requisition_ids=[requisition.pk],
        warehouse=_warehouse_of(factory, requisition),
        date=day,
        by=people.buyer,
        at=at(day, 13, 30),
    )
    for draft in drafts:
        approve_order(company=company, document_id=draft.pk, by=people.boss, at=at(day, 14))


def _warehouse_of(factory: Factory, requisition: Requisition) -> Warehouse:
    line = requisition.lines.select_related("item").first()
    assert line is not None
    return next(one for one in factory.warehouses.values() if one.pk == factory.home[line.item.code].warehouse_id)


def waiting(factory: Factory) -> list[Requisition]:
    """Requisitions that nobody has approved."""
    return list(Requisition.objects.filter(company=factory.company, state=State.DRAFT).order_by("id"))

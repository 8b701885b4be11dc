"""Requisitions: what should be bought, by hand or from planning. They count as supply to come, so planning proposes nothing twice."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.drafts import open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInputs, NotVisible
from core.models import Company, State, User
from core.posting import change_state, claim, require_other_person
from core.versions import require_as_read
from inventory import requirements
from inventory.ledger import Origin
from inventory.ledger.posting import upsert
from inventory.models import Proposal, Supply
from inventory.requirements import Requirement, lock_planning
from masterdata.models import Department
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from purchasing.models import PurchaseOrderLine, Requisition, RequisitionLine

KIND, PREFIX = "requisition", "PR"


class PartlyOrdered(BusinessError):
    """A requisition of which something has been ordered can't be cancelled."""

    code = "partly_ordered"
    text = _("{number} has been ordered in part, so it can't be cancelled.")
    hint = _("Cancel its purchase orders first.")


class NotToBuy(BusinessError):
    """A proposal that is no longer open, or is about making."""

    code = "wrong_proposal"
    text = _("The proposal for {item} is {state} ({kind}); only open proposals to buy become requisitions.")


def origin_of(requisition: Requisition) -> Origin:
    """How the floors below name this requisition."""
    return Origin(KIND, requisition.number)


@durable
def draft_requisition(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> Requisition:
    """Ask for something to be bought.

    Args:
        data: validated by `purchasing.inputs.RequisitionInput`.

    Raises:
        InvalidInputs, SomeBlocked: with every field at fault; nothing is written.
    """
    requisition = Requisition(company=company)
    lines = _fill(requisition, data)
    save_draft(requisition, lines, kind=KIND, prefix=PREFIX, by=by, at=at)
    _register(requisition, lines)
    return requisition


@durable
def edit_requisition(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> Requisition:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    requisition = open_draft(Requisition, document_id, company=company, version=version)
    lines = _fill(requisition, data)
    save_edit(requisition, lines, by=by, at=at)
    Supply.objects.filter(company=company, origin_kind=KIND, origin_number=requisition.number).delete()
    _register(requisition, lines)
    return requisition


def _fill(requisition: Requisition, data: Mapping[str, Any]) -> list[RequisitionLine]:
    requisition.document_date, requisition.note, requisition.department = (
        data["document_date"],
        data.get("note", ""),
        data.get("department"),
    )
    lines = [
        RequisitionLine(
            document=requisition,
            line_no=number,
            item=line["item"],
            supplier=line.get("supplier"),
            quantity=line["quantity"],
            due_date=line["due_date"],
            note=line.get("note", ""),
        )
        for number, line in enumerate(data["lines"], start=1)
    ]
    named = [(line_path(line.line_no, "item"), line.item) for line in lines]
    refuse_blocked([*named, *((line_path(line.line_no, "supplier"), line.supplier) for line in lines if line.supplier)])
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    late: list[BusinessError] = [
        DateOrder(field=line_path(line.line_no, "due_date"), later=_("The day it is needed"), earlier=_("the date of the requisition"))
        for line in lines
        if line.due_date < requisition.document_date
    ]
    if late:
        raise InvalidInputs(late)
    return lines


def _register(requisition: Requisition, lines: Sequence[RequisitionLine]) -> None:
    wanted = [Requirement(line.line_no, line.item, line.quantity, line.due_date) for line in lines]
    requirements.register(Supply, requisition.company, origin_of(requisition), wanted)


@durable
def approve_requisition(*, company: Company, document_id: int, by: User, at: dt.datetime) -> Requisition:
    """Agree that this is bought.

    Raises:
        MakerIsChecker: it was made or changed by the same person.
    """
    requisition = claim(Requisition, document_id, [State.DRAFT], done=(State.APPROVED, State.DONE), company=company)
    require_other_person(requisition, by)
    refuse_blocked((line_path(line.line_no, "item"), line.item) for line in requisition.lines.select_related("item"))
    change_state(requisition, State.APPROVED, "approve", by=by, at=at, approved_by_id=by.pk, approved_at=at)
    return requisition


@durable
def cancel_requisition(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Requisition:
    """Give up a requisition of which nothing has been ordered.

    Raises:
        PartlyOrdered: something has been ordered.
    """
    requisition = claim(Requisition, document_id, [State.DRAFT, State.APPROVED], done=(State.CANCELLED,), company=company)
    if requisition.lines.exclude(ordered=0).exists():
        raise PartlyOrdered(number=requisition.number)
    requirements.close(Supply, company, origin_of(requisition))
    change_state(requisition, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    return requisition


@durable
def from_proposals(
    *, company: Company, proposal_ids: Sequence[int], date: dt.date, by: User, at: dt.datetime, department: Department | None = None
) -> Requisition:
    """Turn what planning proposes to buy into one requisition; what should have been ordered earlier is needed at once.

    Raises:
        NotVisible: a proposal does not exist in this company.
        InvalidInputs: a proposal is no longer open, or is about making; nothing is written.
    """
    lock_planning(company)
    proposals = list(
        Proposal.objects.select_for_update(of=("self",))
        .filter(company=company, pk__in=proposal_ids)
        .select_related("item__unit", "item__category", "item__default_supplier", "supplier")
        .order_by("id")
    )
    if not proposals or len(proposals) != len(set(proposal_ids)):
        raise NotVisible()
    wrong: list[BusinessError] = [
        NotToBuy(item=proposal.item, state=proposal.get_state_display(), kind=proposal.get_kind_display())
        for proposal in proposals
        if proposal.state != Proposal.State.OPEN or proposal.kind != Proposal.Kind.BUY
    ]
    if wrong:
        raise InvalidInputs(wrong)
    data = {"document_date": date, "department": department, "lines": [_proposed(proposal, date) for proposal in proposals]}
    requisition = draft_requisition(company=company, data=data, by=by, at=at)
    Proposal.objects.filter(pk__in=[proposal.pk for proposal in proposals]).update(
        state=Proposal.State.CONVERTED, became_kind=KIND, became_number=requisition.number
    )
    return requisition


def _proposed(proposal: Proposal, date: dt.date) -> dict[str, Any]:
    return {
        "item": proposal.item,
        "supplier": proposal.supplier or proposal.item.default_supplier,
        "quantity": proposal.quantity,
        "due_date": max(proposal.due_date, date),
    }


def lock_requisitions(company: Company, ids: Iterable[int]) -> dict[int, RequisitionLine]:
    """Lock requisitions that orders are made from, and then their lines; gives the lines by id (building block)."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    for requisition in Requisition.objects.select_for_update().filter(company=company, pk__in=wanted).order_by("id"):
        require_as_read(requisition)
    lines = RequisitionLine.objects.select_for_update(of=("self",)).filter(document__in=wanted, document__company=company)
    return {
        line.pk: line
        for line in lines.select_related("document", "item__unit", "item__category", "item__default_supplier", "supplier").order_by("id")
    }


def follow_orders(company: Company, lines: Mapping[int, RequisitionLine], *, by: User, at: dt.datetime) -> None:
    """Write what has been ordered of locked requisition lines, what of it comes as supply of its own now, and the states."""
    if not lines:
        return
    sums = {
        row["requisition_line_id"]: (row["ordered"] or ZERO, row["approved"] or ZERO)
        for row in PurchaseOrderLine.objects.filter(requisition_line__in=lines)
        .values("requisition_line_id")
        .annotate(
            ordered=Sum("quantity", filter=~Q(document__state=State.CANCELLED)),
            approved=Sum("quantity", filter=Q(document__state__in=[State.APPROVED, State.DONE, State.CLOSED])),
        )
        .order_by()
    }
    for line in lines.values():
        line.ordered = min(line.quantity, sums.get(line.pk, (ZERO, ZERO))[0])
    upsert(RequisitionLine, list(lines.values()), ["ordered"])
    _follow_supply(company, lines, {pk: min(line.quantity, sums.get(pk, (ZERO, ZERO))[1]) for pk, line in lines.items()})
    for requisition in {line.document_id: line.document for line in lines.values()}.values():
        own = [line for line in lines.values() if line.document_id == requisition.pk]
        state = State.DONE if all(line.ordered >= line.quantity for line in own) else State.APPROVED
        if requisition.state in (State.APPROVED, State.DONE) and requisition.state != state:
            change_state(requisition, state, "order" if state == State.DONE else "reopen", by=by, at=at)


def _follow_supply(company: Company, lines: Mapping[int, RequisitionLine], taken: Mapping[int, Decimal]) -> None:
    by_place = {(line.document.number, line.line_no): taken[pk] for pk, line in lines.items()}
    rows = list(
        Supply.objects.select_for_update()
        .filter(company=company, origin_kind=KIND, origin_number__in={number for number, _line in by_place})
        .order_by("id")
    )
    for row in rows:
        row.done = by_place[(row.origin_number, row.origin_line)]
        row.is_open = row.done < row.quantity
    upsert(Supply, rows, ["done", "is_open"])

"""Material issues: reserved materials leave the store for a work order (confirm), and their cost goes onto the order."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import bulk
from core.db import durable
from core.decimals import ZERO
from core.drafts import cancel_draft, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, EditedByOther, NotVisible
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, posting_transaction, require_state
from core.prepared import Prepared
from core.reversal import ReversalIsFinal, copy_for_reversal, number_at_end
from inventory import events, requirements, reservations
from inventory import ledger as stock_ledger
from inventory.ledger import LockedStock, Origin, lock_stock
from inventory.ledger.issuing import Wanted, issue_requests, negative_places
from inventory.lots import find_lots, refuse_missing
from inventory.models import Bin, Demand, Warehouse
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from production.costs import amounts_by_line, collected, cost_rows, dimensions_of, origin_of
from production.materials import OPEN_ORDER, carry_issued, materials_named, open_lines, refuse_above_need, require_open
from production.models import MaterialIssue, MaterialIssueLine, MaterialReturnLine, WorkOrder, WorkOrderMaterial
from production.models.work_order import CostElement

KIND, PREFIX = "material_issue", "MI"


class Returned(BusinessError):
    """Some of the issued material has come back since."""

    code = "returned"
    text = _("{number} can't be reversed: some of it has been returned ({returns}).")
    hint = _("Reverse the return first.")


class InProducts(BusinessError):
    """The material has left the order again, inside products that were received."""

    code = "in_products"
    text = _("{number} can't be reversed: its material is part of products of {order} that have been received.")
    hint = _("Reverse the finished receipt first.")


@durable
def draft_issue(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> MaterialIssue:
    """Prepare an issue for a work order; without lines it takes all that the order still needs.

    Args:
        data: validated by `production.inputs.MaterialIssueInput`.

    Raises:
        StateConflict: the order is not released.
        NothingToIssue: all has been issued.
        IssueAboveNeed: a line takes more than is needed and no reason is given.
    """
    issue = MaterialIssue(company=company)
    lines = _fill(issue, data)
    return save_draft(issue, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_issue(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> MaterialIssue:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    issue = open_draft(MaterialIssue, document_id, company=company, version=version)
    lines = _fill(issue, data)
    return save_edit(issue, lines, by=by, at=at)


@durable
def cancel_issue(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> MaterialIssue:
    """Give up an issue that has not been posted."""
    return cancel_draft(MaterialIssue, document_id, company=company, by=by, at=at, reason=reason)


def _fill(issue: MaterialIssue, data: Mapping[str, Any]) -> list[MaterialIssueLine]:
    order: WorkOrder = data["work_order"]
    require_open(order)
    issue.work_order, issue.document_date = order, data["document_date"]
    issue.warehouse = data.get("warehouse") or order.material_warehouse
    issue.reason, issue.note = data.get("reason", ""), data.get("note", "")
    known = {row.line_no: row for row in order.materials.select_related("item__unit", "item__category")}
    wanted = data.get("lines") or open_lines(order, known.values())
    materials = materials_named(known, wanted)
    bins = find_bins(issue.warehouse, [line.get("bin") for line in wanted])
    lots = find_lots([(material.item, line.get("lot")) for material, line in zip(materials, wanted, strict=True)])
    lines = [
        MaterialIssueLine(
            document=issue,
            line_no=number,
            material=material,
            item=material.item,
            quantity=line["quantity"],
            bin=bin,
            lot=lot,
            note=line.get("note", ""),
        )
        for number, (material, line, bin, lot) in enumerate(zip(materials, wanted, bins, lots, strict=True), start=1)
    ]
    refuse_blocked([("warehouse", issue.warehouse)])
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    if issue.document_date < order.document_date:
        raise DateOrder(field="document_date", later=_("The issue"), earlier=_("its work order"))
    refuse_above_need(issue.reason, lines, {material.pk: material for material in materials})
    return lines


@dataclass(slots=True)
class _Claimed:
    """An issue with all that is locked for it: its order, the materials it names, and the order's demands by material line."""

    issue: MaterialIssue
    lines: list[MaterialIssueLine]
    order: WorkOrder
    materials: dict[int, WorkOrderMaterial]
    demands: dict[int, Demand]

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.issue.number)


_ISSUE: Prepared[MaterialIssue] = Prepared(
    lambda company, issue: MaterialIssue.objects.select_related("warehouse").filter(company=company, pk=issue)
)
_LINES: Prepared[MaterialIssueLine] = Prepared(
    lambda issue: (
        MaterialIssueLine.objects.filter(document=issue)
        .select_for_update(of=("document", "document__work_order", "material"))
        .select_related("document__work_order", "material", "item__category", "bin", "lot")
        .order_by("line_no")
    )
)


def _claim(transaction: PostingTransaction, seen: MaterialIssue, allowed: Sequence[str], *, done: Sequence[str]) -> _Claimed:
    """Lock an issue, its order and the order's materials in one statement, and make sure that it is as it was `seen` before.

    Raises:
        AlreadyDone, StateConflict: somebody else was first.
        EditedByOther: it was edited in between.
    """
    lines = _LINES(issue=seen.pk)
    if not lines:
        raise EditedByOther(number=seen.number, by=seen.updated_by or seen.created_by)
    issue = lines[0].document
    require_state(issue, allowed, done=done)
    if issue.version != seen.version:
        raise EditedByOther(number=issue.number, by=issue.updated_by or issue.created_by)
    issue.company, issue.warehouse = transaction.company, seen.warehouse
    order, materials = issue.work_order, {line.material_id: line.material for line in lines}
    order.company = transaction.company
    return _Claimed(issue, lines, order, materials, requirements.lock(Demand, order.company, origin_of(order)))


def _see(company: Company, document_id: int) -> MaterialIssue:
    """Read an issue without locking it: the period of its date is locked before."""
    seen = _ISSUE(company=company.pk, issue=document_id)
    if not seen:
        raise NotVisible()
    return seen[0]


@durable
def post_issue(*, company: Company, document_id: int, by: User, at: dt.datetime, reservation_id: int | None = None) -> MaterialIssue:
    """Take the materials from stock – what is reserved for the order first – and put their cost onto the order.

    Where they were taken from another place than the reserved one, what stays reserved is no more than the order still needs.

    Args:
        reservation_id: whoever confirms a reservation names it: its goods are taken first.

    Raises:
        PeriodClosed: the date lies in a closed period.
        StockShort: what is reserved and what is free together do not suffice; nothing is written.
        IssueAboveNeed: more than the order needs, without a reason.
    """
    seen = _see(company, document_id)
    with posting_transaction(company=company, date=seen.document_date, by=by, at=at, stock=True) as transaction:
        work = _claim(transaction, seen, [State.DRAFT], done=[State.POSTED])
        issue = work.issue
        require_state(work.order, OPEN_ORDER, done=())
        refuse_blocked([("warehouse", issue.warehouse)])
        refuse_above_need(issue.reason, work.lines, work.materials)
        wanted = _wanted(work, reservation_id)
        stock = _lock(work, wanted)
        posted = _take_goods(transaction, work, wanted, stock)
        values = amounts_by_line(posted, events.PRODUCTION_ISSUE, events.PRODUCTION_ISSUE_VARIANCE)
        for line in work.lines:
            line.value = values.get(line.line_no, ZERO)
        _advance(transaction, work, 1)
        reservations.trim(company, list(work.demands.values()), stock=stock)
        transaction.move_state(issue, State.POSTED, "post", posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce(
            "material_issue.posted", {"number": issue.number, "work_order": work.order.number, "value": sum(values.values(), ZERO)}
        )
    return issue


def _wanted(work: _Claimed, reservation_id: int | None) -> list[Wanted]:
    dimensions = dimensions_of(work.order)
    return [
        Wanted(
            line.line_no,
            line.item,
            work.issue.warehouse,
            line.quantity,
            demand_id=work.demands[line.material.line_no].pk,
            bin=line.bin,
            lot=line.lot,
            reservation_id=reservation_id,
            dimensions=dimensions,
        )
        for line in work.lines
    ]


def _homes(warehouse: Warehouse) -> dict[int, Bin]:
    return default_bins([warehouse]) if warehouse.allow_negative else {}


def _lock(work: _Claimed, wanted: Sequence[Wanted]) -> LockedStock:
    warehouse = work.issue.warehouse
    if warehouse.allow_negative:
        refuse_missing([(line.item, line.lot) for line in work.lines])
    return lock_stock(
        work.issue.company,
        items=list({line.item_id: line.item for line in work.lines}.values()),
        warehouses=[warehouse],
        arriving=negative_places(wanted, _homes(warehouse)),
        demand_ids=[want.demand_id for want in wanted if want.demand_id],
    )


def _take_goods(transaction: PostingTransaction, work: _Claimed, wanted: Sequence[Wanted], stock: LockedStock) -> StockPosted:
    requests = issue_requests(stock, wanted, default_bins=_homes(work.issue.warehouse), on=transaction.date)
    return stock_ledger.post(transaction, stock, event=events.PRODUCTION_ISSUE, origin=work.origin, requests=requests)


def _advance(transaction: PostingTransaction, work: _Claimed, sign: int) -> None:
    """Carry quantities and values to the order's materials, its demands, its cost and its state."""
    for line in work.lines:
        line.material.issued += sign * line.quantity
        line.material.issued_value += sign * line.value
    demands = carry_issued(work.order, work.materials.values(), work.demands)
    costs = [(line.line_no, CostElement.MATERIAL.value, sign * line.value) for line in work.lines]
    bulk.together(
        (list(work.materials.values()), ("issued", "issued_value")),
        (demands, ("done", "is_open")),
        (work.lines if sign > 0 else [], ("value",)),
        (cost_rows(work.order, costs, date=transaction.date, origin=work.origin), ()),
    )
    if work.order.state == State.RELEASED:
        transaction.move_state(work.order, State.RUNNING, "start")


@durable
def reverse_issue(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> MaterialIssue:
    """Take a posted issue back with a reversing document: goods, cost and voucher, to the cent. What was reserved is free stock again.

    Returns:
        the reversing issue.

    Raises:
        Returned: some of it has been returned.
        InProducts: products that it went into have been received.
        AlreadyDone, ReversalIsFinal, StateConflict: it has been reversed, is a reversal, or its order is done.
    """
    seen = _see(company, document_id)
    date = date_for_reversal(company, seen.document_date, stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        work = _claim(transaction, seen, [State.POSTED], done=[State.REVERSED])
        original = work.issue
        if original.reversal_of_id:
            raise ReversalIsFinal(number=original.number)
        require_state(work.order, OPEN_ORDER, done=())
        _refuse_returned(original)
        _refuse_in_products(work)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        dimensions = {line.line_no: dimensions_of(work.order) for line in work.lines}
        posted = stock_ledger.reverse(transaction, original.posting, origin=work.origin, dimensions=dimensions)
        _advance(transaction, work, -1)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("material_issue.reversed", {"number": original.number, "work_order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy


def _refuse_returned(issue: MaterialIssue) -> None:
    returned = MaterialReturnLine.objects.filter(
        issued_move__posting=issue.posting_id, document__state=State.POSTED, document__reversal_of=None
    )
    numbers = sorted(set(returned.values_list("document__number", flat=True)))
    if numbers:
        raise Returned(number=issue.number, returns=", ".join(numbers))


def _refuse_in_products(work: _Claimed) -> None:
    """Without this issue the order would have given its products more material than it got: the last ones would cost nothing."""
    taken = sum((line.value for line in work.lines), ZERO)
    if work.order.received > 0 and collected(work.order)[CostElement.MATERIAL] < taken:
        raise InProducts(number=work.issue.number, order=work.order.number)

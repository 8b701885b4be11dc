"""Operation reports: good, scrap and minutes of one operation; labour and machine cost go onto the order, finished work to inspection."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from finance import events as books
from finance import vouchers
from finance.models import Voucher
from finance.rules import Amount, RuleBook
from inventory.inspections import ToInspect, draft_inspections
from inventory.ledger import Origin
from inventory.models import Inspection
from masterdata.dimensions import Dimensions
from masterdata.usable import refuse_fractions
from production.costs import dimensions_of, origin_of, record
from production.materials import OPEN_ORDER, plain, require_open
from production.models import OperationReport, WorkOrder, WorkOrderOperation
from production.models.work_order import CostElement
from production.unit_costs import cost_of_minutes
from production.work_orders import promise

KIND, PREFIX = "operation_report", "OR"


class NothingReported(BusinessError):
    """A report without pieces and without minutes."""

    code = "nothing_reported"
    status = 400
    text = _("Report pieces or minutes; all figures are zero.")


class MoreThanGiven(BusinessError):
    """More pieces are reported than the operation before gave, or than the order is for."""

    code = "over_report"
    text = _("Operation {operation}: {wanted} reported, at most {open} are there.")
    hint = _("Report the operation before first; more than the order needs another order.")


class NothingIssued(BusinessError):
    """Work is reported before any material was issued."""

    code = "nothing_issued"
    text = _("No material has been issued for {number} yet.")
    hint = _("Post a material issue first.")


class PassedOn(BusinessError):
    """The reported pieces have gone on since."""

    code = "passed_on"
    text = _("{number} can't be reversed: its pieces have been reported on the next operation or inspected.")
    hint = _("Reverse what followed first.")


@durable
def draft_report(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> OperationReport:
    """Prepare a report on an operation of a released order.

    Args:
        data: validated by `production.inputs.OperationReportInput`; the operation by its number.

    Raises:
        StateConflict: the order is not released.
        MoreThanGiven, NothingReported, InvalidInput: nothing is written.
    """
    report = OperationReport(company=company)
    _fill(report, data)
    return save_draft(report, (), kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_report(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> OperationReport:
    """Save a draft again.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    report = open_draft(OperationReport, document_id, company=company, version=version)
    _fill(report, data)
    return save_edit(report, (), by=by, at=at)


@durable
def cancel_report(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> OperationReport:
    """Give up a report that has not been posted."""
    return cancel_draft(OperationReport, document_id, company=company, by=by, at=at, reason=reason)


def _fill(report: OperationReport, data: Mapping[str, Any]) -> None:
    order: WorkOrder = data["work_order"]
    require_open(order)
    operations = list(order.operations.select_related("work_center").order_by("operation_no"))
    operation = next((one for one in operations if one.operation_no == data["operation"]), None)
    if operation is None:
        raise InvalidInput("not_found", _("The order has no operation {operation}."), field="operation", operation=data["operation"])
    report.work_order, report.operation = order, operation
    report.document_date, report.employee, report.note = data["document_date"], data.get("employee"), data.get("note", "")
    report.good, report.scrapped, report.minutes = (data.get(name) or ZERO for name in ("good", "scrapped", "minutes"))
    report.scrap_reason = data.get("scrap_reason", "")
    if not (report.good or report.scrapped or report.minutes):
        raise NothingReported(field="good")
    if report.scrapped and not report.scrap_reason:
        raise InvalidInput("required", _("Say why pieces were scrapped."), field="scrap_reason")
    if report.document_date < order.document_date:
        raise DateOrder(field="document_date", later=_("The report"), earlier=_("its work order"))
    refuse_fractions([("good", order.item, report.good), ("scrapped", order.item, report.scrapped)])
    _refuse_more_than_given(report, order, operations)


def _refuse_more_than_given(report: OperationReport, order: WorkOrder, operations: Sequence[WorkOrderOperation]) -> None:
    """A piece can be worked on once, after the operation before; the first operation may begin as many as the order is for."""
    position = next(index for index, one in enumerate(operations) if one.pk == report.operation_id)
    given = operations[position - 1].good if position else order.quantity
    here = operations[position]
    there = given - here.good - here.scrapped
    if report.good + report.scrapped > there:
        raise MoreThanGiven(
            field="good", operation=here.operation_no, wanted=plain(report.good + report.scrapped), open=plain(max(there, ZERO))
        )


@dataclass(slots=True)
class _Claimed:
    """A report with all that is locked for it: its order and the order's operations, in order."""

    report: OperationReport
    order: WorkOrder
    operations: list[WorkOrderOperation]

    @property
    def operation(self) -> WorkOrderOperation:
        return next(one for one in self.operations if one.pk == self.report.operation_id)

    @property
    def is_last(self) -> bool:
        return self.operations[-1].pk == self.report.operation_id

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.report.number)


def _claim_around(report: OperationReport) -> _Claimed:
    order = claim(WorkOrder, report.work_order_id, OPEN_ORDER, done=(), company=report.company)
    rows = WorkOrderOperation.objects.select_for_update(of=("self",)).filter(document=order).select_related("work_center").order_by("id")
    return _Claimed(report, order, sorted(rows, key=lambda row: row.operation_no))


@durable
def post_report(*, company: Company, document_id: int, by: User, at: dt.datetime) -> OperationReport:
    """Book the work: minutes at the work centre's rates onto the order; good pieces of the last operation wait for their final inspection.

    Raises:
        PeriodClosed: the date lies in a closed period.
        MoreThanGiven: the operation before gave fewer pieces.
        NothingIssued: no material has been issued for the order yet.
    """
    date = date_of(OperationReport, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        report = claim_draft(transaction, OperationReport, document_id)
        work = _claim_around(report)
        _refuse_more_than_given(report, work.order, work.operations)
        if work.order.state == State.RELEASED and work.order.materials.exists():
            raise NothingIssued(number=work.order.number)
        centre, places = work.operation.work_center, company.currency_places
        labour, machine = (cost_of_minutes(report.minutes, rate, places) for rate in (centre.labour_rate, centre.machine_rate))
        voucher = _book(transaction, work, labour, machine)
        _advance(transaction, work, labour, machine, 1)
        transaction.move_state(
            report,
            State.POSTED,
            "post",
            posted_by_id=by.pk,
            posted_at=at,
            labour_cost=labour,
            machine_cost=machine,
            voucher_id=voucher.pk if voucher else None,
        )
        transaction.announce(
            "operation_report.posted",
            {
                "number": report.number,
                "work_order": work.order.number,
                "operation": work.operation.operation_no,
                "good": report.good,
                "scrapped": report.scrapped,
            },
        )
        if work.is_last and report.good:
            _ask_for_inspection(transaction, work)
    return report


def _book(transaction: PostingTransaction, work: _Claimed, labour: Decimal, machine: Decimal) -> Voucher | None:
    """Debit work in process; wages and absorbed overhead are credited by department, not by order."""
    amounts = [
        Amount(
            event=event,
            amount=amount,
            line=1,
            category_id=work.order.item.category_id,
            element=element,
            department_id=work.order.department_id,
            dimensions=dimensions_of(work.order),
        )
        for event, element, amount in ((books.LABOUR, "labour", labour), (books.OVERHEAD_ABSORBED, "overhead", machine))
    ]
    entries = RuleBook(transaction.company, {books.LABOUR, books.OVERHEAD_ABSORBED}).entries(amounts, number=work.report.number)
    of_department = Dimensions(department_id=work.order.department_id)
    entries = [entry if entry.is_debit else replace(entry, dimensions=of_department) for entry in entries]
    return vouchers.write(transaction, entries, origin_kind=KIND, origin_number=work.report.number)


def _advance(transaction: PostingTransaction, work: _Claimed, labour: Decimal, machine: Decimal, sign: int) -> None:
    """Carry pieces, minutes and cost to operation and order."""
    report, operation, order = work.report, work.operation, work.order
    for name in ("good", "scrapped", "minutes"):
        setattr(operation, name, getattr(operation, name) + sign * getattr(report, name))
    operation.save(update_fields=["good", "scrapped", "minutes"])
    order.scrapped += sign * report.scrapped
    if work.is_last:
        order.good += sign * report.good
    order.save(update_fields=["good", "scrapped"])
    if report.scrapped:
        promise(order)
    costs = [(1, CostElement.LABOUR.value, sign * labour), (1, CostElement.OVERHEAD.value, sign * machine)]
    record(order, costs, date=transaction.date, origin=work.origin)
    if order.state == State.RELEASED:
        transaction.move_state(order, State.RUNNING, "start")


def _ask_for_inspection(transaction: PostingTransaction, work: _Claimed) -> None:
    line = 1 + Inspection.objects.filter(company=transaction.company, origin_kind="work_order", origin_number=work.order.number).count()
    wanted = ToInspect(line=line, item=work.order.item, quantity=work.report.good)
    draft_inspections(transaction, kind=Inspection.Kind.FINAL, origin=origin_of(work.order), wanted=[wanted])


@durable
def reverse_report(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> OperationReport:
    """Take a posted report back with a reversing document: pieces, minutes, cost and voucher; its open inspection is cancelled.

    Returns:
        the reversing report.

    Raises:
        PassedOn: its pieces have been reported on the next operation, or inspected.
        AlreadyDone, ReversalIsFinal, StateConflict: it has been reversed, is a reversal, or its order is done.
    """
    date = date_for_reversal(company, date_of(OperationReport, document_id, company=company))
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        original = claim_posted(OperationReport, document_id, company=company)
        waiting = _lock_waiting(original)
        work = _claim_around(original)
        _take_pieces_back(transaction, work, waiting)
        copy = copy_for_reversal(original, date=date, by=by, at=at)
        red = vouchers.reverse(transaction, original.voucher, origin_kind=KIND, origin_number=original.number) if original.voucher else None
        _advance(transaction, work, original.labour_cost, original.machine_cost, -1)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(
            copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, voucher_id=red.pk if red else None
        )
        transaction.announce("operation_report.reversed", {"number": original.number, "work_order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy


def _lock_waiting(report: OperationReport) -> list[Inspection]:
    """Lock the order's undecided inspections, the latest first: inspections come before orders in the lock order."""
    rows = Inspection.objects.select_for_update().filter(
        company=report.company, origin_kind="work_order", origin_number=report.work_order.number, state=State.DRAFT
    )
    return list(rows.order_by("-id"))


def _take_pieces_back(transaction: PostingTransaction, work: _Claimed, waiting: Sequence[Inspection]) -> None:
    good = work.report.good
    if not good:
        return
    if work.is_last:
        inspection = next((one for one in waiting if one.quantity == good), None)
        if inspection is None:
            raise PassedOn(number=work.report.number)
        transaction.move_state(inspection, State.CANCELLED, "cancel")
        return
    following = work.operations[work.operations.index(work.operation) + 1]
    if work.operation.good - good < following.good + following.scrapped:
        raise PassedOn(number=work.report.number)

"""Final inspections: what quality accepts of finished work may be received into stock. Incoming goods are the warehouse's affair.

Both kinds share one document; the verbs here know which one is meant, so a door needs only these.
"""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.drafts import date_of
from core.errors import BusinessError, NotVisible
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from inventory import inspections
from inventory.ledger import Origin
from inventory.models import Inspection
from production.models import WorkOrder
from production.work_orders import promise


class AlreadyReceived(BusinessError):
    """Accepted pieces have been received since."""

    code = "already_received"
    text = _("{number} can't be taken back: the accepted pieces have been received into stock.")
    hint = _("Reverse the finished receipt first.")


@durable
def post_inspection(
    *,
    company: Company,
    document_id: int,
    by: User,
    at: dt.datetime,
    accepted: Decimal,
    rejected: Decimal = ZERO,
    finding: str = "",
    document_date: dt.date | None = None,
) -> Inspection:
    """Decide about an inspected quantity; of finished work, what is accepted may be received, what is rejected counts as scrap.

    Args:
        document_date: the day of the decision; without one it is dated like its draft, or on the first open day after.

    Raises:
        NotAsInspected: accepted and rejected don't add up to the inspected quantity.
    """
    if _is_incoming(company, document_id):
        return inspections.post_inspection(
            company=company,
            document_id=document_id,
            by=by,
            at=at,
            accepted=accepted,
            rejected=rejected,
            finding=finding,
            document_date=document_date,
        )
    date = document_date or date_for_reversal(company, date_of(Inspection, document_id, company=company))
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        inspection = inspections.decide(transaction, document_id, accepted=accepted, rejected=rejected, finding=finding)
        _carry(_order_of(transaction, inspection), accepted, rejected)
    return inspection


@durable
def reverse_inspection(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> Inspection:
    """Take a decision back; the quantity waits for a new inspection, which is drafted.

    Returns:
        the reversing inspection.

    Raises:
        AlreadyReceived: accepted pieces have been received since.
        WouldGoNegative: accepted incoming goods have been used since.
    """
    if _is_incoming(company, document_id):
        return inspections.reverse_inspection(company=company, document_id=document_id, by=by, at=at, reason=reason)
    date = date_for_reversal(company, date_of(Inspection, document_id, company=company))
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        original, copy = inspections.take_back(transaction, document_id, reason=reason)
        order = _order_of(transaction, original)
        if order.accepted - original.accepted < order.received:
            raise AlreadyReceived(number=original.number)
        _carry(order, -original.accepted, -original.rejected)
        again = inspections.ToInspect(original.origin_line, original.item, original.quantity)
        inspections.draft_inspections(
            transaction, kind=original.kind, origin=Origin(original.origin_kind, original.origin_number), wanted=[again]
        )
    return copy


def _carry(order: WorkOrder, accepted: Decimal, rejected: Decimal) -> None:
    order.accepted += accepted
    order.scrapped += rejected
    order.save(update_fields=["accepted", "scrapped"])
    if rejected and order.state == State.RUNNING:
        promise(order)


def _is_incoming(company: Company, document_id: int) -> bool:
    kind = Inspection.objects.filter(company=company, pk=document_id).values_list("kind", flat=True).first()
    if kind is None:
        raise NotVisible()
    return kind == Inspection.Kind.INCOMING


def _order_of(transaction: PostingTransaction, inspection: Inspection) -> WorkOrder:
    pk = WorkOrder.objects.filter(company=transaction.company, number=inspection.origin_number).values_list("pk", flat=True).get()
    return claim(WorkOrder, pk, [State.RUNNING, State.DONE], done=(), company=transaction.company)

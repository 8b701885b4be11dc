"""Material returns: surplus comes back from a work order at the cost at which it went out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInputs, StateConflict
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, claim, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from inventory import events, requirements, reservations
from inventory import ledger as stock_ledger
from inventory.ledger import MoveRequest, Origin, Place, lock_stock
from inventory.ledger.posting import upsert
from inventory.ledger.reversal import receipt_ref
from inventory.models import Bin, Demand, StockMove
from inventory.places import default_bins, find_bins
from inventory.signals import StockPosted
from inventory.valuation import Holding, return_value
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from production.costs import amounts_by_line, dimensions_of, origin_of, record
from production.materials import carry_issued, materials_named, plain
from production.models import MaterialIssue, MaterialReturn, MaterialReturnLine, WorkOrder, WorkOrderMaterial
from production.models.work_order import CostElement

KIND, PREFIX = "material_return", "MR"
OPEN_ORDER = [State.RUNNING, State.DONE]


class NotIssued(BusinessError):
    """More would come back than went out."""

    code = "over_return"
    text = _("{item}: {wanted} to be returned, only {open} were issued and not returned yet.")


class OverReturn(InvalidInputs):
    """One or more lines return more than was issued; nothing is written."""

    code = "over_return"
    status = 409
    text = _("More would be returned than was issued.")


@dataclass(slots=True)
class _Issued:
    """An issued move and what of it has not come back."""

    move: StockMove
    quantity: Decimal
    value: Decimal

    def take(self, quantity: Decimal, places: int) -> Decimal:
        """Value at which `quantity` comes back; all that is left comes back with all the value that is left."""
        whole = Holding(-self.move.quantity, -self.move.value)
        before = Holding(whole.quantity - self.quantity, whole.value - self.value)
        value = return_value(whole, before, quantity, places=places)
        self.quantity -= quantity
        self.value -= value
        return value


@durable
def draft_return(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> MaterialReturn:
    """Prepare a return from a work order; the issues that it takes back are chosen now, the latest first.

    Args:
        data: validated by `production.inputs.MaterialReturnInput`.

    Raises:
        StateConflict: nothing has been issued to the order, or it is closed.
        OverReturn: a line returns more than was issued.
    """
    document = MaterialReturn(company=company)
    lines = _fill(document, data)
    return save_draft(document, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_return(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> MaterialReturn:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    document = open_draft(MaterialReturn, document_id, company=company, version=version)
    lines = _fill(document, data)
    return save_edit(document, lines, by=by, at=at)


@durable
def cancel_return(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> MaterialReturn:
    """Give up a return that has not been posted."""
    return cancel_draft(MaterialReturn, document_id, company=company, by=by, at=at, reason=reason)


def _fill(document: MaterialReturn, data: Mapping[str, Any]) -> list[MaterialReturnLine]:
    order: WorkOrder = data["work_order"]
    if order.state not in OPEN_ORDER:
        raise StateConflict(field="work_order", number=order.number, state=order.get_state_display(), wanted=State.RUNNING.label)
    document.work_order, document.document_date, document.note = order, data["document_date"], data.get("note", "")
    document.warehouse = data.get("warehouse") or order.material_warehouse
    wanted = data["lines"]
    known = {row.line_no: row for row in order.materials.select_related("item__unit", "item__category")}
    materials = materials_named(known, wanted)
    bins = find_bins(document.warehouse, [line.get("bin") for line in wanted])
    refuse_blocked([("warehouse", document.warehouse)])
    refuse_fractions(
        (line_path(number, "quantity"), material.item, line["quantity"])
        for number, (material, line) in enumerate(zip(materials, wanted, strict=True), start=1)
    )
    if document.document_date < order.document_date:
        raise DateOrder(field="document_date", later=_("The return"), earlier=_("its work order"))
    return _choose_moves(document, materials, wanted, bins)


def _choose_moves(
    document: MaterialReturn, materials: Sequence[WorkOrderMaterial], wanted: Sequence[Mapping[str, Any]], bins: Sequence[Bin | None]
) -> list[MaterialReturnLine]:
    """One line for each issued move that something comes back of."""
    issued = _issued(document.work_order)
    lines: list[MaterialReturnLine] = []
    above: list[BusinessError] = []
    for index, (material, line, bin) in enumerate(zip(materials, wanted, bins, strict=True)):
        missing = line["quantity"]
        moves = issued.get(material.pk, [])
        there = sum((one.quantity for one in moves), ZERO)
        for one in moves:
            part = min(missing, one.quantity)
            if part > 0:
                one.quantity -= part
                missing -= part
                lines.append(
                    MaterialReturnLine(
                        document=document,
                        line_no=len(lines) + 1,
                        material=material,
                        issued_move=one.move,
                        item=material.item,
                        bin=bin,
                        quantity=part,
                        note=line.get("note", ""),
                    )
                )
        if missing > 0:
            above.append(NotIssued(field=f"lines[{index}].quantity", item=material.item, wanted=plain(line["quantity"]), open=plain(there)))
    if above:
        raise OverReturn(above)
    return lines


def _issued(order: WorkOrder) -> dict[int, list[_Issued]]:
    """What was issued to an order and has not come back, by material, the latest move first."""
    issues = MaterialIssue.objects.filter(work_order=order, state=State.POSTED, reversal_of=None)
    material_of = {
        (posting, line): material for posting, line, material in issues.values_list("posting_id", "lines__line_no", "lines__material_id")
    }
    moves = (
        StockMove.objects.filter(posting__in={posting for posting, _line in material_of}, quantity__lt=0)
        .select_related("lot")
        .order_by("-id")
    )
    back = {
        row["issued_move_id"]: row
        for row in MaterialReturnLine.objects.filter(document__work_order=order, document__state=State.POSTED, document__reversal_of=None)
        .values("issued_move_id")
        .annotate(quantity_back=Sum("quantity"), value_back=Sum("value"))
        .order_by()
    }
    found: dict[int, list[_Issued]] = {}
    for move in moves:
        gone = back.get(move.pk, {"quantity_back": ZERO, "value_back": ZERO})
        left = _Issued(move, -move.quantity - gone["quantity_back"], -move.value - gone["value_back"])
        if left.quantity > 0:
            found.setdefault(material_of[(move.posting_id, move.origin_line)], []).append(left)
    return found


@dataclass(slots=True)
class _Claimed:
    """A return with all that is locked for it: its order, the order's materials and their demands."""

    document: MaterialReturn
    lines: list[MaterialReturnLine]
    order: WorkOrder
    materials: dict[int, WorkOrderMaterial]
    demands: dict[int, Demand]

    @property
    def origin(self) -> Origin:
        return Origin(KIND, self.document.number)


def _claim_around(document: MaterialReturn) -> _Claimed:
    order = claim(WorkOrder, document.work_order_id, OPEN_ORDER, done=(), company=document.company)
    materials = {row.pk: row for row in WorkOrderMaterial.objects.select_for_update().filter(document=order).order_by("id")}
    demands = requirements.lock(Demand, document.company, origin_of(order))
    lines = list(document.lines.select_related("item__category", "bin", "issued_move__lot").order_by("line_no"))
    return _Claimed(document, lines, order, materials, demands)


@durable
def post_return(*, company: Company, document_id: int, by: User, at: dt.datetime) -> MaterialReturn:
    """Bring surplus back into stock at its original cost, and take that cost off the order.

    Raises:
        PeriodClosed: the date lies in a closed period.
        OverReturn: less was issued, or it came back already.
    """
    date = date_of(MaterialReturn, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        document = claim_draft(transaction, MaterialReturn, document_id)
        work = _claim_around(document)
        refuse_blocked([("warehouse", document.warehouse)])
        _set_values(work, company.currency_places)
        posted = _bring_goods(transaction, work)
        booked = amounts_by_line(posted, events.PRODUCTION_ISSUE, events.PRODUCTION_ISSUE_VARIANCE)
        upsert(MaterialReturnLine, work.lines, ["value"])
        _advance(transaction, work, {line.line_no: booked.get(line.line_no, ZERO) for line in work.lines}, 1)
        transaction.move_state(document, State.POSTED, "post", posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("material_return.posted", {"number": document.number, "work_order": work.order.number})
    return document


def _set_values(work: _Claimed, places: int) -> None:
    left = {one.move.pk: one for moves in _issued(work.order).values() for one in moves}
    above: list[BusinessError] = []
    for line in work.lines:
        one = left.get(line.issued_move_id)
        if one is None or one.quantity < line.quantity:
            there = plain(one.quantity if one else ZERO)
            above.append(NotIssued(field=f"lines[{line.line_no - 1}].quantity", item=line.item, wanted=plain(line.quantity), open=there))
        else:
            line.value = one.take(line.quantity, places)
    if above:
        raise OverReturn(above)


def _bring_goods(transaction: PostingTransaction, work: _Claimed) -> StockPosted:
    warehouse = work.document.warehouse
    home = default_bins([warehouse])[warehouse.pk] if any(line.bin is None for line in work.lines) else None
    places = [Place(line.item_id, warehouse.pk, (line.bin or home).pk, line.issued_move.lot_id) for line in work.lines]  # type: ignore[union-attr]
    items = {line.item_id: line.item for line in work.lines}
    stock = lock_stock(transaction.company, items=list(items.values()), warehouses=[warehouse], arriving=places)
    requests = [
        MoveRequest(
            line=line.line_no,
            item=line.item,
            warehouse=warehouse,
            place=place,
            quantity=line.quantity,
            lot=line.issued_move.lot,
            value=line.value,
            receipt_ref=receipt_ref(KIND, work.document.number, line.line_no),
            dimensions=dimensions_of(work.order),
        )
        for line, place in zip(work.lines, places, strict=True)
    ]
    return stock_ledger.post(transaction, stock, event=events.PRODUCTION_ISSUE, origin=work.origin, requests=requests)


def _advance(transaction: PostingTransaction, work: _Claimed, booked: Mapping[int, Decimal], sign: int) -> None:
    """Take quantities and values off the order's materials, demands and cost; a reversal (sign −1) puts them on again.

    What has come back is wanted again only while the order runs; one that is done wants nothing, but its demands keep the true figure.
    """
    for line in work.lines:
        material = work.materials[line.material_id]
        material.issued -= sign * line.quantity
        material.issued_value -= sign * line.value
    materials = list({line.material_id: work.materials[line.material_id] for line in work.lines}.values())
    upsert(WorkOrderMaterial, materials, ["issued", "issued_value"])
    upsert(Demand, carry_issued(work.order, materials, work.demands), ["done", "is_open"])
    costs = [(line, CostElement.MATERIAL.value, amount) for line, amount in booked.items()]
    record(work.order, costs, date=transaction.date, origin=work.origin)


@durable
def reverse_return(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> MaterialReturn:
    """Take a posted return back with a reversing document: the goods leave again at the value at which they came.

    What was reserved meanwhile, because it was wanted again, is given back.

    Returns:
        the reversing return.

    Raises:
        WouldGoNegative: the goods have been used since.
        AlreadyDone, ReversalIsFinal, StateConflict: it has been reversed, is a reversal, or its order is closed.
    """
    date = date_for_reversal(company, date_of(MaterialReturn, document_id, company=company), stock=True)
    with posting_transaction(company=company, date=date, by=by, at=at, stock=True) as transaction:
        original = claim_posted(MaterialReturn, document_id, company=company)
        work = _claim_around(original)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        assert original.posting is not None
        dimensions = {line.line_no: dimensions_of(work.order) for line in work.lines}
        parts = {line.line_no: {CostElement.MATERIAL.value: line.value} for line in work.lines}
        demands = [work.demands[work.materials[line.material_id].line_no] for line in work.lines]
        posted = stock_ledger.reverse(
            transaction,
            original.posting,
            origin=work.origin,
            parts=parts,
            dimensions=dimensions,
            demand_ids=[demand.pk for demand in demands],
        )
        booked = amounts_by_line(posted, events.PRODUCTION_ISSUE, events.PRODUCTION_ISSUE_VARIANCE)
        _advance(transaction, work, booked, -1)
        reservations.trim(company, demands)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        transaction.move_state(copy, State.POSTED, "post", reason=reason, posted_by_id=by.pk, posted_at=at, posting_id=posted.posting.pk)
        transaction.announce("material_return.reversed", {"number": original.number, "work_order": work.order.number})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

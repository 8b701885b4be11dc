"""Purchase orders: drafted by hand or from requisitions, approved (they become supply), cancelled or closed; receipts fulfil them."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.amounts import line_amounts, total
from core.db import durable
from core.drafts import open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs, NotVisible, StateConflict
from core.models import Company, State, User
from core.posting import change_state, claim, require_other_person
from inventory import requirements
from inventory.ledger import Origin
from inventory.models import Supply, Warehouse
from inventory.requirements import Requirement
from masterdata.models import Supplier
from masterdata.usable import line_path, refuse_blocked, refuse_fractions
from purchasing import requisitions
from purchasing.models import PurchaseOrder, PurchaseOrderLine, Requisition, RequisitionLine
from purchasing.prices import expected_prices

KIND, PREFIX = "purchase_order", "PO"
USUAL_TAX_PERCENT = Decimal(13)


class PartlyReceived(BusinessError):
    """An order of which something has come can't be cancelled any more."""

    code = "partly_received"
    text = _("{number} has been received in part, so it can't be cancelled.")
    hint = _("Close it instead: what is still open is no longer expected.")


class NoSupplier(BusinessError):
    """Nobody said from whom an item is bought."""

    code = "no_supplier"
    text = _("{item}: no supplier is named, and the item has no usual one.")
    hint = _("Name a supplier in the requisition line, or a usual one in the item.")


class NothingToOrder(BusinessError):
    """All lines have been ordered before."""

    code = "nothing_to_order"
    text = _("All of {number} has been ordered.")


def origin_of(order: PurchaseOrder) -> Origin:
    """How the floors below name this order."""
    return Origin(KIND, order.number)


@durable
def draft_order(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> PurchaseOrder:
    """Prepare an order to a supplier.

    Args:
        data: validated by `purchasing.inputs.PurchaseOrderInput`; a line without a price takes the expected one.

    Raises:
        InvalidInputs, SomeBlocked: with every field at fault; nothing is written.
        StateConflict: a requisition that a line names is not approved.
    """
    asked = requisitions.lock_requisitions(company, _requisition_ids(data))
    order = PurchaseOrder(company=company)
    lines = _fill(order, data, asked)
    save_draft(order, lines, kind=KIND, prefix=PREFIX, by=by, at=at)
    requisitions.follow_orders(company, asked, by=by, at=at)
    return order


@durable
def edit_order(*, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime) -> PurchaseOrder:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    order = open_draft(PurchaseOrder, document_id, company=company, version=version)
    asked = requisitions.lock_requisitions(company, [*_asked_by(order), *_requisition_ids(data)])
    lines = _fill(order, data, asked)
    save_edit(order, lines, by=by, at=at)
    requisitions.follow_orders(company, asked, by=by, at=at)
    return order


def _requisition_ids(data: Mapping[str, Any]) -> list[int]:
    return [line["requisition_line"].document_id for line in data["lines"] if line.get("requisition_line")]


def _asked_by(order: PurchaseOrder) -> list[int]:
    return list(order.lines.exclude(requisition_line=None).values_list("requisition_line__document_id", flat=True))


def _fill(order: PurchaseOrder, data: Mapping[str, Any], asked: Mapping[int, RequisitionLine]) -> list[PurchaseOrderLine]:
    for name in ("supplier", "document_date", "due_date", "warehouse"):
        setattr(order, name, data[name])
    order.note = data.get("note", "")
    typed: Sequence[Mapping[str, Any]] = data["lines"]
    expected = expected_prices(order.company, order.supplier, order.document_date, [(line["item"], line["quantity"]) for line in typed])
    lines = [_line(order, number, line, price) for number, (line, price) in enumerate(zip(typed, expected, strict=True), start=1)]
    _check(order, lines, asked)
    amounts = total(lines)
    order.net_amount, order.tax_amount, order.gross_amount = amounts.net, amounts.tax, amounts.gross
    return lines


def _line(order: PurchaseOrder, number: int, data: Mapping[str, Any], expected: Decimal) -> PurchaseOrderLine:
    price = expected if data.get("unit_price") is None else data["unit_price"]
    percent = usual_tax_percent(order.supplier) if data.get("tax_percent") is None else data["tax_percent"]
    amounts = line_amounts(data["quantity"], price, percent, order.company.currency_places)
    return PurchaseOrderLine(
        document=order,
        line_no=number,
        item=data["item"],
        requisition_line=data.get("requisition_line"),
        quantity=data["quantity"],
        unit_price=price,
        tax_percent=percent,
        net_amount=amounts.net,
        tax_amount=amounts.tax,
        due_date=data.get("due_date") or order.due_date,
        note=data.get("note", ""),
    )


def usual_tax_percent(supplier: Supplier) -> Decimal:
    """The supplier's usual tax rate, else the general one."""
    return supplier.tax_rate.percent if supplier.tax_rate else USUAL_TAX_PERCENT


def _named(order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> list[tuple[str, Any]]:
    return [("supplier", order.supplier), ("warehouse", order.warehouse), *((line_path(line.line_no, "item"), line.item) for line in lines)]


def _check(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], asked: Mapping[int, RequisitionLine]) -> None:
    refuse_blocked(_named(order, lines))
    refuse_fractions((line_path(line.line_no, "quantity"), line.item, line.quantity) for line in lines)
    dates = [("due_date", order.due_date), *((line_path(line.line_no, "due_date"), line.due_date) for line in lines)]
    wrong: list[BusinessError] = [
        DateOrder(field=field, later=_("The delivery date"), earlier=_("the date of the order"))
        for field, date in dates
        if date < order.document_date
    ]
    wrong += [
        InvalidInput(
            "item_differs", _("That line of the requisition is about another item."), field=line_path(line.line_no, "requisition_line")
        )
        for line in lines
        if line.requisition_line_id and asked[line.requisition_line_id].item_id != line.item_id
    ]
    if wrong:
        raise InvalidInputs(wrong)
    for line in lines:
        if line.requisition_line_id:
            _require_approved(asked[line.requisition_line_id].document, line_path(line.line_no, "requisition_line"))


def _require_approved(requisition: Requisition, field: str = "") -> None:
    if requisition.state not in (State.APPROVED, State.DONE):
        raise StateConflict(field=field, number=requisition.number, state=requisition.get_state_display(), wanted=State.APPROVED.label)


@durable
def approve_order(*, company: Company, document_id: int, by: User, at: dt.datetime) -> PurchaseOrder:
    """Send an order out: it becomes supply for planning and the warehouse.

    Raises:
        MakerIsChecker: it was made or changed by the same person.
        SomeBlocked: supplier or items have been blocked since.
    """
    order = claim(PurchaseOrder, document_id, [State.DRAFT], done=(State.APPROVED, State.DONE), company=company)
    require_other_person(order, by)
    asked = requisitions.lock_requisitions(company, _asked_by(order))
    lines = list(order.lines.select_related("item").order_by("line_no"))
    refuse_blocked(_named(order, lines))
    coming = [Requirement(line.line_no, line.item, line.quantity, line.due_date, order.warehouse) for line in lines]
    requirements.register(Supply, company, origin_of(order), coming)
    change_state(order, State.APPROVED, "approve", by=by, at=at, approved_by_id=by.pk, approved_at=at)
    requisitions.follow_orders(company, asked, by=by, at=at)
    return order


@durable
def cancel_order(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> PurchaseOrder:
    """Call an order off before anything has come; its requisitions are open again.

    Raises:
        PartlyReceived: something has come.
    """
    order = claim(PurchaseOrder, document_id, [State.DRAFT, State.APPROVED], done=(State.CANCELLED,), company=company)
    asked = requisitions.lock_requisitions(company, _asked_by(order))
    if order.lines.exclude(received=0).exists():
        raise PartlyReceived(number=order.number)
    requirements.close(Supply, company, origin_of(order))
    change_state(order, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    requisitions.follow_orders(company, asked, by=by, at=at)
    return order


@durable
def close_order(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> PurchaseOrder:
    """Declare that what is still open of an order will not come."""
    order = claim(PurchaseOrder, document_id, [State.APPROVED], done=(State.CLOSED, State.DONE), company=company)
    requirements.close(Supply, company, origin_of(order))
    change_state(order, State.CLOSED, "close", by=by, at=at, reason=reason)
    return order


@durable
def from_requisitions(
    *, company: Company, requisition_ids: Sequence[int], warehouse: Warehouse, date: dt.date, by: User, at: dt.datetime
) -> list[PurchaseOrder]:
    """Draft purchase orders for all that is still to be ordered of approved requisitions, one order per supplier.

    Raises:
        NotVisible: a requisition does not exist in this company.
        StateConflict: one is not approved.
        InvalidInputs: a line has no supplier and its item no usual one; nothing is written.
        NothingToOrder: all has been ordered.
    """
    asked = requisitions.lock_requisitions(company, requisition_ids)
    documents = {line.document_id: line.document for line in asked.values()}
    if set(documents) != set(requisition_ids):
        raise NotVisible()
    for requisition in documents.values():
        _require_approved(requisition)
    still_open = [line for line in asked.values() if line.ordered < line.quantity]
    if not still_open:
        raise NothingToOrder(number=", ".join(sorted(requisition.number for requisition in documents.values())))
    by_supplier = _by_supplier(still_open)
    return [
        draft_order(company=company, data=order_data(supplier, lines, warehouse=warehouse, date=date), by=by, at=at)
        for supplier, lines in by_supplier.items()
    ]


def _by_supplier(lines: Sequence[RequisitionLine]) -> dict[Supplier, list[RequisitionLine]]:
    groups: dict[Supplier, list[RequisitionLine]] = {}
    homeless: list[BusinessError] = []
    for line in lines:
        supplier = supplier_of(line)
        if supplier is None:
            homeless.append(NoSupplier(field=line_path(line.line_no, "supplier"), item=line.item))
        else:
            groups.setdefault(supplier, []).append(line)
    if homeless:
        raise InvalidInputs(homeless)
    return dict(sorted(groups.items(), key=lambda group: group[0].code))


def supplier_of(line: RequisitionLine) -> Supplier | None:
    """From whom a requisition line is bought: the named supplier, else the item's usual one."""
    return line.supplier or line.item.default_supplier


def order_data(supplier: Supplier, lines: Sequence[RequisitionLine], *, warehouse: Warehouse, date: dt.date) -> dict[str, Any]:
    """What an order for the open quantities of requisition lines is filled with."""
    rows = [
        {
            "item": line.item,
            "quantity": line.quantity - line.ordered,
            "due_date": max(line.due_date, date),
            "requisition_line": line,
            "note": line.note,
        }
        for line in lines
    ]
    return {
        "supplier": supplier,
        "warehouse": warehouse,
        "document_date": date,
        "due_date": max(row["due_date"] for row in rows),
        "lines": rows,
    }


@durable
def order_requisition(
    *, company: Company, document_id: int, warehouse: Warehouse, document_date: dt.date, by: User, at: dt.datetime
) -> Requisition:
    """Draft the purchase orders for one requisition, one per supplier.

    Returns:
        the requisition; its chain shows the orders.
    """
    from_requisitions(company=company, requisition_ids=[document_id], warehouse=warehouse, date=document_date, by=by, at=at)
    return Requisition.objects.get(pk=document_id)

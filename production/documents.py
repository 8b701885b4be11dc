"""The documents of production, as pages, API and search show them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.documents import Action, Column, DocumentType, LineSet, NextStep, Text
from core.models import Company, State
from inventory.lots import needs_lot
from production import closing, inputs, issues, receipts, reports, returns, work_orders
from production.models import FinishedReceipt, MaterialIssue, MaterialReturn, OperationReport, WorkOrder

COSTS = "core.view_cost"
"""Who may see what things cost; the workshop and the warehouse see quantities."""

_NUMBER = Column("number", _("Number"), "document", sort="number")
_DATE = Column("document_date", _("Date"), "date", sort="document_date", filter=True)
_STATE = Column("state", _("State"), "state", sort="state", filter=True)
_WORK_ORDER = Column("work_order", _("Work order"), "document", sort="work_order__number", filter=True)
_WAREHOUSE = Column("warehouse", _("Warehouse"), sort="warehouse__code", filter=True)
_LINE = Column("line_no", _("Line"))
_NOTE = Column("note", _("Note"))
_MADE = (
    Column("created_by", _("Made by"), "person"),
    Column("posted_by", _("Posted by"), "person"),
    Column("posted_at", _("Posted at"), "date"),
)
_RUNNING = (State.RELEASED, State.RUNNING)
_Verb = Callable[..., Any]


def _posting_actions(model_name: str, post: _Verb, cancel: _Verb, reverse: _Verb) -> tuple[Action, ...]:
    return (
        Action("post", _("Post"), post, f"production.post_{model_name}", (State.DRAFT,)),
        Action("cancel", _("Cancel draft"), cancel, f"production.cancel_{model_name}", (State.DRAFT,), style="plain", wants_reason=True),
        Action(
            "reverse",
            _("Reverse"),
            reverse,
            f"production.reverse_{model_name}",
            (State.POSTED,),
            style="danger",
            confirm=_("A reversing document will be posted. Go on?"),
            wants_reason=True,
        ),
    )


def order_named(company: Company, params: Mapping[str, Any]) -> WorkOrder | None:
    """The work order that a form is opened from (`?work_order=12`); None without one, or if there is no such order."""
    text = str(params.get("work_order", ""))
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    rows = WorkOrder.objects.select_related("item__category", "material_warehouse", "target_warehouse")
    return rows.filter(company=company, pk=int(text)).first()


def initial_issue(*, company: Company, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """An issue of all that the order still needs."""
    order = order_named(company, params)
    if order is None:
        return {}
    lines = [
        {"material": row.line_no, "item": row.item, "name": row.item.label, "quantity": row.quantity - row.issued}
        for row in order.materials.select_related("item")
        if row.quantity > row.issued
    ]
    return {"work_order": order, "warehouse": order.material_warehouse, "lines": lines}


def initial_return(*, company: Company, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A return with a line for each issued material; how many is for the storekeeper to say."""
    order = order_named(company, params)
    if order is None:
        return {}
    lines = [
        {"material": row.line_no, "item": row.item, "name": row.item.label, "quantity": ""}
        for row in order.materials.select_related("item")
        if row.issued
    ]
    return {"work_order": order, "warehouse": order.material_warehouse, "lines": lines}


def initial_report(*, company: Company, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A report on the first operation that has pieces to work on."""
    order = order_named(company, params)
    if order is None:
        return {}
    given = order.quantity
    for operation in order.operations.order_by("operation_no"):
        waiting = given - operation.good - operation.scrapped
        if waiting > 0:
            return {"work_order": order, "operation": operation.operation_no, "good": waiting}
        given = operation.good
    return {"work_order": order}


def initial_receipt(*, company: Company, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A receipt of all that is accepted and not received yet."""
    order = order_named(company, params)
    if order is None:
        return {}
    quantity = max(receipts.receivable(order, has_operations=order.operations.exists()), ZERO)
    return {
        "work_order": order,
        "warehouse": order.target_warehouse,
        "quantity": quantity or "",
        "lot_code": order.number if needs_lot(order.item) else "",
    }


WORK_ORDER = DocumentType(
    kind=work_orders.KIND,
    model=WorkOrder,
    prefix=work_orders.PREFIX,
    section="production",
    slug="work-orders",
    label=_("Work order"),
    label_plural=_("Work orders"),
    columns=(
        _NUMBER,
        Column("item", _("Item"), sort="item__code", filter=True),
        Column("quantity", _("Quantity"), "quantity", sort="quantity"),
        Column("received", _("Received"), "quantity"),
        Column("start_date", _("Start date"), "date", sort="start_date"),
        Column("due_date", _("Due date"), "date", sort="due_date", filter=True),
        Column("department", _("Workshop"), sort="department__code", filter=True),
        _STATE,
    ),
    head=(
        Column("item", _("Item")),
        Column("quantity", _("Quantity"), "quantity"),
        Column("good", _("Reported good"), "quantity"),
        Column("scrapped", _("Scrapped"), "quantity"),
        Column("accepted", _("Accepted by quality"), "quantity"),
        Column("received", _("Received"), "quantity"),
        Column("document_date", _("Date"), "date"),
        Column("start_date", _("Start date"), "date"),
        Column("due_date", _("Due date"), "date"),
        Column("department", _("Workshop")),
        Column("material_warehouse", _("Materials from")),
        Column("target_warehouse", _("Receive into")),
        Column("bom", _("Bill of materials")),
        Column("planned_unit_cost", _("Planned unit cost"), "price", secret=COSTS),
        Column("source_number", _("For")),
        _NOTE,
        Column("created_by", _("Made by"), "person"),
    ),
    line_sets=(
        LineSet(
            "materials",
            _("Materials"),
            (
                _LINE,
                Column("item", _("Item")),
                Column("quantity", _("Needed"), "quantity"),
                Column("issued", _("Issued"), "quantity"),
                Column("issued_value", _("Issued value"), "money", total=True, secret=COSTS),
                Column("operation_no", _("For operation")),
            ),
            select=("item",),
        ),
        LineSet(
            "operations",
            _("Operations"),
            (
                Column("operation_no", _("Operation")),
                Column("name", _("Name")),
                Column("work_center", _("Work centre")),
                Column("planned_minutes", _("Planned minutes"), "quantity", total=True),
                Column("minutes", _("Minutes"), "quantity", total=True),
                Column("good", _("Good"), "quantity"),
                Column("scrapped", _("Scrap"), "quantity"),
            ),
            select=("work_center",),
        ),
        LineSet(
            "costs",
            _("Cost"),
            (
                Column("date", _("Date"), "date"),
                Column("element", _("Cost element")),
                Column("origin_number", _("Document"), "document"),
                Column("amount", _("Amount"), "money", total=True, secret=COSTS),
            ),
        ),
    ),
    actions=(
        Action(
            "release", _("Release"), work_orders.release_order, "production.release_workorder", (State.DRAFT,), input=inputs.ReleaseInput
        ),
        Action(
            "cancel",
            _("Cancel"),
            work_orders.cancel_order,
            "production.cancel_workorder",
            (State.DRAFT, State.RELEASED, State.RUNNING),
            style="danger",
            confirm=_("What is reserved for this order will be free again. Go on?"),
            wants_reason=True,
        ),
        Action(
            "close",
            _("Close"),
            closing.close_order,
            "production.close_workorder",
            (State.RUNNING, State.DONE),
            style="plain",
            confirm=_("No more can be issued, reported or received. Remaining cost will be settled. Go on?"),
        ),
    ),
    input=inputs.WorkOrderInput,
    draft=work_orders.draft_order,
    edit=work_orders.edit_order,
    select=("item", "department", "material_warehouse", "target_warehouse", "bom__item"),
    search=("number", "item__code", "item__name", "item__name_en", "source_number"),
    next_steps=(
        NextStep(issues.KIND, _("Issue materials"), "work_order", _RUNNING),
        NextStep(reports.KIND, _("Report work"), "work_order", _RUNNING),
        NextStep(receipts.KIND, _("Receive products"), "work_order", (State.RUNNING,)),
        NextStep(returns.KIND, _("Return materials"), "work_order", (State.RUNNING, State.DONE)),
    ),
)


def _material_lines(value_label: Text) -> tuple[LineSet, ...]:
    return (
        LineSet(
            "lines",
            _("Lines"),
            (
                _LINE,
                Column("material", _("Line of the order")),
                Column("item", _("Item")),
                Column("quantity", _("Quantity"), "quantity"),
                Column("bin", _("Bin")),
                Column("value", value_label, "money", total=True, secret=COSTS),
                _NOTE,
            ),
            select=("item", "material", "bin"),
        ),
    )


MATERIAL_ISSUE = DocumentType(
    kind=issues.KIND,
    model=MaterialIssue,
    prefix=issues.PREFIX,
    section="production",
    slug="issues",
    label=_("Material issue"),
    label_plural=_("Material issues"),
    columns=(_NUMBER, _DATE, _WORK_ORDER, Column("work_order.item", _("Product")), _WAREHOUSE, _STATE),
    head=(_WORK_ORDER, Column("work_order.item", _("Product")), _DATE, _WAREHOUSE, Column("reason", _("Reason for more")), _NOTE, *_MADE),
    line_sets=_material_lines(_("Value")),
    actions=_posting_actions("materialissue", issues.post_issue, issues.cancel_issue, issues.reverse_issue),
    input=inputs.MaterialIssueInput,
    draft=issues.draft_issue,
    edit=issues.edit_issue,
    select=("work_order__item", "warehouse", "posted_by"),
    search=("number", "work_order__number", "work_order__item__code"),
    initial=initial_issue,
)

MATERIAL_RETURN = DocumentType(
    kind=returns.KIND,
    model=MaterialReturn,
    prefix=returns.PREFIX,
    section="production",
    slug="returns",
    label=_("Material return"),
    label_plural=_("Material returns"),
    columns=(_NUMBER, _DATE, _WORK_ORDER, Column("work_order.item", _("Product")), _WAREHOUSE, _STATE),
    head=(_WORK_ORDER, Column("work_order.item", _("Product")), _DATE, _WAREHOUSE, _NOTE, *_MADE),
    line_sets=_material_lines(_("Value at issue")),
    actions=_posting_actions("materialreturn", returns.post_return, returns.cancel_return, returns.reverse_return),
    input=inputs.MaterialReturnInput,
    draft=returns.draft_return,
    edit=returns.edit_return,
    select=("work_order__item", "warehouse", "posted_by"),
    search=("number", "work_order__number", "work_order__item__code"),
    initial=initial_return,
)

OPERATION_REPORT = DocumentType(
    kind=reports.KIND,
    model=OperationReport,
    prefix=reports.PREFIX,
    section="production",
    slug="reports",
    label=_("Operation report"),
    label_plural=_("Operation reports"),
    columns=(
        _NUMBER,
        _DATE,
        _WORK_ORDER,
        Column("operation", _("Operation")),
        Column("operation.name", _("Name")),
        Column("good", _("Good"), "quantity", total=True),
        Column("scrapped", _("Scrap"), "quantity", total=True),
        Column("minutes", _("Minutes"), "quantity", total=True),
        _STATE,
    ),
    head=(
        _WORK_ORDER,
        Column("work_order.item", _("Product")),
        Column("operation", _("Operation")),
        Column("operation.name", _("Name")),
        _DATE,
        Column("employee", _("Worker")),
        Column("good", _("Good"), "quantity"),
        Column("scrapped", _("Scrap"), "quantity"),
        Column("scrap_reason", _("Reason for scrap")),
        Column("minutes", _("Minutes"), "quantity"),
        Column("labour_cost", _("Labour cost"), "money", secret=COSTS),
        Column("machine_cost", _("Machine and overhead cost"), "money", secret=COSTS),
        _NOTE,
        *_MADE,
    ),
    line_sets=(),
    actions=_posting_actions("operationreport", reports.post_report, reports.cancel_report, reports.reverse_report),
    input=inputs.OperationReportInput,
    draft=reports.draft_report,
    edit=reports.edit_report,
    select=("work_order__item", "operation", "employee", "posted_by"),
    search=("number", "work_order__number", "work_order__item__code"),
    initial=initial_report,
)

FINISHED_RECEIPT = DocumentType(
    kind=receipts.KIND,
    model=FinishedReceipt,
    prefix=receipts.PREFIX,
    section="production",
    slug="receipts",
    label=_("Finished receipt"),
    label_plural=_("Finished receipts"),
    columns=(
        _NUMBER,
        _DATE,
        _WORK_ORDER,
        Column("item", _("Item"), sort="item__code", filter=True),
        Column("quantity", _("Quantity"), "quantity", total=True),
        Column("lot_code", _("Lot")),
        _WAREHOUSE,
        Column("value", _("Value"), "money", total=True, secret=COSTS),
        _STATE,
    ),
    head=(
        _WORK_ORDER,
        Column("item", _("Item")),
        _DATE,
        Column("quantity", _("Quantity"), "quantity"),
        _WAREHOUSE,
        Column("bin", _("Bin")),
        Column("lot_code", _("Lot")),
        Column("is_final", _("Completes the order")),
        Column("material_cost", _("Material"), "money", secret=COSTS),
        Column("labour_cost", _("Labour"), "money", secret=COSTS),
        Column("overhead_cost", _("Overhead"), "money", secret=COSTS),
        Column("value", _("Value"), "money", secret=COSTS),
        _NOTE,
        *_MADE,
    ),
    line_sets=(),
    actions=_posting_actions("finishedreceipt", receipts.post_receipt, receipts.cancel_receipt, receipts.reverse_receipt),
    input=inputs.FinishedReceiptInput,
    draft=receipts.draft_receipt,
    edit=receipts.edit_receipt,
    select=("work_order__item", "item", "warehouse", "bin", "posted_by"),
    search=("number", "work_order__number", "item__code", "lot_code"),
    initial=initial_receipt,
)

DOCUMENTS = (WORK_ORDER, MATERIAL_ISSUE, MATERIAL_RETURN, OPERATION_REPORT, FINISHED_RECEIPT)

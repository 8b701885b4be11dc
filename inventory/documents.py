"""The warehouse's own documents, as the doors show them: other receipts and issues, transfers, inspections.

A final inspection is decided through production, so whoever lists INSPECTION for the doors may replace its verbs by those of a
higher floor.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.documents import Action, Column, DocumentType, LineSet
from core.models import State
from inventory import entries, inputs, inspections, transfers
from inventory.models import Inspection, StockEntry, StockTransfer

COSTS = "core.view_cost"

_NUMBER = Column("number", _("Number"), "document", sort="number", filter=True)
_DATE = Column("document_date", _("Date"), "date", sort="document_date", filter=True)
_STATE = Column("state", _("State"), "state", sort="state", filter=True)
_PEOPLE = (
    Column("created_by", _("Made by"), "person"),
    Column("posted_by", _("Posted by"), "person"),
    Column("reversal_of", _("Reverses"), "document"),
    Column("note", _("Note")),
)
_GOODS = (
    Column("line_no", _("Line")),
    Column("item.code", _("Item")),
    Column("item.label", _("Name")),
    Column("quantity", _("Quantity"), "quantity", total=True),
    Column("item.unit", _("Unit")),
)


def _all_accepted(inspection: Inspection) -> Mapping[str, Any]:
    """As it mostly is: everything is good."""
    return {"accepted": inspection.quantity}


STOCK_ENTRY = DocumentType(
    kind=entries.KIND,
    model=StockEntry,
    prefix=entries.PREFIX,
    section="inventory",
    slug="entries",
    label=_("Other receipt or issue"),
    label_plural=_("Other receipts and issues"),
    columns=(
        _NUMBER,
        _DATE,
        Column("kind", _("Kind"), filter=True),
        Column("warehouse", _("Warehouse"), filter=True),
        Column("department", _("Department"), filter=True),
        Column("reason", _("Reason")),
        _STATE,
    ),
    head=(
        Column("kind", _("Kind")),
        Column("document_date", _("Date"), "date"),
        Column("warehouse", _("Warehouse")),
        Column("department", _("Department")),
        Column("reason", _("Reason")),
        *_PEOPLE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (
                *_GOODS,
                Column("unit_cost", _("Unit cost"), "price", secret=COSTS),
                Column("bin", _("Bin")),
                Column("lot", _("Lot")),
                Column("note", _("Note")),
            ),
            select=("item__unit", "bin", "lot"),
        ),
    ),
    actions=(
        Action("post", _("Post"), entries.post_entry, "inventory.post_stockentry", (State.DRAFT,)),
        Action(
            "cancel", _("Cancel"), entries.cancel_entry, "inventory.cancel_stockentry", (State.DRAFT,), style="secondary", wants_reason=True
        ),
        Action(
            "reverse",
            _("Reverse"),
            entries.reverse_entry,
            "inventory.reverse_stockentry",
            (State.POSTED,),
            style="danger",
            confirm=_("A reversing document and a red voucher will be posted."),
            wants_reason=True,
            by_token=False,
        ),
    ),
    input=inputs.StockEntryInput,
    draft=entries.draft_entry,
    edit=entries.edit_entry,
    select=("warehouse", "department", "posted_by", "reversal_of"),
    search=("number", "reason"),
)

STOCK_TRANSFER = DocumentType(
    kind=transfers.KIND,
    model=StockTransfer,
    prefix=transfers.PREFIX,
    section="inventory",
    slug="transfers",
    label=_("Transfer"),
    label_plural=_("Transfers"),
    columns=(
        _NUMBER,
        _DATE,
        Column("warehouse", _("From warehouse"), filter=True),
        Column("to_warehouse", _("To warehouse"), filter=True),
        Column("note", _("Note")),
        _STATE,
    ),
    head=(
        Column("document_date", _("Date"), "date"),
        Column("warehouse", _("From warehouse")),
        Column("to_warehouse", _("To warehouse")),
        *_PEOPLE,
    ),
    line_sets=(
        LineSet(
            "lines",
            _("Lines"),
            (*_GOODS, Column("bin", _("From bin")), Column("to_bin", _("To bin")), Column("lot", _("Lot")), Column("note", _("Note"))),
            select=("item__unit", "bin", "to_bin", "lot"),
        ),
    ),
    actions=(
        Action("post", _("Post"), transfers.post_transfer, "inventory.post_stocktransfer", (State.DRAFT,)),
        Action(
            "cancel",
            _("Cancel"),
            transfers.cancel_transfer,
            "inventory.cancel_stocktransfer",
            (State.DRAFT,),
            style="secondary",
            wants_reason=True,
        ),
        Action(
            "reverse",
            _("Reverse"),
            transfers.reverse_transfer,
            "inventory.reverse_stocktransfer",
            (State.POSTED,),
            style="danger",
            confirm=_("A reversing document will be posted."),
            wants_reason=True,
            by_token=False,
        ),
    ),
    input=inputs.StockTransferInput,
    draft=transfers.draft_transfer,
    edit=transfers.edit_transfer,
    select=("warehouse", "to_warehouse", "posted_by", "reversal_of"),
)

INSPECTION = DocumentType(
    kind=inspections.KIND,
    model=Inspection,
    prefix=inspections.PREFIX,
    section="inventory",
    slug="inspections",
    label=_("Inspection"),
    label_plural=_("Inspections"),
    columns=(
        _NUMBER,
        _DATE,
        Column("kind", _("Kind"), filter=True),
        Column("origin_number", _("For"), "document", filter=True),
        Column("item", _("Item"), sort="item__code", filter=True),
        Column("lot", _("Lot")),
        Column("quantity", _("To inspect"), "quantity", total=True),
        Column("accepted", _("Accepted"), "quantity", total=True),
        Column("rejected", _("Rejected"), "quantity", total=True),
        _STATE,
    ),
    head=(
        Column("kind", _("Kind")),
        Column("origin_number", _("For"), "document"),
        Column("document_date", _("Date"), "date"),
        Column("item", _("Item")),
        Column("warehouse", _("Warehouse")),
        Column("bin", _("Bin")),
        Column("lot", _("Lot")),
        Column("quantity", _("To inspect"), "quantity"),
        Column("accepted", _("Accepted"), "quantity"),
        Column("rejected", _("Rejected"), "quantity"),
        Column("finding", _("Finding")),
        *_PEOPLE,
    ),
    line_sets=(),
    actions=(
        Action(
            "post",
            _("Decide"),
            inspections.post_inspection,
            "inventory.post_inspection",
            (State.DRAFT,),
            input=inputs.InspectionResultInput,
            initial=_all_accepted,
        ),
        Action(
            "reverse",
            _("Reverse"),
            inspections.reverse_inspection,
            "inventory.reverse_inspection",
            (State.POSTED,),
            style="danger",
            confirm=_("The decision is taken back and a new inspection is drafted."),
            wants_reason=True,
            by_token=False,
        ),
    ),
    editable=(),
    select=("item", "warehouse", "bin", "lot", "posted_by", "reversal_of"),
    search=("number", "origin_number", "item__code", "item__name", "lot__code"),
)

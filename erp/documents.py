"""All kinds of documents, in the order in which work flows. Pages, API, search and chain are made from this list."""

from dataclasses import replace

from core.documents import DocumentType
from finance.documents import CUSTOMER_RECEIPT, SUPPLIER_INVOICE, SUPPLIER_PAYMENT
from inventory.documents import INSPECTION, STOCK_ENTRY, STOCK_TRANSFER
from production.documents import FINISHED_RECEIPT, MATERIAL_ISSUE, MATERIAL_RETURN, OPERATION_REPORT, WORK_ORDER
from production.inspection import post_inspection, reverse_inspection
from purchasing.documents import PURCHASE_ORDER, PURCHASE_RECEIPT, REQUISITION
from sales.documents import SALES_ORDER, SHIPMENT

_DECIDES = {"post": post_inspection, "reverse": reverse_inspection}
"""Inspections lie on the warehouse's floor; the verbs that also know finished work are production's."""

_INSPECTION_ACTIONS = tuple(
    replace(action, verb=_DECIDES[action.name])  # type: ignore[arg-type]
    for action in INSPECTION.actions
)

DOCUMENT_TYPES: tuple[DocumentType, ...] = (
    SALES_ORDER,
    SHIPMENT,
    REQUISITION,
    PURCHASE_ORDER,
    PURCHASE_RECEIPT,
    WORK_ORDER,
    MATERIAL_ISSUE,
    MATERIAL_RETURN,
    OPERATION_REPORT,
    FINISHED_RECEIPT,
    replace(INSPECTION, actions=_INSPECTION_ACTIONS),
    STOCK_ENTRY,
    STOCK_TRANSFER,
    SUPPLIER_INVOICE,
    SUPPLIER_PAYMENT,
    CUSTOMER_RECEIPT,
)

"""Requisitions, purchase orders, receipts."""

from purchasing.models.order import PurchaseOrder, PurchaseOrderLine
from purchasing.models.receipt import PurchaseReceipt, PurchaseReceiptLine
from purchasing.models.requisition import Requisition, RequisitionLine

__all__ = [
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseReceipt",
    "PurchaseReceiptLine",
    "Requisition",
    "RequisitionLine",
]

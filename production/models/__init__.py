"""How things are made, and the documents of making them."""

from production.models.engineering import Bom, BomLine, Routing, RoutingOperation, WorkCenter
from production.models.issue import MaterialIssue, MaterialIssueLine, MaterialReturn, MaterialReturnLine
from production.models.receipt import FinishedReceipt
from production.models.report import OperationReport
from production.models.work_order import WorkOrder, WorkOrderCost, WorkOrderMaterial, WorkOrderOperation

__all__ = [
    "Bom",
    "BomLine",
    "FinishedReceipt",
    "MaterialIssue",
    "MaterialIssueLine",
    "MaterialReturn",
    "MaterialReturnLine",
    "OperationReport",
    "Routing",
    "RoutingOperation",
    "WorkCenter",
    "WorkOrder",
    "WorkOrderCost",
    "WorkOrderMaterial",
    "WorkOrderOperation",
]

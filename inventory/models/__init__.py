"""Tables of the warehouse, one file per aggregate."""

from inventory.models.documents import StockEntry, StockEntryLine, StockTransfer, StockTransferLine
from inventory.models.inspection import Inspection
from inventory.models.ledger import CostLayer, StockBalance, StockMove, StockPosting, StockStatus, ValuationPool
from inventory.models.places import Bin, Lot, Warehouse
from inventory.models.planning import Demand, PlanRun, Proposal, ProposalPeg, Supply
from inventory.models.reservation import Reservation

__all__ = [
    "Bin",
    "CostLayer",
    "Demand",
    "Inspection",
    "Lot",
    "PlanRun",
    "Proposal",
    "ProposalPeg",
    "Reservation",
    "StockBalance",
    "StockEntry",
    "StockEntryLine",
    "StockMove",
    "StockPosting",
    "StockStatus",
    "StockTransfer",
    "StockTransferLine",
    "Supply",
    "ValuationPool",
    "Warehouse",
]

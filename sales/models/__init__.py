"""Customer orders, shipments and returns."""

from sales.models.order import SalesOrder, SalesOrderLine
from sales.models.shipment import Shipment, ShipmentLine

__all__ = ["SalesOrder", "SalesOrderLine", "Shipment", "ShipmentLine"]

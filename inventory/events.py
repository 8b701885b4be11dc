"""Why goods move: the events of the stock ledger, and which way their amount counts for the books.

The amount of an event is the value that came in (IN) or went out (OUT). What undoes an event keeps its name and gets a
negative amount, so the books show it in red on the same side.
"""

OPENING = "opening"
PURCHASE_RECEIPT = "purchase_receipt"
PURCHASE_VARIANCE = "purchase_variance"
PRODUCTION_ISSUE = "production_issue"
PRODUCTION_ISSUE_VARIANCE = "production_issue_variance"
PRODUCTION_RECEIPT = "production_receipt"
PRODUCTION_VARIANCE = "production_variance"
PRODUCTION_SETTLEMENT = "production_settlement"
SALES_SHIPMENT = "sales_shipment"
OTHER_IN = "other_in"
OTHER_OUT = "other_out"
TRANSFER = "transfer"
INSPECTION = "inspection"
INVOICE_DIFFERENCE = "invoice_difference"
INVOICE_DIFFERENCE_EXPENSED = "invoice_difference_expensed"
PRODUCTION_SETTLEMENT_EXPENSED = "production_settlement_expensed"
OTHER_VARIANCE = "other_variance"
TRANSFER_VARIANCE = "transfer_variance"
NEGATIVE_SETTLEMENT = "negative_settlement"

IN, OUT, NONE = 1, -1, 0

DIRECTION = {
    OPENING: IN,
    PURCHASE_RECEIPT: IN,
    PRODUCTION_ISSUE: OUT,
    PRODUCTION_RECEIPT: IN,
    PRODUCTION_SETTLEMENT: IN,
    SALES_SHIPMENT: OUT,
    OTHER_IN: IN,
    OTHER_OUT: OUT,
    INVOICE_DIFFERENCE: IN,
    NEGATIVE_SETTLEMENT: OUT,
    TRANSFER: NONE,
    INSPECTION: NONE,
}
"""Events that may be posted; one that isn't listed is refused."""

VARIANCE_OF = {
    PURCHASE_RECEIPT: PURCHASE_VARIANCE,
    PRODUCTION_ISSUE: PRODUCTION_ISSUE_VARIANCE,
    PRODUCTION_RECEIPT: PRODUCTION_VARIANCE,
    INVOICE_DIFFERENCE: INVOICE_DIFFERENCE_EXPENSED,
    PRODUCTION_SETTLEMENT: PRODUCTION_SETTLEMENT_EXPENSED,
    OPENING: OTHER_VARIANCE,
    OTHER_IN: OTHER_VARIANCE,
    TRANSFER: TRANSFER_VARIANCE,
}
"""The event for what a value does not bring into stock: the difference to standard cost, the share of goods already gone."""

"""Events of the books that move no goods: each debits and credits by its posting rule, like the events of `inventory.events`."""

SALE_REVENUE = "sale_revenue"
SALE_TAX = "sale_tax"
LABOUR = "labour"
OVERHEAD_ABSORBED = "overhead_absorbed"
INVOICE_GOODS = "invoice_goods"
INVOICE_TAX = "invoice_tax"
CUSTOMER_RECEIPT = "customer_receipt"
CUSTOMER_ADVANCE = "customer_advance"
SUPPLIER_PAYMENT = "supplier_payment"
SUPPLIER_ADVANCE = "supplier_advance"
OPENING_RECEIVABLE = "opening_receivable"
OPENING_PAYABLE = "opening_payable"
OPENING_CUSTOMER_ADVANCE = "opening_customer_advance"
OPENING_SUPPLIER_ADVANCE = "opening_supplier_advance"
CUSTOMER_ADVANCE_USED = "customer_advance_used"
SUPPLIER_ADVANCE_USED = "supplier_advance_used"
OVERHEAD_DIFFERENCE = "overhead_difference"
WORK_ORDER_VARIANCE = "work_order_variance"

ALL = (
    SALE_REVENUE,
    SALE_TAX,
    LABOUR,
    OVERHEAD_ABSORBED,
    INVOICE_GOODS,
    INVOICE_TAX,
    CUSTOMER_RECEIPT,
    CUSTOMER_ADVANCE,
    SUPPLIER_PAYMENT,
    SUPPLIER_ADVANCE,
    OPENING_RECEIVABLE,
    OPENING_PAYABLE,
    OPENING_CUSTOMER_ADVANCE,
    OPENING_SUPPLIER_ADVANCE,
    CUSTOMER_ADVANCE_USED,
    SUPPLIER_ADVANCE_USED,
    OVERHEAD_DIFFERENCE,
    WORK_ORDER_VARIANCE,
)

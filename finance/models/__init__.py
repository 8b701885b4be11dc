"""Tables of the books, one file per aggregate."""

from finance.models.account import Account, PostingRule
from finance.models.closing import ClosingStep
from finance.models.invoice import GoodsReceived, SupplierInvoice, SupplierInvoiceLine
from finance.models.money import BankAccount, CustomerReceipt, CustomerReceiptLine, SupplierPayment, SupplierPaymentLine
from finance.models.open_item import OpenItem, Settlement
from finance.models.voucher import AccountBalance, Voucher, VoucherLine, VoucherSource

__all__ = [
    "Account",
    "AccountBalance",
    "BankAccount",
    "ClosingStep",
    "CustomerReceipt",
    "CustomerReceiptLine",
    "GoodsReceived",
    "OpenItem",
    "PostingRule",
    "Settlement",
    "SupplierInvoice",
    "SupplierInvoiceLine",
    "SupplierPayment",
    "SupplierPaymentLine",
    "Voucher",
    "VoucherLine",
    "VoucherSource",
]

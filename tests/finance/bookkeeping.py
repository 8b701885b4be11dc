"""What happens to ACME's books in these tests, in the words of an accountant. Input passes through the real serializers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.db import durable
from core.inputs import StrictSerializer, validated
from core.models import Period, User
from core.posting import posting_transaction
from finance import events as books
from finance import invoices, manual_vouchers, money, open_items, vouchers
from finance.inputs import CustomerReceiptInput, SupplierInvoiceInput, SupplierPaymentInput, VoucherInput
from finance.models import Account, BankAccount, CustomerReceipt, GoodsReceived, OpenItem, SupplierInvoice, SupplierPayment, Voucher
from finance.rules import Amount, RuleBook
from inventory import events as goods
from inventory.ledger import MoveRequest, Origin, Place, lock_stock, post, reverse
from inventory.ledger.issuing import Wanted, issue_requests
from inventory.ledger.reversal import receipt_ref
from inventory.models import StockPosting
from masterdata.dimensions import Dimensions
from masterdata.models import Item
from tests.factory import NOW, TODAY, Factory

D = Decimal


@dataclass
class Books:
    """ACME with a bank account, and what can happen to it."""

    acme: Factory
    bank: BankAccount

    @property
    def company(self) -> Any:
        return self.acme.company

    def typed(self, form: type[StrictSerializer], **data: Any) -> dict[str, Any]:
        """What a form makes of typed text."""
        return validated(form, data, company=self.company)

    def account(self, code: str) -> Account:
        return Account.objects.get(company=self.company, code=code)

    def period(self, month: int, year: int = 2026) -> Period:
        return Period.objects.get(company=self.company, year=year, month=month)

    # ---- goods ----------------------------------------------------------------------------------------------------------

    @durable
    def receive(self, number: str, *lines: tuple[Item, str, str], date: dt.date = TODAY, event: str = goods.PURCHASE_RECEIPT) -> None:
        """Goods come from the supplier: (item, quantity, value)."""
        acme = self.acme
        with posting_transaction(company=self.company, date=date, by=acme.nora, at=NOW, stock=True) as transaction:
            places = [Place(item.pk, acme.store.pk, acme.shelf.pk, None) for item, _, _ in lines]
            stock = lock_stock(self.company, items=[item for item, _, _ in lines], warehouses=[acme.store], arriving=places)
            requests = [
                MoveRequest(
                    line=n, item=item, warehouse=acme.store, place=place, quantity=D(quantity), value=D(value),
                    receipt_ref=receipt_ref("purchase_receipt", number, n), dimensions=Dimensions(supplier_id=acme.supplier.pk),
                )
                for n, ((item, quantity, value), place) in enumerate(zip(lines, places, strict=True), 1)
            ]  # fmt: skip
            kind = "stock_entry" if event == goods.OPENING else "purchase_receipt"
            post(transaction, stock, event=event, origin=Origin(kind, number), requests=requests)

    @durable
    def use(self, number: str, item: Item, quantity: str, date: dt.date = TODAY) -> None:
        """Goods are taken out for another reason than selling or making."""
        acme = self.acme
        with posting_transaction(company=self.company, date=date, by=acme.nora, at=NOW, stock=True) as transaction:
            stock = lock_stock(self.company, items=[item], warehouses=[acme.store])
            requests = issue_requests(stock, [Wanted(1, item, acme.store, D(quantity))], default_bins={acme.store.pk: acme.shelf}, on=date)
            post(transaction, stock, event=goods.OTHER_OUT, origin=Origin("stock_entry", number), requests=requests)

    @durable
    def send_back(self, number: str) -> None:
        """A goods receipt is reversed."""
        posting = StockPosting.objects.get(company=self.company, origin_number=number, reversal_of=None)
        supplier = Dimensions(supplier_id=self.acme.supplier.pk)
        with posting_transaction(company=self.company, date=TODAY, by=self.acme.nora, at=NOW, stock=True) as transaction:
            lines = {move.origin_line: supplier for move in posting.moves.all()}
            reverse(transaction, posting, origin=Origin("purchase_receipt", number), dimensions=lines)

    def received(self, reference: str) -> GoodsReceived:
        return GoodsReceived.objects.get(company=self.company, reference=reference)

    # ---- sales and purchases ------------------------------------------------------------------------------------------------

    @durable
    def sell(self, number: str, net: str, *, date: dt.date = TODAY, due: dt.date | None = None, tax: str | None = None) -> OpenItem:
        """The customer owes the net amount and 13 % of tax."""
        acme = self.acme
        amounts = {books.SALE_REVENUE: D(net), books.SALE_TAX: D(tax) if tax is not None else D(net) * 13 / 100}
        dimensions = Dimensions(customer_id=acme.customer.pk)
        with posting_transaction(company=self.company, date=date, by=acme.nora, at=NOW) as transaction:
            entries = RuleBook(self.company, amounts).entries(
                [Amount(event=event, amount=amount, line=1, dimensions=dimensions) for event, amount in amounts.items()], number=number
            )
            voucher = vouchers.write(transaction, entries, origin_kind="shipment", origin_number=number)
            assert voucher is not None
            return open_items.book_receivable(
                transaction, customer=acme.customer, voucher=voucher, origin=Origin("shipment", number),
                date=date, due_date=due or date, amount=sum(amounts.values(), D(0)),
            )  # fmt: skip

    def invoice(self, supplier_number: str, *lines: dict[str, str], date: str = "2026-03-10", supplier: str = "S1") -> SupplierInvoice:
        """The supplier's invoice is entered as a draft."""
        data = self.typed(SupplierInvoiceInput, supplier=supplier, invoice_number=supplier_number, document_date=date, lines=list(lines))
        return invoices.draft_invoice(company=self.company, data=data, by=self.acme.nora, at=NOW)

    def post_invoice(self, invoice: SupplierInvoice, by: User | None = None) -> SupplierInvoice:
        return invoices.post_invoice(company=self.company, document_id=invoice.pk, by=by or self.acme.ada, at=NOW)

    def receipt(self, amount: str, *lines: tuple[str, str], date: str = "2026-03-10") -> CustomerReceipt:
        """Money from the customer, settling (document, amount); entered and posted."""
        draft = money.draft_customer_receipt(
            company=self.company, data=self.receipt_data(amount, *lines, date=date), by=self.acme.nora, at=NOW
        )
        return money.post_customer_receipt(company=self.company, document_id=draft.pk, by=self.acme.ada, at=NOW)

    def receipt_data(self, amount: str, *lines: tuple[str, str], date: str = "2026-03-10") -> dict[str, Any]:
        return self.typed(
            CustomerReceiptInput, customer="C1", document_date=date, bank_account="ICBC", amount=amount, lines=_settled(lines)
        )

    def payment(self, amount: str, *lines: tuple[str, str], date: str = "2026-03-10") -> SupplierPayment:
        """Money to the supplier, settling (document, amount); prepared by Nora, released by Ada."""
        data = self.typed(
            SupplierPaymentInput, supplier="S1", document_date=date, bank_account="ICBC", amount=amount, lines=_settled(lines)
        )
        draft = money.draft_supplier_payment(company=self.company, data=data, by=self.acme.nora, at=NOW)
        return money.post_supplier_payment(company=self.company, document_id=draft.pk, by=self.acme.ada, at=NOW)

    # ---- vouchers by hand ---------------------------------------------------------------------------------------------------

    def voucher_data(self, *lines: tuple[str, str, str], date: str = "2026-03-10") -> dict[str, Any]:
        """Lines (account, debit, credit)."""
        rows = [{"summary": "手工", "account": code, "debit": debit, "credit": credit} for code, debit, credit in lines]
        return self.typed(VoucherInput, date=date, lines=rows)

    def draft(self, *lines: tuple[str, str, str], date: str = "2026-03-10") -> Voucher:
        return manual_vouchers.draft_voucher(company=self.company, data=self.voucher_data(*lines, date=date), by=self.acme.nora, at=NOW)

    def book(self, *lines: tuple[str, str, str], date: str = "2026-03-10") -> Voucher:
        """A voucher drafted by Nora, reviewed and posted by Ada."""
        voucher = self.draft(*lines, date=date)
        manual_vouchers.review_voucher(company=self.company, document_id=voucher.pk, by=self.acme.ada, at=NOW)
        return manual_vouchers.post_voucher(company=self.company, document_id=voucher.pk, by=self.acme.ada, at=NOW)


def _settled(lines: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"open_item": number, "amount": amount} for number, amount in lines]


def open_amounts(books_of: Books) -> dict[str, Decimal]:
    """What is open, by document."""
    rows = OpenItem.objects.filter(company=books_of.company).exclude(open_amount=0)
    return {f"{row.side} {row.origin_number}": row.open_amount for row in rows}


def start(acme: Factory) -> Books:
    """ACME opens a bank account."""
    account = Account.objects.get(company=acme.company, code="1002")
    bank = BankAccount.objects.create(company=acme.company, code="ICBC", name="工商银行", name_en="ICBC", account=account)
    return Books(acme, bank)

"""Supplier invoices: matched with receipts; the difference in price goes where the goods are."""

import datetime as dt
from decimal import Decimal
from textwrap import dedent

import pytest

from core.errors import AlreadyDone, InvalidInput, InvalidInputs, PeriodClosed, StateConflict
from core.models import Period
from finance import invoices
from finance.goods_received import AlreadyInvoiced
from finance.invoices import DuplicateInvoice, InvoiceRefused
from finance.models import OpenItem, SupplierInvoice, Voucher
from finance.open_items import AlreadySettled
from inventory.models import ValuationPool
from tests.books import trial_balance
from tests.factory import NOW
from tests.finance.bookkeeping import Books, open_amounts

D = Decimal


def line(reference: str, quantity: str, price: str, **more: str) -> dict[str, str]:
    return {"received": reference, "quantity": quantity, "unit_price": price, **more}


def test_an_invoice_at_the_order_price_clears_the_accrual(books: Books) -> None:
    # A hundred bolts at 2.50 came in on Tuesday, the invoice comes on Friday.
    books.receive("GR-1", (books.acme.bolt, "100", "250.00"))
    invoice = books.post_invoice(books.invoice("F-77", line("GR-1/1", "100", "2.50")))

    assert (invoice.state, invoice.net_amount, invoice.tax_amount, invoice.gross_amount) == ("posted", D("250.00"), D("32.50"), D("282.50"))
    assert trial_balance(books.company) == dedent("""\
        140301    原料及主要材料   250.00
        220201    应付款          -282.50
        22210101  进项税额          32.50""")
    assert open_amounts(books) == {f"payable {invoice.number}": D("282.50")}


def test_a_dearer_invoice_raises_the_value_of_what_is_still_there(books: Books) -> None:
    # Of ten plates at 30 four are used up before the invoice says 33.
    books.receive("GR-1", (books.acme.plate, "10", "300.00"))
    books.use("SE-1", books.acme.plate, "4")
    invoice = books.post_invoice(books.invoice("F-78", line("GR-1/1", "10", "33")))

    booked = invoice.lines.get()
    assert (booked.accrual_cleared, booked.stock_difference, booked.expensed_difference) == (D(300), D(18), D(12))
    pool = ValuationPool.objects.get(item=books.acme.plate)
    assert (pool.quantity, pool.value) == (D(6), D("198.00"))
    assert trial_balance(books.company) == dedent("""\
        140301    原料及主要材料   198.00
        220201    应付款          -372.90
        22210101  进项税额          42.90
        540101    产品销售成本      12.00
        560299    其他管理费用     120.00""")


def test_an_invoice_is_not_booked_before_its_goods(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "100", "100"), date=dt.date(2026, 3, 20))
    with pytest.raises(InvalidInputs) as refusal:
        books.invoice("FP-1", line("GR-1/1", "100", "1"), date="2026-02-05")
    assert [(problem.field, problem.code) for problem in refusal.value.problems()] == [("document_date", "before_receipt")]
    books.post_invoice(books.invoice("FP-1", line("GR-1/1", "100", "1"), date="2026-03-20"))


def test_a_blocked_supplier_may_still_send_the_invoice(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "100", "100"))
    type(books.acme.supplier).objects.update(is_blocked=True)
    assert books.post_invoice(books.invoice("FP-1", line("GR-1/1", "100", "1"))).state == "posted"


def test_two_invoices_share_a_receipt_to_the_cent(books: Books) -> None:
    # Three bolts for 10.00: a third is 3.33, the last invoice clears the rest.
    books.receive("GR-1", (books.acme.bolt, "3", "10.00"))
    for number, cleared in (("F-1", "3.33"), ("F-2", "3.34"), ("F-3", "3.33")):
        invoice = books.post_invoice(books.invoice(number, line("GR-1/1", "1", "3.33333333")))
        assert invoice.lines.get().accrual_cleared == D(cleared)
    row = books.received("GR-1/1")
    assert (row.invoiced_quantity, row.invoiced_amount) == (D(3), D("10.00"))


def test_more_than_was_received_is_refused_with_every_line(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"), (books.acme.plate, "2", "60.00"))
    with pytest.raises(InvoiceRefused) as refusal:
        books.invoice("F-1", line("GR-1/1", "6", "2.5"), line("GR-1/1", "5", "2.5"), line("GR-1/2", "3", "30"))
    assert [(problem.field, problem.facts["open"]) for problem in refusal.value.problems()] == [
        ("lines[1].quantity", "4"),
        ("lines[2].quantity", "2"),
    ]
    assert not SupplierInvoice.objects.exists()


def test_of_two_invoices_over_the_same_goods_the_second_is_refused_when_posted(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    first, second = (books.invoice(number, line("GR-1/1", "10", "2.5")) for number in ("F-1", "F-2"))
    books.post_invoice(first)
    with pytest.raises(InvoiceRefused):
        books.post_invoice(second)


def test_the_same_invoice_is_not_entered_twice(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    first = books.invoice("F-1", line("GR-1/1", "5", "2.5"))
    with pytest.raises(DuplicateInvoice) as refusal:
        books.invoice("F-1", line("GR-1/1", "5", "2.5"))
    assert refusal.value.facts["number"] == first.number
    # Cancelled, its number is free again.
    invoices.cancel_invoice(company=books.company, document_id=first.pk, by=books.acme.nora, at=NOW, reason="typed twice")
    books.invoice("F-1", line("GR-1/1", "5", "2.5"))


def test_printed_tax_may_differ_by_a_cent(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    assert books.invoice("F-1", line("GR-1/1", "10", "2.5", tax_amount="3.26")).tax_amount == D("3.26")
    with pytest.raises(InvalidInput, match="3.25"):
        books.invoice("F-2", line("GR-1/1", "10", "2.5", tax_amount="3.30"))


def test_a_reversed_invoice_leaves_the_goods_waiting_again(books: Books) -> None:
    books.receive("GR-1", (books.acme.plate, "10", "300.00"))
    before = trial_balance(books.company)
    invoice = books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "33")))
    reversal = invoices.reverse_invoice(company=books.company, document_id=invoice.pk, by=books.acme.ada, at=NOW, reason="wrong price")

    invoice.refresh_from_db()
    assert (invoice.state, reversal.state, reversal.reversal_of_id) == ("reversed", "posted", invoice.pk)
    assert reversal.number and reversal.number != invoice.number
    assert trial_balance(books.company) == before
    assert open_amounts(books) == {}
    assert books.received("GR-1/1").invoiced_quantity == 0
    # The right one may come now, under the same number.
    books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "31")))
    with pytest.raises(AlreadyDone):
        invoices.reverse_invoice(company=books.company, document_id=invoice.pk, by=books.acme.ada, at=NOW)


def test_a_paid_invoice_is_not_reversed_and_an_invoiced_receipt_not_either(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    invoice = books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "2.5")))
    with pytest.raises(AlreadyInvoiced):
        books.send_back("GR-1")
    payment = books.payment("10.00", (invoice.number, "10.00"))
    with pytest.raises(AlreadySettled) as refusal:
        invoices.reverse_invoice(company=books.company, document_id=invoice.pk, by=books.acme.ada, at=NOW)
    assert refusal.value.facts["settled_by"] == payment.number


def test_posting_twice_names_the_first(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    invoice = books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "2.5")))
    with pytest.raises(AlreadyDone) as refusal:
        books.post_invoice(invoice)
    assert refusal.value.facts["number"] == invoice.number
    with pytest.raises(StateConflict):
        invoices.cancel_invoice(company=books.company, document_id=invoice.pk, by=books.acme.nora, at=NOW)
    assert Voucher.objects.filter(origin_number=invoice.number).count() == 1


def test_with_closed_stock_an_invoice_is_booked_only_at_the_receipt_price(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"), (books.acme.plate, "1", "30.00"))
    Period.objects.filter(pk=books.period(3).pk).update(state=Period.State.STOCK_CLOSED)
    books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "2.5")))
    with pytest.raises(PeriodClosed):
        books.post_invoice(books.invoice("F-2", line("GR-1/2", "1", "31")))


def test_goods_for_free_book_no_payable(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "0.00"))
    invoice = books.post_invoice(books.invoice("F-1", line("GR-1/1", "10", "0")))
    assert invoice.voucher is None
    assert not OpenItem.objects.exists()


def test_a_line_from_another_supplier_is_refused(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    other = books.acme.supplier
    other.pk, other.code = None, "S2"
    other.save()
    with pytest.raises(InvalidInputs) as refusal:
        books.invoice("F-1", line("GR-1/1", "1", "1"), supplier="S2")
    assert refusal.value.problems()[0].field == "lines[0].received"

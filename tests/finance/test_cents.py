"""Nobody can pay a tenth of a cent: amounts have the decimals of the company's currency, and no more."""

from typing import Any

import pytest

from core.errors import InvalidInputs
from finance.inputs import OpeningInput, SupplierInvoiceInput, VoucherInput
from finance.models import CustomerReceipt
from tests.finance.bookkeeping import Books, open_amounts


def refused(books: Books, form: Any, data: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputs) as refusal:
        books.typed(form, **data)
    return [(problem.field, problem.code) for problem in refusal.value.problems()]


def test_a_receipt_leaves_no_fraction_of_a_cent_open(books: Books) -> None:
    books.sell("SH-1", "100")
    with pytest.raises(InvalidInputs) as refusal:
        books.receipt("112.9999", ("SH-1", "112.9999"))
    assert [(problem.field, problem.code) for problem in refusal.value.problems()] == [
        ("amount", "too_many_decimals"),
        ("lines[0].amount", "too_many_decimals"),
    ]
    assert not CustomerReceipt.objects.exists()
    books.receipt("113.00", ("SH-1", "113.0000"))
    assert open_amounts(books) == {}, "zeros behind the cents are no decimals"


def test_half_a_cent_is_no_entry(books: Books) -> None:
    lines = [{"summary": "x", "account": "1002", "debit": "0.0049"}, {"summary": "x", "account": "1001", "credit": "0.0049"}]
    assert refused(books, VoucherInput, {"date": "2026-03-10", "lines": lines}) == [
        ("lines[0].debit", "too_many_decimals"),
        ("lines[1].credit", "too_many_decimals"),
    ]
    assert refused(books, OpeningInput, {"lines": [{"account": "1002", "debit": "0.005"}]}) == [("lines[0].debit", "too_many_decimals")]


def test_tax_is_printed_to_the_cent(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "100", "100.00"))
    line = {"received": "GR-1/1", "quantity": "100", "unit_price": "1", "tax_percent": "13", "tax_amount": "13.0001"}
    invoice = {"supplier": "S1", "invoice_number": "F-1", "document_date": "2026-03-10", "lines": [line]}
    assert refused(books, SupplierInvoiceInput, invoice) == [("lines[0].tax_amount", "too_many_decimals")]


def test_a_company_that_counts_in_yen_has_no_decimals_and_one_in_dinar_has_three(books: Books) -> None:
    def voucher(amount: str) -> dict[str, Any]:
        sides = ({"account": "1002", "debit": amount}, {"account": "1001", "credit": amount})
        return {"date": "2026-03-10", "lines": [{"summary": "x", **side} for side in sides]}

    books.company.currency_places = 0
    assert {code for _field, code in refused(books, VoucherInput, voucher("0.5"))} == {"too_many_decimals"}
    books.company.currency_places = 3
    assert [str(line["debit"]) for line in books.typed(VoucherInput, **voucher("0.125"))["lines"]] == ["0.125", "0"]

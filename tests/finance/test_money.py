"""Money comes and goes: it settles what is open, and what is left over waits as an advance."""

import datetime as dt
from decimal import Decimal
from textwrap import dedent

import pytest

from core.errors import InvalidInput, InvalidInputs, MakerIsChecker
from finance import money
from finance.credit import CreditExceeded, check_credit
from finance.inputs import SupplierPaymentInput
from finance.models import CustomerReceipt, OpenItem, Settlement
from finance.money import NothingToDo, SettledBeforeItWas, SettlesTooMuch, TooMuchAdvance, propose_settlement
from finance.open_items import AlreadySettled, SettlementsRefused
from tests.books import trial_balance
from tests.factory import NOW
from tests.finance.bookkeeping import Books, open_amounts

D = Decimal


def test_a_customer_pays_one_bill_and_a_part_of_another(books: Books) -> None:
    books.sell("SH-1", "1000")
    books.sell("SH-2", "500")
    receipt = books.receipt("1300", ("SH-1", "1130"), ("SH-2", "170"))

    assert open_amounts(books) == {"receivable SH-2": D(395)}
    assert receipt.voucher is not None
    assert trial_balance(books.company) == dedent("""\
        1002      银行存款       1,300.00
        112201    应收款           395.00
        22210105  销项税额        -195.00
        500101    产品销售收入  -1,500.00""")


def test_what_is_paid_too_much_waits_as_an_advance_and_is_used_later(books: Books) -> None:
    books.sell("SH-1", "1000")
    receipt = books.receipt("1200", ("SH-1", "1130"))
    assert open_amounts(books) == {f"customer_advance {receipt.number}": D(70)}

    # The next bill is paid with the seventy and forty-three of cash.
    books.sell("SH-2", "100")
    books.receipt("43", ("SH-2", "113"), (receipt.number, "70"))
    assert open_amounts(books) == {}
    assert trial_balance(books.company) == dedent("""\
        1002      银行存款       1,243.00
        22210105  销项税额        -143.00
        500101    产品销售收入  -1,100.00""")


def test_an_advance_alone_settles_a_bill_without_money(books: Books) -> None:
    advance = books.receipt("200")
    books.sell("SH-1", "100")
    books.receipt("0", ("SH-1", "113"), (advance.number, "113"))
    assert open_amounts(books) == {f"customer_advance {advance.number}": D(87)}


def test_more_than_is_open_is_refused_with_every_line(books: Books) -> None:
    books.sell("SH-1", "100")
    books.sell("SH-2", "100")
    with pytest.raises(SettlementsRefused) as refusal:
        books.receipt("500", ("SH-1", "113.01"), ("SH-2", "200"))
    assert [(p.field, p.facts["open"]) for p in refusal.value.problems()] == [("lines[0].amount", "113.00"), ("lines[1].amount", "113.00")]
    assert not Settlement.objects.exists()
    assert CustomerReceipt.objects.get().state == "draft"


def test_two_lines_together_can_not_settle_more_than_is_open(books: Books) -> None:
    books.sell("SH-1", "100")
    with pytest.raises(SettlementsRefused):
        books.receipt("200", ("SH-1", "100"), ("SH-1", "100"))


@pytest.mark.parametrize(
    ("amount", "lines", "error"),
    [
        pytest.param("100", [("SH-1", "113")], SettlesTooMuch, id="lines above the money"),
        pytest.param("0", [], NothingToDo, id="no money, no advance"),
        pytest.param("0", [("RC", "50")], TooMuchAdvance, id="an advance for nothing"),
        pytest.param("100", [("PI-9", "50")], InvalidInputs, id="a document that does not exist"),
        pytest.param("-5", [], InvalidInputs, id="negative money"),
        pytest.param("10", [("SH-1", "0")], InvalidInputs, id="a line of nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(books: Books, amount: str, lines: list[tuple[str, str]], error: type[Exception]) -> None:
    books.sell("SH-1", "100")
    advance = books.receipt("50")
    named = [(advance.number if number == "RC" else number, part) for number, part in lines]
    with pytest.raises(error):
        books.receipt(amount, *named)


def test_money_of_february_does_not_settle_a_delivery_of_march(books: Books) -> None:
    books.sell("SH-1", "100", date=dt.date(2026, 3, 20))
    with pytest.raises(InvalidInputs) as refusal:
        books.receipt("113", ("SH-1", "113"), date="2026-02-05")
    assert [type(problem) for problem in refusal.value.problems()] == [SettledBeforeItWas]
    assert refusal.value.problems()[0].field == "lines[0].open_item"
    # It waits as an advance, and settles the delivery when that is there.
    advance = books.receipt("113", date="2026-02-05")
    books.receipt("0", ("SH-1", "113"), (advance.number, "113"), date="2026-03-20")
    assert open_amounts(books) == {}


def test_money_from_a_blocked_customer_is_booked_but_a_blocked_supplier_is_not_paid(books: Books) -> None:
    books.sell("SH-1", "100")
    type(books.acme.customer).objects.update(is_blocked=True)
    books.receipt("113", ("SH-1", "113"))
    assert open_amounts(books) == {}
    type(books.acme.supplier).objects.update(is_blocked=True)
    with pytest.raises(InvalidInputs) as refusal:
        books.payment("10")
    assert [(problem.field, problem.code) for problem in refusal.value.problems()] == [("supplier", "blocked")]


def test_a_suppliers_bill_can_not_be_settled_by_a_customers_money(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"))
    invoice = books.post_invoice(books.invoice("F-1", {"received": "GR-1/1", "quantity": "10", "unit_price": "2.5"}))
    with pytest.raises(InvalidInputs) as refusal:
        books.receipt("28.25", (invoice.number, "28.25"))
    assert refusal.value.problems()[0].code == "wrong_side"


def test_money_to_a_supplier_settles_and_the_rest_is_an_advance(books: Books) -> None:
    books.receive("GR-1", (books.acme.bolt, "100", "250.00"))
    invoice = books.post_invoice(books.invoice("F-1", {"received": "GR-1/1", "quantity": "100", "unit_price": "2.5"}))
    payment = books.payment("300", (invoice.number, "282.50"))
    assert open_amounts(books) == {f"supplier_advance {payment.number}": D("17.50")}
    assert trial_balance(books.company) == dedent("""\
        1002      银行存款        -300.00
        1123      预付账款          17.50
        140301    原料及主要材料   250.00
        22210101  进项税额          32.50""")


def test_who_prepares_a_payment_does_not_release_it(books: Books) -> None:
    data = books.typed(SupplierPaymentInput, supplier="S1", document_date="2026-03-10", bank_account="ICBC", amount="10")
    draft = money.draft_supplier_payment(company=books.company, data=data, by=books.acme.nora, at=NOW)
    with pytest.raises(MakerIsChecker):
        money.post_supplier_payment(company=books.company, document_id=draft.pk, by=books.acme.nora, at=NOW)
    money.post_supplier_payment(company=books.company, document_id=draft.pk, by=books.acme.ada, at=NOW)


def test_a_reversed_receipt_opens_again_what_it_settled(books: Books) -> None:
    books.sell("SH-1", "1000")
    before, open_before = trial_balance(books.company), open_amounts(books)
    receipt = books.receipt("1200", ("SH-1", "1130"))
    red = money.reverse_customer_receipt(company=books.company, document_id=receipt.pk, by=books.acme.ada, at=NOW, reason="bounced")
    assert (trial_balance(books.company), open_amounts(books)) == (before, open_before)
    assert red.reversal_of_id == receipt.pk
    # And it can be paid again.
    books.receipt("1130", ("SH-1", "1130"))
    assert open_amounts(books) == {}


def test_a_receipt_whose_advance_is_used_is_not_reversed(books: Books) -> None:
    advance = books.receipt("200")
    books.sell("SH-1", "100")
    user = books.receipt("0", ("SH-1", "113"), (advance.number, "113"))
    with pytest.raises(AlreadySettled) as refusal:
        money.reverse_customer_receipt(company=books.company, document_id=advance.pk, by=books.acme.ada, at=NOW)
    assert user.number in refusal.value.facts["settled_by"]
    money.reverse_customer_receipt(company=books.company, document_id=user.pk, by=books.acme.ada, at=NOW)
    money.reverse_customer_receipt(company=books.company, document_id=advance.pk, by=books.acme.ada, at=NOW)
    assert open_amounts(books) == {"receivable SH-1": D(113)}


def test_a_draft_is_edited_and_its_lines_replaced(books: Books) -> None:
    books.sell("SH-1", "100")
    draft = money.draft_customer_receipt(company=books.company, data=books.receipt_data("113", ("SH-1", "113")), by=books.acme.nora, at=NOW)
    money.edit_customer_receipt(
        company=books.company, document_id=draft.pk, version=1, data=books.receipt_data("80"), by=books.acme.nora, at=NOW
    )
    assert not draft.lines.exists()
    money.post_customer_receipt(company=books.company, document_id=draft.pk, by=books.acme.ada, at=NOW)
    assert open_amounts(books) == {"receivable SH-1": D(113), f"customer_advance {draft.number}": D(80)}


def test_the_longest_due_is_proposed_first(books: Books) -> None:
    for number, due in (("SH-1", 20), ("SH-2", 5), ("SH-3", 12)):
        books.sell(number, "100", due=dt.date(2026, 4, due))
    proposed = propose_settlement(list(OpenItem.objects.all()), D(200))
    assert [(item.origin_number, amount) for item, amount in proposed] == [("SH-2", D(113)), ("SH-3", D(87))]


def test_credit_is_what_is_owed_and_what_is_asked_for(books: Books) -> None:
    customer = books.acme.customer
    books.sell("SH-1", "1000")
    check_credit(books.company, customer, D(10**9))  # no limit is set
    type(customer).objects.filter(pk=customer.pk).update(credit_limit=D(2000))
    check_credit(books.company, customer, D(870))
    with pytest.raises(CreditExceeded) as refusal:
        check_credit(books.company, customer, D("870.01"))
    assert (refusal.value.code, refusal.value.status, refusal.value.facts["open"]) == ("credit_block", 409, "1,130.00")
    # Money paid ahead makes room.
    books.receipt("100")
    check_credit(books.company, customer, D("870.01"))


def test_tax_written_by_hand_is_no_number(books: Books) -> None:
    with pytest.raises((InvalidInput, InvalidInputs)):
        books.receipt_data("1e3")

"""Month end: transfers, checks, closing in order, opening again in reverse order."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from textwrap import dedent

import pytest

from core.errors import AlreadyDone, InvalidInput, PeriodClosed
from core.models import AuditEntry, OutboxEvent, Period
from finance import closing
from finance.closing import ClosingBlocked, transfer_profit_and_loss, transfer_vat, transfer_year_result
from finance.models import ClosingStep, Voucher
from finance.statements import income_statement
from tests.books import trial_balance
from tests.factory import NOW
from tests.finance.bookkeeping import Books

D = Decimal


def who(books: Books, month: int, year: int = 2026) -> dict[str, object]:
    return {"company": books.company, "period_id": books.period(month, year).pk, "by": books.acme.ada, "at": NOW}


def close_month(books: Books, month: int) -> None:
    """The usual month end."""
    closing.close_stock(**who(books, month))
    transfer_vat(**who(books, month))
    transfer_profit_and_loss(**who(books, month))
    if month == 12:
        transfer_year_result(**who(books, month))
    closing.close_period(**who(books, month))


def a_months_business(books: Books, month: int = 1) -> None:
    """Sold for 1,000, paid 300 of rent and 60 of interest, and got 10 of interest."""
    day = f"2026-{month:02d}-20"
    books.sell(f"SH-{month}", "1000", date=books.period(month).start_date)
    books.book(("560299", "300", ""), ("560301", "60", ""), ("1002", "", "360"), date=day)
    books.book(("1002", "10", ""), ("560302", "-10", ""), date=day)


# ---- profit and loss ------------------------------------------------------------------------------------------------------


def test_every_profit_and_loss_account_goes_to_zero_in_every_dimension(books: Books) -> None:
    a_months_business(books)
    step = transfer_profit_and_loss(**who(books, 1))
    assert step.passed
    assert trial_balance(books.company) == dedent("""\
        1002      银行存款   -350.00
        112201    应收款    1,130.00
        22210105  销项税额   -130.00
        3103      本年利润   -650.00""")
    voucher = Voucher.objects.get(is_closing_entry=True)
    assert str(voucher.date) == "2026-01-31"
    red = voucher.lines.get(account__code="560302")
    assert (red.debit, red.credit) == (D(0), D(-10)), "an abnormal balance leaves in red on the usual side"
    assert voucher.lines.get(account__code="500101").customer == books.acme.customer


def test_run_again_it_transfers_only_what_came_since(books: Books) -> None:
    a_months_business(books)
    transfer_profit_and_loss(**who(books, 1))
    step = transfer_profit_and_loss(**who(books, 1))
    assert len(step.findings) == 1, "nothing new, no second voucher"
    books.book(("560299", "40", ""), ("1002", "", "40"), date="2026-01-31")
    step = transfer_profit_and_loss(**who(books, 1))
    assert [note["total"] for note in step.findings] == ["1350.00", "40.00"]
    profit = income_statement(books.company, books.period(1)).amount(32)
    assert profit == D(610), "the statement leaves closing entries out"


# ---- VAT ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "input_tax", "prepaid", "unpaid", "left"),
    [
        pytest.param("130", "30", "", "-100.00", "0.00", id="to be paid"),
        pytest.param("30", "130", "", "0.00", "100.00", id="input tax is left over"),
        pytest.param("130", "30", "150", "50.00", "0.00", id="paid too much within the month"),
        pytest.param("30", "130", "20", "20.00", "100.00", id="left over and paid"),
    ],
)
def test_vat_of_the_month(books: Books, output: str, input_tax: str, prepaid: str, unpaid: str, left: str) -> None:
    books.book(("1001", output, ""), ("22210105", "", output), date="2026-01-10")
    books.book(("22210101", input_tax, ""), ("1001", "", input_tax), date="2026-01-11")
    if prepaid:
        books.book(("22210102", prepaid, ""), ("1001", "", prepaid), date="2026-01-12")
    transfer_vat(**who(books, 1))
    january = books.period(1)
    assert f"{closing.findings.balance_of(books.company, january, '222102'):.2f}" == unpaid
    assert f"{closing.findings.balance_of(books.company, january, '222101'):.2f}" == left
    assert closing.check_trial_balance(**who(books, 1)).passed is True


def test_vat_run_again_corrects_in_red(books: Books) -> None:
    books.book(("1001", "130", ""), ("22210105", "", "130"), date="2026-01-10")
    transfer_vat(**who(books, 1))
    books.book(("22210101", "30", ""), ("1001", "", "30"), date="2026-01-11")
    assert not closing.check_trial_balance(**who(books, 1)).passed
    transfer_vat(**who(books, 1))
    correction = Voucher.objects.filter(source="closing").latest("id")
    assert [(line.debit, line.credit) for line in correction.lines.order_by("line_no")] == [(D(-30), D(0)), (D(0), D(-30))]
    # Left over in February, January's input tax counts again.
    books.book(("22210101", "50", ""), ("1001", "", "50"), date="2026-02-11")
    transfer_vat(**who(books, 2))
    assert closing.findings.balance_of(books.company, books.period(2), "222101") == D(50)


# ---- closing ------------------------------------------------------------------------------------------------------------


def test_a_month_is_closed_and_takes_nothing_more(books: Books) -> None:
    a_months_business(books)
    close_month(books, 1)
    assert books.period(1).state == Period.State.CLOSED
    with pytest.raises(PeriodClosed):
        books.sell("SH-9", "1", date=books.period(1).end_date)
    with pytest.raises(PeriodClosed):
        transfer_vat(**who(books, 1))
    with pytest.raises(AlreadyDone):
        closing.close_period(**who(books, 1))
    entry = AuditEntry.objects.get(action="close_period")
    assert (entry.number, entry.changes["chain_sequence"]) == ("2026-01", Voucher.objects.count())
    assert OutboxEvent.objects.filter(kind="period.closed").count() == 1
    kept = ClosingStep.objects.get(step="statements").findings
    assert [note["statement"] for note in kept] == ["balance_sheet", "income_statement"]
    assert [32, "650.00", "650.00"] in kept[1]["lines"]


def test_what_keeps_a_month_open_is_named_all_at_once(books: Books) -> None:
    a_months_business(books)
    books.draft(("1002", "1", ""), ("1001", "", "1"), date="2026-01-05")
    books.receive("GR-1", (books.acme.bolt, "10", "25.00"), date=books.period(1).start_date)
    books.invoice("F-1", {"received": "GR-1/1", "quantity": "1", "unit_price": "2.5"}, date="2026-01-09")
    with pytest.raises(ClosingBlocked) as refusal:
        closing.close_period(**who(books, 1))
    codes = {problem.code for problem in refusal.value.problems()}
    assert codes == {"stock_not_closed", "open_document", "open_voucher", "result_not_transferred", "vat_not_transferred"}
    assert books.period(1).state == Period.State.OPEN
    step = closing.check_documents(**who(books, 1))
    assert not step.passed
    assert "F-1" not in closing.words(step.findings[0])
    assert "PI-202601-0001" in closing.words(step.findings[0])


def test_months_are_closed_in_order(books: Books) -> None:
    with pytest.raises(ClosingBlocked) as refusal:
        closing.close_stock(**who(books, 2))
    assert [problem.facts["period"] for problem in refusal.value.problems()] == ["2026-01"]
    close_month(books, 1)
    closing.close_stock(**who(books, 2))
    with pytest.raises(AlreadyDone):
        closing.close_stock(**who(books, 2))


def test_closed_stock_takes_no_goods_but_the_books_go_on(books: Books) -> None:
    closing.close_stock(**who(books, 1))
    with pytest.raises(PeriodClosed) as refusal:
        books.receive("GR-1", (books.acme.bolt, "1", "1.00"), date=books.period(1).end_date)
    assert str(refusal.value.facts["next_open"]) == "2026-02-01"
    books.book(("560299", "1", ""), ("1002", "", "1"), date="2026-01-31")


def test_months_are_opened_again_in_reverse_order_with_a_reason(books: Books) -> None:
    for month in (1, 2):
        close_month(books, month)
    with pytest.raises(InvalidInput):
        closing.reopen_period(**who(books, 2), reason=" ")
    with pytest.raises(closing.problems.LaterPeriodClosed):
        closing.reopen_period(**who(books, 1), reason="forgot a bill")
    closing.reopen_period(**who(books, 2), reason="forgot a bill")
    assert books.period(2).state == Period.State.STOCK_CLOSED
    closing.reopen_period(**who(books, 1), reason="forgot a bill")
    with pytest.raises(closing.problems.LaterPeriodClosed):
        closing.reopen_period(**who(books, 1), reason="goods, too")
    closing.reopen_period(**who(books, 2), reason="goods, too")
    closing.reopen_period(**who(books, 1), reason="goods, too")
    assert books.period(1).state == Period.State.OPEN
    logged = AuditEntry.objects.filter(kind="core.period", reason="forgot a bill").values_list("action", "number")
    assert list(logged) == [("reopen_period", "2026-02"), ("reopen_period", "2026-01")]
    # A bill is booked late, and January closed again; the posted ones have not changed.
    books.book(("560299", "1", ""), ("1002", "", "1"), date="2026-01-31")
    close_month(books, 1)


def test_a_step_of_another_floor_that_has_not_passed_keeps_the_month_open(books: Books) -> None:
    january = books.period(1)
    closing.close_stock(**who(books, 1))
    problem = closing.problems.BooksOff(debit="1", credit="2")
    closing.record(books.company, january, "overhead", by=books.acme.ada, at=NOW, blocking=[problem])
    with pytest.raises(ClosingBlocked) as refusal:
        closing.close_period(**who(books, 1))
    assert [p.facts["step"] for p in refusal.value.problems()] == ["overhead"]
    closing.record(books.company, january, "overhead", by=books.acme.ada, at=NOW)
    closing.close_period(**who(books, 1))


def test_the_year_ends_in_undistributed_profit_and_the_next_one_opens(books: Books) -> None:
    a_months_business(books)
    for month in range(1, 12):
        close_month(books, month)
    books.book(("310402", "65", ""), ("310101", "", "65"), date="2026-12-31")
    close_month(books, 12)
    assert trial_balance(books.company).splitlines()[-2:] == ["310101    法定盈余公积      -65.00", "310415    未分配利润       -585.00"]
    assert books.period(1, 2027).state == Period.State.OPEN
    assert books.book(("560299", "1", ""), ("1002", "", "1"), date="2027-01-02").number == 1


def test_january_goes_on_while_december_waits_for_its_month_end(books: Books) -> None:
    """Nobody has closed the old year's books, often not before February, and the factory ships on 2 January."""
    for month in range(1, 10):
        close_month(books, month)
    assert not Period.objects.filter(company=books.company, year=2027).exists()
    closing.close_stock(**who(books, 10))
    assert books.period(12).state == books.period(1, 2027).state == Period.State.OPEN
    books.sell("SH-1", "100", date=books.period(1, 2027).start_date)
    books.book(("560299", "1", ""), ("1002", "", "1"), date="2027-01-02")


def test_who_is_late_with_the_month_ends_gets_the_next_year_all_the_same(books: Books) -> None:
    """January 2026 is closed in October 2026 only."""
    late = dt.datetime(2026, 10, 2, 9, 30, tzinfo=dt.UTC)
    closing.close_stock(**who(books, 1) | {"at": late})
    assert books.period(1, 2027).state == Period.State.OPEN


def a_year_of_loss(books: Books) -> None:
    """1,000 of rent and nothing sold."""
    books.book(("560299", "1000", ""), ("1002", "", "1000"), date="2026-03-20")
    for month in range(1, 12):
        close_month(books, month)
    closing.close_stock(**who(books, 12))
    transfer_vat(**who(books, 12))
    transfer_profit_and_loss(**who(books, 12))


def test_a_loss_goes_to_undistributed_profit_in_black(books: Books) -> None:
    a_year_of_loss(books)
    transfer_year_result(**who(books, 12))
    voucher = Voucher.objects.filter(is_closing_entry=True).latest("id")
    assert [(line.account.code, line.debit, line.credit) for line in voucher.lines.order_by("line_no")] == [
        ("310415", D(1000), D(0)),
        ("3103", D(0), D(1000)),
    ]
    closing.close_period(**who(books, 12))
    assert trial_balance(books.company) == dedent("""\
        1002    银行存款    -1,000.00
        310415  未分配利润   1,000.00""")


def test_a_dividend_booked_after_the_year_was_transferred_keeps_december_open(books: Books) -> None:
    a_year_of_loss(books)
    transfer_year_result(**who(books, 12))
    books.book(("310402", "50", ""), ("1002", "", "50"), date="2026-12-31")
    with pytest.raises(ClosingBlocked) as refusal:
        closing.close_period(**who(books, 12))
    found = [(problem.code, problem.facts["account"].split()[0], problem.facts["amount"]) for problem in refusal.value.problems()]
    assert found == [("year_not_transferred", "310402", "50.00")]
    transfer_year_result(**who(books, 12))
    closing.close_period(**who(books, 12))
    assert closing.findings.balance_of(books.company, books.period(12), "310415") == D(1050)


def test_the_result_of_a_year_is_transferred_in_no_other_month(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        transfer_year_result(**who(books, 1))
    assert refusal.value.code == "not_december"


@pytest.mark.parametrize("look", [closing.check_documents, closing.check_trial_balance, closing.check_statements])
def test_looking_again_at_a_closed_month_leaves_what_was_kept_at_closing(books: Books, look: Callable[..., ClosingStep]) -> None:
    a_months_business(books)
    look(**who(books, 1))
    close_month(books, 1)
    kept = list(ClosingStep.objects.order_by("id").values())
    with pytest.raises(AlreadyDone):
        look(**who(books, 1))
    assert list(ClosingStep.objects.order_by("id").values()) == kept

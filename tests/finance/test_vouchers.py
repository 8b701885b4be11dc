"""Vouchers by hand: draft, review by somebody else, posting, red reversal."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import AlreadyDone, EditedByOther, InvalidInputs, MakerIsChecker, PeriodClosed, PeriodMissing, StateConflict
from core.models import AuditEntry, Company, Period, User
from finance import manual_vouchers
from finance.manual_vouchers import AlreadyReversed, MadeByDocument
from finance.models import Account, Voucher
from finance.queries import missing_numbers
from finance.vouchers import Unbalanced
from tests.books import trial_balance, voucher_text
from tests.factory import NOW
from tests.finance.bookkeeping import Books

D = Decimal
RENT = (("560299", "300", ""), ("1002", "", "300"))


def test_a_voucher_counts_when_it_is_posted_and_not_before(books: Books) -> None:
    voucher = books.draft(*RENT)
    assert (voucher.state, voucher.number, voucher.total, trial_balance(books.company)) == ("draft", None, D(300), "")
    manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    posted = manual_vouchers.post_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    assert (posted.state, posted.number, posted.prepared_by, posted.reviewed_by) == ("posted", 1, books.acme.nora, books.acme.ada)
    assert trial_balance(books.company) == "1002    银行存款      -300.00\n560299  其他管理费用   300.00"


@pytest.mark.parametrize(
    ("lines", "field", "code"),
    [
        pytest.param((("1403", "1", ""), ("1002", "", "1")), "lines[0].account", "not_a_leaf", id="not a leaf"),
        pytest.param((("140301", "1", ""), ("1002", "", "1")), "lines[0].account", "control_account", id="stock"),
        pytest.param((("560299", "1", ""), ("220201", "", "1")), "lines[1].account", "control_account", id="payables"),
        pytest.param((("1002", "1", "1"), ("1001", "", "1")), "lines[0].credit", "both_sides", id="both sides"),
        pytest.param((("1002", "1", ""), ("1001", "", "1"), ("1001", "", "")), "lines[2].debit", "no_amount", id="no amount"),
        pytest.param((("9999", "1", ""), ("1002", "", "1")), "lines[0].account", "not_found", id="no such account"),
        pytest.param((("1002", "1.234567", ""), ("1001", "", "1")), "lines[0].debit", "too_many_decimals", id="too many decimals"),
    ],
)  # fmt: skip
def test_wrong_lines_are_named(books: Books, lines: tuple[tuple[str, str, str], ...], field: str, code: str) -> None:
    with pytest.raises(InvalidInputs) as refusal:
        books.draft(*lines)
    assert [(problem.field, problem.code) for problem in refusal.value.problems()] == [(field, code)]
    assert not Voucher.objects.exists()


def test_an_unbalanced_voucher_is_refused(books: Books) -> None:
    with pytest.raises(Unbalanced) as refusal:
        books.draft(("1002", "100", ""), ("1001", "", "99.99"))
    assert (refusal.value.status, refusal.value.facts["difference"]) == (400, D("0.01"))


def test_who_changed_a_voucher_does_not_review_it_and_who_made_it_neither(books: Books) -> None:
    voucher = books.draft(*RENT)
    data = books.voucher_data(("560299", "301", ""), ("1002", "", "301"))
    save = {"company": books.company, "document_id": voucher.pk, "data": data, "at": NOW}
    manual_vouchers.edit_voucher(**save, version=voucher.version, by=books.acme.ada)
    for maker in (books.acme.nora, books.acme.ada):
        with pytest.raises(MakerIsChecker):
            manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=maker, at=NOW)
    checker = User.objects.create(username="chen")
    assert manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=checker, at=NOW).state == "reviewed"


def test_lines_that_cancel_out_are_reversed_one_by_one(books: Books) -> None:
    voucher = books.book(("1002", "100", ""), ("1002", "-100", ""))
    red = manual_vouchers.reverse_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW, reason="twice")
    assert [line.debit for line in red.lines.order_by("line_no")] == [D(-100), D(100)]


def test_what_stands_on_a_blocked_account_can_be_taken_back(books: Books) -> None:
    voucher = books.book(*RENT)
    Account.objects.filter(code="560299").update(is_blocked=True)
    with pytest.raises(InvalidInputs):
        books.draft(*RENT)
    manual_vouchers.reverse_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW, reason="wrong account")
    assert trial_balance(books.company) == ""


def test_who_prepares_does_not_review_unless_the_company_allows_it(books: Books) -> None:
    voucher = books.draft(*RENT)
    with pytest.raises(MakerIsChecker):
        manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.nora, at=NOW)
    Company.objects.filter(pk=books.company.pk).update(allow_self_approval=True)
    books.company.refresh_from_db()
    manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.nora, at=NOW)


def test_a_draft_is_not_posted_and_a_reviewed_one_not_edited(books: Books) -> None:
    voucher = books.draft(*RENT)
    with pytest.raises(StateConflict):
        manual_vouchers.post_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    with pytest.raises(StateConflict):
        manual_vouchers.edit_voucher(
            company=books.company, document_id=voucher.pk, version=2, data=books.voucher_data(*RENT), by=books.acme.nora, at=NOW
        )
    # The review is taken back, which is logged; then it is a draft again.
    manual_vouchers.unreview_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW, reason="wrong account")
    assert AuditEntry.objects.filter(action="unreview", reason="wrong account").exists()
    manual_vouchers.edit_voucher(
        company=books.company, document_id=voucher.pk, version=3, data=books.voucher_data(("560201", "5", ""), ("1002", "", "5")),
        by=books.acme.nora, at=NOW,
    )  # fmt: skip
    assert Voucher.objects.get(pk=voucher.pk).total == D(5)


def test_of_two_editors_the_second_is_told(books: Books) -> None:
    voucher = books.draft(*RENT)
    save = {"company": books.company, "document_id": voucher.pk, "version": 1, "data": books.voucher_data(*RENT), "at": NOW}
    manual_vouchers.edit_voucher(**save, by=books.acme.ada)
    with pytest.raises(EditedByOther) as refusal:
        manual_vouchers.edit_voucher(**save, by=books.acme.nora)
    assert refusal.value.facts["by"] == books.acme.ada


def test_a_cancelled_draft_leaves_no_gap(books: Books) -> None:
    cancelled = books.draft(*RENT)
    manual_vouchers.cancel_voucher(company=books.company, document_id=cancelled.pk, by=books.acme.nora, at=NOW)
    assert [books.book(*RENT).number, books.book(*RENT).number] == [1, 2]
    assert missing_numbers(books.company, books.period(3)) == []


def test_numbers_begin_anew_every_month(books: Books) -> None:
    assert [books.book(*RENT, date=f"2026-{month}-05").number for month in ("01", "01", "02")] == [1, 2, 1]


def test_reversal_in_red_stays_on_the_same_side(books: Books) -> None:
    voucher = books.book(*RENT)
    red = manual_vouchers.reverse_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW, reason="twice")
    assert [(line.account.code, line.debit, line.credit) for line in red.lines.select_related("account")] == [
        ("560299", D(-300), D(0)),
        ("1002", D(0), D(-300)),
    ]
    assert red.lines.first().summary == "冲销 2026-03 记-0001 手工"
    assert trial_balance(books.company) == ""
    for again in (voucher, red):
        with pytest.raises(AlreadyReversed):
            manual_vouchers.reverse_voucher(company=books.company, document_id=again.pk, by=books.acme.ada, at=NOW)


def test_a_documents_voucher_is_reversed_through_the_document(books: Books) -> None:
    books.sell("SH-1", "100")
    voucher = Voucher.objects.get(origin_number="SH-1")
    with pytest.raises(MadeByDocument):
        manual_vouchers.reverse_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)


def test_a_closed_period_takes_nothing(books: Books) -> None:
    voucher = books.draft(*RENT)
    manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    Period.objects.filter(pk=books.period(3).pk).update(state=Period.State.CLOSED)
    with pytest.raises(PeriodClosed) as refusal:
        manual_vouchers.post_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    assert str(refusal.value.facts["next_open"]) == "2026-04-01"
    with pytest.raises(PeriodMissing):
        books.draft(*RENT, date="2031-03-10")


def test_a_posted_voucher_can_not_be_changed_even_by_sql(books: Books) -> None:
    voucher = books.book(*RENT)
    for statement in (
        "UPDATE finance_voucher SET total = 1 WHERE id = %s",
        "UPDATE finance_voucherline SET debit = 1 WHERE voucher_id = %s",
        "DELETE FROM finance_voucherline WHERE voucher_id = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [voucher.pk])


def test_posting_twice_names_the_number(books: Books) -> None:
    voucher = books.book(*RENT)
    with pytest.raises(AlreadyDone) as refusal:
        manual_vouchers.post_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    assert refusal.value.facts["number"] == "记-0001"


def test_a_blocked_account_takes_nothing(books: Books) -> None:
    voucher = books.draft(*RENT)
    manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    Account.objects.filter(company=books.company, code="560299").update(is_blocked=True)
    with pytest.raises(InvalidInputs):
        manual_vouchers.post_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
    assert voucher_text("") != ""

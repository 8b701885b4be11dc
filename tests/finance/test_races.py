"""Several people at once, on PostgreSQL: closing against posting, two payments of one bill, folding against posting."""

import random
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from core.db import durable
from core.errors import BusinessError, PeriodClosed
from core.models import AuditEntry, ChainLink, Period
from core.posting import posting_transaction
from finance import closing, credit, manual_vouchers, money, vouchers
from finance.balances import account_balances, balance, fold
from finance.credit import CreditExceeded
from finance.models import AccountBalance, ClosingStep, CustomerReceipt, OpenItem, Voucher, VoucherLine
from finance.vouchers import Entry
from tests.factory import NOW, build_factory
from tests.finance.bookkeeping import Books, start

D = Decimal
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_postgres")]


@pytest.fixture
def busy_books() -> Books:
    """ACME, with every commit visible to everybody."""
    return start(build_factory())


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs at the same moment, each on its own connection; gives what each returned or the error it was refused with."""
    answers: list[Any] = [None] * len(jobs)
    gate = threading.Barrier(len(jobs))

    def run(index: int, job: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=30)
            answers[index] = job()
        except BusinessError as error:
            answers[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, job)) for index, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


@durable
def move_cash(books: Books, number: str) -> Voucher:
    """A document brings one yuan from the bank to the cash box in January."""
    day = books.period(1).end_date
    with posting_transaction(company=books.company, date=day, by=books.acme.ada, at=NOW) as transaction:
        pair = [Entry(books.account("1001"), D(1), True, "提现"), Entry(books.account("1002"), D(1), False, "提现")]
        voucher = vouchers.write(transaction, pair, origin_kind="cash", origin_number=number)
        assert voucher is not None
    return voucher


def test_a_posting_is_in_before_the_close_or_refused_thirty_times(busy_books: Books) -> None:
    """In each round three postings race with the closing of the month; the closed month never disagrees with its books."""
    books, january = busy_books, busy_books.period(1)
    who = {"company": books.company, "period_id": january.pk, "by": books.acme.ada, "at": NOW}
    closing.close_stock(**who)
    accepted = refused = 0
    for number in range(30):
        answers = together(*(lambda n=f"{number}-{n}": move_cash(books, n) for n in range(3)), lambda: closing.close_period(**who))
        accepted += sum(isinstance(answer, Voucher) for answer in answers)
        refused += sum(isinstance(answer, PeriodClosed) for answer in answers)
        closed_after = AuditEntry.objects.filter(action="close_period").latest("id").changes["chain_sequence"]
        inside = Voucher.objects.filter(period=january, state="posted")
        links = ChainLink.objects.filter(kind="voucher", object_id__in=inside.values("pk"))
        assert (links.count(), links.filter(sequence__gt=closed_after).count()) == (inside.count(), 0), "posted after the close"
        kept = ClosingStep.objects.get(period=january, step="statements").findings[0]["lines"][0]
        assert kept[0:2] == [1, "0.00"]
        assert Period.objects.get(pk=january.pk).state == Period.State.CLOSED
        closing.reopen_period(**who, reason="next round")
    assert (accepted + refused, balance(books.company, [books.account("1001").pk])) == (90, D(accepted))
    assert min(accepted, refused) > 0, "both outcomes were seen"


def _post(books: Books, pk: int) -> Voucher:
    return manual_vouchers.post_voucher(company=books.company, document_id=pk, by=books.acme.ada, at=NOW)


def test_two_payments_of_one_bill_settle_it_once(busy_books: Books) -> None:
    books = busy_books
    for round_number in range(5):
        bill = f"SH-{round_number}"
        books.sell(bill, "100")
        drafts = [
            money.draft_customer_receipt(company=books.company, data=books.receipt_data("113", (bill, "113")), by=books.acme.nora, at=NOW)
            for _ in range(4)
        ]
        answers = together(*(lambda pk=draft.pk: _post_receipt(books, pk) for draft in drafts))
        assert sum(isinstance(answer, CustomerReceipt) for answer in answers) == 1
        assert sorted(str(answer.code) for answer in answers if isinstance(answer, BusinessError)) == ["over_settled"] * 3
        assert OpenItem.objects.get(origin_number=bill).open_amount == 0
    assert balance(books.company, [books.account("112201").pk]) == 0


def _post_receipt(books: Books, pk: int) -> CustomerReceipt:
    return money.post_customer_receipt(company=books.company, document_id=pk, by=books.acme.ada, at=NOW)


def test_payments_that_name_the_same_bills_in_another_order_do_not_deadlock(busy_books: Books) -> None:
    books = busy_books
    bills = [f"SH-{number}" for number in range(8)]
    for bill in bills:
        books.sell(bill, "1000", tax="0")
    shuffled = random.Random(4)
    drafts = []
    for _ in range(12):
        lines = [(bill, "10") for bill in shuffled.sample(bills, len(bills))]
        drafts.append(
            money.draft_customer_receipt(company=books.company, data=books.receipt_data("80", *lines), by=books.acme.nora, at=NOW)
        )
    answers = [
        answer for half in (drafts[:6], drafts[6:]) for answer in together(*(lambda pk=d.pk: _post_receipt(books, pk) for d in half))
    ]
    assert all(isinstance(answer, CustomerReceipt) for answer in answers), answers
    assert set(OpenItem.objects.values_list("open_amount", flat=True)) == {D(880)}


def test_balances_are_exact_at_every_moment_while_rows_are_folded(busy_books: Books) -> None:
    """Four people post to the same account while two jobs fold its rows; every reader sees debit equal credit."""
    books = busy_books
    pks = []
    for _ in range(40):
        voucher = books.draft(("1001", "1", ""), ("1002", "", "1"))
        manual_vouchers.review_voucher(company=books.company, document_id=voucher.pk, by=books.acme.ada, at=NOW)
        pks.append(voucher.pk)
    done = threading.Event()
    seen: list[Decimal] = []

    def post_some(part: list[int]) -> None:
        for pk in part:
            _post(books, pk)

    def keep_folding() -> None:
        while not done.is_set():
            fold()

    def keep_reading() -> None:
        while not done.is_set():
            rows = account_balances(books.company, books.period(3))
            seen.append(sum((row.closing for row in rows), D(0)))

    helpers = [threading.Thread(target=_and_close(job)) for job in (keep_folding, keep_folding, keep_reading)]
    for helper in helpers:
        helper.start()
    answers = together(*(lambda part=pks[start::4]: post_some(part) for start in range(4)))
    done.set()
    for helper in helpers:
        helper.join(timeout=60)
    assert answers == [None] * 4
    assert set(seen) == {D(0)}
    fold()
    assert balance(books.company, [books.account("1001").pk]) == D(40)
    assert AccountBalance.objects.count() == 2
    assert VoucherLine.objects.count() == 80
    assert sorted(Voucher.objects.values_list("number", flat=True)) == list(range(1, 41))


def _and_close(job: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        finally:
            connections.close_all()

    return run


def test_of_two_orders_that_exhaust_the_credit_one_passes(busy_books: Books) -> None:
    books = busy_books
    customer = books.acme.customer
    type(customer).objects.filter(pk=customer.pk).update(credit_limit=D(1130))

    def order(number: str) -> OpenItem:
        return _sell_on_credit(books, number)

    for round_number in range(5):
        answers = together(lambda n=round_number: order(f"A-{n}"), lambda n=round_number: order(f"B-{n}"))
        accepted = [answer for answer in answers if isinstance(answer, OpenItem)]
        assert [type(answer) for answer in answers if not isinstance(answer, OpenItem)] == [CreditExceeded]
        books.receipt("1130", (accepted[0].origin_number, "1130"))


def _sell_on_credit(books: Books, number: str) -> OpenItem:
    """The bill is booked while the customer's credit is held."""

    @durable
    def verb() -> OpenItem:
        credit.check_credit(books.company, books.acme.customer, D(1130))
        return books.sell(number, "1000")

    return verb()


MANY_ROWS = """
INSERT INTO finance_accountbalance
    (company_id, period_id, account_id, debit, credit, quantity, work_order, project, is_closing_entry, is_opening)
SELECT %(company)s, p.id, a.id, n, n, 0, '', '', false, false
FROM core_period p, finance_account a, generate_series(1, 12) n WHERE p.company_id = %(company)s AND a.company_id = %(company)s;

INSERT INTO finance_openitem
    (company_id, side, account_id, customer_id, origin_kind, origin_number, date, due_date, amount, open_amount, is_opening)
SELECT %(company)s, 'receivable', %(account)s, %(customer)s, 'shipment', 'X-' || n, '2026-01-01', '2026-01-01', 100, 0, false
FROM generate_series(1, 20000) n;

INSERT INTO finance_voucher
    (company_id, word, period_id, date, state, source, origin_kind, origin_number, attachments_count, is_closing_entry, total, version,
     prepared_by_id, prepared_at)
SELECT %(company)s, '记', %(period)s, '2026-03-01', 'draft', 'document', 'shipment', 'X-' || n, 0, false, 0, 1, %(user)s, now()
FROM generate_series(1, 20000) n;

INSERT INTO finance_voucherline
    (voucher_id, line_no, summary, account_id, debit, credit, currency, currency_amount, rate, quantity, work_order, project)
SELECT v.id, 1, '', (SELECT min(id) FROM finance_account) + v.id %% 300, 0, 0, '', 0, 0, 0, '', ''
FROM finance_voucher v WHERE state = 'draft';

ANALYZE finance_accountbalance; ANALYZE finance_openitem; ANALYZE finance_voucher; ANALYZE finance_voucherline;
"""


def test_the_questions_of_the_books_use_their_indexes(busy_books: Books) -> None:
    """With tens of thousands of rows, no everyday question reads a whole table."""
    books = busy_books
    books.sell("SH-1", "1000")
    facts = {
        "company": books.company.pk, "account": books.account("112201").pk, "customer": books.acme.customer.pk,
        "period": books.period(3).pk, "user": books.acme.ada.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MANY_ROWS, facts)
    plans = [
        AccountBalance.objects.filter(company=books.company, account=books.account("1001"), period=books.period(3)),
        OpenItem.objects.filter(company=books.company, side="receivable").exclude(open_amount=0),
        VoucherLine.objects.filter(account=books.account("112201")).order_by("id"),
        Voucher.objects.filter(company=books.company, origin_kind="shipment", origin_number="SH-1"),
    ]
    assert [plan for plan in (rows.explain() for rows in plans) if "Seq Scan" in plan] == []

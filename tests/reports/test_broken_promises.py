"""`reconcile` names the promise that somebody breaks."""

import datetime as dt
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from core.access import Access
from core.models import Company, OutboxEvent, Period
from finance import closing, manual_vouchers
from finance.inputs import VoucherInput
from inventory import entries
from reports.reconcile import run
from reports.reconcile.answers import scaled
from reports.reconcile.nightly import broken_promises, keep, last_check, reconcile_job
from reports.tasks import nightly_reconcile
from tests.factory import NOW, build_factory
from tests.proof.house import House, build_house
from tests.proof.stories import act
from tests.reports.breaking import BREAKS, CONSTRAINTS, checked_now, unguarded, without_constraint

D = Decimal
LIVED = (
    ("supplier_payment", "post", ""),
    ("shipment", "post", ""),
    ("customer_receipt", "post", ""),
    ("work_order", "close", ""),
    ("stock_transfer", "post", ""),
    ("stock_entry", "reverse", "in"),
)
"""The last acts of the stories that the house has lived through."""


@pytest.fixture
def lived(db: None) -> House:
    """A house in which everything has happened once, January closed."""
    return live(build_house())


def live(house: House) -> House:
    """Let everything happen once, and close January."""
    for case in LIVED:
        act(house, case)()
    company, ada = house.factory.company, house.factory.ada
    rows = [{"summary": "房租", "account": "560299", "debit": "300"}, {"summary": "房租", "account": "1002", "credit": "300"}]
    data = VoucherInput(data={"date": "2026-01-10", "lines": rows}, context={"company": company})
    assert data.is_valid(), data.errors
    voucher = manual_vouchers.draft_voucher(company=company, data=data.validated_data, by=house.factory.nora, at=NOW)
    manual_vouchers.review_voucher(company=company, document_id=voucher.pk, by=ada, at=NOW)
    manual_vouchers.post_voucher(company=company, document_id=voucher.pk, by=ada, at=NOW)
    who = {"company": company, "period_id": Period.objects.get(company=company, year=2026, month=1).pk, "by": ada, "at": NOW}
    closing.transfer_profit_and_loss(**who)
    closing.close_stock(**who)
    closing.close_period(**who)
    return house


def broken(company: Company) -> dict[str, list[str]]:
    """What the checker says: the promises that are broken, and where."""
    return {
        result.promise: [f"{difference.where}: {difference.text}" for difference in result.differences]
        for result in run(company)
        if not result.ok
    }


def test_after_a_whole_life_all_promises_hold_and_something_was_checked(lived: House) -> None:
    results = run(lived.factory.company)
    assert {result.promise: result.differences for result in results if not result.ok} == {}
    assert [result.promise for result in results] == [f"P{number}" for number in range(1, 13)]
    assert [result.promise for result in results if not result.checked and result.promise != "P11"] == []


# ---- every promise broken by an intruder --------------------------------------------------------------------------------


def test_every_promise_broken_by_sql_is_named(lived: House) -> None:
    """Each break is undone by a savepoint before the next; the answer lists what was not found."""
    silent = {}
    for name, (promise, told, *statements) in BREAKS.items():
        with transaction.atomic():
            _break(name, statements)
            found = broken(lived.factory.company)
            transaction.set_rollback(True)
        if not any(told in difference for difference in found.get(promise, [])):
            silent[name] = found
    assert silent == {}
    assert {promise for promise, *_rest in BREAKS.values()} == {f"P{number}" for number in (1, 2, 3, 4, 5, 6, 7, 10, 11, 12)}
    assert broken(lived.factory.company) == {}


def _break(name: str, statements: list[str]) -> None:
    with unguarded() as cursor:
        if name in CONSTRAINTS:
            without_constraint(cursor, *CONSTRAINTS[name])
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount > 0, f"{name}: the break must change something"


def test_a_guard_that_is_gone_is_named(lived: House) -> None:
    on = " ON finance_voucher" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        checked_now(cursor)
        cursor.execute(f"DROP TRIGGER finance_voucher_no_update{on}")
    found = broken(lived.factory.company)
    assert found == {"P8": ["finance_voucher: the trigger finance_voucher_no_update is missing or switched off"]}


def test_a_guard_that_is_switched_off_is_named(lived: House, on_postgres: None) -> None:
    with connection.cursor() as cursor:
        checked_now(cursor)
        cursor.execute("ALTER TABLE inventory_stockmove DISABLE TRIGGER inventory_stockmove_no_delete")
        assert broken(lived.factory.company)["P8"] == [
            "inventory_stockmove: the trigger inventory_stockmove_no_delete is missing or switched off"
        ]
        cursor.execute("SET session_replication_role = replica")
        assert "database: triggers are switched off for this connection" in broken(lived.factory.company)["P8"]
        cursor.execute("SET session_replication_role = DEFAULT")


def test_what_is_slipped_into_a_closed_month_is_named(lived: House) -> None:
    # Somebody opens January in the database, books into it, moves goods in it, and closes it again.
    company, january = lived.factory.company, dt.date(2026, 1, 15)
    periods = Period.objects.filter(company=company, year=2026, month=1)
    periods.update(state=Period.State.OPEN)
    data = {"kind": "other_in", "document_date": january, "warehouse": lived.factory.store, "reason": "x"}
    data["lines"] = [{"item": lived.factory.bolt, "quantity": D(1), "unit_cost": D(2)}]
    lived.post(entries.post_entry, entries.draft_entry(data=data, **lived.who()))
    periods.update(state=Period.State.CLOSED)
    found = broken(company)["P9"]
    assert [text.split(": ")[1] for text in found] == [
        "posted into 2026-01 after it was closed",
        "goods moved in 2026-01 after its stock was closed",
    ]


def test_a_month_closed_without_a_log_entry_is_named(lived: House) -> None:
    Period.objects.filter(company=lived.factory.company, year=2026, month=2).update(state=Period.State.CLOSED)
    assert broken(lived.factory.company)["P9"][0] == "2026-02: the period is closed, but no “close_stock” is logged"


def test_a_month_that_was_opened_again_and_closed_again_is_in_order(lived: House) -> None:
    company = lived.factory.company
    january = Period.objects.get(company=company, year=2026, month=1)
    who = {"company": company, "period_id": january.pk, "by": lived.factory.ada, "at": NOW}
    closing.reopen_period(**who, reason="a late bill")
    assert broken(company) == {}
    closing.close_period(**who)
    assert broken(company) == {}


# ---- how it is called -------------------------------------------------------------------------------------------------


def test_the_command_says_ok_and_exits_with_zero(lived: House) -> None:
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue().count(" ok ") == 12
    assert "BROKEN" not in out.getvalue()


def test_the_command_exits_with_one_and_names_the_difference(lived: House) -> None:
    build_factory("OTHER")
    with unguarded() as cursor:
        cursor.execute("DELETE FROM finance_settlement")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("reconcile", "--json", stdout=out)
    assert end.value.code == 1
    answers = json.loads(out.getvalue())
    assert {code: [r["promise"] for r in results if not r["ok"]] for code, results in answers.items()} == {"ACME": ["P6"], "OTHER": []}
    # The other company alone is in order.
    call_command("reconcile", "--company", "OTHER", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("reconcile", "--company", "NOBODY", stdout=StringIO())


def test_the_night_keeps_its_answer(lived: House) -> None:
    company = lived.factory.company
    assert last_check(company) is None
    assert nightly_reconcile() == 0
    assert last_check(company).ok  # type: ignore[union-attr]
    with unguarded() as cursor:
        cursor.execute("UPDATE finance_voucher SET total = total + 10000 WHERE number = 1")
    assert nightly_reconcile() == 1
    kept = last_check(company)
    assert kept is not None
    assert [promise for promise, _title, _count in kept.broken] == ["P1"]
    assert OutboxEvent.objects.filter(kind="reconcile.failed").count() == 1


def test_the_worktop_of_who_closes_the_books_shows_what_is_broken(lived: House) -> None:
    company, ada = lived.factory.company, lived.factory.ada
    accountant = Access(ada, company, frozenset({"finance.close_period"}))
    assert list(broken_promises(accountant, NOW.date())) == []
    with unguarded() as cursor:
        cursor.execute("DELETE FROM finance_accountbalance")
    keep(company, run(company), at=NOW)
    (card,) = broken_promises(accountant, NOW.date())
    assert (card.alarm, card.count, card.lines[0].text[:2]) == (True, 1, "P1")
    assert list(broken_promises(Access(ada, company, frozenset()), NOW.date())) == []


def test_the_check_runs_as_a_job_too(lived: House) -> None:
    company, ada = lived.factory.company, lived.factory.ada
    told: list[int] = []
    answer = reconcile_job(company=company, params={}, by=ada, at=NOW, progress=lambda percent, line="": told.append(percent))  # type: ignore[arg-type]
    assert (answer["ok"], len(answer["results"]), told[-1]) == (True, 12, 100)
    last = last_check(company)
    assert last is not None
    assert (last.at, last.ok) == (NOW, True)


@pytest.mark.parametrize(
    ("stored", "places", "text"), [(123400, 4, "12.34"), (-5, 4, "-0.0005"), (0, 4, "0"), (1000000, 6, "1"), (7, 0, "7")]
)
def test_stored_integers_read_as_numbers(stored: int, places: int, text: str) -> None:
    assert scaled(stored, places) == text

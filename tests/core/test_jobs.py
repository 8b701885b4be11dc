"""P19: a job runs at least once with one effect, whatever happens to messages and workers."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.test import override_settings
from django.utils.module_loading import import_string

from core.errors import BusinessError, NotVisible, StateConflict
from core.jobs import JobKind, cancel_job, job_kinds, resend_waiting_jobs, run_job, start_job
from core.models import Job, Membership
from core.progress import JobLost, Progress
from erp.jobs import JOB_KINDS
from masterdata.models import Unit
from tests.api.door import give
from tests.factory import NOW, Factory, build_factory

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + dt.timedelta(minutes=20)


@pytest.fixture
def factory() -> Factory:
    return build_factory()


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """The kinds of the tests instead of the house's."""
    with override_settings(JOB_KINDS="tests.core.trial_jobs.KINDS"):
        job_kinds.cache_clear()
        yield
    job_kinds.cache_clear()


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that went out."""
    messages: list[int] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, arguments: messages.append(arguments[0]))
    return messages


def clock() -> dt.datetime:
    return NOW


def start(factory: Factory, kind: str = "plain", **params: Any) -> Job:
    return start_job(kind=kind, company=factory.company, params=params or {"code": "KG"}, by=factory.nora, at=NOW)


def test_a_job_is_written_sent_run_and_told(factory: Factory, sent: list[int]) -> None:
    job = start(factory)
    assert sent == [job.pk]
    assert run_job(job.pk, at=NOW, now=clock)
    job.refresh_from_db()
    assert (job.state, job.percent, job.result, job.log) == ("done", 100, {"made": "KG"}, "half way\n")
    assert Unit.objects.filter(code="KG").count() == 1


def test_sent_twice_it_runs_once(factory: Factory) -> None:
    job = start(factory)
    assert [run_job(job.pk, at=NOW, now=clock) for _ in range(3)] == [True, False, False]
    assert Job.objects.get().attempts == 1


def test_who_has_left_meanwhile_gets_nothing_done(factory: Factory) -> None:
    job = start(factory)
    Membership.objects.filter(user=factory.nora).update(is_active=False)
    run_job(job.pk, at=NOW, now=clock)
    job.refresh_from_db()
    assert job.state == "failed"
    assert not Unit.objects.filter(code="KG").exists()


def test_a_right_taken_away_meanwhile_is_missed_when_the_job_runs(factory: Factory) -> None:
    give(factory.nora, factory.company, ["change_unit"])
    allowed, refused = start(factory, "guarded", code="KG"), start(factory, "guarded", code="TO")
    run_job(allowed.pk, at=NOW, now=clock)
    factory.nora.memberships.get().roles.clear()
    run_job(refused.pk, at=NOW, now=clock)
    assert list(Job.objects.order_by("id").values_list("state", flat=True)) == ["done", "failed"]
    refused.refresh_from_db()
    assert "masterdata.change_unit" in refused.error
    assert not Unit.objects.filter(code="TO").exists()


def test_a_job_that_never_existed_is_no_job(factory: Factory) -> None:
    assert not run_job(4711, at=NOW, now=clock)


def test_a_broker_that_is_down_loses_nothing(factory: Factory, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", down)
    job = start(factory)
    assert job.state == "waiting"
    monkeypatch.setattr(current_app, "send_task", lambda _name, arguments: sent.append(arguments[0]))
    assert resend_waiting_jobs(at=NOW) == 0
    assert resend_waiting_jobs(at=LATER) == 1
    assert resend_waiting_jobs(at=LATER) == 0
    assert sent == [job.pk]


def test_a_job_whose_worker_was_killed_is_taken_over(factory: Factory, sent: list[int]) -> None:
    job = start(factory)
    Job.objects.update(state="running", attempts=1, seen_at=NOW)
    assert not run_job(job.pk, at=NOW + dt.timedelta(minutes=5), now=clock)
    assert resend_waiting_jobs(at=LATER) == 1
    assert run_job(job.pk, at=LATER, now=clock)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


def test_the_worker_that_was_thought_dead_learns_that_it_is_out(factory: Factory) -> None:
    job = start(factory)
    Job.objects.update(state="running", attempts=2)
    with pytest.raises(JobLost):
        Progress(job.pk, 1, now=clock)(50, "I am back")
    assert Job.objects.get().log == ""


def test_a_job_that_kills_its_workers_is_given_up(factory: Factory) -> None:
    job = start(factory)
    Job.objects.update(state="running", attempts=3, seen_at=NOW)
    assert not run_job(job.pk, at=LATER, now=clock)
    job.refresh_from_db()
    assert job.state == "failed" and "3" in job.error


def test_a_refusal_is_told_in_words(factory: Factory) -> None:
    job = start(factory, "refusing")
    run_job(job.pk, at=NOW, now=clock)
    job.refresh_from_db()
    assert (job.state, bool(job.error)) == ("failed", True)


def test_what_nobody_foresaw_is_told_without_its_inside(factory: Factory) -> None:
    job = start(factory, "breaking")
    with pytest.raises(ZeroDivisionError):
        run_job(job.pk, at=NOW, now=clock)
    job.refresh_from_db()
    assert job.state == "failed" and job.error and "secret" not in job.error + job.log


def test_one_that_waits_is_cancelled_at_once(factory: Factory) -> None:
    job = start(factory)
    assert cancel_job(company=factory.company, job_id=job.pk, at=NOW).state == "cancelled"
    assert cancel_job(company=factory.company, job_id=job.pk, at=NOW).state == "cancelled"
    assert not run_job(job.pk, at=NOW, now=clock)


def test_one_that_runs_stops_at_its_next_sign_of_life(factory: Factory) -> None:
    job = start(factory, "stopped_between")
    run_job(job.pk, at=NOW, now=clock)
    assert Job.objects.get().state == "cancelled"
    assert [Unit.objects.filter(code=code).exists() for code in ("FIRST", "SECOND")] == [True, False]


def test_what_is_over_can_not_be_cancelled(factory: Factory) -> None:
    job = start(factory)
    run_job(job.pk, at=NOW, now=clock)
    with pytest.raises(StateConflict) as refusal:
        cancel_job(company=factory.company, job_id=job.pk, at=NOW)
    assert refusal.value.facts["number"] == f"plain #{job.pk}", "as the list of jobs calls it"


def test_the_jobs_of_another_company_do_not_exist(factory: Factory) -> None:
    job = start(factory)
    with pytest.raises(NotVisible):
        cancel_job(company=build_factory("OTHER").company, job_id=job.pk, at=NOW)


def test_an_unknown_kind(factory: Factory) -> None:
    with pytest.raises(BusinessError):
        start(factory, "format_disk")
    assert not Job.objects.exists()


def test_lines_told_within_a_transaction_are_kept(factory: Factory) -> None:
    job = start(factory, "in_one_transaction")
    run_job(job.pk, at=NOW, now=clock)
    assert Job.objects.get().log == "not committed yet\n"


@pytest.mark.postgres
def test_progress_is_seen_while_the_transaction_is_open(factory: Factory, on_postgres: None) -> None:
    job = start(factory, "in_one_transaction", look=True)
    run_job(job.pk, at=NOW, now=clock)
    assert Job.objects.get().result == {"seen": [40, "not committed yet\n"]}


@pytest.mark.postgres
def test_ten_workers_run_it_once(factory: Factory, on_postgres: None) -> None:
    job = start(factory)
    ran: list[bool] = []

    def work() -> None:
        ran.append(run_job(job.pk, at=NOW, now=clock))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ran) == [False] * 9 + [True]


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["plain", "breaking"])
def test_the_long_time_out_ends_with_the_job(factory: Factory, on_postgres: None, kind: str) -> None:
    job = start(factory, kind)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
    with suppress(ZeroDivisionError):
        run_job(job.pk, at=NOW, now=clock)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


def test_every_kind_of_the_house_can_be_found() -> None:
    for kind in JOB_KINDS.values():
        assert isinstance(kind, JobKind) and callable(import_string(kind.function))

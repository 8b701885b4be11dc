"""Jobs: work longer than a click. Who asked, how far it is, its log, its result – and it may be sent, killed and run twice.

The row in the database is the truth; the Celery message only says "look at job 12" (P19). Messages may be lost, doubled or
late: `run_job` takes the row by compare-and-set, `resend_waiting_jobs` sends again what nobody took, and a job whose worker
died (no sign of life for `STALE_AFTER`) is taken over. So the function of a kind must be safe to run twice:

    def run(*, company, params, by, at, progress) -> dict      # what it gives back is the job's result, plain JSON
        progress(40, "12 of 30 items planned")                 # raises JobCancelled when somebody asked to stop
"""

import datetime as dt
import functools
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import OperationalError as BrokerError
from rest_framework.serializers import Serializer

from core.access import access_now
from core.db import durable, is_postgres
from core.errors import BusinessError, InvalidInput, NotVisible, StateConflict
from core.models import Company, Job, User
from core.progress import JobCancelled, Progress

logger = logging.getLogger(__name__)

STALE_AFTER = dt.timedelta(minutes=15)
SEND_AGAIN_AFTER = dt.timedelta(minutes=2)
MAX_ATTEMPTS = 3
LONG_STATEMENT_MS = 600_000
TASK = "core.tasks.run_job"
State = Job.State


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: the dotted name of its function, who may start it, and what its parameters have to look like."""

    function: str
    label: str | Promise
    permission: str
    input: type[Serializer] | None = None


@cache
def job_kinds() -> Mapping[str, JobKind]:
    """All kinds by name, from the literal table that the settings name."""
    kinds: Mapping[str, JobKind] = import_string(settings.JOB_KINDS)
    return kinds


def kind_of(name: str) -> JobKind:
    """The kind of that name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in job_kinds():
        raise InvalidInput("unknown_job_kind", _("There is no such kind of job."), field="kind")
    return job_kinds()[name]


@durable
def start_job(*, kind: str, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime) -> Job:
    """Write down what is to be done, and tell the workers as soon as that is committed.

    Args:
        params: plain JSON values (dates as ISO text), ids instead of objects.

    Raises:
        InvalidInput: there is no such kind.
    """
    kind_of(kind)
    plain = json.loads(json.dumps(dict(params), cls=DjangoJSONEncoder))
    job = Job.objects.create(company=company, kind=kind, params=plain, asked_by=by, asked_at=at, seen_at=at)
    transaction.on_commit(functools.partial(_send, job.pk))
    return job


def _send(job_id: int) -> None:
    """Tell the workers. A broker that is down loses nothing: the row waits and is sent again."""
    try:
        current_app.send_task(TASK, [job_id])
    except (BrokerError, OSError) as error:
        logger.warning("job %s not sent, will be sent again: %s", job_id, error)


def run_job(job_id: int, *, at: dt.datetime, now: Callable[[], dt.datetime]) -> bool:
    """Run a job unless somebody else has it or it is over.

    Args:
        now: the clock, read for every sign of life.

    Returns:
        whether it was run here.
    """
    job = _take(job_id, at)
    if job is None:
        return False
    progress = Progress(job.pk, job.attempts, now=now)
    try:
        with override(job.asked_by.language or settings.LANGUAGE_CODE), _long_statements():
            end = _end_of(job, progress, at)
    except Exception:
        _finish(
            job, _End(State.FAILED, error=_("Something went wrong that nobody foresaw; it has been noted.")), at=now(), log=progress.rest()
        )
        raise
    finally:
        progress.close()
    _finish(job, end, at=now(), log=progress.rest())
    return True


@dataclass(frozen=True, slots=True)
class _End:
    """How a job ended."""

    state: str
    result: Any = None
    error: str = ""


def _end_of(job: Job, progress: Progress, at: dt.datetime) -> _End:
    """Run the function of the job's kind and say how that ended; whoever asked must still have the right to."""
    kind = job_kinds()[job.kind]
    run = import_string(kind.function)
    try:
        access_now(job.asked_by, job.company).require(kind.permission)
        result = run(company=job.company, params=job.params, by=job.asked_by, at=at, progress=progress)
    except JobCancelled as cancelled:
        return _End(State.CANCELLED, error=str(cancelled))
    except BusinessError as refused:
        return _End(State.FAILED, error="; ".join(str(problem) for problem in refused.problems()))
    return _End(State.DONE, result=json.loads(json.dumps(result, cls=DjangoJSONEncoder)))


@contextmanager
def _long_statements() -> Iterator[None]:
    """PostgreSQL: statements of a job may take ten minutes."""
    if not is_postgres():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {LONG_STATEMENT_MS}")
    try:
        yield
    finally:
        # A connection that broke has no time-out any more; why the job failed must not be hidden by that.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


@durable
def _take(job_id: int, at: dt.datetime) -> Job | None:
    """Make the job ours: of all who try, one gets it. A job that killed its worker too often is given up."""
    waiting = Q(state=State.WAITING)
    abandoned = Q(state=State.RUNNING) & Q(seen_at__lt=at - STALE_AFTER)
    free = Job.objects.filter(waiting | abandoned, pk=job_id)
    given_up = free.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=State.FAILED, finished_at=at, error=_("Its worker ended {times} times before it was done.").format(times=MAX_ATTEMPTS)
    )
    taken = given_up == 0 and free.update(state=State.RUNNING, started_at=at, seen_at=at, attempts=F("attempts") + 1, percent=0)
    return Job.objects.select_related("company", "asked_by").get(pk=job_id) if taken else None


@durable
def _finish(job: Job, end: _End, *, at: dt.datetime, log: str) -> None:
    """Write the end of a job, unless it was taken over meanwhile."""
    values: dict[str, Any] = {"state": end.state, "finished_at": at, "seen_at": at, "result": end.result, "error": end.error[:500]}
    if end.state == State.DONE:
        values["percent"] = 100
    ours = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts)
    if not ours.update(**values, log=Concat("log", Value(log))):
        logger.warning("job %s was taken over by another worker", job.pk)


@durable
def cancel_job(*, company: Company, job_id: int, at: dt.datetime) -> Job:
    """Stop a job: one that waits ends at once, one that runs at its next sign of life. Repeating it is harmless.

    Raises:
        NotVisible: the company has no such job.
        StateConflict: it is over already.
    """
    job = Job.objects.select_for_update(of=("self",)).filter(company=company, pk=job_id).first()
    if job is None:
        raise NotVisible()
    if job.state == State.WAITING:
        job.state, job.finished_at = State.CANCELLED, at
    elif job.state == State.RUNNING:
        job.cancel_requested = True
    elif job.state != State.CANCELLED:
        name = f"{kind_of(job.kind).label} #{job.pk}"
        raise StateConflict(number=name, state=job.get_state_display(), wanted=f"{State.WAITING.label}, {State.RUNNING.label}")
    job.save(update_fields=["state", "finished_at", "cancel_requested"])
    return job


def resend_waiting_jobs(*, at: dt.datetime) -> int:
    """Send again what was never taken (lost message, broker down) and what lost its worker.

    Returns:
        how many were sent.
    """
    overdue = Q(state=State.WAITING) & (Q(seen_at=None) | Q(seen_at__lt=at - SEND_AGAIN_AFTER))
    abandoned = Q(state=State.RUNNING, seen_at__lt=at - STALE_AFTER)
    ids = list(Job.objects.filter(overdue | abandoned).order_by("id").values_list("pk", flat=True)[:500])
    Job.objects.filter(overdue, pk__in=ids).update(seen_at=at)
    for job_id in ids:
        _send(job_id)
    return len(ids)

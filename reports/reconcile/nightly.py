"""The nightly answer, kept as an outbox event: the worktop shows the last one, and other systems can be told of it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from core.access import Access
from core.db import durable
from core.models import Company, OutboxEvent, User
from core.progress import Progress
from core.web.worktop import Line, Waiting
from reports.reconcile import PROMISES, Result, run
from reports.reconcile.answers import one_moment

PASSED, FAILED = "reconcile.passed", "reconcile.failed"


@dataclass(frozen=True, slots=True)
class LastCheck:
    """When the promises of a company were last checked, and which were found broken."""

    at: dt.datetime
    ok: bool
    broken: tuple[tuple[str, str, int], ...]
    """Promise, title, number of differences."""


def check_and_keep(company: Company, *, at: dt.datetime) -> LastCheck:
    """Check a company and keep the answer."""
    return _read(keep(company, run(company), at=at), at)


def last_check(company: Company) -> LastCheck | None:
    """The newest answer that was kept; None before the first night."""
    event = OutboxEvent.objects.filter(company=company, kind__in=[PASSED, FAILED]).order_by("-id").first()
    if event is None:
        return None
    return _read(event.payload, event.created_at)


def _read(payload: Mapping[str, Any], at: dt.datetime) -> LastCheck:
    broken = [result for result in payload["results"] if not result["ok"]]
    counts = tuple((result["promise"], result["title"], len(result["differences"]) + result["more"]) for result in broken)
    return LastCheck(at, payload["ok"], counts)


def broken_promises(access: Access, today: dt.date) -> Iterator[Waiting]:
    """For the worktop: what the last check of the books has found, for those who look after them."""
    last = last_check(access.company) if access.may("finance.close_period") else None
    if last is not None and not last.ok:
        lines = [
            Line(
                f"{promise} {gettext(title)}",
                reverse("jobs"),
                ngettext("{count} difference", "{count} differences", count).format(count=count),
            )
            for promise, title, count in last.broken
        ]
        yield Waiting(_("The books don't agree"), len(lines), reverse("jobs"), "alert-triangle", alarm=True, lines=lines)


def reconcile_job(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Check the promises now, as a job with its progress; the answer is its result, and is kept like the nightly one."""
    results = []
    with one_moment():
        for number, promise in enumerate(PROMISES, start=1):
            result = promise(company)
            results.append(result)
            progress(number * 100 // len(PROMISES), f"{result.promise}: {'ok' if result.ok else 'BROKEN'} ({result.checked})")
    return keep(company, results, at=at)


@durable
def keep(company: Company, results: list[Result], *, at: dt.datetime) -> dict[str, Any]:
    """Keep answers as the newest ones."""
    ok = all(result.ok for result in results)
    payload = {"ok": ok, "results": [result.as_json() for result in results]}
    OutboxEvent.objects.create(company=company, kind=PASSED if ok else FAILED, payload=payload, created_at=at)
    return payload

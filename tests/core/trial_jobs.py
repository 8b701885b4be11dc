"""Kinds of jobs for the tests of the frame; each writes units into the company, so that one can see what was done."""

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any

from django.db import connection

from core.db import durable
from core.errors import BusinessError
from core.jobs import JobKind
from core.models import Company, Job, User
from core.progress import Progress
from masterdata.models import Unit


@durable
def make_unit(company: Company, code: str) -> None:
    """Safe to run twice."""
    Unit.objects.get_or_create(company=company, code=code, defaults={"name": code})


def plain(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Make what is asked for."""
    progress(50, "half way")
    make_unit(company, params["code"])
    return {"made": params["code"]}


@durable
def in_one_transaction(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Tell how far it is before anything is committed, and look at that through another connection."""
    Unit.objects.create(company=company, code="LONG", name="long")
    progress(40, "not committed yet")
    return {"seen": seen_from_outside()} if params.get("look") else {}


def seen_from_outside() -> list[Any]:
    """How far the job is for somebody else."""
    seen: list[Any] = []

    def look() -> None:
        seen.extend(Job.objects.values_list("percent", "log").get())
        connection.close()

    outside = threading.Thread(target=look)
    outside.start()
    outside.join()
    return seen


def refusing(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Say in words why it is not possible."""
    raise BusinessError()


def breaking(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Break as nobody foresaw."""
    raise ZeroDivisionError("secret inside")


def stopped_between(*, company: Company, params: Mapping[str, Any], by: User, at: dt.datetime, progress: Progress) -> dict[str, Any]:
    """Works in steps; after the first one somebody asks to stop."""
    make_unit(company, "FIRST")
    Job.objects.update(cancel_requested=True)
    progress(50, "first step done")
    make_unit(company, "SECOND")
    return {}


KINDS = {
    name: JobKind(f"tests.core.trial_jobs.{name}", name, "")
    for name in ("plain", "in_one_transaction", "refusing", "breaking", "stopped_between")
} | {"guarded": JobKind("tests.core.trial_jobs.plain", "guarded", "masterdata.change_unit")}

"""Posting a material issue with its voucher: statements, documents per second, CPU – beside bare SQL for the same rows.

Every worker is a process with its own connection and posts documents of its own work order, one transaction each.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from bench import yardstick
from bench.scratch import issues, plant, scratch_database
from core.db import retries
from core.models import Company, User
from production.issues import post_issue
from tests.factory import NOW

CONNECTIONS = (1, 2, 4, 8)
LINES = 10
DOCUMENTS = 200
WARM_UP = 5
"""Documents that a worker posts before the clock starts: what it keeps between documents is there on any but the first."""


def measure() -> dict[str, Any]:
    """All figures of posting on one scratch database (PostgreSQL)."""
    with scratch_database() as name:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            fsync, synchronous = cursor.fetchone()
        statements = {str(lines): _statements(lines) for lines in (1, 10, 100)}
        factory, orders = _restart(max(CONNECTIONS))
        yardstick.prepare(_prototype(factory, orders[0]))
        rows = []
        for count in CONNECTIONS:
            share = DOCUMENTS // count
            work = [issues(factory, order, WARM_UP + share, LINES) for order in orders[:count]]
            connections.close_all()
            services = _race(_post, [(name, factory.company.pk, factory.nora.pk, ids) for ids in work])
            bare = _race(yardstick.run, [(name, number, WARM_UP, share) for number in range(count)])
            ratio = services["documents_per_second"] / bare["documents_per_second"]
            rows.append({"connections": count, "services": services, "bare_sql": bare, "services_to_bare_sql": round(ratio, 3)})
        return {
            "fsync": fsync,
            "synchronous_commit": synchronous,
            "lines": LINES,
            "statements_by_lines": statements,
            "by_connections": rows,
        }


def _restart(products: int, lines: int = LINES) -> tuple[Any, Any]:
    """A fresh plant in the emptied scratch database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django_%'"
        )
        tables = cursor.fetchone()[0]
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")  # noqa: S608 - the scratch database's own tables
        cursor.execute("SET session_replication_role = DEFAULT")
    return plant(products, lines)


def _statements(lines: int) -> int:
    """SQL statements of posting the second issue of an order (the first one brings work that is done once)."""
    factory, orders = _restart(1, lines)
    first, second = issues(factory, orders[0], 2, lines)
    _post_one(factory.company, factory.nora, first)
    with CaptureQueriesContext(connection) as captured:
        _post_one(factory.company, factory.nora, second)
    return len(captured)


def _post_one(company: Company, by: User, pk: int) -> None:
    post_issue(company=company, document_id=pk, by=by, at=NOW)


def _prototype(factory: Any, order: Any) -> str:
    """Post one document; its rows are what the yardstick writes."""
    pk = issues(factory, order, 1, LINES)[0]
    return str(post_issue(company=factory.company, document_id=pk, by=factory.nora, at=NOW).number)


def _post(name: str, company_id: int, user_id: int, ids: list[int]) -> dict[str, float]:
    connection.settings_dict["NAME"] = name
    company, user = Company.objects.get(pk=company_id), User.objects.get(pk=user_id)
    for pk in ids[:WARM_UP]:
        _post_one(company, user, pk)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for pk in ids[WARM_UP:]:
        _post_one(company, user, pk)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "documents": len(ids) - WARM_UP,
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "retries": retries.get(),
    }


def _race(target: Callable[..., dict[str, float]], jobs: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Run one process per job at the same time; the slowest one sets the rate."""
    with multiprocessing.get_context("fork").Pool(len(jobs)) as pool:
        results = pool.starmap(target, jobs)
    documents = sum(result["documents"] for result in results)
    return {
        "documents_per_second": round(documents / max(result["seconds"] for result in results), 1),
        "client_cpu_ms_per_document": round(1000 * sum(result["cpu"] for result in results) / documents, 2),
        "retries": int(sum(result["retries"] for result in results)),
    }

"""The durable outermost transaction with its bounded retry, and the few statements Django has no words for."""

import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection, transaction

from core.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

MAX_RETRIES = 4
_RETRYABLE_SQLSTATES = {"40001", "40P01", "55P03"}
_inside = ContextVar("inside_durable_verb", default=False)
retries: ContextVar[int] = ContextVar("retries_so_far", default=0)
"""How many retries the calling thread has seen; read by the benchmark."""


def is_postgres() -> bool:
    """Tell whether the default database is PostgreSQL."""
    return connection.vendor == "postgresql"


def _may_retry(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _RETRYABLE_SQLSTATES or "database is locked" in str(error)


def durable(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a business verb in the outermost transaction; a deadlock or lock time-out is retried up to four times with jitter.

    A verb called from another durable verb joins its transaction: the outermost verb owns it (STYLE.md 7).

    Raises:
        Busy: the locks could not be had even after the retries; nothing is written.
    """

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            return verb(*args, **kwargs)
        for attempt in range(MAX_RETRIES + 1):
            token = _inside.set(True)
            try:
                with transaction.atomic(durable=True):
                    return verb(*args, **kwargs)
            except OperationalError as error:
                if not _may_retry(error):
                    raise
                if attempt == MAX_RETRIES:
                    raise Busy() from error
            finally:
                _inside.reset(token)
            retries.set(retries.get() + 1)
            time.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    return run


@cache
def _preparing_cursor() -> Any:
    """A cursor class that binds parameters on the server, so that PostgreSQL plans each text once for a connection and keeps the plan.

    All whole numbers go as 64 bits: the plan is kept by the types of the parameters, and psycopg would send small ones as smaller types.
    """
    import psycopg
    from psycopg.adapt import AdaptersMap
    from psycopg.types.numeric import Int8Dumper

    known: WeakKeyDictionary[Any, AdaptersMap] = WeakKeyDictionary()

    class PreparingCursor(psycopg.Cursor[Any]):
        @property
        def adapters(self) -> AdaptersMap:
            """Those of the connection, but for whole numbers; made once for each connection."""
            if self._conn not in known:
                known[self._conn] = AdaptersMap(self._conn.adapters)
                known[self._conn].register_dumper(int, Int8Dumper)
            return known[self._conn]

        def _convert_query(self, query: Any, params: Any = None) -> Any:
            self._query = super()._convert_query(query, params)  # where Django looks for what was executed
            return self._query

    return PreparingCursor


@contextmanager
def prepared_cursor() -> Iterator[Any]:
    """A cursor for texts that are the same for every posting; planning them anew would cost the server as much as running them."""
    if not is_postgres():
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    with connection._prepare_cursor(_preparing_cursor()(connection.connection)) as cursor:  # type: ignore[attr-defined]
        yield cursor


def lock_for_share(sql: str, params: Sequence[Any]) -> list[tuple]:
    """Read rows and keep them unchanged until commit, while others may share the lock. SQLite has one writer anyway."""
    with prepared_cursor() as cursor:
        cursor.execute(f"{sql} FOR SHARE" if is_postgres() else sql, params)
        return cursor.fetchall()


def advisory_lock(name: str) -> None:
    """Let one transaction at a time pass here, until commit: for rules over many rows that no row lock covers (BOM cycles)."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])

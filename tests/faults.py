"""Breaking a posting at every SQL statement in turn, and comparing all tables before and after (P13)."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

_OURS = {"core", "masterdata", "inventory", "finance", "sales", "purchasing", "production", "costing", "reports"}


class Broken(Exception):
    """The fault that was put in."""


def dump() -> dict[str, str]:
    """A fingerprint of every table of ours."""
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in _OURS and model._meta.managed and not model._meta.proxy
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # all in one statement: this is asked after every broken run
            texts = "SELECT '{0}', md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) FROM {0} t"
            cursor.execute("SET LOCAL jit = off")  # compiling so many small parts takes longer than running them
            cursor.execute(" UNION ALL ".join(texts.format(table) for table in tables))
            return dict(cursor.fetchall())
        prints = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 - our own table names
            prints[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
        return prints


@contextmanager
def broken_at(number: int) -> Iterator[list[str]]:
    """Raise instead of running the `number`-th statement of the block; gives the statements that ran."""
    ran: list[str] = []

    def breaker(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            return execute(sql, params, many, context)  # the test's own wrapping, not a statement of the posting
        ran.append(sql)
        if len(ran) == number:
            raise Broken(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(breaker):
        yield ran


def break_everywhere(verb: Callable[[], Any]) -> int:
    """Run `verb` again and again, broken one statement later each time, until it succeeds; nothing may be left behind by a broken run.

    Returns:
        how many statements the verb takes.
    """
    before = dump()
    for number in range(1, 2000):
        with broken_at(number) as ran:
            try:
                verb()
            except Broken as fault:
                broken: Exception | None = fault
            else:
                broken = None
        if broken is None:
            assert len(ran) < number
            return len(ran)
        after = dump()
        assert after == before, (
            f"broken at statement {number} ({broken}), these tables changed: {[t for t in before if before[t] != after[t]]}"
        )
    raise AssertionError("the verb never ended")

"""Shared fixtures, and a database that may be emptied between transactional tests although its ledgers are append-only."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.translation import override

from tests.factory import Factory, build_factory


@pytest.fixture
def factory(db: None) -> Factory:
    """A company ready to work."""
    return build_factory()


@pytest.fixture(autouse=True)
def in_the_house_language() -> Iterator[None]:
    """Every test starts in the default language, whatever a request before it has left active."""
    with override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True, scope="session")
def flush_despite_triggers() -> Iterator[None]:
    """Transactional tests empty the tables afterwards; the triggers that guard the ledgers step aside for that only."""
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(self: Any, sql_list: list[str]) -> None:
        if self.connection.vendor == "postgresql":
            original(self, ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = DEFAULT"])
            return
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drops = [f"DROP TRIGGER {name}" for name, _ in triggers]
        original(self, [*drops, *sql_list, *[sql for _, sql in triggers]])

    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]
    yield
    BaseDatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]


@pytest.fixture
def on_postgres() -> None:
    """Skip where the default database is not PostgreSQL."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL can show this")

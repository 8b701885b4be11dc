"""How far a job is, told while it works – and the word from outside that it should stop.

The job's own transaction must not hide its progress: on PostgreSQL it is written through a second connection, so that it is
seen at once. SQLite has one writer; there progress within a transaction is kept until that transaction is over.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.db import is_postgres
from core.errors import BusinessError

EVERY_SECONDS = 1.0
_WRITE = """
UPDATE core_job SET percent = %s, log = log || %s, seen_at = %s WHERE id = %s AND state = 'running' AND attempts = %s
RETURNING cancel_requested
"""


class JobCancelled(BusinessError):
    """Somebody asked to stop this job."""

    code = "job_cancelled"
    text = _("This job was cancelled.")


class JobLost(BusinessError):
    """Another worker has taken this job over."""

    code = "job_taken_over"
    text = _("Another worker has taken this job over.")


class Progress:
    """Call it with percent and, now and then, a line for the log; several calls a second cost next to nothing."""

    def __init__(self, job_id: int, attempt: int, *, now: Callable[[], dt.datetime]) -> None:
        self._job_id, self._attempt, self._now = job_id, attempt, now
        self._percent = 0
        self._lines: list[str] = []
        self._written_at = 0.0
        self._side: Any = None

    def __call__(self, percent: int, line: str = "") -> None:
        """Tell how far it is.

        Raises:
            JobCancelled: somebody asked to stop; whatever is in the open transaction is rolled back.
            JobLost: this worker was thought dead and another one has the job now.
        """
        self._percent = min(max(percent, self._percent), 99)
        if line:
            self._lines.append(line)
        if line or time.monotonic() - self._written_at > EVERY_SECONDS:
            self._write()

    def _write(self) -> None:
        if connection.in_atomic_block and not is_postgres():
            return
        with self._connection().cursor() as cursor:
            cursor.execute(
                _WRITE, [self._percent, self._text(), connection.ops.adapt_datetimefield_value(self._now()), self._job_id, self._attempt]
            )
            row = cursor.fetchone()
        self._lines.clear()
        self._written_at = time.monotonic()
        if row is None:
            raise JobLost()
        if row[0]:
            raise JobCancelled()

    def _connection(self) -> Any:
        """The job's own connection, or a second one while a transaction is open on it."""
        if not connection.in_atomic_block:
            return connection
        if self._side is None:
            self._side = connection.copy()
        return self._side

    def _text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def rest(self) -> str:
        """Lines that could not be written yet, as text for the log."""
        text = self._text()
        self._lines.clear()
        return text

    def close(self) -> None:
        """Give the second connection back."""
        if self._side is not None:
            self._side.close()
            self._side = None


class Silent:
    """Progress for callers that are no job: a command, a test."""

    def __call__(self, percent: int, line: str = "") -> None:
        """Say nothing."""

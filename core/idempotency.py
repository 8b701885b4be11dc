"""A request repeated with the same key has one effect and one answer (P11).

The key's row is the first thing the transaction writes and the verb commits together with it, so a crash leaves both or
neither. A second request with the same key waits at that row until the first is decided. A refused request leaves no key:
sending it again is simply a new attempt.

    outcome = once(scope=f"user:{user.pk}", key=key, fingerprint=fingerprint("POST", path, body), act=act)

`act` does the work – its durable verbs join this transaction – and gives back (status, answer), the answer as plain JSON.
It may run more than once (deadlock retry), so it must do nothing outside of the database.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection
from django.utils.translation import gettext_lazy as _

from core.chain import canonical
from core.db import durable
from core.errors import BusinessError, InvalidInput, KeyReused
from core.models import IdempotencyKey

MAX_KEY_LENGTH = 100
REMEMBERED_FOR = dt.timedelta(days=30)
_KEY = re.compile(r"[\x21-\x7e]{1,100}\Z", re.ASCII)
_LOCK_NOT_AVAILABLE = "55P03"
_INSERT = """
INSERT INTO core_idempotencykey (scope, key, fingerprint, status, answer, created_at) VALUES (%s, %s, %s, 0, NULL, CURRENT_TIMESTAMP)
ON CONFLICT (scope, key) DO NOTHING RETURNING id
"""


class KeyInProgress(BusinessError):
    """The first request with this key is still running."""

    code = "request_in_progress"
    text = _("The first request with this key is still being worked on.")
    hint = _("Ask again with the same key in a few seconds.")


class Outcome(NamedTuple):
    """HTTP status and answer of a request; `replayed` when it was answered before and nothing was done now."""

    status: int
    answer: Any
    replayed: bool


def fingerprint(*parts: Any) -> str:
    """SHA-256 over what makes two requests the same: method, address, body (anything JSON can say, decimals and dates too)."""
    text = json.dumps([canonical(part) for part in parts], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def clean_key(key: str) -> str:
    """The key as the caller sent it.

    Raises:
        InvalidInput: it is empty, too long or holds anything but visible ASCII characters.
    """
    if not _KEY.match(key):
        raise InvalidInput("invalid_key", _("A request key has 1 to {limit} visible ASCII characters."), limit=MAX_KEY_LENGTH)
    return key


@durable
def once(*, scope: str, key: str, fingerprint: str, act: Callable[[], tuple[int, Any]]) -> Outcome:
    """Do `act` the first time a key is seen in its scope (a token or a user); later give back the first answer.

    Raises:
        KeyReused: the key came with another fingerprint before.
        KeyInProgress: the first request did not end within the lock time-out.
        InvalidInput: the key itself can't be accepted.
        whatever `act` raises: then the key is free again and nothing is written.
    """
    row_id = _insert(scope, clean_key(key), fingerprint)
    if row_id is None:
        return _first_answer(scope, key, fingerprint)
    status, answer = act()
    plain = json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
    IdempotencyKey.objects.filter(pk=row_id).update(status=status, answer=plain)
    return Outcome(status, plain, replayed=False)


def _insert(scope: str, key: str, fingerprint: str) -> int | None:
    """Insert the key; PostgreSQL waits here for a concurrent insert of the same key. None if it is there already."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [scope, key, fingerprint])
            row = cursor.fetchone()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise KeyInProgress() from error
        raise
    return int(row[0]) if row else None


def _first_answer(scope: str, key: str, fingerprint: str) -> Outcome:
    stored = IdempotencyKey.objects.filter(scope=scope, key=key).first()
    if stored is None:
        raise KeyInProgress()
    if stored.fingerprint != fingerprint:
        raise KeyReused()
    return Outcome(stored.status, stored.answer, replayed=True)


def forget_old(*, at: dt.datetime) -> int:
    """Delete keys older than a month; a request repeated later than that is a new one.

    Returns:
        how many were deleted.
    """
    return IdempotencyKey.objects.filter(created_at__lt=at - REMEMBERED_FOR).delete()[0]

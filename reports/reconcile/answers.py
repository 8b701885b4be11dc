"""What a check answers with, and the few helpers that all of them use."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

MOST = 100
"""How many differences are kept by name; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as promised: the document, account or place, what was expected, what was found."""

    where: str
    text: str
    expected: str = ""
    found: str = ""


@dataclass(slots=True)
class Result:
    """The answer about one promise. Texts are English, for the log and for whoever looks into it; titles are translated when shown."""

    promise: str
    title: str
    checked: int = 0
    differences: list[Difference] = field(default_factory=list)
    more: int = 0

    @property
    def ok(self) -> bool:
        """Nothing differs."""
        return not self.differences

    def differs(self, where: Any, text: str, *, expected: Any = "", found: Any = "") -> None:
        """Note a difference."""
        if len(self.differences) < MOST:
            self.differences.append(Difference(str(where), text, str(expected), str(found)))
        else:
            self.more += 1

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "promise": self.promise,
            "title": self.title,
            "ok": self.ok,
            "checked": self.checked,
            "more": self.more,
            "differences": [{"where": d.where, "text": d.text, "expected": d.expected, "found": d.found} for d in self.differences],
        }


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all questions see the data of one moment, while others go on writing; they may take longer than a click may."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = '10min'")
        yield


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """The answer of the database to one question."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def count(sql: str, *params: Any) -> int:
    """One number."""
    return int(rows(sql, *params)[0][0] or 0)


def batches(items: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    """Parts that fit into one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def scaled(number: Any, places: int) -> str:
    """A stored integer as the number that it stands for, without trailing zeros: (123400, 4) → 12.34."""
    whole = int(number or 0)
    sign, digits = ("-" if whole < 0 else ""), f"{abs(whole):0{places + 1}d}"
    fraction = digits[-places:].rstrip("0") if places else ""
    units = digits[:-places] if places else digits
    return f"{sign}{units}.{fraction}" if fraction else f"{sign}{units}"


def money(number: Any) -> str:
    """A stored amount (4 places)."""
    return scaled(number, 4)


def quantity(number: Any) -> str:
    """A stored quantity (6 places)."""
    return scaled(number, 6)


def day(value: Any) -> str:
    """A date as ISO text, whatever the engine gives."""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def instant(value: Any) -> str | None:
    """A moment as ISO text in UTC, whatever the engine gives."""
    if value is None:
        return None
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def price(number: Any) -> str:
    """A stored price or rate (8 places)."""
    return scaled(number, 8)


def named(*parts: Any) -> str:
    """Parts of a name, the empty ones left out."""
    return " ".join(str(part) for part in parts if part not in (None, "", 0))


def marks(items: Iterable[Any]) -> str:
    """Placeholders for a list of values."""
    return ", ".join("%s" for _item in items)

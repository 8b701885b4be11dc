"""What a replay did: how many documents of each kind in which time, and everything that could not be posted, with the reason."""

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import override

from core.db import durable
from core.errors import BusinessError

REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be posted."""

    day: dt.date
    what: str
    record: str
    code: str
    reason: str

    def as_json(self) -> dict[str, str]:
        return {"date": self.day.isoformat(), "what": self.what, "record": self.record, "code": self.code, "reason": self.reason}


@dataclass(slots=True)
class Journal:
    """Counts and times of a replay."""

    documents: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: list[Refused] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    lasted: float = 0.0

    def play(self, day: dt.date, what: str, record: int, work: Callable[[], Counter[str]]) -> None:
        """Play one record: all of it in one transaction, or nothing and a line in `refused`.

        Args:
            work: does it, and says how many documents of which kind it posted.
        """
        started = time.perf_counter()
        try:
            documents = _in_one_transaction(work)
        except BusinessError as error:
            with override("en"):
                self.refuse(day, what, record, code=error.code, reason=_reason(error))
            return
        self.documents.update(documents)
        self.seconds[what].append(time.perf_counter() - started)

    def refuse(self, day: dt.date, what: str, record: int, *, code: str, reason: str) -> None:
        """Note a record that is not played, and why."""
        self.refused.append(Refused(day, what, str(record), code, reason[:REASON_LENGTH]))

    def finish(self) -> None:
        """Stop the clock."""
        self.lasted = time.perf_counter() - self.began

    def reasons(self) -> dict[str, int]:
        """How many were refused, by what and why."""
        return dict(Counter(f"{one.what}: {one.code}" for one in self.refused).most_common())

    def summary(self) -> dict[str, Any]:
        """All figures, for printing and for machines."""
        every = [second for seconds in self.seconds.values() for second in seconds]
        posted = sum(self.documents.values())
        return {
            "documents": dict(self.documents),
            "documents_total": posted,
            "seconds": round(self.lasted, 1),
            "documents_per_second": round(posted / self.lasted, 1) if self.lasted else None,
            "milliseconds": {"all": percentiles(every), **{what: percentiles(seconds) for what, seconds in self.seconds.items()}},
            "refused_total": len(self.refused),
            "refused_by_reason": self.reasons(),
        }


@durable
def _in_one_transaction(work: Callable[[], Counter[str]]) -> Counter[str]:
    return work()


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1000, 1) for share in (50, 95, 99)}


def _reason(error: BusinessError) -> str:
    return "; ".join(problem.message() for problem in error.problems())

"""Several people at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from core import db


class Answer:
    """What a job came to: its value or its error, and how often it was tried again."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: Exception | None = None
        self.retries = 0


def at_once(jobs: Sequence[Callable[[], Any]], *, seconds: float = 120) -> list[Answer]:
    """Start all jobs at the same moment and wait for all of them; nothing that is raised gets lost."""
    answers = [Answer() for _job in jobs]
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any], answer: Answer) -> None:
        try:
            gate.wait(timeout=30)
            before = db.retries.get()
            answer.value = job()
            answer.retries = db.retries.get() - before
        except Exception as error:  # noqa: BLE001 - it is handed over, not swallowed
            answer.error = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in zip(jobs, answers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return answers


def errors(answers: Sequence[Answer]) -> list[Exception]:
    """Everything that was raised."""
    return [answer.error for answer in answers if answer.error is not None]


def unexpected(answers: Sequence[Answer], *expected: type[Exception]) -> list[Exception]:
    """What was raised beside the expected refusals."""
    return [error for error in errors(answers) if not isinstance(error, expected)]

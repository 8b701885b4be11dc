"""What is approved is what was read: the version that somebody looked at, checked under the lock of the document (G155).

The door that was told a version says so around the verb; whoever locks the document then compares. A look at the version before
the lock would prove nothing: an edit that holds the row may commit in between.

    with as_read(document, version):
        action.verb(company=…, document_id=document.pk, …)      # claim() → require_state() → require_as_read()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import EditedByOther
from core.models import Document


class Versioned(Protocol):
    """What has a version that every change raises: documents, and vouchers."""

    pk: Any
    version: int


@dataclass(slots=True)
class _Reading:
    """A document as somebody has read it, until it was compared with the locked one."""

    model: type[Versioned]
    pk: int
    version: int
    is_compared: bool = False


_reading: ContextVar[_Reading | None] = ContextVar("document_as_read", default=None)


@contextmanager
def as_read(document: Versioned, version: int | None) -> Iterator[None]:
    """Let what happens inside apply to `version` of the document only; None where the caller did not say what was read.

    Enter it inside of the transaction, so that a retry compares again.

    Raises:
        EditedByOther: the document has another version, seen under its lock.
    """
    if version is None:
        yield
        return
    reading = _Reading(type(document), document.pk, version)
    token = _reading.set(reading)
    try:
        yield
    finally:
        _reading.reset(token)
    if not reading.is_compared:
        raise AssertionError(f"{document} was changed without being claimed, so nobody compared its version")


def require_as_read(document: Document) -> None:
    """Compare a document that was just locked with what the caller has read.

    Raises:
        EditedByOther: somebody has changed it since.
    """
    if not is_as_read(document):
        raise EditedByOther(number=document.number, by=document.updated_by or document.created_by)


def is_as_read(document: Versioned) -> bool:
    """Whether what was just locked is what the caller has read; compared once, because the verb itself raises the version."""
    reading = _reading.get()
    if reading is None or reading.is_compared or (reading.model, reading.pk) != (type(document), document.pk):
        return True
    reading.is_compared = True
    return document.version == reading.version

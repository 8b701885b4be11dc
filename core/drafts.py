"""A document before it is posted: saved as a draft, edited, cancelled; and how a verb picks it up afterwards."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from django.db import models

from core.errors import EditedByOther, NotVisible
from core.models import Company, Document, DocumentLine, State, User
from core.posting import PostingTransaction, audit_entry, change_state, claim, number_draft

D = TypeVar("D", bound=Document)


def save_draft(document: D, lines: Sequence[DocumentLine], *, kind: str, prefix: str, by: User, at: dt.datetime) -> D:
    """Save a new draft with its lines; its number is taken last."""
    document.created_by, document.created_at = by, at
    document.save(force_insert=True)
    if lines:
        type(lines[0])._default_manager.bulk_create(lines)
    number_draft(document, kind=kind, prefix=prefix)
    audit_entry("create", document, by=by, at=at).save(force_insert=True)
    return document


def open_draft(model: type[D], pk: int, *, company: Company, version: int) -> D:
    """Lock a draft that somebody is about to save again.

    Raises:
        NotVisible, StateConflict: it is not there, or no draft any more.
        EditedByOther: it was changed since `version` was read.
    """
    document = claim(model, pk, [State.DRAFT], done=(), company=company)
    if document.version != version:
        raise EditedByOther(number=document.number, by=document.updated_by or document.created_by)
    return document


def save_edit(document: D, lines: Sequence[DocumentLine], *, by: User, at: dt.datetime) -> D:
    """Save an opened draft, its lines replaced; what changed is kept in the audit."""
    manager: Any = type(document)._default_manager
    before = manager.filter(pk=document.pk).values().get()
    document.version += 1
    document.updated_by, document.updated_at = by, at
    document.save(force_update=True)
    changes = _differences(before, manager.filter(pk=document.pk).values().get())
    if lines:
        line_manager: Any = type(lines[0])._default_manager
        old = line_manager.filter(document=document)
        changes |= _line_differences(list(old), lines)
        old.delete()
        line_manager.bulk_create(lines)
    audit_entry("edit", document, by=by, at=at, changes=changes).save(force_insert=True)
    return document


def cancel_draft(model: type[D], pk: int, *, company: Company, by: User, at: dt.datetime, reason: str = "") -> D:
    """Give up a draft; it keeps its number (P7)."""
    document = claim(model, pk, [State.DRAFT], done=(State.CANCELLED,), company=company)
    change_state(document, State.CANCELLED, "cancel", by=by, at=at, reason=reason)
    return document


def date_of(model: type[Document], pk: int, *, company: Company) -> dt.date:
    """Read a document's date without locking it: the period is locked before the document.

    Raises:
        NotVisible: there is no such document of this company.
    """
    found = model._default_manager.filter(pk=pk, company=company).values_list("document_date", flat=True).first()
    if found is None:
        raise NotVisible()
    return found


def claim_draft(transaction: PostingTransaction, model: type[D], pk: int, *, allowed: Collection[str] = (State.DRAFT,)) -> D:
    """Lock a document that is to be posted, and make sure that its date is still the one whose period is held open.

    Raises:
        AlreadyDone, StateConflict: somebody else was first.
        EditedByOther: its date was changed in between.
    """
    document = claim(model, pk, list(allowed), company=transaction.company)
    if document.document_date != transaction.date:
        raise EditedByOther(number=document.number, by=document.updated_by or document.created_by)
    return document


_UNTOLD = {"id", "version", "updated_by_id", "updated_at"}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: [before[name], after[name]] for name in before if name not in _UNTOLD and before[name] != after[name]}


def _line_differences(before: Sequence[models.Model], after: Sequence[models.Model]) -> dict[str, Any]:
    old, new = [_told(row) for row in before], [_told(row) for row in after]
    return {"lines": [old, new]} if old != new else {}


def _told(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in {"id", "document"}}


def named_in(params: Mapping[str, str], name: str, model: type[D], *, company: Company) -> D | None:
    """The document of the company that a parameter names, by id or by number; None where there is none (下推)."""
    text = str(params.get(name) or "")
    if not text:
        return None
    by_id = text.isascii() and text.isdigit() and len(text) < 19
    manager: Any = model._default_manager
    return cast("D | None", manager.filter(company=company, **({"pk": int(text)} if by_id else {"number": text})).first())

"""A reversal is a document of its own: a copy of the original's head and lines that points at it."""

import datetime as dt
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

from core import numbering
from core.errors import BusinessError
from core.models import Company, Document, State, User
from core.posting import PostingTransaction, claim

D = TypeVar("D", bound=Document)


class ReversalIsFinal(BusinessError):
    """A reversal can't be reversed: what is wanted after all is posted anew."""

    code = "reversal_is_final"
    text = _("{number} is a reversal itself and can't be reversed.")
    hint = _("Enter the document again.")


def claim_posted(model: type[D], pk: int, *, company: Company) -> D:
    """Lock a posted document that is to be reversed.

    Raises:
        AlreadyDone: it has been reversed before.
        StateConflict: it is not posted.
        ReversalIsFinal: it is a reversal.
    """
    original = claim(model, pk, [State.POSTED], done=(State.REVERSED,), company=company)
    if original.reversal_of is not None:
        raise ReversalIsFinal(number=original.number)
    return original


def copy_for_reversal(original: D, *, date: dt.date, by: User, at: dt.datetime, lines: str = "") -> D:
    """Save a draft copy of `original` that reverses it; `lines` names the relation whose rows are copied too."""
    model = type(original)
    values = {
        field.attname: getattr(original, field.attname)
        for field in model._meta.concrete_fields
        if field.name not in {"id", "number", "state", "version", "reversal_of", "posting", "voucher"}
    }
    values |= {
        "document_date": date,
        "created_by_id": by.pk,
        "created_at": at,
        "updated_by_id": None,
        "updated_at": None,
        "posted_by_id": None,
        "posted_at": None,
    }
    copy = model(**values, reversal_of=original)
    copy.save(force_insert=True)
    if lines:
        manager = getattr(original, lines)
        rows = list(manager.all())
        for row in rows:
            row.pk = None
            row.document_id = copy.pk
        manager.model._default_manager.bulk_create(rows)
    return copy


def number_at_end(transaction: PostingTransaction, document: Document, *, kind: str, prefix: str) -> None:
    """Give a reversal its number among the last acts of its posting; the vouchers it writes will carry that number."""
    original = document.reversal_of
    if original is not None:
        transaction.reversed_by(kind, original.number, document)

    def seal() -> None:
        serial = numbering.take(document.company, kind, document.document_date)[0]
        document.number = numbering.document_number(prefix, document.document_date, serial)
        type(document)._default_manager.filter(pk=document.pk).update(number=document.number)

    transaction.number_at_end(seal)

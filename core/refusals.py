"""What frameworks and the database raise, as errors that pages and API can show."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions

from core.errors import BusinessError, Busy, InvalidInput, InvalidInputs, NotVisible, TooLarge
from core.inputs import problems

_UNIQUE_VIOLATION = "23505"


class Refused(BusinessError):
    """What a web framework refused, in our own shape."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text.replace("{", "{{").replace("}", "}}")
        super().__init__()


def as_business_error(exc: Exception) -> BusinessError | None:
    """Translate what frameworks and database raise; None for what is a fault of ours."""
    if isinstance(exc, BusinessError):
        return exc
    for kind, translate in _TRANSLATIONS:
        if isinstance(exc, kind):
            return translate(exc)
    return None


def _from_rest(exc: Any) -> BusinessError:
    code = exc.get_codes() if isinstance(exc.get_codes(), str) else exc.default_code
    return Refused(exc.status_code, code, str(exc.detail) if isinstance(exc.detail, str) else str(exc))


def _from_serializer(exc: Any) -> BusinessError:
    found = problems(exc.detail)
    return InvalidInputs(found) if found else InvalidInput("invalid_input", InvalidInputs.text)


def _from_integrity(exc: Any) -> BusinessError:
    """A rule that the database itself keeps: duplicates, or rows that are still used."""
    if isinstance(exc, ProtectedError | RestrictedError):
        return Refused(409, "in_use", _("Other records still refer to this one."))
    state = getattr(exc.__cause__, "sqlstate", "")
    if state == _UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(exc):
        return Refused(409, "duplicate", _("There is already such a record."))
    return Refused(
        409, "rule_of_the_books", _("The database refused this, because it would break a rule of the books. Nothing was written.")
    )


_TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any], BusinessError]], ...] = (
    (exceptions.ValidationError, _from_serializer),
    (exceptions.NotFound, lambda _exc: NotVisible()),
    (exceptions.APIException, _from_rest),
    (Http404, lambda _exc: NotVisible()),
    (PermissionDenied, lambda _exc: Refused(403, "forbidden", _("You don't have the right to do this."))),
    (DjangoValidationError, lambda exc: Refused(400, "invalid_input", "; ".join(exc.messages))),
    (RequestDataTooBig, lambda _exc: TooLarge(limit="")),
    (SuspiciousOperation, lambda _exc: Refused(400, "invalid_request", _("This request can't be understood."))),
    (IntegrityError, _from_integrity),
    (DataError, lambda _exc: Refused(400, "out_of_range", _("A value does not fit."))),
    (OperationalError, lambda _exc: Busy()),
)
"""Exception → error, the special before the general."""

"""Every refusal of the API as one shape: RFC 9457 problem documents, with the path of each field at fault.

This is the one place that turns exceptions into API answers; `core.errors` holds the words.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from core.api.parsers import TooLarge
from core.errors import BusinessError, Busy, InvalidInput, InvalidInputs, NotVisible, facts_for_machines
from core.idempotency import KeyInProgress
from core.inputs import problems

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 3
_UNIQUE_VIOLATION = "23505"


class Refused(BusinessError):
    """What a web framework refused, in our own shape."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text.replace("{", "{{").replace("}", "}}")
        super().__init__()


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception of a view (the setting EXCEPTION_HANDLER). What nobody foresaw is logged and shown without its inside."""
    request: HttpRequest | None = getattr(context.get("request"), "_request", None)
    error = as_business_error(exc)
    if error is None:
        logger.error("API: unforeseen error at %s", getattr(request, "path", ""), exc_info=exc)
        got_request_exception.send(sender=None, request=request)
        error = Refused(500, "internal_error", _("Something went wrong on our side. It has been noted."))
    return Response(problem(error), status=error.status, headers=_headers(exc, error), content_type=MEDIA_TYPE)


def problem(error: BusinessError) -> dict[str, Any]:
    """The problem document of an error."""
    single = error.problems()
    return {
        "type": f"urn:bihuan:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message(),
        "code": error.code,
        "hint": error.next_step(),
        "facts": dict(facts_for_machines(error)),
        "errors": [
            {"field": one.field, "code": one.code, "message": one.message(), "facts": dict(facts_for_machines(one))}
            for one in single
            if one.field or len(single) > 1 or one is not error
        ],
    }


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


def _headers(exc: Exception, error: BusinessError) -> dict[str, str]:
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = str(exc.auth_header)  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait) + 1)  # type: ignore[attr-defined]
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, KeyInProgress):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers

"""Every refusal of the API as one shape: RFC 9457 problem documents, with the path of each field at fault.

This is the one place that turns exceptions into API answers; `core.refusals` translates them, `core.errors` holds the words.
"""

import logging
from http import HTTPStatus
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.response import Response

from core.errors import BusinessError, facts_for_machines
from core.idempotency import KeyInProgress
from core.refusals import Refused, as_business_error

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 3


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


def _headers(exc: Exception, error: BusinessError) -> dict[str, str]:
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = str(exc.auth_header)  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait) + 1)  # type: ignore[attr-defined]
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, KeyInProgress):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers

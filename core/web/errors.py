"""Refusals as pages: what happened, why, what to do next – and what was typed is kept."""

from http import HTTPStatus
from urllib.parse import urlsplit

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.errors import BusinessError

RETRY_AFTER_SECONDS = 3
_NEVER_KEPT = ("csrfmiddlewaretoken", "password")


def refusal_page(request: HttpRequest, error: BusinessError) -> HttpResponse:
    """Answer a business error: a fragment that htmx puts into the messages, or a page with the way back."""
    problems = error.problems()
    context = {"error": error, "problems": problems, "title": _title(error.status), "back": back_address(request)}
    if getattr(request, "htmx", None):
        response = render(request, "errors/fragment.html", context, status=error.status)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "beforeend"
    else:
        response = render(request, "errors/refused.html", context, status=error.status)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _title(status: int) -> str:
    """The heading of a refusal, by its status."""
    titles = {
        HTTPStatus.BAD_REQUEST: _("Please check the input"),
        HTTPStatus.FORBIDDEN: _("You may not do this"),
        HTTPStatus.NOT_FOUND: _("Not found"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Busy at the moment"),
    }
    return titles.get(HTTPStatus(status), _("This is not possible now"))


def back_address(request: HttpRequest) -> str:
    """The page of our own that the request came from, else the start page."""
    referer = request.META.get("HTTP_REFERER", "")
    own = url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return referer if own else resolve_url(settings.LOGIN_REDIRECT_URL)


def no_company_page(request: HttpRequest) -> HttpResponse:
    """Tell somebody who belongs to no company what to do."""
    return render(request, "errors/no_company.html", {"title": _("No company yet")}, status=HTTPStatus.FORBIDDEN)


def kept_input_page(request: HttpRequest) -> HttpResponse:
    """The session ended while a form was being filled: offer the log-in and keep what was typed."""
    login = f"{resolve_url(settings.LOGIN_URL)}?{REDIRECT_FIELD_NAME}={resolve_url('still-here')}"
    context = {
        "title": _("Your session has ended"),
        "kept": kept_fields(request),
        "login_address": login,
        "reason": "session",
        "back": back_address(request),
    }
    return render(request, "errors/kept_input.html", context, status=HTTPStatus.UNAUTHORIZED)


def sent_elsewhere_page(request: HttpRequest, error: BusinessError) -> HttpResponse:
    """A form was sent to where it does not belong now: say so, keep what was typed, and offer to send it once more."""
    context = {
        "title": _title(error.status),
        "error": error,
        "kept": kept_fields(request),
        "login_address": "",
        "back": back_address(request),
    }
    return render(request, "errors/kept_input.html", context, status=error.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's protection token is too old (CSRF_FAILURE_VIEW): offer to send the same input again.

    Only a form sent from one of our own pages is kept: what another site has sent must not be one click from being accepted.
    """
    kept = kept_fields(request) if _came_from_us(request) else []
    context = {"title": _("This form had expired"), "kept": kept, "login_address": "", "reason": "csrf", "back": back_address(request)}
    return render(request, "errors/kept_input.html", context, status=HTTPStatus.FORBIDDEN)


def _came_from_us(request: HttpRequest) -> bool:
    sender = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER", "")
    return urlsplit(sender).netloc == request.get_host() and urlsplit(sender).scheme == request.scheme


def locked_out_page(request: HttpRequest, answer: HttpResponse | None = None, credentials: dict[str, str] | None = None) -> HttpResponse:
    """The password was wrong too often (AXES_LOCKOUT_CALLABLE): the log-in is paused, and for how long from this attempt on.

    Args:
        answer: the page there would have been.
        credentials: whose log-in it is; the page doesn't say.
    """
    response = render(request, "account/lockout.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    pause = get_cool_off(request)
    if pause is not None:
        response["Retry-After"] = str(int(pause.total_seconds()))
    return response


def kept_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed, as name and value, without secrets; empty when it is too much or no plain form."""
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return []
    return [(name, str(value)) for name, values in request.POST.lists() for value in values if not name.lower().startswith(_NEVER_KEPT)]

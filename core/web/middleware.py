"""Sets the scene of every page – who, in which company, in which language – and turns refusals into pages."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control

from core.access import access_of, memberships_of
from core.errors import BusinessError
from core.models import Membership
from core.refusals import as_business_error
from core.web.errors import kept_input_page, no_company_page, refusal_page

logger = logging.getLogger(__name__)

SESSION_COMPANY = "company"
GetResponse = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable)


class CompanyMiddleware:
    """Puts `company`, `membership`, `memberships` and `access` on the request and speaks the user's language.

    Every view wants a logged-in member of a company, unless it says otherwise: `login_not_required` (Django) opens it to
    everybody, `company_not_required` (below) to logged-in people without a company. The API and the admin ask by themselves.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.company = request.membership = request.access = None  # type: ignore[attr-defined]
        request.memberships = []  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            if request.user.language:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
            _enter_company(request)
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return response

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or _asks_by_itself(request):
            return None
        if not request.user.is_authenticated:
            return kept_input_page(request) if request.method == "POST" else redirect_to_login(request.get_full_path())
        if request.membership is None and not getattr(view, "company_not_required", False):  # type: ignore[attr-defined]
            return no_company_page(request)
        return None


class ErrorMiddleware:
    """Answers a business error with its own status and words: a page, or a fragment for htmx.

    What the database refused – no answer in time, a rule of its own, a value that does not fit – is one too, and is noted.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DatabaseError):
            logger.error("refused by the database at %s", request.path, exc_info=error)
        elif not isinstance(error, BusinessError):
            return None
        refusal = as_business_error(error)
        return refusal_page(request, refusal) if refusal else None


def company_not_required(view: View) -> View:
    """Mark a view as usable by logged-in people who belong to no company."""
    view.company_not_required = True  # type: ignore[attr-defined]
    return view


def _enter_company(request: HttpRequest) -> None:
    """Choose the membership of the company kept in the session, or the user's first one."""
    memberships = memberships_of(request.user)  # type: ignore[arg-type]
    chosen = request.session.get(SESSION_COMPANY)
    membership: Membership | None = next((one for one in memberships if one.company_id == chosen), memberships[0] if memberships else None)
    request.memberships = memberships  # type: ignore[attr-defined]
    if membership:
        request.membership, request.company = membership, membership.company  # type: ignore[attr-defined]
        request.access = access_of(membership, request.user)  # type: ignore[attr-defined,arg-type]


def _asks_by_itself(request: HttpRequest) -> bool:
    """The admin has its own log-in and permissions, the API its own refusals; static files need none."""
    return request.path.startswith(("/admin/", "/api/v1/", "/static/"))

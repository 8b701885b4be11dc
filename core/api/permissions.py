"""Who may pass: a member of a company who holds the right that the view names for this method."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.errors import BusinessError
from core.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.views import APIView


class NoCompany(BusinessError):
    """Logged in, but nobody's colleague."""

    code = "no_company"
    status = 403
    text = _("You belong to no company yet.")
    hint = _("Ask your administrator to add you to one.")


class NotByToken(BusinessError):
    """P18: what a person has to decide."""

    code = "not_by_token"
    status = 403
    text = _("A token may not do this; a person has to.")


class HasCompany(BasePermission):
    """Every view names its rights in `permissions`, by method; a method without one is refused ("" is held by every member)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        method = request.method or ""
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            raise MethodNotAllowed(method)
        if not request.user.is_authenticated:
            return False
        if getattr(request, "company", None) is None:
            raise NoCompany()
        if isinstance(request.auth, ApiToken) and not getattr(view, "by_token", True):
            raise NotByToken()
        permissions = getattr(view, "permissions", {})
        needed = permissions.get("GET" if method == "HEAD" else method)
        if needed is None:
            return False
        request.access.require(needed)  # type: ignore[attr-defined]
        return True

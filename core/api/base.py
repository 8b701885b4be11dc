"""What all views of the API share: rights by method, the request key, and the clock read at the door."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core.access import Access
from core.api.throttles import AddressRateThrottle
from core.errors import InvalidInput
from core.idempotency import fingerprint, once
from core.inputs import StrictSerializer, validated
from core.models import ApiToken, Company, User

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"

Act = Callable[[], tuple[int, Any]]


class ApiRequest(Request):
    """For type hints: what token or session put on the request."""

    user: User
    company: Company
    access: Access


class ApiView(APIView):
    """A view of the API. `permissions` names the right for each method; "" is held by every member of the company."""

    http_method_names = ("get", "head", "post", "patch")
    permissions: ClassVar[Mapping[str, str]] = {}
    by_token: ClassVar[bool] = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, may they, and not too often. Refused tokens are counted by address, or they could be guessed without an end.

        Raises:
            Throttled, and what the framework raises.
        """
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated):
            throttle = AddressRateThrottle()
            if not throttle.allow_request(request, self):
                self.throttled(request, throttle.wait() or 0)
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """No answer with data is kept on the way (R16)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, no_store=True, private=True)
        return response

    def answer_once(self, request: ApiRequest, act: Act) -> Response:
        """Run `act` (status and plain answer); with an Idempotency-Key header a repetition gets the first answer (P11).

        Raises:
            whatever `act` raises, KeyReused, KeyInProgress.
        """
        key = request.headers.get(KEY_HEADER)
        if key is None:
            status, answer = act()
            return Response(answer, status=status)
        same = fingerprint(request.method, request.path, request.data)
        outcome = once(scope=scope_of(request), key=key, fingerprint=same, act=act)
        return Response(outcome.answer, status=outcome.status, headers={REPLAYED_HEADER: "true"} if outcome.replayed else None)

    def read_body(self, request: ApiRequest, serializer: type[Serializer] | None) -> dict[str, Any]:
        """Validate the body with a serializer; without one the body has to be empty.

        Raises:
            InvalidInput, InvalidInputs: with the path of each field at fault.
        """
        if not isinstance(request.data, Mapping):
            raise InvalidInput("type", _("The body has to be a JSON object."))
        return validated(serializer or StrictSerializer, dict(request.data), company=request.company, today=timezone.localdate())

    @staticmethod
    def now() -> dt.datetime:
        """The instant of the request; the verbs below get it as an argument."""
        return timezone.now()


def scope_of(request: ApiRequest) -> str:
    """Whose request keys these are: each token and each person in each company has their own."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}"
    return f"user:{request.user.pk}:{request.company.pk}"

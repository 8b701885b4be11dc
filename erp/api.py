"""All addresses of the API under /api/, from the literal lists of the apps."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.documents import document_urls
from core.api.jobs import JobCancelView, JobsView, JobView
from core.api.permissions import HasCompany
from core.documents import document_types
from core.errors import NotVisible
from core.web.routes import ANY_MEMBER, page
from erp.confirmations import ReservationConfirmView
from finance.api.books import TrialBalanceView, VouchersView, VoucherView
from inventory.api.reservations import ReservationCancelView, ReservationsView, ReservationView
from inventory.api.stock import StockBalancesView, StockMovesView
from masterdata.api.items import ItemsView


class SchemaView(SpectacularAPIView):
    """The description of the API (OpenAPI 3), for every member."""

    permission_classes = (HasCompany,)
    permissions: ClassVar = {"GET": ""}


class NoSuchAddress(ApiView):
    """Whatever else is asked for below /api/v1/: a problem document, not a page."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    http_method_names = ("get", "head", "post", "put", "patch", "delete")  # type: ignore[assignment]
    permissions: ClassVar = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "")

    @extend_schema(exclude=True)
    def get(self, request: Request, *_args: str) -> Response:
        """There is nothing here."""
        raise NotVisible()

    post = put = patch = delete = get


_swagger = SpectacularSwaggerSplitView.as_view(url_name="api-schema", title="Bihuan 闭环 API")


def docs(request: HttpRequest) -> HttpResponse:
    """The API to read and try out; a page like any other, so nobody sees it without logging in."""
    return _swagger(request)


def numbered(slug: str, name: str) -> str:
    """The pattern of one row: ASCII digits that fit into the database."""
    return rf"^{slug}/(?P<{name}>[1-9][0-9]{{0,17}})/"


v1: list[URLPattern | URLResolver] = [
    *document_urls(document_types().values()),
    path("items/", ItemsView.as_view(), name="api-items"),
    path("stock/balances/", StockBalancesView.as_view(), name="api-stock-balances"),
    path("stock/moves/", StockMovesView.as_view(), name="api-stock-moves"),
    path("reservations/", ReservationsView.as_view(), name="api-reservations"),
    re_path(numbered("reservations", "reservation_id") + r"\Z", ReservationView.as_view(), name="api-reservations-one"),
    re_path(numbered("reservations", "reservation_id") + r"confirm/\Z", ReservationConfirmView.as_view(), name="api-reservations-confirm"),
    re_path(numbered("reservations", "reservation_id") + r"cancel/\Z", ReservationCancelView.as_view(), name="api-reservations-cancel"),
    path("trial-balance/", TrialBalanceView.as_view(), name="api-trial-balance"),
    path("vouchers/", VouchersView.as_view(), name="api-vouchers"),
    re_path(numbered("vouchers", "voucher_id") + r"\Z", VoucherView.as_view(), name="api-vouchers-one"),
    path("jobs/", JobsView.as_view(), name="api-jobs"),
    re_path(numbered("jobs", "job_id") + r"\Z", JobView.as_view(), name="api-jobs-one"),
    re_path(numbered("jobs", "job_id") + r"cancel/\Z", JobCancelView.as_view(), name="api-jobs-cancel"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    re_path(r"^.*\Z", NoSuchAddress.as_view(), name="api-nothing"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    page("docs/", docs, name="api-docs", permission=ANY_MEMBER),
    path("v1/", include(v1)),
]

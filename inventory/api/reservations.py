"""Holding stock from outside: try and cancel here; confirm posts the document that takes the goods (wired in `erp.api`)."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from core.api.base import ApiRequest, ApiView
from core.api.filters import equal, one_of
from core.api.representation import represent
from core.api.schema import KEY_PARAMETER, REFUSALS, page_of, parameters, row_serializer
from core.api.tables import TableView
from core.documents import Column
from core.errors import InvalidInput, NotVisible
from core.inputs import CodeField, QuantityField, StrictSerializer, TextField, WholeField
from inventory.models import Demand, Reservation, Warehouse
from inventory.reservations import cancel_hold, try_hold

COLUMNS = (
    Column("demand.origin_kind", "kind of document"),
    Column("demand.origin_number", "document"),
    Column("demand.origin_line", "line"),
    Column("demand.item", "item"),
    Column("balance.warehouse", "warehouse"),
    Column("balance.bin", "bin"),
    Column("balance.lot", "lot"),
    Column("quantity", "still held", "quantity"),
    Column("used", "used", "quantity"),
    Column("state", "held, confirmed, cancelled or expired", "state"),
    Column("expires_at", "held until"),
    Column("held_by", "held by"),
)
RELATIONS = ("demand__item", "balance__warehouse", "balance__bin", "balance__lot", "held_by")
_FILTERS = (
    equal("state", read=one_of(Reservation.State.values)),
    equal("item", "demand__item__code"),
    equal("warehouse", "balance__warehouse__code"),
    equal("origin_number", "demand__origin_number"),
)
ROW = row_serializer("ReservationRow", COLUMNS, more={"id": serializers.IntegerField()})
_HELD = inline_serializer("ReservationsHeld", {"reservations": ROW(many=True)})


class TryInput(StrictSerializer):
    """What is to be held: so much for one line of a document, out of one warehouse."""

    origin_kind = TextField(max_length=40)
    origin_number = TextField(max_length=40)
    origin_line = WholeField(minimum=1, maximum=9999)
    warehouse = CodeField(Warehouse)
    quantity = QuantityField()
    expires_in_minutes = WholeField(required=False, minimum=1, maximum=60 * 24 * 30)


def whole(reservation: Reservation) -> dict[str, Any]:
    """A reservation as the API tells it."""
    return {"id": reservation.pk} | represent(reservation, COLUMNS)


def find_reservation(request: ApiRequest, reservation_id: str) -> Reservation:
    """A reservation of the company.

    Raises:
        NotVisible: there is none with this id.
    """
    found = Reservation.objects.filter(company=request.company, pk=int(reservation_id)).select_related(*RELATIONS).first()
    if found is None:
        raise NotVisible()
    return found


class ReservationsView(TableView):
    """What is held for whom."""

    permissions = {"GET": "inventory.view_reservation", "POST": "inventory.add_reservation"}
    columns = COLUMNS
    filters = _FILTERS

    def rows(self, request: ApiRequest) -> "QuerySet[Reservation]":
        return Reservation.objects.filter(company=request.company).select_related(*RELATIONS)

    @extend_schema(
        operation_id="reservations_list",
        tags=["reservations"],
        responses=REFUSALS | {200: page_of("Reservation", ROW)},
        parameters=parameters(_FILTERS, ("page", "page_size")),
    )
    def get(self, request: ApiRequest) -> Response:
        """List and filter."""
        return super().get(request)

    @extend_schema(
        operation_id="reservations_try",
        tags=["reservations"],
        request=TryInput,
        responses=REFUSALS | {201: _HELD},
        parameters=[KEY_PARAMETER],
    )
    def post(self, request: ApiRequest) -> Response:
        """Try: hold all of it or nothing; what is short is said by line (409 insufficient_stock)."""
        data = self.read_body(request, TryInput)
        demand = _demand(request, data)
        at = self.now()
        minutes = data.get("expires_in_minutes")

        def act() -> tuple[int, Any]:
            held = try_hold(
                company=request.company,
                demand=demand,
                warehouse=data["warehouse"],
                quantity=data["quantity"],
                by=request.user,
                at=at,
                expires_at=at + dt.timedelta(minutes=minutes) if minutes else None,
            )
            rows = Reservation.objects.filter(pk__in=[row.pk for row in held]).select_related(*RELATIONS).order_by("pk")
            return 201, {"reservations": [whole(row) for row in rows]}

        return self.answer_once(request, act)


def _demand(request: ApiRequest, data: dict[str, Any]) -> Demand:
    wanted = {name: data[name] for name in ("origin_kind", "origin_number", "origin_line")}
    demand = Demand.objects.filter(company=request.company, is_open=True, **wanted).select_related("item__category").first()
    if demand is None:
        raise InvalidInput("not_found", _("No open demand of this document line."), field="origin_number")
    return demand


class ReservationView(ApiView):
    """One reservation."""

    permissions = {"GET": "inventory.view_reservation"}

    @extend_schema(operation_id="reservations_read", tags=["reservations"], responses=REFUSALS | {200: ROW})
    def get(self, request: ApiRequest, reservation_id: str) -> Response:
        """What is held, or what became of it."""
        return Response(whole(find_reservation(request, reservation_id)))


class ReservationCancelView(ApiView):
    """Giving a reservation back."""

    permissions = {"POST": "inventory.change_reservation"}

    @extend_schema(
        operation_id="reservations_cancel", tags=["reservations"], request=None, responses=REFUSALS | {200: ROW}, parameters=[KEY_PARAMETER]
    )
    def post(self, request: ApiRequest, reservation_id: str) -> Response:
        """Cancel: the goods are free again. Repeating it is harmless; what was used or has expired stays as it is."""
        reservation = find_reservation(request, reservation_id)
        self.read_body(request, None)

        def act() -> tuple[int, Any]:
            cancel_hold(company=request.company, reservation_id=reservation.pk)
            return 200, whole(find_reservation(request, reservation_id))

        return self.answer_once(request, act)

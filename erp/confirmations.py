"""Confirming a reservation from outside: the document that takes the held goods is drafted and posted in one transaction.

Which document that is follows from what the goods are held for; a kind that isn't listed can't be confirmed.
"""

import datetime as dt
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from core.access import Access
from core.api.base import ApiRequest, ApiView
from core.api.schema import KEY_PARAMETER, REFUSALS
from core.db import durable
from core.documents import Action, DocumentType, document_types
from core.errors import BusinessError, StateConflict
from core.inputs import validated
from core.models import Document
from inventory.api.reservations import ROW, find_reservation, whole
from inventory.models import Reservation


class Confirmation(NamedTuple):
    """The kind of document that takes the goods, and how it names the order and the line that they are for.

    Posting such a document takes the `reservation_id` whose goods go first.
    """

    kind: str
    order_field: str
    line_field: str


CONFIRMATIONS = {
    "work_order": Confirmation("material_issue", "work_order", "material"),
    "sales_order": Confirmation("shipment", "order", "order_line"),
}


class NotConfirmable(BusinessError):
    """Nobody knows which document would take these goods."""

    code = "not_confirmable"
    text = _("Goods held for a {kind} are taken by its own document.")


@durable
def confirm_reservation(*, access: Access, reservation: Reservation, today: dt.date, at: dt.datetime) -> Document:
    """Take the held goods: draft and post the document they are held for.

    Raises:
        StateConflict: they are not held any more. NotConfirmable: see there.
        Forbidden: the person may not draft and post such documents.
        whatever drafting and posting raise; nothing is written then.
    """
    demand, balance = reservation.demand, reservation.balance
    if reservation.state != Reservation.State.HELD:
        raise _not_held(reservation)
    if demand.origin_kind not in CONFIRMATIONS:
        raise NotConfirmable(kind=demand.origin_kind)
    how = CONFIRMATIONS[demand.origin_kind]
    kind, post = _kind_and_post(how)
    access.require(kind.permission("add"))
    access.require(post.permission)
    line = {how.line_field: str(demand.origin_line), "quantity": format(reservation.quantity, "f"), "bin": balance.bin.code}
    head = {how.order_field: demand.origin_number, "document_date": today.isoformat(), "warehouse": balance.warehouse.code}
    body = head | {"lines": [line | ({"lot": balance.lot.code} if balance.lot else {})]}
    assert kind.input is not None and kind.draft is not None
    data = validated(kind.input, body, company=access.company, today=today)
    document = kind.draft(company=access.company, data=data, by=access.user, at=at)
    post.verb(company=access.company, document_id=document.pk, by=access.user, at=at, reservation_id=reservation.pk)
    if not Reservation.objects.filter(pk=reservation.pk, used__gt=reservation.used).exists():
        raise _not_held(Reservation.objects.get(pk=reservation.pk))
    return kind.model._default_manager.get(pk=document.pk)


def _kind_and_post(how: Confirmation) -> tuple[DocumentType, Action]:
    kind = document_types()[how.kind]
    return kind, next(action for action in kind.actions if action.name == "post")


def _not_held(reservation: Reservation) -> StateConflict:
    wanted = str(Reservation.State.HELD.label)
    return StateConflict(number=reservation.demand.origin_number, state=reservation.get_state_display(), wanted=wanted)


_CONFIRMED = inline_serializer(
    "ReservationConfirmed",
    {
        "reservation": ROW(),
        "document_kind": serializers.CharField(),
        "document_id": serializers.IntegerField(),
        "document": serializers.CharField(),
    },
)


class ReservationConfirmView(ApiView):
    """Using a reservation."""

    permissions = {"POST": "inventory.change_reservation"}

    @extend_schema(
        operation_id="reservations_confirm",
        tags=["reservations"],
        request=None,
        responses=REFUSALS | {200: _CONFIRMED},
        parameters=[KEY_PARAMETER],
    )
    def post(self, request: ApiRequest, reservation_id: str) -> Response:
        """Confirm: the goods leave the stock and the books follow, in the same transaction."""
        reservation = find_reservation(request, reservation_id)
        self.read_body(request, None)

        def act() -> tuple[int, Any]:
            document = confirm_reservation(access=request.access, reservation=reservation, today=timezone.localdate(), at=self.now())
            kind = CONFIRMATIONS[reservation.demand.origin_kind].kind
            told = {"document_kind": kind, "document_id": document.pk, "document": document.number}
            return 200, {"reservation": whole(find_reservation(request, reservation_id))} | told

        return self.answer_once(request, act)

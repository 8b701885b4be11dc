"""A machine at the door: speaks JSON with a token; and the proof that a refusal wrote nothing."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from core.api.tokens import create_token
from core.models import Company, Membership, User
from tests.factory import NOW, Factory

ROOMS = ("core", "masterdata", "inventory", "finance", "sales", "purchasing", "production", "costing", "reports")
NOT_BUSINESS = {"core_apitoken"}

EVERYTHING = (
    *(f"{verb}_stockentry" for verb in ("view", "add", "change", "post", "cancel", "reverse")),
    *(f"{verb}_salesorder" for verb in ("view", "add", "change", "approve")),
    *(f"{verb}_shipment" for verb in ("view", "add", "post")),
    *(f"{verb}_reservation" for verb in ("view", "add", "change")),
    *(f"view_{what}" for what in ("stockbalance", "stockmove", "item", "voucher", "accountbalance", "cost")),
)


class Door:
    """One caller of the API, with its own headers."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any = None, *, content_type: str = "application/json", **headers: str) -> HttpResponse:
        return self._send("post", path, body, content_type, headers)

    def patch(self, path: str, body: Any = None, *, content_type: str = "application/json", **headers: str) -> HttpResponse:
        return self._send("patch", path, body, content_type, headers)

    def _send(self, method: str, path: str, body: Any, content_type: str, headers: dict[str, str]) -> HttpResponse:
        data = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", data=data, content_type=content_type, headers=self.headers | headers)


def give(user: User, company: Company, codenames: Iterable[str]) -> None:
    """Give rights to a member of a company, through a role of their own."""
    role, _created = Group.objects.get_or_create(name=f"role of {user.username}")
    role.permissions.add(*Permission.objects.filter(codename__in=list(codenames)))
    Membership.objects.get(user=user, company=company).roles.add(role)


def token_for(factory: Factory, user: User, *, scopes: Iterable[str] = ("write",), days: int = 30) -> str:
    """The text of a new token."""
    return create_token(
        company=factory.company, user=user, name="test", scopes=list(scopes), expires_at=NOW + dt.timedelta(days=days), by=None, at=NOW
    )[1]


def door_for(factory: Factory, user: User | None = None, *, rights: Iterable[str] = EVERYTHING, scopes: Iterable[str] = ("write",)) -> Door:
    """A machine that acts for `user` (Nora) with these rights; it speaks English."""
    person = user or factory.nora
    give(person, factory.company, rights)
    return Door(**{"Authorization": f"Bearer {token_for(factory, person, scopes=scopes)}", "Accept-Language": "en"})


def entry(**changes: Any) -> dict[str, Any]:
    """The body of a stock entry: ten bolts have been found."""
    line = {"item": "BOLT", "quantity": "10", "unit_cost": "2.50"} | changes.pop("line", {})
    return {"kind": "other_in", "document_date": "2026-03-10", "warehouse": "MAIN", "reason": "found", "lines": [line]} | changes


def row_counts() -> dict[str, int]:
    """How many rows every business table has, in one statement."""
    tables = sorted(
        model._meta.db_table
        for room in ROOMS
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
        if model._meta.db_table not in NOT_BUSINESS
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in tables))
        return dict(cursor.fetchall())


def codes(answer: HttpResponse) -> dict[str, str]:
    """Field paths of a refusal with their codes; the code of the whole under an empty path where no field is named."""
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    return {error["field"]: error["code"] for error in problem["errors"]} or {"": problem["code"]}

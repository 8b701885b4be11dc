"""The first page of the stock ledger over a million moves: server time and statements, page and API."""

import time
from typing import Any

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.scratch import plant, scratch_database
from core.models import Membership
from erp.roles import set_up_roles
from inventory.models import StockMove
from tests.factory import Factory

MOVES = 1_000_000
ADDRESSES = ("/inventory/ledger/", "/inventory/ledger/?item=M00-001", "/inventory/stock/", "/api/v1/stock/moves/")


def measure() -> dict[str, Any]:
    """Median of five requests to each address, warm."""
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their assets by the manifest
    with scratch_database():
        factory, _ = plant(1, 50)
        _multiply()
        client = _client(factory)
        return {"moves": StockMove.objects.count(), "pages": {address: _page(client, address) for address in ADDRESSES}}


def _multiply() -> None:
    """Repeat the moves that are there until there are a million; values stay, so pages have real figures to show."""
    columns = ", ".join(field.column for field in StockMove._meta.concrete_fields if field.name != "id")
    with connection.cursor() as cursor:
        rounds = MOVES // StockMove.objects.count() + 1
        cursor.execute(
            f"INSERT INTO inventory_stockmove ({columns}) SELECT {columns} FROM inventory_stockmove, generate_series(1, %s)", [rounds]
        )  # noqa: S608
        cursor.execute("ANALYZE inventory_stockmove")


def _client(factory: Factory) -> Client:
    set_up_roles()
    membership = Membership.objects.get(user=factory.ada)
    membership.roles.set(Group.objects.all())
    client = Client(HTTP_HOST="localhost")
    client.force_login(factory.ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _page(client: Client, address: str) -> dict[str, Any]:
    client.get(address)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        response = client.get(address)
        times.append(time.perf_counter() - start)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return {"status": response.status_code, "server_ms": round(1000 * sorted(times)[2], 1), "statements": len(captured)}

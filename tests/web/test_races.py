"""Two people at the same moment, on real connections: what one of them has read is what they approve."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from sales.models import SalesOrder
from tests.proof import stories
from tests.proof.house import build_house
from tests.web.browsing import at_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
_WAITING = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def until_somebody_waits() -> None:
    """Return as soon as another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody has come to the lock")


@pytest.mark.parametrize("key", ["click-1", ""], ids=["with a key", "without"])
def test_g155_an_edit_that_commits_while_the_approval_waits_is_not_approved(on_postgres: None, key: str) -> None:
    house = build_house()
    order = stories.sales_draft(house)
    ada = at_page(house.factory.ada, house.factory.company)
    answers: list[int] = []

    def approve() -> None:
        sent = {"version": str(order.version), "idempotency_key": key}
        answers.append(ada.post(reverse("sales_order-approve", args=[order.pk]), sent).status_code)
        connection.close()

    with transaction.atomic():
        SalesOrder.objects.filter(pk=order.pk).update(note="twice the price", version=order.version + 1)
        click = threading.Thread(target=approve)
        click.start()
        until_somebody_waits()
    click.join()
    order.refresh_from_db()
    assert (answers, order.state, order.note) == ([409], "draft", "twice the price")

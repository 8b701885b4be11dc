"""All verbs lock in one order, so that two of them never wait for each other; and the recorder that says so can say no."""

import pytest

from core.db import durable
from core.posting import claim
from inventory.ledger import lock_stock
from inventory.models import Demand, Reservation, StockBalance, StockEntry
from tests.proof import house as h
from tests.proof import stories
from tests.proof.house import House, build_house
from tests.proof.locks import GUARDED, kind_of, recorded

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("on_postgres")]


@pytest.fixture
def house(db: None) -> House:
    return build_house()


@pytest.mark.parametrize("case", stories.STORIES, ids=lambda case: "-".join(filter(None, case)).replace(" ", "-"))
def test_every_action_locks_in_the_one_order(house: House, case: tuple[str, str, str]) -> None:
    action = stories.act(house, case)
    with recorded() as locks:
        action()
    assert locks.tables(), "an action locks something"
    assert not locks.wrong


def test_a_material_issue_locks_from_the_period_down_to_the_chain(house: House) -> None:
    action = stories.act(house, ("material_issue", "post", ""))
    with recorded() as locks:
        action()
    kinds = [kind_of(table) for table in locks.tables() if table not in GUARDED]
    assert list(dict.fromkeys(kinds)) == [
        "core_period",
        "<document>",
        "<order>",
        "<order line>",
        "inventory_reservation",
        "inventory_stockbalance",
        "inventory_valuationpool",
        "inventory_costlayer",
        "core_numbersequence",
        "core_chainhead",
    ]


def test_the_recorder_notices_stock_locked_before_its_document(house: House) -> None:
    h.stocked(house)
    entry = h.entry(house, "other_out", house.factory.store, (house.factory.plate, "1", "0"))

    @durable
    def backwards() -> None:
        lock_stock(house.factory.company, items=[house.factory.plate], warehouses=[house.factory.store])
        claim(StockEntry, entry.pk, ["draft"])

    with recorded() as locks:
        backwards()
    assert locks.wrong == ["inventory_stockentry is locked after inventory_stockbalance, inventory_valuationpool"]


def test_the_recorder_notices_a_second_go_and_an_unlocked_update(house: House) -> None:
    stories.reserved_sales_order(house)

    @durable
    def twice() -> None:
        first, second = StockBalance.objects.order_by("id")[:2]
        StockBalance.objects.select_for_update().get(pk=second.pk)
        StockBalance.objects.select_for_update().get(pk=first.pk)
        StockBalance.objects.select_for_update().get(pk=second.pk)  # held already: nothing new
        Demand.objects.update(is_open=True)
        Reservation.objects.none()

    with recorded() as locks:
        twice()
    assert locks.wrong == ["inventory_stockbalance is locked in two goes", "inventory_demand is locked after inventory_stockbalance"]

"""Stock is held for who needs it, for as much as is needed, and no longer."""

from decimal import Decimal
from typing import Any

import pytest

from core.db import durable
from inventory import entries
from inventory.models import Bin, Demand, Reservation, Warehouse
from inventory.reservations import trim, try_hold
from masterdata.models import Item
from tests.factory import TODAY, Factory
from tests.trade import by_nora, on_hand, sales_order

D = Decimal


def wanted(factory: Factory, quantity: str) -> Demand:
    """What a customer's order for frames wants of the warehouse."""
    order = sales_order(factory, (factory.frame, quantity, "100"))
    return Demand.objects.select_related("item__category").get(origin_number=order.number)


def held(demand: Demand) -> list[Decimal]:
    """What is held for a demand, the oldest reservation first."""
    return list(Reservation.objects.filter(demand=demand, state="held").order_by("id").values_list("quantity", flat=True))


def hold(factory: Factory, demand: Demand, quantity: str, **more: Any) -> None:
    try_hold(**by_nora(factory), demand=demand, quantity=D(quantity), **{"warehouse": factory.store, **more})


def bring_in(factory: Factory, warehouse: Warehouse, *lines: tuple[Item, str, str]) -> None:
    """Goods found in a warehouse: item, quantity, unit cost."""
    typed = [{"item": item, "quantity": D(quantity), "unit_cost": D(cost)} for item, quantity, cost in lines]
    data = {"kind": "other_in", "document_date": TODAY, "warehouse": warehouse, "reason": "Found", "lines": typed}
    entries.post_entry(**by_nora(factory), document_id=entries.draft_entry(**by_nora(factory), data=data).pk)


# ---- no more is held than is wanted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "is_open", "left", "changed"),
    [
        pytest.param("0", True, [6, 4], 0, id="all is still wanted"),
        pytest.param("3", True, [6, 1], 1, id="the newest gives first"),
        pytest.param("4", True, [6], 1, id="the newest gives all it has"),
        pytest.param("7", True, [3], 2, id="then the one before it"),
        pytest.param("12", True, [], 2, id="more was done than was wanted"),
        pytest.param("0", False, [], 2, id="nothing is wanted any more"),
    ],
)
def test_what_exceeds_the_need_is_free_again(factory: Factory, done: str, is_open: bool, left: list[int], changed: int) -> None:
    # Ten frames are wanted: six were held in the store, later four in the yard.
    yard = Warehouse.objects.create(company=factory.company, code="YARD", name="料场")
    Bin.objects.create(company=factory.company, warehouse=yard, code="Y-01", is_default=True)
    bring_in(factory, factory.store, (factory.frame, "10", "55"))
    bring_in(factory, yard, (factory.frame, "10", "55"))
    demand, other = wanted(factory, "10"), wanted(factory, "2")
    hold(factory, demand, "6")
    hold(factory, demand, "4", warehouse=yard)
    hold(factory, other, "2")

    demand.done, demand.is_open = D(done), is_open
    give = durable(trim)
    assert give(factory.company, [demand]) == changed
    assert give(factory.company, [demand]) == 0, "a second time there is nothing to give"

    assert held(demand) == left
    assert held(other) == [2], "nobody else's goods are touched"
    in_store, in_yard = ([*left, 0, 0][place] for place in (0, 1))
    assert on_hand(factory.frame).splitlines() == [
        f"MAIN/A-01 free 10 ({in_store + 2} reserved)",
        f"YARD/Y-01 free 10 ({in_yard} reserved)" if in_yard else "YARD/Y-01 free 10",
    ]

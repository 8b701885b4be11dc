"""Stock is held for who needs it, for as much as is needed, and no longer."""

from decimal import Decimal
from typing import Any

import pytest

from core.db import durable
from core.errors import InvalidInputs
from inventory import entries
from inventory.ledger import lock_stock
from inventory.ledger.issuing import Wanted, issue_requests
from inventory.models import Bin, Demand, Lot, Reservation, Warehouse
from inventory.reservations import DemandClosed, HeldAboveNeed, trim, try_hold
from masterdata.models import Item
from sales.models import SalesOrder
from sales.orders import cancel_order
from tests.factory import TODAY, Factory
from tests.trade import by_ada, by_nora, day, fields, on_hand, refused, sales_order, stock

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


def test_no_more_is_held_than_is_wanted(factory: Factory) -> None:
    # Four frames are wanted; three are held, one more may be, two may not.
    bring_in(factory, factory.store, (factory.frame, "100", "55"))
    demand = wanted(factory, "4")
    hold(factory, demand, "3")
    with refused(HeldAboveNeed) as refusal:
        hold(factory, demand, "2")
    assert refusal.value.facts["wanted"] == "1"
    hold(factory, demand, "1")
    with refused(HeldAboveNeed):
        hold(factory, demand, "1")
    assert held(demand) == [3, 1]


def test_half_a_frame_is_not_held(factory: Factory) -> None:
    bring_in(factory, factory.store, (factory.frame, "100", "55"))
    demand = wanted(factory, "4")
    with refused(InvalidInputs) as refusal:
        hold(factory, demand, "0.5")
    assert fields(refusal) == [("quantity", "too_many_decimals")]


def test_nothing_is_held_for_an_order_that_was_given_up_meanwhile(factory: Factory) -> None:
    bring_in(factory, factory.store, (factory.frame, "100", "55"))
    demand = wanted(factory, "4")
    order = SalesOrder.objects.get(number=demand.origin_number)
    cancel_order(**by_ada(factory), document_id=order.pk, reason="changed their mind")
    with refused(DemandClosed):
        hold(factory, demand, "4")


def test_what_is_held_is_neither_expired_nor_locked_away(factory: Factory) -> None:
    factory.frame.lot_tracked = True
    factory.frame.save()
    stock(factory, (factory.frame, "5", "55"), lot="PAST")
    stock(factory, (factory.frame, "5", "55"), lot="GOOD")
    Lot.objects.filter(code="PAST").update(expiry_date=day(-1))
    Bin.objects.create(company=factory.company, warehouse=factory.store, code="B-01")
    stock(factory, (factory.frame, "5", "55"), lot="GOOD", bin="B-01")
    Bin.objects.filter(code="B-01").update(is_blocked=True)
    hold(factory, wanted(factory, "5"), "5")
    assert on_hand(factory.frame).splitlines() == [
        "MAIN/A-01 GOOD free 5 (5 reserved)",
        "MAIN/A-01 PAST free 5",
        "MAIN/B-01 GOOD free 5",
    ]


def test_of_two_holds_in_one_place_the_one_that_is_named_goes_first(factory: Factory) -> None:
    # Ten and fifteen frames were held for one order, in the same place; the machine takes the fifteen.
    bring_in(factory, factory.store, (factory.frame, "30", "55"))
    demand = wanted(factory, "25")
    hold(factory, demand, "10")
    hold(factory, demand, "15")
    second = Reservation.objects.get(quantity=15)

    @durable
    def picked(**named: Any) -> list[tuple[int | None, Decimal]]:
        locked = lock_stock(factory.company, items=[demand.item], warehouses=[factory.store], demand_ids=[demand.pk])
        line = Wanted(1, demand.item, factory.store, D(15), demand_id=demand.pk, **named)
        return [
            (one.reservation.pk if one.reservation else None, -one.quantity)
            for one in issue_requests(locked, [line], default_bins={}, on=TODAY)
        ]

    assert picked(reservation_id=second.pk) == [(second.pk, 15)]
    assert [quantity for _reservation, quantity in picked()] == [10, 5], "unless one is named, the oldest goes first"

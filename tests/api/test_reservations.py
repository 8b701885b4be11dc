"""Try, confirm, cancel through the API: hold stock for an order line, let the goods go, or give them back."""

from decimal import Decimal
from typing import Any

import pytest

from finance.models import Voucher
from inventory.models import Reservation, StockBalance
from sales.models import Shipment
from tests.api.door import Door, door_for, row_counts
from tests.factory import Factory
from tests.proof.house import House, build_house, sales_order, stocked
from tests.proof.stories import released_order
from tests.web.browsing import everything

D = Decimal


@pytest.fixture
def house(db: None) -> House:
    return build_house()


@pytest.fixture
def door(house: House) -> Door:
    return door_for(house.factory, rights=everything())


def wanted(order: Any, held: str, **changes: Any) -> dict[str, Any]:
    return {
        "origin_kind": "sales_order",
        "origin_number": order.number,
        "origin_line": 1,
        "warehouse": "MAIN",
        "quantity": held,
    } | changes


def reserved(factory: Factory) -> Decimal:
    return sum((row.reserved for row in StockBalance.objects.filter(item=factory.frame)), D(0))


def test_what_is_held_leaves_with_the_document_and_its_vouchers(house: House, door: Door) -> None:
    # Twenty frames are there; five are ordered, four are held for the order.
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    held = door.post("reservations/", wanted(order, "4"))
    assert held.status_code == 201, held.content
    (one,) = held.json()["reservations"]
    assert (one["quantity"], one["state"], one["balance_bin"], reserved(house.factory)) == ("4", "held", "A-01", 4)

    # Confirming ships them: stock down, cost of sales and revenue booked, in one transaction.
    vouchers = Voucher.objects.count()
    done = door.post(f"reservations/{one['id']}/confirm/")
    assert done.status_code == 200, done.content
    shipment = Shipment.objects.get()
    assert (done.json()["document"], done.json()["document_kind"], shipment.state) == (shipment.number, "shipment", "posted")
    assert (done.json()["reservation"]["state"], reserved(house.factory)) == ("confirmed", 0)
    assert Voucher.objects.count() == vouchers + 2

    # Once is once.
    before = row_counts()
    again = door.post(f"reservations/{one['id']}/confirm/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert row_counts() == before


def test_of_two_reservations_in_one_place_the_confirmed_one_is_used(house: House, door: Door) -> None:
    # For one order line two frames were held, then two more, then one; each is confirmed by its own number, the latest first.
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    pks = [door.post("reservations/", wanted(order, held)).json()["reservations"][0]["id"] for held in ("2", "2", "1")]
    for still_held, pk in ((4, pks[2]), (2, pks[1]), (0, pks[0])):
        done = door.post(f"reservations/{pk}/confirm/")
        assert (done.status_code, done.json()["reservation"]["state"]) == (200, "confirmed"), done.content
        assert reserved(house.factory) == still_held


def test_materials_held_for_a_work_order_are_issued_to_it(house: House, door: Door) -> None:
    order = released_order(house)
    held = Reservation.objects.filter(demand__origin_number=order.number).order_by("id").first()
    assert held is not None
    done = door.post(f"reservations/{held.pk}/confirm/")
    assert (done.status_code, done.json()["document_kind"]) == (200, "material_issue"), done.content
    order.refresh_from_db()
    assert order.state == "running"


def test_what_is_given_back_is_free_again_and_giving_back_twice_is_harmless(house: House, door: Door) -> None:
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    pk = door.post("reservations/", wanted(order, "5", expires_in_minutes=30)).json()["reservations"][0]["id"]
    assert door.get(f"reservations/{pk}/").json()["expires_at"]
    for _time in range(2):
        answer = door.post(f"reservations/{pk}/cancel/")
        assert (answer.status_code, answer.json()["state"], reserved(house.factory)) == (200, "cancelled", 0)
    refused = door.post(f"reservations/{pk}/confirm/")
    assert (refused.status_code, Shipment.objects.count()) == (409, 0)


def test_more_than_there_is_holds_nothing(house: House, door: Door) -> None:
    stocked(house)
    order = sales_order(house, (house.factory.frame, "50", "199.99"))
    before = row_counts()
    answer = door.post("reservations/", wanted(order, "21"))
    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock"), answer.content
    assert answer.json()["errors"][0]["facts"]["available"] == "20"
    assert row_counts() == before


REFUSED = {
    "no such order": ({"origin_number": "SO-202603-9999"}, "origin_number"),
    "no such line": ({"origin_line": 2}, "origin_number"),
    "no such warehouse": ({"warehouse": "MOON"}, "warehouse"),
    "nothing": ({"quantity": "0"}, "quantity"),
    "for ever": ({"expires_in_minutes": 10**9}, "expires_in_minutes"),
    "a line that is none": ({"origin_line": "first"}, "origin_line"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_held(house: House, door: Door, changes: dict[str, Any], field: str) -> None:
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    before = row_counts()
    answer = door.post("reservations/", wanted(order, "1", **changes))
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert row_counts() == before


def test_who_may_not_ship_may_not_confirm(house: House) -> None:
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    door = door_for(house.factory, rights=["view_reservation", "add_reservation", "change_reservation"])
    pk = door.post("reservations/", wanted(order, "1")).json()["reservations"][0]["id"]
    before = row_counts()
    assert door.post(f"reservations/{pk}/confirm/").status_code == 403
    assert row_counts() == before


def test_the_same_try_twice_holds_once(house: House, door: Door) -> None:
    stocked(house)
    order = sales_order(house, (house.factory.frame, "5", "199.99"))
    key = {"Idempotency-Key": "try-1"}
    first, again = (door.post("reservations/", wanted(order, "2"), **key) for _time in range(2))
    assert first.json() == again.json()
    assert reserved(house.factory) == 2

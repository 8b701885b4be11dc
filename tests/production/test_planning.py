"""Material planning on the books: what is wanted against what is there and what will come, through all levels."""

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import BusinessError, InvalidInputs, NotVisible
from core.models import State
from inventory import requirements
from inventory.ledger import Origin
from inventory.models import Demand, PlanRun, Proposal, ProposalPeg, Supply
from inventory.requirements import Requirement
from inventory.reservations import try_hold
from masterdata.models import Item
from production import work_orders
from production.models import WorkOrder
from production.planning import mrp_job, run_mrp
from production.proposals import from_proposals
from purchasing import requisitions
from purchasing.models import Requisition
from tests.factory import TODAY, Factory
from tests.production import workshop as w

D = Decimal


def day(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def wants(factory: Factory, item: Item, quantity: str, days: int, number: str = "SO-1") -> Demand:
    """A sales order line wants so much on that day."""
    requirements.register(Demand, factory.company, Origin("sales_order", number), [Requirement(1, item, D(quantity), day(days))])
    return Demand.objects.get(origin_number=number)


def comes(factory: Factory, item: Item, quantity: str, days: int, number: str = "PO-1") -> None:
    """A purchase order brings so much on that day."""
    requirements.register(Supply, factory.company, Origin("purchase_order", number), [Requirement(1, item, D(quantity), day(days))])


def planned(factory: Factory, **changes: Any) -> PlanRun:
    return run_mrp(plan_date=TODAY, **w.as_nora(factory), **changes)


def open_proposals() -> list[Any]:
    """Kind, item, quantity, start and due in days from today."""
    rows = Proposal.objects.filter(state=Proposal.State.OPEN).select_related("item").order_by("due_date", "item__code")
    return [(p.kind, p.item.code, p.quantity, (p.start_date - TODAY).days, (p.due_date - TODAY).days) for p in rows]


@pytest.fixture
def shop(factory: Factory) -> Factory:
    w.engineer(factory)
    for item, days in ((factory.frame, 3), (factory.bolt, 5), (factory.plate, 10)):
        item.lead_time_days = days
        item.save()
    return factory


def test_a_sales_order_is_netted_through_all_levels(shop: Factory) -> None:
    # Two frames and ten bolts are there, twenty plates are on their way; ten frames are wanted in thirty days.
    w.stock(shop, (shop.frame, "2", "200.00"), (shop.bolt, "10", "20.00"))
    comes(shop, shop.plate, "6", 20)
    demand = wants(shop, shop.frame, "10", 30)
    run = planned(shop)

    assert open_proposals() == [
        ("buy", "BOLT", 22, 22, 27),
        ("buy", "PLATE", 10, 17, 27),
        ("make", "FRAME", 8, 27, 30),
    ]
    assert (run.proposals_count, run.exceptions) == (
        3,
        [
            {
                "code": "postpone",
                "item": "PLATE",
                "kind": "purchase_order",
                "number": "PO-1",
                "line": 1,
                "quantity": "6",
                "due_date": "2026-03-30",
                "wanted_date": "2026-04-06",
            }
        ],
    )
    frame = Proposal.objects.get(item=shop.frame)
    assert [(p.demand_id, p.quantity) for p in frame.pegs.all()] == [(demand.pk, 8)]
    assert [(p.parent_id, p.quantity) for p in Proposal.objects.get(item=shop.bolt).pegs.all()] == [(frame.pk, 22)]


def test_a_second_run_replaces_what_nobody_used(shop: Factory) -> None:
    wants(shop, shop.frame, "10", 30)
    planned(shop)
    first = open_proposals()
    job = mrp_job(params={"plan_date": TODAY.isoformat()}, progress=lambda percent, line="": None, **w.as_nora(shop))
    assert job["proposals"] == 3
    assert open_proposals() == first
    assert Proposal.objects.filter(state=Proposal.State.DROPPED).count() == 3
    planned(shop)
    assert Proposal.objects.count() == 6
    assert ProposalPeg.objects.count() == 6


def test_a_work_order_counts_as_supply_and_its_materials_as_demand(shop: Factory) -> None:
    wants(shop, shop.frame, "10", 30)
    planned(shop)
    frame = Proposal.objects.get(item=shop.frame)
    orders = from_proposals(proposal_ids=[frame.pk], date=TODAY, **w.as_nora(shop))
    assert [(o.quantity, o.state, o.source_number, o.department, o.start_date) for o in orders] == [
        (10, State.DRAFT, "SO-1", shop.workshop, day(27))
    ]
    frame.refresh_from_db()
    assert (frame.state, frame.became_number) == (Proposal.State.CONVERTED, orders[0].number)
    # Planned again: the frames come from the order, only its materials are still to be bought, once.
    planned(shop)
    assert open_proposals() == [("buy", "BOLT", 40, 22, 27), ("buy", "PLATE", 20, 17, 27)]

    # Cancelled, it is as if it had never been.
    work_orders.cancel_order(document_id=orders[0].pk, **w.as_nora(shop))
    planned(shop)
    assert [row[:3] for row in open_proposals()] == [("buy", "BOLT", 40), ("buy", "PLATE", 20), ("make", "FRAME", 10)]


def test_what_is_reserved_and_half_issued_is_not_wanted_twice(shop: Factory) -> None:
    w.stock(shop, (shop.bolt, "40", "80.00"), (shop.plate, "20", "600.00"))
    order = w.released(shop)
    planned(shop)
    assert open_proposals() == []
    w.issue(shop, order, (1, "25"), (2, "20"))
    planned(shop)
    assert open_proposals() == []


def test_late_and_overdue_are_said(shop: Factory) -> None:
    wants(shop, shop.frame, "1", 10)
    wants(shop, shop.bolt, "5", -2, number="SO-2")
    comes(shop, shop.bolt, "100", 60, number="PO-9")
    run = planned(shop)
    assert [(m["code"], m["item"], m.get("number")) for m in run.exceptions] == [
        ("expedite", "BOLT", "PO-9"),
        ("reduce", "BOLT", "PO-9"),
        ("past_due", "BOLT", "SO-2"),
        ("late", "BOLT", None),
        ("late", "PLATE", None),
    ]
    assert Proposal.objects.get(item=shop.plate).is_late


def test_lot_rules_and_units(shop: Factory) -> None:
    # Plates come in packs of 8, at least 24; bolts for a fortnight; the bill is for 3 frames, so that pieces are fractions of it.
    Item.objects.filter(pk=shop.plate.pk).update(lot_sizing=Item.LotSizing.MIN_MULTIPLE, lot_size=D(8), min_order_quantity=D(24))
    Item.objects.filter(pk=shop.bolt.pk).update(lot_sizing=Item.LotSizing.PERIOD, supply_period_days=14)
    shop.frame.boms.all().delete()
    w.bill(shop, shop.frame, (shop.bolt, "10"), (shop.plate, "1"), base_quantity=D(3))
    wants(shop, shop.frame, "3", 30)
    wants(shop, shop.frame, "4", 35, number="SO-2")
    planned(shop)
    assert open_proposals() == [
        ("buy", "BOLT", 24, 22, 27),  # 10 on day 27 and 13.34 → 14 on day 32, in one order
        ("buy", "PLATE", 24, 17, 27),
        ("make", "FRAME", 3, 27, 30),
        ("make", "FRAME", 4, 32, 35),
    ]


def test_phantoms_are_not_planned_but_what_they_are_made_of(shop: Factory) -> None:
    kit = Item.objects.create(
        company=shop.company, code="KIT", name="紧固件包", unit=shop.bolt.unit, category=shop.bolt.category, supply_type=Item.Supply.PHANTOM
    )
    w.bill(shop, kit, (shop.bolt, "3"))
    shop.frame.boms.all().delete()
    w.bill(shop, shop.frame, (kit, "2"), (shop.plate, "1"))
    wants(shop, shop.frame, "5", 30)
    planned(shop)
    assert [row[:3] for row in open_proposals()] == [("buy", "BOLT", 30), ("buy", "PLATE", 5), ("make", "FRAME", 5)]


def test_many_proposals_become_orders_in_as_many_statements_as_one(shop: Factory) -> None:
    for number in range(12):
        wants(shop, shop.frame, "1", 20 + number, number=f"SO-{number}")
    planned(shop)
    ids = list(Proposal.objects.filter(kind="make").order_by("id").values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as one:
        from_proposals(proposal_ids=ids[:1], date=TODAY, **w.as_nora(shop))
    with CaptureQueriesContext(connection) as many:
        from_proposals(proposal_ids=ids[1:], date=TODAY, **w.as_nora(shop))
    assert len(many) == len(one)
    assert WorkOrder.objects.count() == 12
    assert len(set(WorkOrder.objects.values_list("number", flat=True))) == 12


def test_a_proposal_is_used_once_and_only_to_make(shop: Factory) -> None:
    wants(shop, shop.frame, "10", 30)
    planned(shop)
    make, buy = Proposal.objects.get(item=shop.frame), Proposal.objects.get(item=shop.bolt)
    from_proposals(proposal_ids=[make.pk], date=TODAY, **w.as_nora(shop))
    for pk in (make.pk, buy.pk):
        with pytest.raises(InvalidInputs):
            from_proposals(proposal_ids=[pk], date=TODAY, **w.as_nora(shop))
    with pytest.raises(NotVisible):
        from_proposals(proposal_ids=[make.pk + 1000], date=TODAY, **w.as_nora(shop))
    assert WorkOrder.objects.count() == 1


def reserves(shop: Factory, demand: Demand, quantity: str) -> None:
    """Somebody freezes stock for a demand."""
    try_hold(demand=demand, warehouse=shop.store, quantity=D(quantity), **w.as_nora(shop))


def test_what_is_held_for_later_serves_nobody_before(shop: Factory) -> None:
    # Ten bolts are in the store, all promised to an order after the horizon: the ten for the day 20 must be bought.
    w.stock(shop, (shop.bolt, "10", "20.00"))
    reserves(shop, wants(shop, shop.bolt, "10", 200), "10")
    wants(shop, shop.bolt, "10", 20, number="SO-2")
    planned(shop)
    assert open_proposals() == [("buy", "BOLT", 10, 15, 20)]


def test_what_is_held_for_a_demand_in_the_plan_serves_it(shop: Factory) -> None:
    w.stock(shop, (shop.bolt, "10", "20.00"))
    reserves(shop, wants(shop, shop.bolt, "10", 30), "6")
    wants(shop, shop.bolt, "3", 20, number="SO-2")
    planned(shop)
    assert open_proposals() == [("buy", "BOLT", 3, 25, 30)]


def test_supply_for_after_the_horizon_is_not_called_off(shop: Factory) -> None:
    # Bolts for day 200 come on day 198; plates come on day 190 for frames of day 200. Only what nobody ever wants may be cancelled.
    wants(shop, shop.bolt, "10", 200)
    wants(shop, shop.frame, "5", 200, number="SO-2")
    comes(shop, shop.bolt, "10", 198)
    comes(shop, shop.plate, "10", 190, number="PO-2")
    comes(shop, shop.frame, "1", 190, number="WO-X")
    spare = Item.objects.create(company=shop.company, code="SPARE", name="备件", unit=shop.bolt.unit, category=shop.bolt.category)
    comes(shop, spare, "7", 190, number="PO-3")
    run = planned(shop)
    assert [(m["code"], m["number"]) for m in run.exceptions] == [("cancel", "PO-3")]
    assert open_proposals() == []


def test_the_bill_of_the_release_day_is_planned(shop: Factory) -> None:
    # From day 11 a frame is made of plates only, and from day 40 of three of them: frames begun before take the bill of their day.
    old = shop.frame.boms.get()
    old.valid_to = day(10)
    old.save()
    w.bill(shop, shop.frame, (shop.plate, "2"), version="2", valid_from=day(11))
    w.bill(shop, shop.frame, (shop.plate, "3"), version="3", valid_from=day(40))
    for number, due in enumerate((13, 14, 43)):  # begun on days 10, 11 and 40
        wants(shop, shop.frame, "1", due, number=f"SO-{number}")
    planned(shop)
    assert [row[:3] + row[4:] for row in open_proposals()] == [
        ("buy", "BOLT", 4, 10),
        ("buy", "PLATE", 2, 10),
        ("buy", "PLATE", 2, 11),
        ("make", "FRAME", 1, 13),
        ("make", "FRAME", 1, 14),
        ("buy", "PLATE", 3, 40),
        ("make", "FRAME", 1, 43),
    ]
    # What was planned is what the orders made of it will take.
    make = Proposal.objects.filter(kind=Proposal.Kind.MAKE).values_list("pk", flat=True)
    orders = from_proposals(proposal_ids=list(make), date=TODAY, **w.as_nora(shop))
    taken = [{row.item.code: row.quantity for row in order.materials.select_related("item")} for order in orders]
    assert taken == [{"BOLT": 4, "PLATE": 2}, {"PLATE": 2}, {"PLATE": 3}]


def test_a_phantom_changes_with_its_own_bill(shop: Factory) -> None:
    kit = phantom(shop)
    w.bill(shop, kit, (shop.bolt, "3"), valid_to=day(10))
    w.bill(shop, kit, (shop.bolt, "5"), version="2", valid_from=day(11))
    shop.frame.boms.all().delete()
    w.bill(shop, shop.frame, (kit, "2"))
    wants(shop, shop.frame, "1", 13)
    wants(shop, shop.frame, "1", 14, number="SO-2")
    planned(shop)
    assert [row[:3] for row in open_proposals()] == [("buy", "BOLT", 6), ("buy", "BOLT", 10), ("make", "FRAME", 1), ("make", "FRAME", 1)]


def phantom(shop: Factory, **changes: Any) -> Item:
    common = {"company": shop.company, "unit": shop.bolt.unit, "category": shop.bolt.category, "supply_type": Item.Supply.PHANTOM}
    return Item.objects.create(**common, code="KIT", name="紧固件包", **changes)


def test_nobody_is_asked_to_make_a_phantom(shop: Factory) -> None:
    # A safety stock of a phantom means nothing; who orders five kits, of which one lies there, wants the bolts of four.
    kit = phantom(shop, safety_stock=D(9))
    w.bill(shop, kit, (shop.bolt, "3"))
    w.stock(shop, (kit, "1", "6.00"))
    demand = wants(shop, kit, "5", 30)
    planned(shop)
    assert open_proposals() == [("buy", "BOLT", 12, 25, 30)]
    assert ProposalPeg.objects.get().demand_id == demand.pk
    kit.boms.all().delete()
    assert (planned(shop).proposals_count, open_proposals()) == (0, [])


def test_lots_are_whole_pieces(shop: Factory) -> None:
    Item.objects.filter(pk=shop.bolt.pk).update(lot_sizing=Item.LotSizing.FIXED, lot_size=D("2.5"))
    wants(shop, shop.bolt, "7", 30)
    planned(shop)
    assert open_proposals() == [("buy", "BOLT", 9, 25, 30)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"supply_type": Item.Supply.PHANTOM}, "not_manufactured"),
        ({"is_blocked": True}, "blocked"),
    ],
)
def test_a_proposal_becomes_only_what_can_be_made(shop: Factory, change: dict[str, Any], code: str) -> None:
    # Between planning and ordering the item was changed.
    wants(shop, shop.frame, "10", 30)
    planned(shop)
    make = Proposal.objects.get(item=shop.frame)
    Item.objects.filter(pk=shop.frame.pk).update(**change)
    with pytest.raises(BusinessError) as refusal:
        from_proposals(proposal_ids=[make.pk], date=TODAY, **w.as_nora(shop))
    assert refusal.value.code == code
    assert not WorkOrder.objects.exists()


def test_a_proposal_of_half_a_piece_becomes_no_order(shop: Factory) -> None:
    wants(shop, shop.frame, "10", 30)
    planned(shop)
    make = Proposal.objects.get(item=shop.frame)
    Proposal.objects.filter(pk=make.pk).update(quantity=D("7.5"))
    with pytest.raises(InvalidInputs) as refusal:
        from_proposals(proposal_ids=[make.pk], date=TODAY, **w.as_nora(shop))
    assert [problem.field for problem in refusal.value.problems()] == ["quantity"]


def test_a_mistyped_quantity_is_named(shop: Factory) -> None:
    wants(shop, shop.frame, "2000000000000", 30)
    with pytest.raises(BusinessError) as refusal:
        planned(shop)
    assert (refusal.value.code, refusal.value.facts) == ("quantity_too_large", {"item": "BOLT"})
    assert not PlanRun.objects.exists()


@pytest.mark.parametrize(
    ("code", "turn"), [("FRAME", from_proposals), ("BOLT", requisitions.from_proposals)], ids=["work order", "requisition"]
)
@pytest.mark.django_db(transaction=True)
def test_what_is_made_of_a_proposal_is_seen_by_the_next_run_or_refused(
    code: str, turn: Callable[..., Any], on_postgres: None, shop: Factory
) -> None:
    # Planning has read the books when somebody turns a proposal of the last run into an order: the order waits, and finds it dropped.
    wants(shop, shop.frame, "5", 30)
    planned(shop)
    proposal = Proposal.objects.get(item__code=code)
    refused: list[str] = []

    def convert() -> None:
        try:
            turn(proposal_ids=[proposal.pk], date=TODAY, **w.as_nora(shop))
        except InvalidInputs as error:
            refused.append(error.problems()[0].code)
        finally:
            connection.close()

    helper = threading.Thread(target=convert)

    def meanwhile(percent: int, line: str = "") -> None:
        if percent == 30:
            helper.start()
            until(lambda: not helper.is_alive() or waiting_for_advisory_lock())

    planned(shop, progress=meanwhile)
    helper.join()
    assert len(refused) == 1
    assert not WorkOrder.objects.exists()
    assert not Requisition.objects.exists()
    assert [row[:3] for row in open_proposals()] == [("buy", "BOLT", 20), ("buy", "PLATE", 10), ("make", "FRAME", 5)]


def until(happened: Callable[[], bool]) -> None:
    while not happened():
        pass


def waiting_for_advisory_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])

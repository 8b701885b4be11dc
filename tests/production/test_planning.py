"""Material planning on the books: what is wanted against what is there and what will come, through all levels."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import InvalidInputs, NotVisible
from core.models import State
from inventory import requirements
from inventory.ledger import Origin
from inventory.models import Demand, PlanRun, Proposal, ProposalPeg, Supply
from inventory.requirements import Requirement
from masterdata.models import Item
from production import work_orders
from production.models import WorkOrder
from production.planning import mrp_job, run_mrp
from production.proposals import from_proposals
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

"""What should be bought: asked for by hand or by planning, approved, ordered from whoever sells it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.errors import AlreadyDone, EditedByOther, InvalidInputs, MakerIsChecker, NotVisible, StateConflict
from core.models import State
from inventory.models import PlanRun, Proposal, Supply
from masterdata.models import Item, Supplier, SupplierPrice
from purchasing.models import PurchaseOrder, Requisition
from purchasing.orders import NothingToOrder, approve_order, cancel_order, draft_order, from_requisitions, order_requisition
from purchasing.requisitions import (
    PartlyOrdered,
    approve_requisition,
    cancel_requisition,
    draft_requisition,
    edit_requisition,
    from_proposals,
)
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.trade import by_ada, by_nora, day, fields, purchase_data, purchase_order, refused

D = Decimal


def asked(factory: Factory, *lines: tuple[Item, str, Supplier | None], approved: bool = True) -> Requisition:
    """A requisition: item, quantity, supplier."""
    typed = [{"item": item, "quantity": D(quantity), "due_date": day(5), "supplier": supplier} for item, quantity, supplier in lines]
    requisition = draft_requisition(**by_nora(factory), data={"document_date": TODAY, "lines": typed})
    return approve_requisition(**by_ada(factory), document_id=requisition.pk) if approved else requisition


def supply() -> list[tuple[str, Decimal, Decimal, bool]]:
    """What is said to come: document, how many, how many of it done, open."""
    return list(Supply.objects.order_by("id").values_list("origin_number", "quantity", "done", "is_open"))


@pytest.fixture
def second(factory: Factory) -> Supplier:
    return Supplier.objects.create(company=factory.company, code="S2", name="供应商二", name_en="Supplier Two")


def test_asked_for_it_counts_as_supply(factory: Factory) -> None:
    requisition = asked(factory, (factory.bolt, "100", None), approved=False)
    assert (requisition.number, requisition.state) == ("PR-202603-0001", State.DRAFT)
    assert supply() == [("PR-202603-0001", 100, 0, True)]


def test_one_order_for_each_supplier(factory: Factory, second: Supplier) -> None:
    # Bolts come from whom the item says, plates from whom the line says.
    factory.bolt.default_supplier = second
    factory.bolt.save()
    requisition = asked(factory, (factory.bolt, "100", None), (factory.plate, "5", factory.supplier), (factory.bolt, "50", second))

    orders = from_requisitions(
        company=factory.company, requisition_ids=[requisition.pk], warehouse=factory.store, date=TODAY, by=factory.nora, at=NOW
    )

    assert [(order.supplier.code, order.state, order.due_date) for order in orders] == [
        ("S1", State.DRAFT, day(5)),
        ("S2", State.DRAFT, day(5)),
    ]
    assert [[(line.item.code, line.quantity) for line in order.lines.all()] for order in orders] == [
        [("PLATE", 5)],
        [("BOLT", 100), ("BOLT", 50)],
    ]
    requisition.refresh_from_db()
    assert requisition.state == State.DONE
    assert [line.ordered for line in requisition.lines.all()] == [100, 5, 50]


def test_what_is_ordered_comes_once(factory: Factory) -> None:
    # Planning must see the hundred bolts exactly once, whatever state they are in.
    requisition = asked(factory, (factory.bolt, "100", factory.supplier))
    order_requisition(**by_nora(factory), document_id=requisition.pk, warehouse=factory.store, document_date=TODAY)
    order = PurchaseOrder.objects.get()
    assert supply() == [(requisition.number, 100, 0, True)]

    approve_order(**by_ada(factory), document_id=order.pk)
    assert supply() == [(requisition.number, 100, 100, False), (order.number, 100, 0, True)]

    cancel_order(**by_nora(factory), document_id=order.pk)
    assert supply() == [(requisition.number, 100, 0, True), (order.number, 100, 0, False)]
    requisition.refresh_from_db()
    assert (requisition.state, requisition.lines.get().ordered) == (State.APPROVED, 0)


def test_a_part_ordered_by_hand_leaves_the_rest_open(factory: Factory) -> None:
    requisition = asked(factory, (factory.bolt, "100", factory.supplier))
    data = purchase_data(factory)
    data["lines"] = [{"item": factory.bolt, "quantity": D(60), "requisition_line": requisition.lines.get()}]
    draft_order(**by_nora(factory), data=data)

    requisition.refresh_from_db()
    assert (requisition.state, requisition.lines.get().ordered) == (State.APPROVED, 60)

    rest = from_requisitions(
        company=factory.company, requisition_ids=[requisition.pk], warehouse=factory.store, date=TODAY, by=factory.nora, at=NOW
    )
    assert [line.quantity for line in rest[0].lines.all()] == [40]


class TestPrices:
    """The supplier's price, else what was paid last, else the standard cost."""

    def order(self, factory: Factory, quantity: str = "100") -> Decimal:
        requisition = asked(factory, (factory.bolt, quantity, factory.supplier))
        orders = from_requisitions(
            company=factory.company, requisition_ids=[requisition.pk], warehouse=factory.store, date=TODAY, by=factory.nora, at=NOW
        )
        return orders[0].lines.get().unit_price

    def test_standard_cost(self, factory: Factory) -> None:
        assert self.order(factory) == 2

    def test_last_price(self, factory: Factory) -> None:
        purchase_order(factory, (factory.bolt, "10", "1.95"))
        purchase_order(factory, (factory.bolt, "10", "1.85"))
        purchase_order(factory, (factory.bolt, "10", "9.99"), approved=False)
        assert self.order(factory) == D("1.85")

    def test_supplier_price_by_quantity_and_day(self, factory: Factory) -> None:
        purchase_order(factory, (factory.bolt, "10", "1.95"))
        for price, quantity, valid_from in (("1.80", 0, day(-30)), ("1.70", 500, day(-20)), ("1.10", 0, day(10))):
            SupplierPrice.objects.create(
                company=factory.company,
                supplier=factory.supplier,
                item=factory.bolt,
                price=D(price),
                min_quantity=quantity,
                valid_from=valid_from,
            )
        assert self.order(factory, "100") == D("1.80")
        assert self.order(factory, "500") == D("1.70")


class TestFromPlanning:
    def proposal(self, factory: Factory, item: Item, quantity: str, due: dt.date, **more: Any) -> Proposal:
        run = PlanRun.objects.create(company=factory.company, run_at=NOW, run_by=factory.ada, plan_date=TODAY, horizon_days=90)
        return Proposal.objects.create(
            company=factory.company,
            run=run,
            item=item,
            quantity=D(quantity),
            start_date=min(due, TODAY),
            due_date=due,
            **{"kind": "buy", **more},
        )

    def test_proposals_become_one_requisition(self, factory: Factory) -> None:
        first = self.proposal(factory, factory.bolt, "100", day(9), supplier=factory.supplier)
        late = self.proposal(factory, factory.plate, "5", day(-2))

        requisition = from_proposals(
            company=factory.company, proposal_ids=[late.pk, first.pk], date=TODAY, by=factory.nora, at=NOW, department=factory.workshop
        )

        lines = [(line.item.code, line.quantity, line.due_date, line.supplier) for line in requisition.lines.all()]
        assert lines == [("BOLT", 100, day(9), factory.supplier), ("PLATE", 5, TODAY, None)]
        for proposal in Proposal.objects.all():
            assert (proposal.state, proposal.became_kind, proposal.became_number) == ("converted", "requisition", requisition.number)

    def test_twice(self, factory: Factory) -> None:
        proposal = self.proposal(factory, factory.bolt, "100", day(9))
        from_proposals(company=factory.company, proposal_ids=[proposal.pk], date=TODAY, by=factory.nora, at=NOW)
        with refused(InvalidInputs) as refusal:
            from_proposals(company=factory.company, proposal_ids=[proposal.pk], date=TODAY, by=factory.nora, at=NOW)
        assert fields(refusal) == [("", "wrong_proposal")]

    def test_what_should_be_made(self, factory: Factory) -> None:
        proposal = self.proposal(factory, factory.frame, "1", day(9), kind="make")
        with refused(InvalidInputs):
            from_proposals(company=factory.company, proposal_ids=[proposal.pk], date=TODAY, by=factory.nora, at=NOW)

    def test_of_another_company(self, factory: Factory) -> None:
        proposal = self.proposal(factory, factory.bolt, "1", day(9))
        other = build_factory("OTHER")
        with refused(NotVisible):
            from_proposals(company=other.company, proposal_ids=[proposal.pk], date=TODAY, by=other.nora, at=NOW)


class TestRefused:
    def test_the_maker_does_not_approve(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", None), approved=False)
        with refused(MakerIsChecker):
            approve_requisition(**by_nora(factory), document_id=requisition.pk)

    def test_approving_twice(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", None))
        with refused(AlreadyDone):
            approve_requisition(**by_ada(factory), document_id=requisition.pk)

    def test_ordering_a_draft(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", factory.supplier), approved=False)
        with refused(StateConflict):
            order_requisition(**by_nora(factory), document_id=requisition.pk, warehouse=factory.store, document_date=TODAY)

    def test_ordering_without_any_supplier(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.plate, "1", factory.supplier), (factory.bolt, "100", None))
        with refused(InvalidInputs) as refusal:
            order_requisition(**by_nora(factory), document_id=requisition.pk, warehouse=factory.store, document_date=TODAY)
        assert fields(refusal) == [("lines[1].supplier", "no_supplier")]

    def test_ordering_twice(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", factory.supplier))
        order_requisition(**by_nora(factory), document_id=requisition.pk, warehouse=factory.store, document_date=TODAY)
        with refused(NothingToOrder):
            order_requisition(**by_nora(factory), document_id=requisition.pk, warehouse=factory.store, document_date=TODAY)

    def test_cancelling_what_is_ordered(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", factory.supplier), (factory.plate, "1", None))
        data = purchase_data(factory)
        data["lines"] = [{"item": factory.bolt, "quantity": D(60), "requisition_line": requisition.lines.first()}]
        draft_order(**by_nora(factory), data=data)
        with refused(PartlyOrdered):
            cancel_requisition(**by_nora(factory), document_id=requisition.pk)

    def test_needed_before_it_is_asked_for(self, factory: Factory) -> None:
        line = {"item": factory.bolt, "quantity": D(1), "due_date": day(-1)}
        with refused(InvalidInputs) as refusal:
            draft_requisition(**by_nora(factory), data={"document_date": TODAY, "lines": [line]})
        assert fields(refusal) == [("lines[0].due_date", "date_order")]

    def test_another_item_than_asked_for(self, factory: Factory) -> None:
        requisition = asked(factory, (factory.bolt, "100", factory.supplier))
        data = purchase_data(factory)
        data["lines"] = [{"item": factory.plate, "quantity": D(60), "requisition_line": requisition.lines.get()}]
        with refused(InvalidInputs) as refusal:
            draft_order(**by_nora(factory), data=data)
        assert fields(refusal) == [("lines[0].requisition_line", "item_differs")]


def test_editing_replaces_what_will_come(factory: Factory) -> None:
    requisition = asked(factory, (factory.bolt, "100", None), approved=False)
    data = {"document_date": TODAY, "lines": [{"item": factory.plate, "quantity": D(7), "due_date": day(3)}]}
    edit_requisition(**by_nora(factory), document_id=requisition.pk, version=1, data=data)
    assert supply() == [(requisition.number, 7, 0, True)]
    with refused(EditedByOther):
        edit_requisition(**by_nora(factory), document_id=requisition.pk, version=1, data=data)


def test_cancelled_nothing_will_come(factory: Factory) -> None:
    requisition = asked(factory, (factory.bolt, "100", None))
    assert cancel_requisition(**by_nora(factory), document_id=requisition.pk, reason="found some").state == State.CANCELLED
    assert supply() == [(requisition.number, 100, 0, False)]

"""Goods go from bin to bin and from warehouse to warehouse; inside one valuation area nothing is booked."""

from decimal import Decimal
from typing import Any

import pytest

from core.errors import AlreadyDone, InvalidInputs, NotVisible, PeriodClosed
from core.models import Period, State
from finance.models import Voucher
from inventory import entries
from inventory.ledger import WouldGoNegative
from inventory.ledger.posting import StockShort
from inventory.models import Bin, StockTransfer, ValuationPool, Warehouse
from inventory.places import NoDefaultBin
from inventory.transfers import cancel_transfer, draft_transfer, edit_transfer, post_transfer, reverse_transfer
from tests.books import trial_balance
from tests.factory import TODAY, Factory, build_factory
from tests.trade import by_nora, fields, on_hand, refused, stock

D = Decimal


@pytest.fixture
def yard(factory: Factory) -> Warehouse:
    """A second warehouse with two bins."""
    yard = Warehouse.objects.create(company=factory.company, code="YARD", name="料场", name_en="Yard")
    Bin.objects.create(company=factory.company, warehouse=yard, code="Y-01", is_default=True)
    Bin.objects.create(company=factory.company, warehouse=yard, code="Y-02")
    return yard


def transfer_data(factory: Factory, to: Warehouse, *lines: dict[str, Any]) -> dict[str, Any]:
    """A transfer as its input gives it."""
    return {"document_date": TODAY, "warehouse": factory.store, "to_warehouse": to, "lines": lines}


def transfer(factory: Factory, to: Warehouse, *lines: dict[str, Any], posted: bool = True) -> StockTransfer:
    """A transfer from the store, posted unless said otherwise."""
    drafted = draft_transfer(**by_nora(factory), data=transfer_data(factory, to, *lines))
    return post_transfer(**by_nora(factory), document_id=drafted.pk) if posted else drafted


def test_to_another_warehouse(factory: Factory, yard: Warehouse) -> None:
    stock(factory, (factory.bolt, "10", "2"), (factory.plate, "3", "30"))

    moved = transfer(factory, yard, {"item": factory.bolt, "quantity": D(4)}, {"item": factory.plate, "quantity": D(3), "to_bin": "Y-02"})

    assert (moved.number, moved.state) == ("ST-202603-0001", State.POSTED)
    assert on_hand(factory.bolt) == "MAIN/A-01 free 6\nYARD/Y-01 free 4"
    assert on_hand(factory.plate) == "YARD/Y-02 free 3"
    assert not Voucher.objects.filter(origin_number=moved.number).exists()


def test_between_bins(factory: Factory) -> None:
    Bin.objects.create(company=factory.company, warehouse=factory.store, code="B-01")
    stock(factory, (factory.bolt, "10", "2"))
    transfer(factory, factory.store, {"item": factory.bolt, "quantity": D(4), "bin": "A-01", "to_bin": "B-01"})
    assert on_hand(factory.bolt) == "MAIN/A-01 free 6\nMAIN/B-01 free 4"


def test_lots_keep_their_name(factory: Factory, yard: Warehouse) -> None:
    factory.bolt.lot_tracked = True
    factory.bolt.save()
    stock(factory, (factory.bolt, "3", "2"), lot="L-1")
    stock(factory, (factory.bolt, "3", "2"), lot="L-2")
    transfer(factory, yard, {"item": factory.bolt, "quantity": D(4)})
    transfer(factory, yard, {"item": factory.bolt, "quantity": D(1), "lot": "L-2"})
    assert on_hand(factory.bolt) == "MAIN/A-01 L-2 free 1\nYARD/Y-01 L-1 free 3\nYARD/Y-01 L-2 free 2"


def test_between_valuation_areas_the_cost_goes_along(factory: Factory, yard: Warehouse) -> None:
    yard.own_valuation = True
    yard.save()
    stock(factory, (factory.bolt, "3", "3.333333"))  # 10.00
    before = trial_balance(factory.company)

    moved = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)})

    pools = {pool.warehouse_id: (pool.quantity, pool.value) for pool in ValuationPool.objects.all()}
    assert pools == {None: (2, D("6.67")), yard.pk: (1, D("3.33"))}
    assert trial_balance(factory.company) == before

    reverse_transfer(**by_nora(factory), document_id=moved.pk)
    pools = {pool.warehouse_id: (pool.quantity, pool.value) for pool in ValuationPool.objects.all()}
    assert pools == {None: (3, D("10.00")), yard.pk: (0, D(0))}
    assert on_hand(factory.bolt) == "MAIN/A-01 free 3"


def test_goods_worth_nothing_go_back_too(factory: Factory, yard: Warehouse) -> None:
    yard.own_valuation = True
    yard.save()
    stock(factory, (factory.bolt, "3", "0"))
    moved = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)})
    reverse_transfer(**by_nora(factory), document_id=moved.pk)
    pools = {pool.warehouse_id: pool.quantity for pool in ValuationPool.objects.all()}
    assert pools == {None: 3, yard.pk: 0}


class TestRefused:
    @pytest.mark.parametrize(
        ("line", "field", "code"),
        [
            ({"bin": "A-01", "to_bin": "A-01"}, "lines[0].to_bin", "same_place"),
            ({"bin": "A-01"}, "lines[0].to_bin", "required"),
            ({"to_bin": "A-01"}, "lines[0].bin", "required"),
            ({}, "lines[0].bin", "required"),
            ({"bin": "A-01", "to_bin": "Z-99"}, "lines[0].to_bin", "not_found"),
        ],
    )
    def test_to_where_it_is(self, factory: Factory, line: dict[str, Any], field: str, code: str) -> None:
        with refused(InvalidInputs) as refusal:
            transfer(factory, factory.store, {"item": factory.bolt, "quantity": D(1), **line})
        assert fields(refusal) == [(field, code)]
        assert refusal.value.status == 400

    def test_more_than_there_is(self, factory: Factory, yard: Warehouse) -> None:
        stock(factory, (factory.bolt, "3", "2"))
        drafted = transfer(factory, yard, {"item": factory.bolt, "quantity": D(4)}, posted=False)
        with refused(StockShort) as refusal:
            post_transfer(**by_nora(factory), document_id=drafted.pk)
        assert fields(refusal) == [("lines[0].quantity", "insufficient_stock")]

    def test_into_a_warehouse_without_a_place(self, factory: Factory) -> None:
        bare = Warehouse.objects.create(company=factory.company, code="BARE", name="空仓")
        stock(factory, (factory.bolt, "3", "2"))
        drafted = transfer(factory, bare, {"item": factory.bolt, "quantity": D(1)}, posted=False)
        with refused(NoDefaultBin):
            post_transfer(**by_nora(factory), document_id=drafted.pk)

    def test_twice(self, factory: Factory, yard: Warehouse) -> None:
        stock(factory, (factory.bolt, "3", "2"))
        moved = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)})
        with refused(AlreadyDone):
            post_transfer(**by_nora(factory), document_id=moved.pk)

    def test_in_a_closed_month(self, factory: Factory, yard: Warehouse) -> None:
        stock(factory, (factory.bolt, "3", "2"))
        drafted = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)}, posted=False)
        Period.objects.filter(month=3).update(state=Period.State.STOCK_CLOSED)
        with refused(PeriodClosed):
            post_transfer(**by_nora(factory), document_id=drafted.pk)

    def test_by_a_stranger(self, factory: Factory, yard: Warehouse) -> None:
        drafted = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)}, posted=False)
        other = build_factory("OTHER")
        with refused(NotVisible):
            post_transfer(**by_nora(other), document_id=drafted.pk)

    def test_back_when_the_goods_are_gone(self, factory: Factory, yard: Warehouse) -> None:
        stock(factory, (factory.bolt, "3", "2"))
        moved = transfer(factory, yard, {"item": factory.bolt, "quantity": D(3)})
        data = {
            "kind": "other_out",
            "document_date": TODAY,
            "warehouse": yard,
            "reason": "gone",
            "lines": [{"item": factory.bolt, "quantity": D(1)}],
        }
        gone = entries.draft_entry(**by_nora(factory), data=data)
        entries.post_entry(**by_nora(factory), document_id=gone.pk)
        with refused(WouldGoNegative) as refusal:
            reverse_transfer(**by_nora(factory), document_id=moved.pk)
        assert refusal.value.facts["followers"] == gone.number


def test_a_draft_is_edited_or_given_up(factory: Factory, yard: Warehouse) -> None:
    drafted = transfer(factory, yard, {"item": factory.bolt, "quantity": D(1)}, posted=False)
    data = transfer_data(factory, yard, {"item": factory.bolt, "quantity": D(2)})
    assert edit_transfer(**by_nora(factory), document_id=drafted.pk, version=1, data=data).lines.get().quantity == 2
    assert cancel_transfer(**by_nora(factory), document_id=drafted.pk).state == State.CANCELLED

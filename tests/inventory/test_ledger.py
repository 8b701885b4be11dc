"""Goods come in, go out, and the books follow in the same breath."""

from decimal import Decimal

import pytest

from core.db import durable
from core.posting import posting_transaction
from finance.models import Voucher
from inventory import events
from inventory.ledger import MoveRequest, Origin, Place, lock_stock, post
from inventory.ledger.issuing import Wanted, issue_requests
from inventory.ledger.posting import StockShort
from inventory.models import StockBalance, StockMove, ValuationPool
from masterdata.models import Item
from tests.factory import NOW, TODAY, Factory
from tests.faults import break_everywhere

D = Decimal


@durable
def bring_in(factory: Factory, number: str, *lines: tuple[Item, str, str]) -> None:
    with posting_transaction(company=factory.company, date=TODAY, by=factory.nora, at=NOW, stock=True) as transaction:
        places = [Place(item.pk, factory.store.pk, factory.shelf.pk, None) for item, _, _ in lines]
        stock = lock_stock(factory.company, items=[item for item, _, _ in lines], warehouses=[factory.store], arriving=places)
        requests = [
            MoveRequest(line=n, item=item, warehouse=factory.store, place=place, quantity=D(quantity), value=D(value))
            for n, ((item, quantity, value), place) in enumerate(zip(lines, places, strict=True), 1)
        ]
        post(transaction, stock, event=events.OPENING, origin=Origin("stock_entry", number), requests=requests)


@durable
def take_out(factory: Factory, number: str, *lines: tuple[Item, str]) -> None:
    with posting_transaction(company=factory.company, date=TODAY, by=factory.nora, at=NOW, stock=True) as transaction:
        stock = lock_stock(factory.company, items=[item for item, _ in lines], warehouses=[factory.store])
        wanted = [Wanted(n, item, factory.store, D(quantity)) for n, (item, quantity) in enumerate(lines, 1)]
        post(
            transaction,
            stock,
            event=events.OTHER_OUT,
            origin=Origin("stock_entry", number),
            requests=issue_requests(stock, wanted, default_bins={factory.store.pk: factory.shelf}, on=TODAY),
        )


def test_ten_bolts_arrive_and_four_leave(factory: Factory) -> None:
    bring_in(factory, "SE-1", (factory.bolt, "10", "25.00"))
    take_out(factory, "SE-2", (factory.bolt, "4"))

    pool = ValuationPool.objects.get(item=factory.bolt)
    assert (pool.quantity, pool.value) == (D(6), D("15.00"))
    assert StockBalance.objects.get(item=factory.bolt).on_hand == 6
    voucher = Voucher.objects.get(origin_number="SE-2")
    assert (voucher.state, voucher.number) == ("posted", 2)
    lines = [(line.account.code, line.debit, line.credit) for line in voucher.lines.select_related("account")]
    assert lines == [("560299", D("10.00"), D(0)), ("140301", D(0), D("10.00"))]


def test_more_than_there_is_says_what_is_short_and_writes_nothing(factory: Factory) -> None:
    bring_in(factory, "SE-1", (factory.bolt, "10", "25.00"), (factory.plate, "1", "30.00"))
    with pytest.raises(StockShort) as refusal:
        take_out(factory, "SE-2", (factory.bolt, "11"), (factory.plate, "2"))
    assert [problem.facts["wanted"] for problem in refusal.value.problems()] == ["11", "2"]
    assert StockMove.objects.count() == 2
    assert Voucher.objects.count() == 1


def test_a_posting_broken_at_any_statement_leaves_nothing_behind(factory: Factory) -> None:
    bring_in(factory, "SE-1", (factory.bolt, "10", "25.00"))
    statements = break_everywhere(lambda: take_out(factory, "SE-2", (factory.bolt, "4")))
    assert statements > 10
    assert StockBalance.objects.get(item=factory.bolt).on_hand == 6

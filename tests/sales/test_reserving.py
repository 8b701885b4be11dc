"""Stock is frozen for a customer's order, or it is said what is short; what is frozen is given back or shipped."""

from core.errors import AlreadyDone, StateConflict
from inventory.ledger.posting import StockShort
from sales.reserving import NothingToGiveBack, NothingToReserve, give_back_order, reserve_order
from tests.factory import Factory
from tests.trade import by_nora, fields, on_hand, refused, sales_order, shipment, stock


def test_all_that_is_open_is_frozen(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "4", "100"), (factory.frame, "2", "90"))
    shipment(factory, order, "1")

    reserve_order(**by_nora(factory), document_id=order.pk)
    assert on_hand(factory.frame) == "MAIN/A-01 free 9 (5 reserved)"

    with refused(NothingToReserve):
        reserve_order(**by_nora(factory), document_id=order.pk)
    shipment(factory, order, "3", "2")
    assert on_hand(factory.frame) == "MAIN/A-01 free 4"
    with refused(AlreadyDone):
        reserve_order(**by_nora(factory), document_id=order.pk)


def test_all_or_nothing(factory: Factory) -> None:
    stock(factory, (factory.frame, "5", "55"))
    order = sales_order(factory, (factory.frame, "4", "100"), (factory.frame, "2", "90"))
    with refused(StockShort) as refusal:
        reserve_order(**by_nora(factory), document_id=order.pk)
    assert fields(refusal) == [("lines[1].quantity", "insufficient_stock")]


def test_given_back_once(factory: Factory) -> None:
    stock(factory, (factory.frame, "5", "55"))
    order = sales_order(factory, (factory.frame, "4", "100"))
    reserve_order(**by_nora(factory), document_id=order.pk)
    give_back_order(**by_nora(factory), document_id=order.pk)
    assert on_hand(factory.frame) == "MAIN/A-01 free 5"
    with refused(NothingToGiveBack):
        give_back_order(**by_nora(factory), document_id=order.pk)
    assert on_hand(factory.frame) == "MAIN/A-01 free 5"


def test_only_for_an_approved_order(factory: Factory) -> None:
    order = sales_order(factory, (factory.frame, "4", "100"), approved=False)
    with refused(StateConflict):
        reserve_order(**by_nora(factory), document_id=order.pk)

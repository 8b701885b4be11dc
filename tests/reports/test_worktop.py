"""The figures of the worktop are those of the books: what was taken back is not counted."""

from decimal import Decimal

from core.access import Access
from reports.worktop import trade_figures
from sales.shipments import reverse_shipment
from tests.factory import TODAY, Factory
from tests.trade import by_nora, sales_order, shipment, stock

SALES = frozenset({"sales.see_prices", "sales.view_shipment"})


def shipped_this_month(factory: Factory) -> Decimal | int:
    """The figure as somebody in sales sees it."""
    [figure] = trade_figures(Access(factory.nora, factory.company, SALES), TODAY)
    return figure.value


def test_what_was_shipped_and_taken_back_was_not_shipped(factory: Factory) -> None:
    stock(factory, (factory.frame, "10", "55"))
    order = sales_order(factory, (factory.frame, "10", "100"))
    shipment(factory, order, "3")
    taken_back = shipment(factory, order, "7")
    assert shipped_this_month(factory) == 1000

    reverse_shipment(**by_nora(factory), document_id=taken_back.pk)

    assert shipped_this_month(factory) == 300

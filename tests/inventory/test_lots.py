"""Lots: a date that is learnt later is kept, and one that contradicts is refused."""

from typing import Any

import pytest

from inventory.lots import LotDiffers
from inventory.models import Lot
from purchasing import receipts
from tests.factory import Factory
from tests.trade import by_nora, day, purchase_order, receipt, refused


@pytest.fixture
def order(factory: Factory) -> Any:
    """Thirty bolts, kept by lot, come in three deliveries."""
    factory.bolt.lot_tracked = True
    factory.bolt.save()
    return purchase_order(factory, (factory.bolt, "30", "2"))


def test_a_lot_without_an_expiry_date_takes_the_one_that_is_given(factory: Factory, order: Any) -> None:
    receipt(factory, order, "10", line={"lot_code": "L-1"})
    assert Lot.objects.get().expiry_date is None

    receipt(factory, order, "10", line={"lot_code": "L-1", "expiry_date": day(90)})
    assert Lot.objects.get().expiry_date == day(90)

    other = receipt(factory, order, "10", line={"lot_code": "L-1", "expiry_date": day(91)}, posted=False)
    with refused(LotDiffers):
        receipts.post_receipt(**by_nora(factory), document_id=other.pk)

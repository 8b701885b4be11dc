"""Short walks that random ones have found: each failed once."""

from decimal import Decimal

import pytest

from finance.models import VoucherLine
from tests.proof.house import build_house
from tests.proof.promises import assert_promises
from tests.proof.walk import Walk

D = Decimal


@pytest.fixture
def walk(db: None) -> Walk:
    return Walk(build_house())


def take_back(walk: Walk, kind: str) -> None:
    """Reverse the latest document of a kind."""
    assert walk.take_back(max(index for index, one in enumerate(walk.done) if one.kind == kind))
    assert_promises(walk.house.factory.company, walk.model)


def test_a_transfer_goes_back_with_its_own_layer(walk: Walk) -> None:
    walk.bring_in("BOLT", "YARD", D(10), D("1"))
    walk.bring_in("BOLT", "MAIN", D(10), D("3"))
    walk.transfer("BOLT", "MAIN", "YARD", D(4))
    take_back(walk, "stock_transfer")
    assert walk.model.pool("BOLT", "YARD").value == D("10.00")
    assert walk.model.pool("BOLT", "MAIN").value == D("30.00")


def test_what_a_transfer_can_not_bring_back_leaves_the_stock_account(walk: Walk) -> None:
    # The four bolts at 3 that came are used up; the four that go back are worth 1 each. Stock and books must say the same.
    walk.bring_in("BOLT", "MAIN", D(4), D("3"))
    walk.transfer("BOLT", "MAIN", "YARD", D(4))
    walk.give_away("BOLT", "YARD", D(4))
    walk.bring_in("BOLT", "YARD", D(10), D("1"))
    take_back(walk, "stock_transfer")
    assert walk.model.pool("BOLT", "MAIN").value == D("12.00")
    variance = VoucherLine.objects.filter(summary__startswith="调拨成本差异").select_related("account").order_by("line_no")
    assert [(line.account.code, line.debit - line.credit) for line in variance] == [("540101", D("-8.00")), ("140302", D("8.00"))]


def test_a_return_goes_out_again_at_what_it_came_in_for(walk: Walk) -> None:
    walk.bring_in("BOLT", "MAIN", D(8), D("1"))
    walk.bring_in("BOLT", "MAIN", D(8), D("5"))
    walk.bring_in("PLATE", "MAIN", D(10), D("30"))
    walk.plan(D(3))
    walk.issue(0, D(12), D(2))
    walk.bring_back(0, "BOLT", D(3))
    take_back(walk, "material_return")
    order = walk.made[0]
    assert walk.model.books[order.name] == 8 * 1 + 4 * 5 + 2 * 30

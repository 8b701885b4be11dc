"""P13: whatever is done with a document happens wholly or not at all. Each action is broken at every one of its SQL statements."""

from collections.abc import Callable
from typing import Any

import pytest

from core.models import OutboxEvent
from erp.documents import DOCUMENT_TYPES
from finance.models import Voucher
from tests.faults import break_everywhere, broken_at, dump
from tests.proof import house as h
from tests.proof.house import House, build_house
from tests.proof.stories import STORIES, act


@pytest.fixture
def house(db: None) -> House:
    return build_house()


def test_every_action_has_its_story() -> None:
    actions = {(type.kind, action.name) for type in DOCUMENT_TYPES for action in type.actions}
    assert {(kind, action) for kind, action, _which in STORIES} == actions


@pytest.mark.parametrize("case", STORIES, ids=lambda case: "-".join(filter(None, case)).replace(" ", "-"))
def test_an_action_broken_at_any_statement_leaves_nothing_behind(house: House, case: tuple[str, str, str]) -> None:
    action = act(house, case)
    before = dump()
    statements = break_everywhere(action)
    assert statements > 2
    assert dump() != before, "in the end the action did something"


DRAFTS: dict[str, Callable[[House], Any]] = {
    "stock entry": lambda house: h.entry(house, "other_in", house.factory.store, (house.factory.bolt, "5", "2")),
    "sales order": lambda house: h.sales_order(house, (house.factory.frame, "5", "199")),
    "purchase order": lambda house: h.purchase_order(house, (house.factory.bolt, "5", "2")),
    "work order": lambda house: h.work_order(house, "3"),
}


@pytest.mark.parametrize("kind", DRAFTS)
def test_a_draft_that_breaks_leaves_nothing_behind_and_uses_no_number(house: House, kind: str) -> None:
    before = dump()
    with broken_at(4), pytest.raises(Exception, match=".*"):
        DRAFTS[kind](house)
    assert dump() == before


def test_a_listener_that_refuses_takes_the_whole_posting_back(house: House) -> None:
    # The books have no rule for what is to be posted: the goods don't move either.
    from finance.models import PostingRule
    from finance.rules import MissingRule

    action = act(house, ("stock_entry", "post", ""))
    PostingRule.objects.filter(company=house.factory.company, event="other_out").delete()
    before, vouchers, events = dump(), Voucher.objects.count(), OutboxEvent.objects.count()
    with pytest.raises(MissingRule):
        action()
    assert dump() == before
    assert (Voucher.objects.count(), OutboxEvent.objects.count()) == (vouchers, events)

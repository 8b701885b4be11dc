"""After every act of every kind of document, `reconcile` finds all promises kept."""

import pytest

from reports.reconcile import run
from tests.proof.house import House, build_house
from tests.proof.stories import STORIES, act


@pytest.fixture
def house(db: None) -> House:
    return build_house()


@pytest.mark.parametrize("case", STORIES, ids=lambda case: "-".join(filter(None, case)).replace(" ", "-"))
def test_after_every_act_of_every_document_all_promises_hold(house: House, case: tuple[str, str, str]) -> None:
    act(house, case)()
    assert {result.promise: result.differences for result in run(house.factory.company) if not result.ok} == {}

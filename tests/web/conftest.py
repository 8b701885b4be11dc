"""Who opens the pages: Nora makes, Ada checks; a stranger has every right elsewhere."""

from typing import Any

import pytest

from tests.factory import build_factory
from tests.proof.house import House, build_house
from tests.web.browsing import at_page


@pytest.fixture
def house(db: None) -> House:
    return build_house()


@pytest.fixture
def nora(house: House) -> Any:
    """Nora makes documents, and has every right."""
    return at_page(house.factory.nora, house.factory.company)


@pytest.fixture
def ada(house: House) -> Any:
    """Ada checks, and has every right."""
    return at_page(house.factory.ada, house.factory.company)


@pytest.fixture
def stranger(db: None) -> Any:
    """Somebody with every right in another company."""
    other = build_factory("OTHER")
    return at_page(other.ada, other.company)

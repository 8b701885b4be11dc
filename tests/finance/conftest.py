"""ACME's books."""

import pytest

from tests.factory import Factory
from tests.finance.bookkeeping import Books, start


@pytest.fixture
def books(factory: Factory) -> Books:
    """ACME, ready to book."""
    return start(factory)

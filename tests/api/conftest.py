"""The API's day: the tenth of March, half past nine."""

from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from tests.api.door import Door, door_for
from tests.factory import NOW, Factory


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        cache.clear()
        yield


@pytest.fixture
def door(factory: Factory) -> Door:
    """A machine that acts for Nora, the storekeeper."""
    return door_for(factory)

"""The refusal of a closed period says what to do next, if there is something."""

import datetime as dt

import pytest
from django.utils.translation import override

from core.errors import PeriodClosed
from core.models import Period
from core.periods import date_for_reversal, lock_open_period
from tests.factory import Factory


def test_a_closed_period_names_the_next_open_day(factory: Factory) -> None:
    Period.objects.filter(company=factory.company, year=2026, month__lte=3).update(state=Period.State.CLOSED)
    with pytest.raises(PeriodClosed) as refusal, override("en"):
        lock_open_period(factory.company, dt.date(2026, 3, 10))
    assert "2026-04-01" in refusal.value.next_step()


def test_where_no_period_is_open_no_day_is_named(factory: Factory) -> None:
    Period.objects.filter(company=factory.company).update(state=Period.State.CLOSED)
    for refused in (lock_open_period, date_for_reversal):
        with pytest.raises(PeriodClosed) as refusal:
            refused(factory.company, dt.date(2026, 3, 10))
        assert refusal.value.next_step() == ""
        assert "None" not in str(refusal.value)

"""The demo factory: loaded by the services, its books tie, and something of everything lies on the desks."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from core.documents import document_types
from core.models import Company, Period, State
from erp.demo.loading import first_day, load
from erp.demo.masters import Factory as DemoFactory
from finance.models import OpenItem
from finance.queries import trial_balance
from inventory.models import Proposal
from masterdata.models import Customer, Item, Supplier
from production.models import WorkOrder
from reports.reconcile import run
from sales.models import SalesOrder
from tests.factory import Factory

TODAY = dt.date(2026, 8, 28)


@pytest.fixture
def demo(db: None) -> DemoFactory:
    """The demo factory with the work of one month so far."""
    return load(today=TODAY, history_months=0)


def test_the_demo_factory_ties_and_has_something_of_everything(demo: DemoFactory) -> None:
    company = demo.company

    # A believable size, and books that tie.
    counts = [model.objects.filter(company=company).count() for model in (Item, Customer, Supplier)]
    assert counts == [131, 25, 20]
    assert [(result.promise, result.differences) for result in run(company) if not result.ok] == []
    assert trial_balance(company, Period.objects.get(company=company, year=2026, month=8)).is_balanced

    # Every kind of document is there, and orders in every state that they can have.
    empty = [kind.kind for kind in document_types().values() if not kind.model._default_manager.filter(company=company).exists()]
    assert empty == []
    states = set(SalesOrder.objects.filter(company=company).values_list("state", flat=True))
    assert states == {State.DRAFT, State.APPROVED, State.DONE, State.CLOSED, State.CANCELLED}
    made = set(WorkOrder.objects.filter(company=company).values_list("state", flat=True))
    assert made >= {State.DRAFT, State.RELEASED, State.DONE, State.CLOSED, State.CANCELLED}

    # Something is late, something overdue, and planning proposes.
    assert SalesOrder.objects.filter(company=company, state=State.APPROVED, due_date__lt=TODAY).exists()
    overdue = OpenItem.objects.filter(company=company, side=OpenItem.Side.RECEIVABLE, open_amount__gt=0, due_date__lt=TODAY)
    assert "C019" in set(overdue.values_list("customer__code", flat=True))
    assert Proposal.objects.filter(company=company, state=Proposal.State.OPEN, is_late=True).exists()


def test_nobody_approves_what_they_made(demo: DemoFactory) -> None:
    for kind in document_types().values():
        approved = kind.model._default_manager.filter(company=demo.company, approved_by__isnull=False)
        assert not [row.number for row in approved if row.approved_by_id == row.created_by_id]


def test_a_database_in_use_is_left_alone(factory: Factory) -> None:
    with pytest.raises(CommandError, match="empty"):
        call_command("load_demo", verbosity=0)
    assert Company.objects.count() == 1


@pytest.mark.parametrize(
    ("today", "months", "start"),
    [
        (dt.date(2026, 11, 20), 3, dt.date(2026, 9, 1)),
        (dt.date(2026, 11, 5), 3, dt.date(2026, 8, 1)),
        (dt.date(2026, 11, 5), 0, dt.date(2026, 11, 1)),
    ],
)
def test_the_books_start_on_the_first_of_a_month(today: dt.date, months: int, start: dt.date) -> None:
    assert first_day(today, months) == start

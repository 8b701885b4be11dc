"""What stands below a list: the sum of the documents that count."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.html import strip_tags

from core.models import Period, State
from finance.models import Voucher
from sales.models import Shipment
from tests.factory import NOW
from tests.proof import house as h
from tests.proof import stories
from tests.proof.house import House


def total_of(page: Any) -> list[str]:
    """The totals below a list as they are written."""
    return [strip_tags(one.html) for one in page.context["totals"] if one]


def test_what_was_cancelled_or_taken_back_is_not_in_the_total(house: House, ada: Any) -> None:
    f = house.factory
    h.stocked(house)
    order = h.sales_order(house, (f.frame, "10", "100"))
    for quantity, then in (("1", "post"), ("2", "reverse"), ("3", "cancel"), ("4", "")):
        drafted = h.shipment(house, order, (1, quantity))
        if then in ("post", "reverse"):
            house.post(stories.verb_of("shipment", "post"), drafted)
        if then in ("reverse", "cancel"):
            house.post(stories.verb_of("shipment", then), drafted)
    assert sorted(Shipment.objects.values_list("state", flat=True)) == [
        State.CANCELLED,
        State.DRAFT,
        State.POSTED,
        State.POSTED,
        State.REVERSED,
    ]

    page = ada.get(reverse("shipment-list"))

    # One frame for 100.00 and 13.00 tax has left; what is still a draft has no amounts yet.
    assert len(page.context["rows"]) == 5
    assert total_of(page) == ["100.00", "13.00", "113.00"]


@pytest.mark.parametrize(("kind", "total"), [("sales_order", "gross_amount"), ("voucher", "total")])
def test_a_list_whose_sum_the_database_can_not_hold_is_shown_without_a_total(kind: str, total: str, house: House, ada: Any) -> None:
    """Each amount can be stored, both together can't be summed within 64 bits; PostgreSQL sums further."""
    for _ in range(2):
        row = stories.sales_draft(house) if kind == "sales_order" else a_voucher(house)
    type(row).objects.update(**{total: Decimal("900000000000000")})

    page = ada.get(reverse(f"{kind}-list"))

    assert page.status_code == 200
    assert page.content.decode().count("900,000,000,000,000.00") == 2
    assert ("<tfoot>" in page.content.decode()) == (connection.vendor == "postgresql")


def a_voucher(house: House) -> Voucher:
    """A draft made by hand, as a row."""
    period = Period.objects.filter(company=house.factory.company).earliest("start_date")
    return Voucher.objects.create(
        company=house.factory.company,
        period=period,
        date=period.start_date,
        source=Voucher.Source.MANUAL,
        prepared_by=house.factory.nora,
        prepared_at=NOW,
    )

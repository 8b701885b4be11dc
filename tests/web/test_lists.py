"""What stands below a list: the sum of the documents that count."""

from typing import Any

from django.urls import reverse
from django.utils.html import strip_tags

from core.models import State
from sales.models import Shipment
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

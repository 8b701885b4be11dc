"""Whatever is taken back: the reversal is a document of its own, its vouchers carry its number and say what they undo."""

from typing import Any

import pytest
from django.db.models import Q
from django.urls import reverse

from finance.models import Voucher
from inventory.models import StockMove
from tests.proof.house import House, build_house
from tests.proof.stories import STORIES, verb_of
from tests.web.browsing import at_page, shows

REVERSALS = [case for case in STORIES if case[1] == "reverse" and case[0] != "voucher"]


@pytest.fixture
def house(db: None) -> House:
    return build_house()


@pytest.mark.parametrize("case", REVERSALS, ids="-".join)
def test_what_a_reversal_books_carries_its_number(case: tuple[str, str, str], house: House) -> None:
    original = STORIES[case][0](house)
    # What was booked beside the document to settle stock below zero stays: it corrected earlier issues.
    own = Q(lines__sources__move=None) | ~Q(lines__sources__move__quantity=0)
    booked = list(Voucher.objects.filter(own, origin_kind=case[0], origin_number=original.number).distinct().order_by("id"))
    known = set(Voucher.objects.values_list("pk", flat=True))

    reversal: Any = house.post(verb_of(case[0], "reverse"), original, by=house.factory.ada, reason="typed twice")

    red = list(Voucher.objects.exclude(pk__in=known).order_by("id"))
    assert len(red) == len(booked)
    assert {voucher.origin_number for voucher in red} <= {reversal.number}
    assert sorted(voucher.reversal_of_id or 0 for voucher in red) == [voucher.pk for voucher in booked]
    assert all(line.summary.startswith("冲销 ") for voucher in red for line in voucher.lines.all())
    for voucher in booked:
        voucher.refresh_from_db()
        assert voucher.origin_number == original.number


def test_the_page_of_a_reversal_shows_its_own_moves_and_vouchers(house: House) -> None:
    original = STORIES["shipment", "reverse", ""][0](house)
    reversal = house.post(verb_of("shipment", "reverse"), original, by=house.factory.ada, reason="typed twice")
    ada = at_page(house.factory.ada, house.factory.company)
    for document, other in ((original, reversal), (reversal, original)):
        page = ada.get(reverse("shipment-related", args=[document.pk]))
        assert page.context["moves"] == list(StockMove.objects.filter(posting=document.posting).order_by("id"))
        assert {move.posting_id for move in page.context["moves"]} == {document.posting_id}
        assert {voucher.origin_number for voucher in page.context["vouchers"]} == {document.number}
        assert shows(page, other.number), "the chain leads to the other one"

"""Vouchers on paper: one or fifty, in the same number of statements."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finance.models import Voucher, VoucherLine
from tests.proof import stories
from tests.proof.house import House
from tests.web.browsing import shows


def test_a_pile_of_vouchers_takes_no_more_statements_than_one(house: House, ada: Any) -> None:
    stories.customer_money(house)
    ids = list(Voucher.objects.values_list("pk", flat=True))
    assert len(ids) > 2
    address = reverse("voucher-print-many")
    ada.get(address, {"ids": ids[:1]})

    with CaptureQueriesContext(connection) as of_one:
        ada.get(address, {"ids": ids[:1]})
    with CaptureQueriesContext(connection) as of_all:
        paper = ada.get(address, {"ids": ids})

    assert len(of_all) == len(of_one)
    assert all(shows(paper, line.summary) for line in VoucherLine.objects.all())

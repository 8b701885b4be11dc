"""The version from which a form was made comes back with it; what is none is a version that no document has."""

from typing import Any

import pytest
from django.urls import reverse

from tests.proof import stories
from tests.proof.house import House
from tests.web.browsing import form_of, row_counts, shows


@pytest.mark.parametrize("version", ["²", "9" * 5000, "-1", "one", ""], ids=["superscript", "5000 digits", "negative", "word", "empty"])
def test_a_version_that_is_no_number_is_taken_for_an_old_one(version: str, house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    address = reverse("sales_order-edit", args=[order.pk])
    data = form_of(ada.get(address)).data()
    before = row_counts()

    answer = ada.post(address, {**data, "version": version})

    assert answer.status_code == 409
    assert shows(answer, f"{order.number} was changed by")
    assert row_counts() == before

"""A list as somebody likes to see it is kept under a name, for that person and that list alone."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from core.models import SavedView
from core.saved_views import MAX_VIEWS
from tests.proof.house import House
from tests.web.browsing import row_counts, shows

LIST, SAVE = reverse("shipment-list"), reverse("shipment-view-save")


def test_a_view_keeps_filter_order_and_columns_and_is_one_click_away(house: House, nora: Any) -> None:
    query = "?state=draft&sort=-document_date&columns=number&columns=customer&page=3&q="
    answer = nora.post(SAVE, {"name": " Late ones ", "query": query})
    assert (answer.status_code, urlsplit(answer.url).path) == (302, LIST)
    view = SavedView.objects.get()
    assert (view.name, parse_qs(view.query)) == (
        "Late ones",
        {"state": ["draft"], "sort": ["-document_date"], "columns": ["number", "customer"]},
    )
    page = nora.get(LIST)
    assert shows(page, "Late ones")
    assert shows(page, f"?{view.query}")
    assert nora.get(f"{LIST}?{view.query}").status_code == 200
    # Saved again under the same name it is replaced.
    nora.post(SAVE, {"name": "Late ones", "query": "?state=posted"})
    assert [view.query for view in SavedView.objects.all()] == ["state=posted"]


def test_a_view_is_ones_own(house: House, nora: Any, ada: Any) -> None:
    nora.post(SAVE, {"name": "Late ones", "query": "?state=draft"}, follow=True)
    view = SavedView.objects.get()
    assert not shows(ada.get(LIST), "Late ones")
    assert not shows(nora.get(reverse("sales_order-list")), "Late ones")
    assert ada.post(reverse("shipment-view-delete", args=[view.pk])).status_code == 404
    assert nora.post(reverse("sales_order-view-delete", args=[view.pk])).status_code == 404
    assert nora.post(reverse("shipment-view-delete", args=[view.pk])).status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        pytest.param("  ", "?state=draft", "This field may not be blank.", id="no name"),
        pytest.param("x" * 41, "?state=draft", "no more than 40 characters", id="a long name"),
        pytest.param("Late\u202eones", "?state=draft", "invisible character", id="a hidden sign"),
        pytest.param("Late ones", "?q=" + "x" * 2000, "too long to be kept", id="a long filter"),
    ],
)
def test_what_can_not_be_kept_is_refused_in_words(house: House, nora: Any, name: str, query: str, said: str) -> None:
    before = row_counts()
    answer = nora.post(SAVE, {"name": name, "query": query}, follow=True)
    assert answer.status_code in (200, 400)
    assert shows(answer, said)
    assert row_counts() == before


def test_there_is_room_for_so_many_and_no_more(house: House, nora: Any) -> None:
    for serial in range(MAX_VIEWS + 1):
        nora.post(SAVE, {"name": f"View {serial}", "query": "?state=draft"})
    assert SavedView.objects.count() == MAX_VIEWS

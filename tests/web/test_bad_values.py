"""RELIABILITY section 7, tables A, B and C at a form: refused in words, nothing written, and what was typed still in its field.

The API is asked the same things in tests/api/test_bad_values.py; the tables come from there.
"""

from typing import Any

import pytest
from django.urls import reverse

from inventory.models import StockEntry, StockEntryLine
from masterdata.models import Item, Unit
from tests.api.test_bad_values import CODES, DATES, GOOD_NUMBERS, GOOD_TEXTS, NUMBERS, TEXTS
from tests.factory import build_factory
from tests.proof.house import House
from tests.web.browsing import form_of, row_counts, shows

ADDRESS = "stock_entry-new"
QUANTITY = "lines[0]quantity"


@pytest.fixture
def oil(house: House) -> Item:
    """Oil is kept in kilograms with three decimals."""
    bolt = house.factory.bolt
    kilogram = Unit.objects.create(company=house.factory.company, code="KG", name="千克", name_en="kg", places=3)
    return Item.objects.create(company=bolt.company, code="OIL", name="机油", category=bolt.category, unit=kilogram)


def filled(client: Any, **changes: Any) -> dict[str, Any]:
    """The form of another receipt as a browser would send it, with some fields typed over."""
    blank = form_of(client.get(f"{reverse(ADDRESS)}")).data()
    typed = {"kind": "other_in", "document_date": "2026-03-10", "warehouse": "MAIN", "reason": "found", "note": "keep me"}
    line = {"lines[0]item": "OIL", QUANTITY: "1", "lines[0]unit_cost": "1"}
    return blank | typed | line | changes


def of_text(table: dict[str, Any]) -> dict[str, Any]:
    """What of a table can be typed into a field: text, and not too much of it for a page."""
    return {name: value for name, value in table.items() if isinstance(value[0] if isinstance(value, tuple) else value, str)}


def refuse(client: Any, field: str, value: str) -> Any:
    """Send the form with `value` in `field`; it must come back as it was typed, and nothing may be written."""
    data = filled(client, **{field: value})
    before = row_counts()
    answer = client.post(reverse(ADDRESS), data)
    assert answer.status_code == 400, answer.status_code
    assert row_counts() == before
    again = form_of(answer).data()
    assert again["note"] == ["keep me"], "the rest of the form is kept"
    assert 'aria-invalid="true"' in answer.content.decode(), "the field at fault is marked"
    return again


@pytest.mark.parametrize("value", [value for value, _code in of_text(NUMBERS).values()], ids=of_text(NUMBERS))
def test_a_number_that_is_none(house: House, oil: Item, nora: Any, value: str) -> None:
    again = refuse(nora, QUANTITY, value)
    assert again[QUANTITY] == [value], "what was typed is kept"


@pytest.mark.parametrize(("value", "stored"), of_text(GOOD_NUMBERS).values(), ids=of_text(GOOD_NUMBERS))
def test_a_number_as_people_write_it(house: House, oil: Item, nora: Any, value: str, stored: str) -> None:
    assert nora.post(reverse(ADDRESS), filled(nora, **{QUANTITY: value})).status_code == 302
    assert format(StockEntryLine.objects.get().quantity.normalize(), "f") == stored


PAGE_DATES = {name: value for name, (value, _code) in of_text(DATES).items() if name not in ("B39 full-width", "newline")}


@pytest.mark.parametrize("value", PAGE_DATES.values(), ids=PAGE_DATES)
def test_a_day_that_is_none(house: House, oil: Item, nora: Any, value: str) -> None:
    refuse(nora, "document_date", value)


def test_a_day_in_full_width_digits_is_understood(house: House, oil: Item, nora: Any) -> None:
    """B39"""
    assert nora.post(reverse(ADDRESS), filled(nora, document_date="２０２６-０３-１０")).status_code == 302
    assert StockEntry.objects.get().document_date.isoformat() == "2026-03-10"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_hides_something(house: House, oil: Item, nora: Any, text: str) -> None:
    refuse(nora, "reason", text + "x")


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_a_text_is_kept_as_it_is_and_shown_as_text(house: House, oil: Item, nora: Any, text: str) -> None:
    """C55, C57, C61: stored as typed; the page and the print show it escaped."""
    answer = nora.post(reverse(ADDRESS), filled(nora, reason=text))
    made = StockEntry.objects.get()
    assert made.reason == text
    for address in (answer.url, reverse("stock_entry-print", args=[made.pk])):
        page = nora.get(address)
        assert shows(page, text)
        assert "<script>alert(1)" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize("code", [code for code, _expected in of_text(CODES).values()], ids=of_text(CODES))
def test_an_item_that_is_not_there(house: House, oil: Item, nora: Any, code: str) -> None:
    other = build_factory("OTHER")
    Item.objects.filter(pk=other.bolt.pk).update(code="ALIEN")
    again = refuse(nora, "lines[0]item", code)
    assert again["lines[0]item"] == [code], "what was typed is kept"


def test_all_that_is_wrong_is_said_together(house: House, oil: Item, nora: Any) -> None:
    data = filled(nora, document_date="soon", **{QUANTITY: "0", "lines[1]item": "NUT", "lines[1]quantity": "12,5"})
    answer = nora.post(reverse(ADDRESS), data)
    assert answer.status_code == 400
    assert shows(answer, "Enter a number above zero.")
    assert shows(answer, "Use a point for decimals")
    again = form_of(answer).data()
    assert [again["document_date"], again["lines[1]item"], again["lines[1]quantity"]] == [["soon"], ["NUT"], ["12,5"]]


def test_more_lines_than_a_document_has(house: House, oil: Item, nora: Any) -> None:
    """D67"""
    lines = {f"lines[{n}]{name}": value for n in range(1001) for name, value in (("item", "OIL"), ("quantity", "1"))}
    before = row_counts()
    answer = nora.post(reverse(ADDRESS), filled(nora, **lines))
    assert answer.status_code in (400, 413)
    assert row_counts() == before

"""RELIABILITY section 7, tables A, B and C at the API: what can't be accepted is refused with its path and code, and nothing is written."""

from decimal import Decimal
from typing import Any

import pytest

from core.models import Period
from inventory.models import StockEntry, StockEntryLine
from masterdata.models import Item, Unit
from tests.api.door import Door, codes, entry, row_counts
from tests.factory import Factory, build_factory

QUANTITY = "lines[0].quantity"


@pytest.fixture
def oil(factory: Factory) -> Item:
    """Oil is kept in kilograms with three decimals."""
    kilogram = Unit.objects.create(company=factory.company, code="KG", name="千克", name_en="kg", places=3)
    return Item.objects.create(company=factory.company, code="OIL", name="机油", category=factory.bolt.category, unit=kilogram)


def raw(quantity: str) -> str:
    """A body with a quantity that Python's JSON would not write."""
    return (
        '{"kind": "other_in", "document_date": "2026-03-10", "warehouse": "MAIN", "reason": "x",'
        f' "lines": [{{"item": "OIL", "quantity": {quantity}, "unit_cost": "1"}}]}}'
    )


NUMBERS = {
    "A1 NaN": ("NaN", "invalid_number"),
    "A3 Infinity": ("Infinity", "invalid_number"),
    "A3 -Infinity": ("-Infinity", "invalid_number"),
    "A5 1e400": ("1e400", "invalid_number"),
    "A5 1e1000000000": ("1e1000000000", "invalid_number"),
    "A5 1e-400": ("1e-400", "invalid_number"),
    "A7 1_000": ("1_000", "invalid_number"),
    "A9 full-width comma": ("１，０００", "invalid_number"),
    "A11 12,5": ("12,5", "decimal_comma"),
    "A13 1.234,50": ("1.234,50", "invalid_number"),
    "A15 0": ("0", "not_positive"),
    "A15 -1": ("-1", "not_positive"),
    "A17 30 decimals": ("1." + "1" * 30, "too_many_decimals"),
    "A19 20,000 digits": ("9" * 20_000, "out_of_range"),
    "A21 too large": ("99999999999999", "out_of_range"),
    "A23 empty": ("", "required"),
    "A25 true": (True, "type"),
    "A25 list": ([1], "type"),
    "A25 object": ({"a": 1}, "type"),
    "A25 null": (None, "null"),
    "text": ("ten", "invalid_number"),
    "hexadecimal": ("0x10", "invalid_number"),
    "unit without decimals": ("0.0001", "too_many_decimals"),
}


@pytest.mark.parametrize(("value", "code"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_is_none(door: Door, oil: Item, value: Any, code: str) -> None:
    before = row_counts()
    answer = door.post("stock-entries/", entry(line={"item": "OIL", "quantity": value}))
    assert (answer.status_code, codes(answer)) == (400, {QUANTITY: code})
    assert row_counts() == before


RAW_NUMBERS = {
    "A27 0.1 + 0.2": ("0.30000000000000004", {QUANTITY: "too_many_decimals"}),
    "NaN literal": ("NaN", {"": "invalid_number"}),
    "Infinity literal": ("Infinity", {"": "invalid_number"}),
    "exponent": ("1e3", {"": "invalid_number"}),
    "huge exponent": ("1e999999999", {"": "invalid_number"}),
    "F139 5,000 digits": ("9" * 5000, {"": "out_of_range"}),
    "leading zeros": ("007", {"": "invalid_json"}),
}


@pytest.mark.parametrize(("value", "expected"), RAW_NUMBERS.values(), ids=RAW_NUMBERS)
def test_a_json_number_that_is_none(door: Door, oil: Item, value: str, expected: dict[str, str]) -> None:
    before = row_counts()
    answer = door.post("stock-entries/", raw(value))
    assert (answer.status_code, codes(answer)) == (400, expected)
    assert row_counts() == before


GOOD_NUMBERS = {
    "A9 full-width point": ("５．５", "5.5"),
    "A23 blanks": (" 12 ", "12"),
    "A23 no-break space": ("\u00a012", "12"),
    "A23 newline": ("12\n", "12"),
    "whole number": (12, "12"),
    "plus": ("+1.250", "1.25"),
}


@pytest.mark.parametrize(("value", "stored"), GOOD_NUMBERS.values(), ids=GOOD_NUMBERS)
def test_a_number_as_people_write_it(door: Door, oil: Item, value: Any, stored: str) -> None:
    answer = door.post("stock-entries/", entry(line={"item": "OIL", "quantity": value}))
    assert answer.status_code == 201, answer.content
    assert StockEntryLine.objects.get().quantity == Decimal(stored)
    assert answer.json()["lines"][0]["quantity"] == stored


def test_a_json_number_with_a_point_is_taken_exactly(door: Door, oil: Item) -> None:
    answer = door.post("stock-entries/", raw("12.5"))
    assert answer.status_code == 201
    assert StockEntryLine.objects.get().quantity == Decimal("12.5")


def test_half_a_bolt_does_not_exist(door: Door) -> None:
    before = row_counts()
    answer = door.post("stock-entries/", entry(line={"quantity": "0.5"}))
    assert answer.status_code == 400
    assert QUANTITY in codes(answer)
    assert row_counts() == before


DATES = {
    "B33 year one": ("0001-01-01", "before_start"),
    "before the books": ("2025-12-31", "before_start"),
    "B35 year 9999": ("9999-12-31", "too_far"),
    "more than a year ahead": ("2200-01-01", "too_far"),
    "B37 no leap year": ("2026-02-29", "invalid_date"),
    "B39 full-width": ("２０２６-０３-０１", "invalid_date"),
    "one digit": ("2026-3-1", "invalid_date"),
    "no dashes": ("20260301", "invalid_date"),
    "an instant": ("2026-03-01T00:00:00Z", "invalid_date"),
    "American": ("03/10/2026", "invalid_date"),
    "B41 spreadsheet serial": ("45292", "invalid_date"),
    "number": (45292, "invalid_date"),
    "empty": ("", "invalid_date"),
    "null": (None, "null"),
    "list": (["2026-03-10"], "invalid_date"),
    "month 13": ("2026-13-01", "invalid_date"),
    "newline": ("2026-03-10\n", "invalid_date"),
}


@pytest.mark.parametrize(("value", "code"), DATES.values(), ids=DATES)
def test_a_day_that_is_none(door: Door, value: Any, code: str) -> None:
    before = row_counts()
    answer = door.post("stock-entries/", entry(document_date=value))
    assert (answer.status_code, codes(answer)) == (400, {"document_date": code})
    assert row_counts() == before


def test_a_closed_period_takes_nothing_and_says_where_to_go(door: Door, factory: Factory) -> None:
    """B31"""
    document = door.post("stock-entries/", entry(document_date="2026-02-10")).json()
    Period.objects.filter(company=factory.company, month=2).update(state=Period.State.CLOSED)
    before = row_counts()
    answer = door.post(f"stock-entries/{document['id']}/post/")
    assert (answer.status_code, answer.json()["code"]) == (409, "period_closed")
    assert answer.json()["facts"]["next_open"] == "2026-03-01"
    assert row_counts() == before


TEXTS = {
    "C51 zero-width space": "A\u200b1",
    "C51 right-to-left override": "invoice\u202efdp.exe",
    "C51 byte order mark": "\ufefffound",
    "C53 inner tab": "found\tthere",
    "C53 inner newline": "found\nthere",
    "C59 NUL": "found\x00",
    "bell": "ding\x07",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_hides_something(door: Door, text: str) -> None:
    before = row_counts()
    answer = door.post("stock-entries/", entry(reason=text + "x"))
    assert (answer.status_code, set(codes(answer))) == (400, {"reason"})
    assert row_counts() == before


GOOD_TEXTS = {
    "C55 script": "<script>alert(1)</script>",
    "C55 attribute": '"><img src=x onerror=alert(1)>',
    "C57 formula": "=cmd|'/C calc'!A0",
    "C57 at": "@SUM(1)",
    "C57 plus": "+1+1",
    "C61 emoji": "🔩 gefunden",
    "C61 rare Han": "𠮷野",
    "C61 right to left": "نص عربي",
    "sql": "'; DROP TABLE core_company; --",
}


@pytest.mark.parametrize("text", GOOD_TEXTS.values(), ids=GOOD_TEXTS)
def test_a_text_is_kept_as_it_is(door: Door, text: str) -> None:
    answer = door.post("stock-entries/", entry(reason=text))
    assert answer.status_code == 201
    assert StockEntry.objects.get().reason == text == answer.json()["reason"]


def test_blanks_around_a_text_are_trimmed(door: Door) -> None:
    assert door.post("stock-entries/", entry(reason="  found  ")).json()["reason"] == "found"


CODES = {
    "unknown": ("NUT", "not_found"),
    "C65 5,000 characters": ("B" * 5000, "not_found"),
    "C51 zero-width": ("BO\u200bLT", "invisible_character"),
    "another company's": ("ALIEN", "not_found"),
    "number": (7, "type"),
    "list": (["BOLT"], "type"),
    "empty": ("", "required"),
    "an address": ("http://169.254.169.254/", "not_found"),
}


@pytest.mark.parametrize(("code", "expected"), CODES.values(), ids=CODES)
def test_an_item_that_is_not_there(door: Door, code: Any, expected: str) -> None:
    other = build_factory("OTHER")
    Item.objects.filter(pk=other.bolt.pk).update(code="ALIEN")
    before = row_counts()
    answer = door.post("stock-entries/", entry(line={"item": code}))
    assert (answer.status_code, codes(answer)) == (400, {"lines[0].item": expected})
    assert row_counts() == before


def test_a_code_in_full_width_letters_is_the_same_code(door: Door) -> None:
    """C49"""
    answer = door.post("stock-entries/", entry(line={"item": "ＢＯＬＴ"}))
    assert answer.status_code == 201
    assert answer.json()["lines"][0]["item_code"] == "BOLT"


def test_a_blocked_item_is_named(door: Door, factory: Factory) -> None:
    Item.objects.filter(pk=factory.bolt.pk).update(is_blocked=True)
    before = row_counts()
    answer = door.post("stock-entries/", entry())
    assert (answer.status_code, codes(answer)) == (400, {"lines[0].item": "blocked"})
    assert row_counts() == before


def test_all_that_is_wrong_is_said_together(door: Door) -> None:
    body = entry(document_date="soon", warehouse="NOWHERE")
    body["lines"] = [{"item": "BOLT", "quantity": "1"}, {"item": "NUT", "quantity": "0"}]
    answer = door.post("stock-entries/", body)
    assert codes(answer) == {
        "document_date": "invalid_date",
        "warehouse": "not_found",
        "lines[1].item": "not_found",
        "lines[1].quantity": "not_positive",
    }


def test_more_lines_than_a_document_has(door: Door) -> None:
    """D67"""
    before = row_counts()
    line = {"item": "BOLT", "quantity": "1"}
    answer = door.post("stock-entries/", entry(lines=[line] * 1001))
    assert (answer.status_code, codes(answer)) == (400, {"lines": "too_many_lines"})
    assert row_counts() == before


def test_a_document_without_lines(door: Door) -> None:
    before = row_counts()
    assert codes(door.post("stock-entries/", entry(lines=[]))) == {"lines": "empty"}
    assert row_counts() == before

"""The line grid: what is read from a form, and where mistakes are shown."""

import pytest
from django.http import QueryDict

from core.errors import InvalidInput, InvalidInputs
from core.web.grid import MAX_LINES, Column, Grid, line_errors, read_lines

NAMES = ("item", "quantity")


def form_of(pairs):
    form = QueryDict(mutable=True)
    for name, value in pairs:
        form[name] = value
    return form


def test_lines_come_in_their_order_without_blank_ones():
    form = form_of(
        [("lines[10]item", "PLATE"), ("lines[2]item", " BOLT "), ("lines[2]quantity", "5"), ("lines[3]item", ""), ("lines[3]quantity", " ")]
    )

    assert read_lines(form, NAMES) == [{"item": "BOLT", "quantity": "5"}, {"item": "PLATE"}]


def test_unknown_fields_and_odd_names_are_ignored():
    form = form_of([("lines[0]item", "BOLT"), ("lines[0]price", "1"), ("lines[-1]item", "X"), ("lines[１]item", "Y"), ("lines[]item", "Z")])

    assert read_lines(form, NAMES) == [{"item": "BOLT"}]


def test_too_many_lines_are_refused():
    form = form_of([(f"lines[{number}]item", "BOLT") for number in range(MAX_LINES + 1)])

    with pytest.raises(InvalidInput) as refusal:
        read_lines(form, NAMES)
    assert refusal.value.code == "too_many_lines"


def test_every_mistake_is_shown_at_its_cell_and_what_was_typed_stays():
    error = InvalidInputs(
        [
            InvalidInput("invalid_number", "not a number", field="lines[1].quantity"),
            InvalidInput("unknown_item", "unknown", field="lines[0].item"),
            InvalidInput("required", "date missing", field="date"),
        ]
    )
    grid = Grid(
        [Column("item", "Item"), Column("quantity", "Quantity", kind="number")], [{"item": "BLOT"}, {"quantity": "1e5"}], line_errors(error)
    )

    first, second, *blank = grid.rows()
    assert [(cell.value, cell.error) for cell in first.cells] == [("BLOT", "unknown"), ("", "")]
    assert [(cell.value, cell.error) for cell in second.cells] == [("", ""), ("1e5", "not a number")]
    assert all(not cell.value for row in blank for cell in row.cells)
    assert blank[0].cells[0].name == "lines[2]item"

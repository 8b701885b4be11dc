"""Spreadsheets that people really send: good ones are taken in whole, others are refused with the cell at fault."""

import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from core.errors import BusinessError
from core.imports import AlreadyImported, ImportKind, RowsAreWrong, examine, take_in
from core.models import ImportedFile
from core.spreadsheets.writer import ExportColumn, write_table, write_template
from finance.models import Voucher
from inventory.models import StockBalance
from inventory.opening_import import OPENING_STOCK
from masterdata.item_import import ITEMS
from masterdata.models import Item
from production.bom_import import BOMS
from production.models import Bom
from tests.factory import NOW, Factory

HEAD = ["Item code", "Name", "Category code", "Unit code", "Supply type", "Safety stock", "Standard cost"]
GOOD = ["M8", "六角螺栓", "raw", "PCS", "Purchased", 100, 0.1]


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with override("en"):
        yield


def workbook(*rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    if change:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def codes(factory: Factory, content: bytes, name: str = "items.xlsx") -> list[str]:
    """The codes of all that is wrong with a file."""
    try:
        _, plan = examine(ITEMS, factory.company, name, content)
    except BusinessError as error:
        return [error.code]
    return [problem.code for problem in plan.problems]


def take(factory: Factory, content: bytes) -> Sequence[str]:
    return take_in(kind=ITEMS, company=factory.company, name="items.xlsx", content=content, by=factory.nora, at=NOW)


def test_new_items_are_created_and_known_ones_changed(factory: Factory) -> None:
    take(factory, workbook(HEAD, GOOD, ["BOLT", "螺栓改", "raw", "PCS", "Purchased", None, None]))

    made = Item.objects.get(code="M8")
    assert (made.safety_stock, made.standard_cost, made.pinyin) == (Decimal(100), Decimal("0.1"), "ljls")
    changed = Item.objects.get(code="BOLT")
    assert (changed.name, changed.standard_cost) == ("螺栓改", Decimal(2)), "an empty cell leaves what is there"
    assert made.history.count() == 1


def test_one_wrong_row_and_nothing_is_taken_in(factory: Factory) -> None:
    before = Item.objects.count()
    with pytest.raises(RowsAreWrong) as refusal:
        take(factory, workbook(HEAD, GOOD, ["M9", "螺栓", "nowhere", "PCS", "Purchased", "12,5", 1]))
    assert {(cell.row, cell.code) for cell in refusal.value.cells} == {(3, "decimal_comma")}
    assert Item.objects.count() == before
    assert not ImportedFile.objects.exists()


def test_the_same_file_twice_is_one_import(factory: Factory) -> None:
    content = workbook(HEAD, GOOD)
    take(factory, content)
    with pytest.raises(AlreadyImported):
        take(factory, content)
    assert ImportedFile.objects.count() == 1


@pytest.mark.parametrize(
    ("case", "row", "code"),
    [
        ("unknown category", ["M8", "a", "nowhere", "PCS", "Purchased", 1, 1], "not_found"),
        ("code as a number", [123, "a", "raw", "PCS", "Purchased", 1, 1], "text_needed"),
        ("formula", ["M8", "a", "raw", "PCS", "Purchased", "=1+1", 1], "formula_not_allowed"),
        ("not a number", ["M8", "a", "raw", "PCS", "Purchased", "ten", 1], "invalid_number"),
        ("exponent", ["M8", "a", "raw", "PCS", "Purchased", "1e5", 1], "invalid_number"),
        ("too many decimals", ["M8", "a", "raw", "PCS", "Purchased", "0.1234567", 1], "too_many_decimals"),
        ("negative", ["M8", "a", "raw", "PCS", "Purchased", -1, 1], "negative"),
        ("unknown choice", ["M8", "a", "raw", "PCS", "Stolen", 1, 1], "unknown_choice"),
        ("needed cell empty", ["M8", None, "raw", "PCS", "Purchased", 1, 1], "required"),
        ("zero-width space", ["M\u200b8", "a", "raw", "PCS", "Purchased", 1, 1], "invisible_character"),
        ("boolean for a number", ["M8", "a", "raw", "PCS", "Purchased", True, 1], "invalid_number"),
    ],
)
def test_a_wrong_cell_is_named(factory: Factory, case: str, row: list[Any], code: str) -> None:
    assert codes(factory, workbook(HEAD, row)) == [code]


def test_full_width_codes_are_one_code(factory: Factory) -> None:
    assert codes(factory, workbook(HEAD, GOOD, ["Ｍ８", *GOOD[1:]])) == ["duplicate_code"]


@pytest.mark.parametrize(
    ("case", "content", "code"),
    [
        ("missing column", workbook(["Item code", "Name"], ["M8", "a"]), "wrong_columns"),
        ("renamed column", workbook([*HEAD[:-1], "Price"], GOOD), "wrong_columns"),
        ("column twice", workbook([*HEAD, "Name"], [*GOOD, "x"]), "wrong_columns"),
        ("no rows", workbook(HEAD), "no_rows"),
        ("truncated", workbook(HEAD, GOOD)[:500], "cannot_read"),
        ("password or .xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "cannot_read"),
        ("a picture", b"\x89PNG\r\n\x1a\n", "cannot_read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_a_file_that_is_no_table_is_refused(factory: Factory, case: str, content: bytes, code: str) -> None:
    assert codes(factory, content) == [code]


def test_a_far_away_cell_costs_nothing(factory: Factory) -> None:
    def far(book: Any) -> None:
        book.active.cell(row=1_048_576, column=16_384, value="x")

    assert codes(factory, workbook(HEAD, GOOD, change=far)) == []


def test_hidden_rows_are_refused_and_hidden_sheets_ignored(factory: Factory) -> None:
    def hide_row(book: Any) -> None:
        book.active.row_dimensions[2].hidden = True

    def hide_sheet(book: Any) -> None:
        book.create_sheet("secret").sheet_state = "hidden"

    assert codes(factory, workbook(HEAD, GOOD, change=hide_row)) == ["hidden_rows"]
    _, plan = examine(ITEMS, factory.company, "items.xlsx", workbook(HEAD, GOOD, change=hide_sheet))
    assert plan.problems == []
    assert "secret" in plan.warnings[0]


def test_entities_in_a_workbook_are_refused(factory: Factory) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>'
    source = zipfile.ZipFile(io.BytesIO(workbook(HEAD, GOOD)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for info in source.infolist():
            target.writestr(info, bomb if info.filename == "xl/workbook.xml" else source.read(info))
    assert codes(factory, buffer.getvalue()) == ["cannot_read"]


def test_more_rows_than_allowed(factory: Factory) -> None:
    lines = ["Item code,Name,Category code,Unit code,Supply type"] + [f"X{n},a,raw,PCS,Purchased" for n in range(20_001)]
    assert codes(factory, "\n".join(lines).encode(), "items.csv") == ["too_many_rows"]


def test_csv_in_gb18030_is_read_with_a_warning(factory: Factory) -> None:
    text = "Item code,Name,Category code,Unit code,Supply type\n00123,连接套,raw,PCS,Purchased\n"
    _, plan = examine(ITEMS, factory.company, "items.csv", text.encode("gb18030"))
    assert (plan.rows[0]["code"], plan.rows[0]["name"], plan.problems) == ("00123", "连接套", [])
    assert "GB18030" in plan.warnings[0]


def test_the_template_can_be_filled_in_and_taken_in(factory: Factory) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_template(ITEMS.label, ITEMS.columns)))
    book.worksheets[0].append(["M8", "螺栓", "Bolt", "M8", "raw", "PCS", "Purchased"])
    buffer = io.BytesIO()
    book.save(buffer)
    assert take(factory, buffer.getvalue()) == ["M8"]


def test_an_export_has_real_numbers_and_no_formulas() -> None:
    content = write_table(
        "Stock",
        [ExportColumn("Code"), ExportColumn("Value", "money", total=True)],
        [["=cmd|'/C calc'!A0", Decimal("1234.50")], ["00123", Decimal("-0.10")]],
    )
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("=cmd|'/C calc'!A0", "s") or sheet["A4"].data_type == "s"
    assert (sheet["A5"].value, sheet["B4"].value, sheet["B6"].value) == ("00123", 1234.5, 1234.4)


def take_kind(factory: Factory, kind: ImportKind, content: bytes) -> Sequence[str]:
    return take_in(kind=kind, company=factory.company, name="file.xlsx", content=content, by=factory.nora, at=NOW)


BOM_HEAD = ["Parent item", "Component", "Quantity", "Scrap %"]


def test_a_bill_of_materials_comes_in_and_is_replaced(factory: Factory) -> None:
    take_kind(factory, BOMS, workbook(BOM_HEAD, ["FRAME", "BOLT", 4, 0], ["FRAME", "PLATE", 1, "2.5"]))
    take_kind(factory, BOMS, workbook(BOM_HEAD, ["FRAME", "BOLT", 6, None]))
    bom = Bom.objects.get(item=factory.frame)
    assert [(line.component.code, line.quantity) for line in bom.lines.all()] == [("BOLT", Decimal(6))]


def test_a_circle_of_bills_is_refused_whole(factory: Factory) -> None:
    with pytest.raises(BusinessError) as refusal:
        take_kind(factory, BOMS, workbook(BOM_HEAD, ["FRAME", "PLATE", 1, 0], ["PLATE", "FRAME", 1, 0]))
    assert refusal.value.code == "bom_cycle"
    assert not Bom.objects.exists()
    assert not ImportedFile.objects.exists()


def test_opening_stock_is_posted_with_its_voucher(factory: Factory) -> None:
    head = ["Item code", "Warehouse", "Bin", "Quantity", "Unit cost"]
    take_kind(factory, OPENING_STOCK, workbook(head, ["BOLT", "MAIN", None, 100, 2.5], ["PLATE", "MAIN", "A-01", 10, "30"]))
    assert StockBalance.objects.get(item=factory.bolt).on_hand == 100
    assert Voucher.objects.get().total == Decimal("550.00")


def test_opening_stock_names_what_does_not_exist(factory: Factory) -> None:
    head = ["Item code", "Warehouse", "Bin", "Quantity", "Unit cost"]
    with pytest.raises(RowsAreWrong) as refusal:
        take_kind(factory, OPENING_STOCK, workbook(head, ["BOLT", "MAIN", "Z-99", 0, 2.5], ["NUT", "MAIN", None, 1, 1]))
    assert [(cell.row, cell.code) for cell in refusal.value.cells] == [(2, "not_found"), (2, "not_positive"), (3, "not_found")]
    assert not StockBalance.objects.exists()

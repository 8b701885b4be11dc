"""Opening stock from a spreadsheet: what is valued lot by lot comes with its lots."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils.translation import override

from core.imports import RowsAreWrong, take_in
from inventory.models import StockBalance, ValuationPool
from inventory.opening_import import OPENING_STOCK
from masterdata.models import ItemCategory
from tests.factory import NOW, Factory
from tests.spreadsheets.test_imports import workbook

D = Decimal
HEAD = ["Item code", "Warehouse", "Lot", "Quantity", "Unit cost"]


def bring_in(factory: Factory, *rows: list[object]) -> None:
    take_in(kind=OPENING_STOCK, company=factory.company, name="stock.xlsx", content=workbook(HEAD, *rows), by=factory.nora, at=NOW)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def by_lot(factory: Factory) -> Factory:
    """Plates are valued one lot at a time, though nobody ticked that they are kept by lot."""
    ItemCategory.objects.filter(pk=factory.plate.category_id).update(valuation_method=ItemCategory.Method.SPECIFIC)
    return factory


def test_every_lot_comes_in_at_its_own_cost(by_lot: Factory) -> None:
    bring_in(by_lot, ["PLATE", "MAIN", "P-1", 10, 30], ["PLATE", "MAIN", "P-2", 5, 33])
    assert dict(StockBalance.objects.values_list("lot__code", "on_hand")) == {"P-1": D(10), "P-2": D(5)}
    assert dict(ValuationPool.objects.values_list("lot__code", "value")) == {"P-1": D(300), "P-2": D(165)}


def test_without_a_lot_the_row_is_wrong(by_lot: Factory) -> None:
    with pytest.raises(RowsAreWrong) as refusal:
        bring_in(by_lot, ["PLATE", "MAIN", None, 10, 30])
    assert [(cell.row, cell.code) for cell in refusal.value.cells] == [(2, "required")]

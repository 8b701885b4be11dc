"""What stock was valued by does not change under it; at zero stock everything may."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from core.imports import RowsAreWrong, take_in
from inventory import entries
from inventory.valued_items import StocksAreValued
from masterdata.item_import import ITEMS
from masterdata.models import Item, ItemCategory
from tests.books import trial_balance
from tests.factory import NOW, TODAY, Factory
from tests.spreadsheets.test_imports import workbook
from tests.trade import by_nora, fields, refused, stock

D = Decimal


def save(record: Any, **changes: Any) -> None:
    """Edit a master record as its page does."""
    for name, value in changes.items():
        setattr(record, name, value)
    record.save()


def use_up(factory: Factory, quantity: str) -> None:
    lines = [{"item": factory.bolt, "quantity": D(quantity)}]
    data = {"kind": "other_out", "document_date": TODAY, "warehouse": factory.store, "reason": "used up", "lines": lines}
    entries.post_entry(**by_nora(factory), document_id=entries.draft_entry(**by_nora(factory), data=data).pk)


@pytest.fixture
def at_standard(factory: Factory) -> Factory:
    """Raw materials are valued at standard; a bolt's is 10.00, and a hundred are there."""
    save(factory.bolt.category, valuation_method=ItemCategory.Method.STANDARD)
    save(factory.bolt, standard_cost=D(10))
    stock(factory, (factory.bolt, "100", "10"))
    return factory


def test_the_standard_cost_of_what_is_in_stock_stays(at_standard: Factory) -> None:
    with refused(StocksAreValued) as refusal:
        save(at_standard.bolt, standard_cost=D(20))
    assert fields(refusal) == [("standard_cost", "stock_is_valued")]
    save(Item.objects.get(code="PLATE"), standard_cost=D(31))  # of which there is none

    # When the last bolt has left, at 10.00, the standard is free.
    use_up(at_standard, "100")
    assert "140301" not in trial_balance(at_standard.company)
    save(at_standard.bolt, standard_cost=D(20))
    assert Item.objects.get(code="BOLT").standard_cost == 20


def test_a_standard_cost_that_values_nothing_may_change(factory: Factory) -> None:
    stock(factory, (factory.bolt, "100", "10"))
    save(factory.bolt, standard_cost=D(20), list_price=D(30))
    assert Item.objects.get(code="BOLT").standard_cost == 20


def test_goods_in_stock_stay_in_their_category_and_so_on_their_account(factory: Factory) -> None:
    finished = ItemCategory.objects.get(code="finished")
    stock(factory, (factory.bolt, "100", "2.50"))
    with refused(StocksAreValued) as refusal:
        save(factory.bolt, category=finished)
    assert fields(refusal) == [("category", "stock_is_valued")]

    use_up(factory, "100")
    save(factory.bolt, category=finished)
    assert Item.objects.get(code="BOLT").category == finished


def test_goods_in_stock_keep_their_valuation_method(factory: Factory) -> None:
    stock(factory, (factory.bolt, "100", "2.50"))
    with refused(StocksAreValued) as refusal:
        save(factory.bolt.category, valuation_method=ItemCategory.Method.SPECIFIC)
    assert [str(problem.facts["item"]) for problem in refusal.value.problems()] == ["BOLT 螺栓"]
    save(ItemCategory.objects.get(code="raw"), name="原料")

    use_up(factory, "100")
    save(ItemCategory.objects.get(code="raw"), valuation_method=ItemCategory.Method.SPECIFIC)
    assert ItemCategory.objects.get(code="raw").valuation_method == "specific"


@override("en")
def test_a_spreadsheet_says_in_which_cell_it_would(at_standard: Factory) -> None:
    head = ["Item code", "Name", "Category code", "Unit code", "Supply type", "Standard cost"]
    plate = ["PLATE", "钢板", "finished", "PCS", "Purchased", 33]
    bolt = ["BOLT", "螺栓", "finished", "PCS", "Purchased", 20]
    nut = ["NUT", "螺母", "raw", "PCS", "Purchased", 1]
    given = {"kind": ITEMS, "company": at_standard.company, "name": "items.xlsx", "by": at_standard.nora, "at": NOW}
    with refused(RowsAreWrong) as refusal:
        take_in(**given, content=workbook(head, plate, bolt, nut))
    assert [(cell.row, cell.code) for cell in refusal.value.cells] == [(3, "stock_is_valued"), (3, "stock_is_valued")]

    # The plates, of which there are none, and the new nuts come in without the bolts.
    assert list(take_in(**given, content=workbook(head, plate, nut))) == ["PLATE", "NUT"]
    assert Item.objects.get(code="PLATE").category.code == "finished"


def test_the_page_of_an_item_says_so_too(at_standard: Factory, client: Client) -> None:
    at_standard.ada.is_superuser = at_standard.ada.is_staff = True
    at_standard.ada.save()
    client.force_login(at_standard.ada)
    at = f"/admin/masterdata/itemcategory/{at_standard.bolt.category_id}/change/"
    typed = {"company": at_standard.company.pk, "code": "raw", "name": "原材料", "valuation_method": "fifo"}
    answer = client.post(at, typed)
    assert (answer.status_code, "螺栓" in answer.content.decode()) == (409, True)
    assert ItemCategory.objects.get(code="raw").valuation_method == "standard"

"""A prepared query gives what its queryset gives, with a text that is made once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from core.prepared import Prepared
from inventory.models import Bin, StockBalance
from masterdata.models import Item
from tests.factory import Factory
from tests.trade import stock


def told(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def stocked(factory: Factory) -> Factory:
    stock(factory, (factory.bolt, "5", "1.25"), (factory.frame, "2", "70"), (factory.plate, "1", "30"))
    return factory


def in_stock(items: list[int], others: list[int], status: str) -> Any:
    wanted = Q(item__among=items) | Q(pk__among=others)
    return StockBalance.objects.filter(wanted, status=status).select_related("item__category", "bin", "lot").order_by("item__code")


def as_usual(items: list[int], others: list[int], status: str) -> Any:
    wanted = Q(item__in=items) | Q(pk__in=others)
    return StockBalance.objects.filter(wanted, status=status).select_related("item__category", "bin", "lot").order_by("item__code")


def test_it_gives_the_objects_of_its_queryset(stocked: Factory) -> None:
    prepared = Prepared(in_stock)
    pks = [stocked.bolt.pk, stocked.frame.pk]
    for items in (pks, pks[:1], []):
        given: dict[str, Any] = {"items": items, "others": [StockBalance.objects.get(item=stocked.plate).pk], "status": "free"}
        found, expected = prepared(**given), list(as_usual(**given))
        assert [told(row) for row in found] == [told(row) for row in expected]
        assert found == expected
        for ours, theirs in zip(found, expected, strict=True):
            with CaptureQueriesContext(connection) as captured:
                assert (told(ours.item), told(ours.item.category), told(ours.bin)) == (
                    told(theirs.item),
                    told(theirs.item.category),
                    told(theirs.bin),
                )
                assert ours.lot is theirs.lot is None
            assert len(captured) == 0, "what was asked for with the row is there"


def test_a_related_row_that_occurs_often_is_one_object(stocked: Factory) -> None:
    rows = Prepared(in_stock)(items=list(Item.objects.values_list("pk", flat=True)), others=[], status="free")
    assert len(rows) == 3
    assert len({id(row.bin) for row in rows}) == 1


def test_its_objects_can_be_changed_and_saved(stocked: Factory) -> None:
    prepared = Prepared(lambda item: StockBalance.objects.select_for_update(of=("self",)).filter(item=item).select_related("bin"))
    with transaction.atomic():
        row = prepared(item=stocked.bolt.pk)[0]
        row.reserved = Decimal(3)
        row.save()
        row.bin.is_blocked = True
        row.bin.save()
    assert StockBalance.objects.get(item=stocked.bolt).reserved == 3
    assert Bin.objects.get(pk=row.bin_id).is_blocked
    row.refresh_from_db()
    assert row.on_hand == 5
    assert row.item.code == "BOLT", "what was not asked for is read when it is needed"


def test_texts_and_numbers_are_parameters_and_never_part_of_the_sql(stocked: Factory) -> None:
    prepared = Prepared(lambda code: Item.objects.filter(code=code))
    assert prepared(code="BOLT") == [stocked.bolt]
    assert prepared(code="BOLT' OR '1'='1") == []
    assert prepared(code="100%s") == []

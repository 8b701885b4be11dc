"""Bills of materials never go round in a circle, also when two people save at once."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from core.errors import BusinessError, DateOrder, InvalidInputs
from core.inputs import validated
from masterdata.models import Item
from production.bom import MAX_DEPTH, BomTooDeep, VersionTaken, check, save_bom, save_boms
from production.inputs import BomInput
from production.models import Bom, BomLine
from production.mrp.structure import BomCycle
from tests.factory import START, Factory, build_factory
from tests.production import workshop as w

D = Decimal


def made(factory: Factory, *codes: str) -> list[Item]:
    common = {
        "company": factory.company,
        "unit": factory.bolt.unit,
        "category": factory.frame.category,
        "supply_type": Item.Supply.MANUFACTURED,
    }
    return Item.objects.bulk_create([Item(**common, code=code, name=code) for code in codes])


def test_an_item_is_not_in_itself(factory: Factory) -> None:
    with pytest.raises(InvalidInputs) as refusal:
        w.bill(factory, factory.frame, (factory.bolt, "1"), (factory.frame, "1"))
    assert [(p.code, p.field) for p in refusal.value.problems()] == [("self_reference", "lines[1].component")]
    assert not Bom.objects.exists()


def test_a_bill_without_components_or_with_nothing_but_loss_is_refused(factory: Factory) -> None:
    head = {"item": "FRAME", "valid_from": START.isoformat()}
    for lines, problem in [
        ([], ("empty", "lines")),
        ([{"component": "BOLT", "quantity": "1", "scrap_percent": "100"}], ("out_of_range", "lines[0].scrap_percent")),
    ]:
        with pytest.raises(InvalidInputs) as refusal:
            validated(BomInput, {**head, "lines": lines}, company=factory.company)
        assert [(p.code, p.field) for p in refusal.value.problems()] == [problem]
    data = validated(
        BomInput, {**head, "lines": [{"component": "BOLT", "quantity": "1", "scrap_percent": "99.9999"}]}, company=factory.company
    )
    assert save_bom(data=data, **w.as_nora(factory)).lines.get().scrap_percent == D("99.9999")


def test_a_circle_is_refused_and_named(factory: Factory) -> None:
    a, b, c = made(factory, "A", "B", "C")
    w.bill(factory, a, (b, "1"))
    w.bill(factory, b, (c, "1"))
    with pytest.raises(BomCycle) as refusal:
        w.bill(factory, c, (factory.bolt, "1"), (a, "1"))
    assert (refusal.value.status, refusal.value.code) == (400, "bom_cycle")
    path = refusal.value.facts["path"].split(" → ")
    assert (path[0], set(path)) == (path[-1], {"A", "B", "C"})
    assert Bom.objects.count() == 2
    # Asleep it does no harm; waking it up would.
    sleeping = w.bill(factory, c, (a, "1"), is_active=False)
    with pytest.raises(BomCycle):
        w.bill(factory, c, (a, "1"), version="2")
    assert check(factory.company)[c.pk] == 2
    Bom.objects.filter(pk=sleeping.pk).update(is_active=True)
    with pytest.raises(BomCycle):
        check(factory.company)


def test_fifty_levels_are_enough(factory: Factory) -> None:
    items = made(factory, *[f"L{n}" for n in range(MAX_DEPTH + 2)])
    rows = [
        {"item": above, "valid_from": START, "lines": [{"component": below, "quantity": D(1)}]}
        for above, below in zip(items, items[1:], strict=False)
    ]
    save_boms(rows=rows[:MAX_DEPTH], **w.as_nora(factory))
    with pytest.raises(BomTooDeep):
        save_bom(data=rows[MAX_DEPTH], **w.as_nora(factory))
    assert Bom.objects.count() == MAX_DEPTH


def test_saved_again_its_lines_are_replaced(factory: Factory) -> None:
    bom = w.bill(factory, factory.frame, (factory.bolt, "4"))
    with pytest.raises(VersionTaken):
        w.bill(factory, factory.frame, (factory.plate, "1"))
    data = {"item": factory.frame, "version": "1", "valid_from": START, "lines": [{"component": factory.plate, "quantity": D(2)}]}
    save_bom(data=data, bom_id=bom.pk, **w.as_nora(factory))
    assert [(line.component.code, line.quantity) for line in BomLine.objects.select_related("component")] == [("PLATE", 2)]
    with pytest.raises(DateOrder):
        save_bom(data={**data, "valid_to": START.replace(year=2025)}, bom_id=bom.pk, **w.as_nora(factory))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_a_circle_at_once_one_is_refused(on_postgres: None) -> None:
    factory = build_factory()
    for turn in range(5):
        a, b = made(factory, f"A{turn}", f"B{turn}")
        outcomes: list[str] = []
        gate = threading.Barrier(2)

        def save(parent: Item, component: Item, gate: threading.Barrier = gate, outcomes: list[str] = outcomes) -> None:
            try:
                gate.wait(timeout=30)
                w.bill(factory, parent, (component, "1"))
                outcomes.append("saved")
            except BusinessError as refused:
                outcomes.append(refused.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=save, args=pair) for pair in ((a, b), (b, a))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sorted(outcomes) == ["bom_cycle", "saved"]
        check(factory.company)

"""What the doors are told about documents is true: rights exist, figures can be read, forms can be filled and sent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from core.documents import DocumentType, document_types
from core.errors import InvalidInputs
from core.inputs import validated
from core.models import Document
from core.web.document_forms import as_text
from inventory import entries, transfers
from inventory.models import Bin, Inspection
from masterdata.models import Supplier
from purchasing import requisitions
from tests.factory import TODAY, Factory
from tests.trade import by_ada, by_nora, day, fields, purchase_order, receipt, sales_order, shipment, stock

D = Decimal
KINDS = sorted(document_types())
TRADE = ["sales_order", "shipment", "requisition", "purchase_order", "purchase_receipt", "inspection", "stock_entry", "stock_transfer"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_right_exists(db: None, kind: str) -> None:
    described = document_types()[kind]
    known = {f"{app}.{codename}" for app, codename in Permission.objects.values_list("content_type__app_label", "codename")}
    columns = [*described.columns, *described.head, *(column for lines in described.line_sets for column in lines.columns)]
    wanted = {described.right(action) for action in described.actions} | {column.secret for column in columns} - {""}
    assert wanted <= known
    assert {described.permission(verb) for verb in ("view", "add", "change")} <= known


@pytest.fixture
def documents(factory: Factory) -> dict[str, Document]:
    """One of each."""
    factory.bolt.inspect_on_receipt = True
    factory.bolt.save()
    Bin.objects.create(company=factory.company, warehouse=factory.store, code="B-01")
    entry = stock(factory, (factory.frame, "10", "55"))
    moved = {"item": factory.frame, "quantity": D(1), "bin": "A-01", "to_bin": "B-01"}
    transfer = transfers.draft_transfer(
        **by_nora(factory), data={"document_date": TODAY, "warehouse": factory.store, "to_warehouse": factory.store, "lines": [moved]}
    )
    asked = {"item": factory.bolt, "quantity": D(10), "due_date": day(3), "supplier": factory.supplier}
    requisition = requisitions.draft_requisition(
        **by_nora(factory), data={"document_date": TODAY, "department": factory.workshop, "lines": [asked]}
    )
    requisition = requisitions.approve_requisition(**by_ada(factory), document_id=requisition.pk)
    bought = purchase_order(factory, (factory.bolt, "10", "2"))
    received = receipt(factory, bought, "4")
    sold = sales_order(factory, (factory.frame, "5", "100"))
    return {
        "sales_order": sold,
        "shipment": shipment(factory, sold, "2"),
        "requisition": requisition,
        "purchase_order": bought,
        "purchase_receipt": received,
        "inspection": Inspection.objects.get(),
        "stock_entry": entry,
        "stock_transfer": transfer,
    }


@pytest.mark.parametrize("kind", TRADE)
def test_every_figure_can_be_read(documents: dict[str, Document], kind: str) -> None:
    described = document_types()[kind]
    document = described.rows().get(pk=documents[kind].pk)
    for column in (*described.columns, *described.head):
        _read(document, column.path)
    for lines in described.line_sets:
        rows = getattr(document, lines.name).select_related(*lines.select)
        assert rows
        for column in lines.columns:
            _read(rows[0], column.path)
    assert described.model._default_manager.filter(**{f"{name}__icontains": "x" for name in described.search}) is not None
    assert described.model._default_manager.order_by(*(column.sort for column in described.columns if column.sort)).first()


def _read(row: Any, path: str) -> Any:
    value = row
    for name in path.split("."):
        value = getattr(value, name) if value is not None else None
    return value


def sent(described: DocumentType, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser or a machine sends when a form filled with `values` is submitted as it is."""
    assert described.input is not None
    fields = described.input().fields
    head = {name: as_text(fields[name], value) for name, value in values.items() if name in fields and name != "lines"}
    line_fields = fields["lines"].child.fields
    lines = [{name: as_text(line_fields[name], value) for name, value in line.items() if name in line_fields} for line in values["lines"]]
    return {**head, "lines": lines}


@pytest.mark.parametrize(
    ("source", "param", "target", "lines"),
    [
        ("sales_order", "order", "shipment", [("FRAME", 3)]),
        ("purchase_order", "order", "purchase_receipt", [("BOLT", 6)]),
        ("requisition", "requisition", "purchase_order", [("BOLT", 10)]),
    ],
)
@pytest.mark.parametrize("named_by", ["pk", "number"])
def test_a_form_filled_from_what_came_before_can_be_sent(
    factory: Factory, documents: dict[str, Document], source: str, param: str, target: str, lines: list[tuple[str, int]], named_by: str
) -> None:
    described = document_types()[target]
    step = next(step for step in document_types()[source].next_steps if step.kind == target)
    assert step.param == param and documents[source].state in {"approved", "posted"} and described.initial and described.draft

    filled = described.initial(company=factory.company, params={param: str(getattr(documents[source], named_by))})
    data = {**sent(described, filled), "document_date": str(TODAY), "warehouse": "MAIN"}
    drafted = described.draft(**by_nora(factory), data=validated(described.input, data, company=factory.company))

    assert [(line.item.code, line.quantity) for line in drafted.lines.all()] == lines


@pytest.mark.parametrize("target", ["shipment", "purchase_receipt", "purchase_order"])
@pytest.mark.parametrize("params", [{}, {"order": "", "requisition": ""}, {"order": "999999", "requisition": "PR-1"}, {"order": "9" * 40}])
def test_a_form_filled_from_nothing_is_empty(factory: Factory, target: str, params: dict[str, str]) -> None:
    described = document_types()[target]
    assert described.initial and described.initial(company=factory.company, params=params) == {}


def test_several_suppliers_are_ordered_from_one_by_one(factory: Factory) -> None:
    second = Supplier.objects.create(company=factory.company, code="S2", name="供应商二")
    asked = [
        {"item": factory.bolt, "quantity": D(10), "due_date": day(3), "supplier": supplier} for supplier in (second, factory.supplier, None)
    ]
    requisition = requisitions.draft_requisition(**by_nora(factory), data={"document_date": TODAY, "lines": asked})
    requisitions.approve_requisition(**by_ada(factory), document_id=requisition.pk)
    initial = document_types()["purchase_order"].initial
    assert initial

    first = initial(company=factory.company, params={"requisition": requisition.number})
    other = initial(company=factory.company, params={"requisition": requisition.number, "supplier": "S2"})

    assert (first["supplier"], [str(line["requisition_line"]) for line in first["lines"]]) == (
        factory.supplier,
        [f"{requisition.number}/2", f"{requisition.number}/3"],
    )
    assert (other["supplier"], [str(line["requisition_line"]) for line in other["lines"]]) == (
        second,
        [f"{requisition.number}/1", f"{requisition.number}/3"],
    )


def test_the_input_says_all_that_is_wrong_by_its_path(factory: Factory) -> None:
    entry = document_types()[entries.KIND]
    assert entry.input is not None
    typed = {"kind": "gift", "document_date": "2026-02-30", "warehouse": "NOWHERE", "reason": " "}
    lines = [
        {"item": "BOLT", "quantity": 0.1},
        {"item": "NUT", "quantity": "0", "unit_cost": "-1"},
        {"item": "BOLT", "quantity": "1", "bin": "x" * 41},
    ]
    with pytest.raises(InvalidInputs) as refusal:
        validated(entry.input, {**typed, "lines": lines}, company=factory.company)
    assert set(fields(refusal)) == {
        ("kind", "invalid_choice"),
        ("document_date", "invalid_date"),
        ("warehouse", "not_found"),
        ("reason", "blank"),
        ("lines[0].quantity", "type"),
        ("lines[1].item", "not_found"),
        ("lines[1].quantity", "not_positive"),
        ("lines[1].unit_cost", "too_small"),
        ("lines[2].bin", "max_length"),
    }


@pytest.mark.parametrize("line", ["1.5", "0", "-1", "１e3", "9" * 30])
def test_a_line_number_is_a_plain_number(factory: Factory, line: str) -> None:
    order = sales_order(factory, (factory.frame, "5", "100"))
    described = document_types()["shipment"]
    assert described.input is not None
    typed = {"order": order.number, "document_date": str(TODAY), "lines": [{"order_line": line, "quantity": "1"}]}
    with pytest.raises(InvalidInputs) as refusal:
        validated(described.input, typed, company=factory.company)
    assert [field for field, _code in fields(refusal)] == ["lines[0].order_line"]

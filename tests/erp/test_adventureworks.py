"""A bicycle factory's records, taken in and played again. Needs the shared records beside the repository."""

import datetime as dt
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from core.models import Company
from erp.adventureworks.days import days_of
from erp.adventureworks.journal import Journal
from erp.adventureworks.opening import cover
from erp.adventureworks.records import Records
from erp.adventureworks.replay import Replay
from inventory.models import Lot, StockBalance
from masterdata.models import Item, SupplierPrice
from production.models import Bom, WorkOrder
from reports.reconcile import run

FOLDER = Path(os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[2].parent / "shared") / "data" / "adventureworks"
FIRST, SECOND = dt.date(2024, 8, 1), dt.date(2024, 8, 2)

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the records are not at {FOLDER}; set SHARED_DIR"),
]


@pytest.mark.django_db
def test_records_are_taken_in_and_some_of_a_week_played_again() -> None:
    # Masters and the counted stock, and what components lack for a week.
    first, last = dt.date(2024, 8, 5), dt.date(2024, 8, 11)
    call_command("import_adventureworks", FOLDER, start=first, cover_until=last, stdout=StringIO())
    company = Company.objects.get(code="AW")
    assert company.currency == "USD"
    assert [model.objects.filter(company=company).count() for model in (Item, SupplierPrice, Bom, Lot)] == [504, 460, 238, 0]
    assert StockBalance.objects.filter(company=company).exclude(bin__code="DOCK").count() == 1065
    assert Bom.objects.get(company=company, item__code="BE-2349").lines.count() == 4

    # Three purchases from order to inspection, five work orders from start to receipt, five sales.
    days = days_of(Records(FOLDER), first, last)
    journal = Journal()
    replay = Replay(company, at=dt.datetime(2024, 8, 12, tzinfo=dt.UTC), journal=journal)
    delivered = [(day.date, rows) for day in days for rows in day.deliveries][:3]
    ended = [(day.date, row) for day in days for row in day.finished][:5]
    for date, rows in delivered:
        replay.purchase(first, rows)
        replay.delivery(date, rows)
    for date, row in ended:
        replay.start(first, row)
        replay.finish(date, row)
    for rows in days[-1].sales[:5]:
        replay.sale(last, rows)

    # One rack that was sold is not in stock: listed, and nothing of that sale stays.
    assert [(one.what, one.code, one.reason[:7]) for one in journal.refused] == [("sale", "insufficient_stock", "RA-H123")]
    lines = sum(len(rows) for _date, rows in delivered)
    assert journal.documents == {
        "purchase order": 3, "purchase receipt": 3, "inspection": lines + 5, "work order": 5, "material issue": 5,
        "operation report": 5, "finished receipt": 5, "sales order": 4, "shipment": 4,
    }  # fmt: skip
    assert set(WorkOrder.objects.filter(company=company).values_list("state", flat=True)) == {"done"}
    assert [(result.promise, result.differences) for result in run(company) if not result.ok] == []


@pytest.mark.django_db
def test_what_is_short_is_listed_with_its_reason_and_leaves_nothing(tmp_path: Path) -> None:
    call_command("import_adventureworks", FOLDER, counted_only=True, stdout=StringIO())
    out, report = StringIO(), tmp_path / "replay.json"
    call_command("replay", FOLDER, first=FIRST, last=FIRST, limit=40, report=report, json=True, stdout=out)
    summary = json.loads(out.getvalue())
    refused = json.loads(report.read_text("utf-8"))["refused"]
    assert summary["refused_by_reason"] == {"work order start: insufficient_stock": len(refused)}
    assert len(refused) + WorkOrder.objects.filter(company__code="AW").count() == 40
    assert refused and "wanted" in refused[0]["reason"]
    assert all(summary["promises"].values())


def test_a_day_has_its_records_in_order_and_components_are_covered() -> None:
    records = Records(FOLDER)
    first, second = days_of(records, FIRST, SECOND)
    assert first.carried and not second.carried
    assert {row.start for row in second.started} == {SECOND}
    lacking = cover(records, FIRST, SECOND)
    assert lacking and all(quantity > 0 for quantity in lacking.values())


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="items.csv"):
        Records(tmp_path)

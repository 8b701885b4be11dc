"""P8, P12: posted rows don't change. The database refuses it on both engines, and where its guards are set aside the chain tells."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from finance.models import Voucher
from reports import reconcile
from tests.proof import stories
from tests.proof.house import House, build_house
from tests.reports.breaking import unguarded

LEDGERS = (
    "core_auditentry",
    "core_chainlink",
    "finance_settlement",
    "finance_voucher",
    "finance_voucherline",
    "finance_vouchersource",
    "inventory_stockmove",
    "inventory_stockposting",
    "production_workordercost",
)
LIVED = (("supplier_payment", "post", ""), ("finished_receipt", "post", ""), ("customer_receipt", "post", ""))


@pytest.fixture
def house(db: None) -> House:
    """A house in which every ledger has rows."""
    house = build_house()
    for case in LIVED:
        stories.act(house, case)()
    return house


def model_of(table: str) -> type[models.Model]:
    return next(model for model in apps.get_models() if model._meta.db_table == table)


def refused(sql: str) -> bool:
    """Whether the database refuses a statement because of its append-only guards."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            assert cursor.rowcount != 0, f"{sql} has to meet a row"
    except DatabaseError as error:
        return any(words in str(error) for words in ("refused", "do not change", "sealed after"))
    return False


@pytest.mark.parametrize("table", LEDGERS)
def test_the_database_refuses_every_change(house: House, table: str) -> None:
    columns = [field.column for field in model_of(table)._meta.concrete_fields]
    assert [column for column in columns if not refused(f"UPDATE {table} SET {column} = {column}")] == []
    assert refused(f"DELETE FROM {table}")
    assert refused(f"DELETE FROM {table} WHERE id = (SELECT MAX(id) FROM {table})")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert refused(f"TRUNCATE {table} CASCADE")
    else:
        names = ", ".join(columns)
        assert refused(f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM {table} LIMIT 1")
        assert refused(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE true LIMIT 1 ON CONFLICT (id) DO UPDATE SET id = excluded.id"
        )


def test_a_posted_voucher_takes_no_more_lines_and_none_is_born_posted(house: House) -> None:
    columns = ", ".join(
        field.column for field in model_of("finance_voucherline")._meta.concrete_fields if field.column not in {"id", "line_no"}
    )
    assert refused(f"INSERT INTO finance_voucherline (line_no, {columns}) SELECT line_no + 500, {columns} FROM finance_voucherline LIMIT 1")
    names = [field.column for field in Voucher._meta.concrete_fields if field.column not in {"id", "number", "reversal_of_id"}]
    with pytest.raises(DatabaseError, match="sealed after its lines"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO finance_voucher (number, {', '.join(names)}) SELECT 900, {', '.join(names)} FROM finance_voucher LIMIT 1"
        )


def test_an_unbalanced_voucher_can_not_be_sealed(house: House) -> None:
    voucher = Voucher.objects.order_by("id").first()
    assert voucher is not None
    account = voucher.lines.first().account
    voucher.pk, voucher.number, voucher.state, voucher.reversal_of = None, None, "draft", None
    voucher.save(force_insert=True)
    voucher.lines.create(line_no=1, summary="x", account=account, debit=1)
    seal = Voucher.objects.filter(pk=voucher.pk)
    with pytest.raises(DatabaseError, match="must balance"), transaction.atomic():
        seal.update(state="posted", number=901, posted_at=voucher.prepared_at)


CHAINED = ("finance_voucher", "finance_voucherline", "inventory_stockposting", "inventory_stockmove", "core_chainlink")
FOLLOWS = {
    # Columns that the chain leaves out because they say nothing of their own: another promise, or another column, keeps them.
    "finance_voucher": {"id", "company_id", "version"},
    "finance_voucherline": {"id"},
    "inventory_stockposting": {"id", "company_id"},
    "inventory_stockmove": {"company_id"},
    "core_chainlink": {"id", "company_id"},
}


@pytest.mark.parametrize("table", CHAINED)
def test_with_the_guards_set_aside_every_changed_column_is_told(house: House, table: str) -> None:
    company = house.factory.company
    assert [result.promise for result in reconcile.run(company) if not result.ok] == [], "else anything would count as told"
    silent = []
    for field in model_of(table)._meta.concrete_fields:
        if field.column in FOLLOWS[table]:
            continue
        with transaction.atomic():
            if not _changed(table, field) or all(result.ok for result in reconcile.run(company)):
                silent.append(field.column)
            transaction.set_rollback(True)
    assert silent == []


def _changed(table: str, field: models.Field) -> bool:
    """Give one row another value in one column."""
    filled = field.column if field.column in {"debit", "credit"} else "1"
    row = f"id = (SELECT MIN(id) FROM {table} WHERE {filled} <> 0)"
    if isinstance(field, models.DateField):
        value = "'2026-02-01 00:00:00'" if isinstance(field, models.DateTimeField) else "'2026-02-01'"
    elif isinstance(field, models.BooleanField):
        value = f"NOT {field.column}"
    elif isinstance(field, models.CharField):
        value = "'x'"
    else:
        value = f"COALESCE({field.column}, 0) + {1 if field.is_relation and field.column != 'voucher_id' else 7000}"
    with unguarded() as cursor:
        cursor.execute(f"UPDATE {table} SET {field.column} = {value} WHERE {row}")
        return bool(cursor.rowcount == 1)

"""Bare SQL for the rows of one posted issue: the same tables' shapes, indexes, checks and foreign keys, locks and counters; no rules of
ours, no triggers, no Django.

The rows of a really posted document are kept as prototypes; a run copies them inside the server into twins of the ledger tables, one
transaction per document, with the row locks, the updates and the numbers that any such system needs.
"""

import resource
import time
from typing import Any

import psycopg
from django.db import connection

_BY_ORIGIN = {
    "inventory_stockposting": "origin_number = %(number)s",
    "inventory_stockmove": "posting_id IN (SELECT id FROM inventory_stockposting WHERE origin_number = %(number)s)",
    "finance_voucher": "origin_number = %(number)s",
    "finance_voucherline": "voucher_id IN (SELECT id FROM finance_voucher WHERE origin_number = %(number)s)",
    "finance_vouchersource": (
        "line_id IN (SELECT l.id FROM finance_voucherline l JOIN finance_voucher v ON v.id = l.voucher_id "
        "WHERE v.origin_number = %(number)s)"
    ),
    "finance_accountbalance": "id > (SELECT max(id) - 2 FROM finance_accountbalance)",
    "production_workordercost": "origin_number = %(number)s",
    "core_auditentry": "number = %(number)s AND action = 'post'",
    "core_outboxevent": "id = (SELECT max(id) FROM core_outboxevent)",
    "core_chainlink": "id > (SELECT max(id) - 2 FROM core_chainlink)",
}


def prepare(number: str) -> None:
    """Make the twins and keep the rows of document `number` as prototypes."""
    with connection.cursor() as cursor:
        for table, where in _BY_ORIGIN.items():
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")  # noqa: S608
            cursor.execute(f"ALTER TABLE bench_{table} ALTER id DROP IDENTITY IF EXISTS, ALTER id DROP NOT NULL")
            cursor.execute(f"CREATE SEQUENCE bench_{table}_id")
            cursor.execute(f"ALTER TABLE bench_{table} ALTER id SET DEFAULT nextval('bench_{table}_id'), ADD PRIMARY KEY (id)")
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef NOT LIKE '%% UNIQUE %%'", [table])
            for position, (definition,) in enumerate(cursor.fetchall()):
                _, _, using = definition.partition(" USING ")
                cursor.execute(f"CREATE INDEX bench_{table}_{position} ON bench_{table} USING {using}")
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'", [table])
            for (definition,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE bench_{table} ADD {definition}")
            cursor.execute(f"CREATE TABLE prototype_{table} AS SELECT * FROM {table} WHERE {where}", {"number": number})  # noqa: S608
            cursor.execute(f"ALTER TABLE prototype_{table} DROP COLUMN id")
        cursor.execute("CREATE TABLE bench_document (id int PRIMARY KEY, state text)")
        cursor.execute("INSERT INTO bench_document SELECT generate_series(0, 63), 'draft'")
        cursor.execute("CREATE TABLE bench_place (id serial PRIMARY KEY, worker int, on_hand bigint, value bigint)")
        cursor.execute(
            "INSERT INTO bench_place (worker, on_hand, value) "
            "SELECT w, 1000000, 1000000 FROM generate_series(0, 63) w, generate_series(1, 20)"
        )
        cursor.execute("CREATE INDEX ON bench_place (worker)")
        cursor.execute("CREATE TABLE bench_counter (id int PRIMARY KEY, last bigint)")
        cursor.execute("INSERT INTO bench_counter VALUES (1, 0), (2, 0)")


def run(name: str, worker: int, warm_up: int, documents: int) -> dict[str, float]:
    """Write `documents` documents, one transaction each, after `warm_up` that are not measured."""
    settings: dict[str, Any] = connection.get_connection_params()
    parameters = {key: settings[key] for key in ("user", "password", "host", "port") if settings.get(key)}
    copies = [(table, _columns(name, parameters, table)) for table in _BY_ORIGIN]
    with psycopg.connect(dbname=name, **parameters) as link, link.cursor() as cursor:
        for _ in range(warm_up):
            _write(cursor, worker, copies)
            link.commit()
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        for _ in range(documents):
            _write(cursor, worker, copies)
            link.commit()
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "documents": documents,
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "retries": 0,
    }


def _columns(name: str, parameters: dict[str, Any], table: str) -> str:
    with psycopg.connect(dbname=name, **parameters) as link:
        rows = link.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [f"prototype_{table}"],
        )
        return ", ".join(row[0] for row in rows)


def _write(cursor: psycopg.Cursor[Any], worker: int, copies: list[tuple[str, str]]) -> None:
    cursor.execute("SELECT id, state FROM core_period WHERE year = 2026 AND month = 3 FOR SHARE")
    cursor.execute("SELECT state FROM bench_document WHERE id = %s FOR UPDATE", [worker])
    cursor.execute("SELECT id, on_hand FROM bench_place WHERE worker = %s ORDER BY id FOR UPDATE", [worker])
    cursor.execute("UPDATE bench_place SET on_hand = on_hand - 1, value = value - 3 WHERE worker = %s", [worker])
    for table, columns in copies:
        cursor.execute(f"INSERT INTO bench_{table} ({columns}) SELECT {columns} FROM prototype_{table}")  # type: ignore[arg-type]  # noqa: S608
    cursor.execute("UPDATE bench_document SET state = 'posted' WHERE id = %s", [worker])
    cursor.execute("UPDATE bench_counter SET last = last + 1 WHERE id = 1 RETURNING last")
    cursor.execute("UPDATE bench_counter SET last = last + 1 WHERE id = 2 RETURNING last")

"""P8, P9, P11: what guards the ledgers is in place, closed periods took nothing, repeated requests had one answer."""

import json
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop as _

from core.models import Company
from reports.reconcile.answers import Result, count, day, named, rows

GUARDED = (
    "core_auditentry",
    "core_chainlink",
    "finance_settlement",
    "finance_voucher",
    "finance_vouchersource",
    "inventory_stockmove",
    "inventory_stockposting",
    "production_workordercost",
)
"""Tables whose rows don't change once they are written (vouchers: once they are posted)."""
SPECIAL = (
    ("finance_voucher", "finance_voucher_balances"),
    ("finance_voucher", "finance_voucher_not_born_posted"),
    ("finance_voucherline", "finance_voucherline_no_insert"),
    ("finance_voucherline", "finance_voucherline_no_update"),
    ("finance_voucherline", "finance_voucherline_no_delete"),
)
_LATE_VOUCHERS = """
SELECT v.word, v.number, v.origin_number, k.sequence FROM finance_voucher v
LEFT JOIN core_chainlink k ON k.company_id = v.company_id AND k.kind = 'voucher' AND k.object_id = v.id
WHERE v.company_id = %s AND v.period_id = %s AND v.state = 'posted' AND (k.sequence IS NULL OR k.sequence > %s)
"""
_LATE_STOCK = """
SELECT p.event, p.origin_number, p.date, k.sequence FROM inventory_stockposting p
LEFT JOIN core_chainlink k ON k.company_id = p.company_id AND k.kind = 'stock' AND k.object_id = p.id
WHERE p.company_id = %s AND p.date >= %s AND p.date <= %s AND (k.sequence IS NULL OR k.sequence > %s)
"""
_PG_TRIGGERS = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
"""
_SQLITE_TRIGGERS = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
_CLOSED = """
SELECT id, year, month, start_date, end_date, state FROM core_period WHERE company_id = %s AND state <> 'open' ORDER BY year, month
"""
_LOGGED = """
SELECT action, changes FROM core_auditentry
WHERE company_id = %s AND kind = 'core.period' AND object_id = %s AND action IN ('close_period', 'close_stock') ORDER BY id
"""


def posted_rows_are_guarded(company: Company) -> Result:
    """P8: the triggers that refuse changes of posted rows are there and switched on."""
    result = Result("P8", _("posted rows can't be changed: the database's own guards are in place"))
    events = ("update", "delete", "truncate") if connection.vendor == "postgresql" else ("update", "delete")
    wanted = {(table, f"{table}_no_{event}") for table in GUARDED for event in events} | set(SPECIAL)
    present = _triggers()
    result.checked = len(wanted)
    for table, name in sorted(wanted):
        if (table, name) not in present:
            result.differs(table, f"the trigger {name} is missing or switched off")
    if connection.vendor == "postgresql" and rows("SHOW session_replication_role")[0][0] != "origin":
        result.differs("database", "triggers are switched off for this connection")
    return result


def _triggers() -> set[tuple[str, str]]:
    found = rows(_PG_TRIGGERS if connection.vendor == "postgresql" else _SQLITE_TRIGGERS)
    return {(str(table), str(name)) for table, name in found}


def closed_periods_took_nothing(company: Company) -> Result:
    """P9: nothing stands in a closed period (or, of goods, in a period of closed stock) that came after its closing."""
    result = Result("P9", _("a closed period accepts nothing"))
    for pk, year, month, first, last, state in rows(_CLOSED, company.pk):
        result.checked += 1
        code = f"{year}-{month:02d}"
        logged = {action: _sequence(changes) for action, changes in rows(_LOGGED, company.pk, pk)}
        for action in ("close_stock", *(["close_period"] if state == "closed" else [])):
            if action not in logged:
                result.differs(code, f"the period is closed, but no “{action}” is logged")
        if state == "closed" and "close_period" in logged:
            for word, number, origin, _sequence_number in rows(_LATE_VOUCHERS, company.pk, pk, logged["close_period"]):
                result.differs(named(f"{word}-{number}", origin), f"posted into {code} after it was closed")
        if "close_stock" in logged:
            for event, origin, date, _sequence_number in rows(_LATE_STOCK, company.pk, first, last, logged["close_stock"]):
                result.differs(named(event, origin, day(date)), f"goods moved in {code} after its stock was closed")
    return result


def _sequence(changes: Any) -> int:
    known = json.loads(changes) if isinstance(changes, str | bytes) else changes
    return int(known["chain_sequence"])


def requests_had_one_answer(company: Company) -> Result:
    """P11: every remembered request key stands once, with one answer; keys belong to people and tokens, not to companies."""
    result = Result("P11", _("a repeated request has one effect and one answer"))
    result.checked = count("SELECT COUNT(*) FROM core_idempotencykey")
    for scope, key, times in rows("SELECT scope, key, COUNT(*) FROM core_idempotencykey GROUP BY scope, key HAVING COUNT(*) > 1"):
        result.differs(f"{scope} {key}", "the key stands more than once", expected=1, found=times)
    for scope, key in rows("SELECT scope, key FROM core_idempotencykey WHERE status = 0 OR answer IS NULL"):
        result.differs(f"{scope} {key}", "the request was committed without its answer")
    return result

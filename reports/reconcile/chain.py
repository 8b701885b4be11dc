"""P12: the hash chain, computed anew from the rows themselves.

The hashes are made here from the stored columns by the written rule – canonical JSON, SHA-256, previous hash – and not by the
code that made the chain.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from core.models import Company
from reports.reconcile.answers import Result, batches, count, day, instant, marks, money, price, quantity, rows

_LINKS = "SELECT sequence, kind, object_id, digest, hash FROM core_chainlink WHERE company_id = %s ORDER BY sequence"
_VOUCHERS = """
SELECT id, word, number, date, source, origin_kind, origin_number, attachments_count, prepared_by_id, prepared_at, reviewed_by_id,
    reviewed_at, posted_by_id, posted_at, reversal_of_id
FROM finance_voucher WHERE id IN ({marks})
"""
_LINES = """
SELECT voucher_id, line_no, summary, account_id, debit, credit, currency, currency_amount, rate, quantity, customer_id, supplier_id,
    department_id, employee_id, item_id, work_order, project
FROM finance_voucherline WHERE voucher_id IN ({marks}) ORDER BY voucher_id, line_no
"""
_POSTINGS = (
    "SELECT id, event, origin_kind, origin_number, date, posted_by_id, posted_at, reversal_of_id "
    "FROM inventory_stockposting WHERE id IN ({marks})"
)
_MOVES = """
SELECT posting_id, id, origin_line, item_id, category_id, warehouse_id, bin_id, lot_id, status, quantity, value, unit_cost, date,
    posted_at, reversal_of_id
FROM inventory_stockmove WHERE posting_id IN ({marks}) ORDER BY posting_id, id
"""
_UNCHAINED = """
SELECT t.id FROM {table} t WHERE t.company_id = %s AND {posted}
    AND NOT EXISTS (SELECT 1 FROM core_chainlink k WHERE k.company_id = t.company_id AND k.kind = %s AND k.object_id = t.id)
"""


def chain_verifies(company: Company) -> Result:
    """P12: every link follows from the one before, every posted row still has the content that was chained, none is left out."""
    result = Result("P12", _("the hash chain verifies from the first row"))
    links = rows(_LINKS, company.pk)
    result.checked = len(links)
    previous = ""
    for expected, (sequence, kind, object_id, digest, stored) in enumerate(links, start=1):
        if sequence != expected:
            result.differs(f"link {expected}", "the link is missing", found=sequence)
            break
        computed = hashlib.sha256(f"{previous}|{sequence}|{kind}|{object_id}|{digest}".encode()).hexdigest()
        if computed != stored:
            result.differs(
                f"link {sequence} ({kind} {object_id})", "the hash does not follow from the link before", expected=computed, found=stored
            )
            break
        previous = stored
    _check_head(result, company, links)
    _check_contents(result, links)
    _check_nothing_is_left_out(result, company)
    return result


def _check_head(result: Result, company: Company, links: Sequence[tuple[Any, ...]]) -> None:
    head = rows("SELECT sequence, hash FROM core_chainhead WHERE company_id = %s", company.pk)
    expected = (links[-1][0], links[-1][4]) if links else None
    found = (head[0][0], head[0][1]) if head and head[0][0] else None
    if expected != found:
        result.differs("chain head", "the head is not the last link", expected=expected, found=found)


def _check_contents(result: Result, links: Sequence[tuple[Any, ...]]) -> None:
    for batch in batches(links):
        for kind, read in (("voucher", _voucher_contents), ("stock", _stock_contents)):
            wanted = {object_id: (sequence, digest) for sequence, known, object_id, digest, _hash in batch if known == kind}
            contents = read(list(wanted)) if wanted else {}
            for object_id, (sequence, digest) in wanted.items():
                content = contents.get(object_id)
                if content is None:
                    result.differs(f"link {sequence}", f"{kind} {object_id} does not exist any more")
                elif _digest(content) != digest:
                    name = "-".join(str(part) for part in content.get("origin", ()) if part) or content.get("number", "")
                    result.differs(f"{kind} {object_id} {name}", f"the content is not what was chained (link {sequence})")


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _voucher_contents(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    lines: dict[int, list[list[Any]]] = defaultdict(list)
    for voucher, number, summary, account, debit, credit, currency, *rest in rows(_LINES.format(marks=marks(ids)), *ids):
        amount, rate, count_of, *dimensions = rest
        figures = [money(debit), money(credit), currency, money(amount), price(rate), quantity(count_of)]
        lines[voucher].append([number, summary, account, *figures, *dimensions])
    found = {}
    for pk, word, number, date, source, kind, origin, attachments, *stamps, reversal_of in rows(_VOUCHERS.format(marks=marks(ids)), *ids):
        prepared_by, prepared_at, reviewed_by, reviewed_at, posted_by, posted_at = stamps
        found[pk] = {
            "word": word,
            "number": number,
            "date": day(date),
            "source": source,
            "origin": [kind, origin],
            "attachments": attachments,
            "prepared": [prepared_by, instant(prepared_at)],
            "reviewed": [reviewed_by, instant(reviewed_at)],
            "posted": [posted_by, instant(posted_at)],
            "reversal_of": reversal_of,
            "lines": lines[pk],
        }
    return found


def _stock_contents(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    moves: dict[int, list[list[Any]]] = defaultdict(list)
    for posting, *start, number, value, unit_cost, date, posted_at, reversal_of in rows(_MOVES.format(marks=marks(ids)), *ids):
        moves[posting].append([*start, quantity(number), money(value), price(unit_cost), day(date), instant(posted_at), reversal_of])
    found = {}
    for pk, event, kind, origin, date, by, posted_at, reversal_of in rows(_POSTINGS.format(marks=marks(ids)), *ids):
        found[pk] = {
            "event": event,
            "origin": [kind, origin],
            "date": day(date),
            "posted": [by, instant(posted_at)],
            "reversal_of": reversal_of,
            "moves": moves[pk],
        }
    return found


def _check_nothing_is_left_out(result: Result, company: Company) -> None:
    for table, kind, posted in (("finance_voucher", "voucher", "t.state = 'posted'"), ("inventory_stockposting", "stock", "1 = 1")):
        sql = _UNCHAINED.format(table=table, posted=posted)
        for (pk,) in rows(sql, company.pk, kind):
            result.differs(f"{kind} {pk}", "it is posted, but not in the chain")
    result.checked += count("SELECT COUNT(*) FROM core_chainhead WHERE company_id = %s", company.pk)

"""Document numbers without gap or duplicate within company, kind and month (P7)."""

import datetime as dt

from core.db import prepared_cursor
from core.models import Company

_TAKE = """
INSERT INTO core_numbersequence (company_id, kind, period, last) VALUES (%s, %s, %s, %s)
ON CONFLICT (company_id, kind, period) DO UPDATE SET last = core_numbersequence.last + EXCLUDED.last
RETURNING last
"""


def take(company: Company, kind: str, date: dt.date, count: int = 1) -> range:
    """Take the next `count` numbers of `kind` in the month of `date`; the row stays locked until commit, so call this last."""
    with prepared_cursor() as cursor:
        cursor.execute(_TAKE, [company.pk, kind, f"{date:%Y-%m}", count])
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)


def document_number(prefix: str, date: dt.date, serial: int) -> str:
    """Format a number the way users know it: prefix, year and month, four digits (PO-202611-0001)."""
    return f"{prefix}-{date:%Y%m}-{serial:04d}"

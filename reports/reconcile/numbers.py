"""P7: no gap and no duplicate in the numbers of documents (by kind and month) and of vouchers (by word and period)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_noop as _

from core.documents import document_types
from core.models import Company, Document
from reports.reconcile.answers import Result, named, rows

_NUMBER = re.compile(r"([A-Z]+)-(\d{4})(\d{2})-(\d{4,})\Z", re.ASCII)
_VOUCHERS = """
SELECT v.word, p.year, p.month, v.number FROM finance_voucher v JOIN core_period p ON p.id = v.period_id
WHERE v.company_id = %s AND v.number IS NOT NULL
"""


def tables() -> list[str]:
    """All tables of documents."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Document))


def numbers_have_no_gap(company: Company) -> Result:
    """P7: numbers run from 1 without gap or duplicate up to the last one that was given."""
    result = Result("P7", _("document and voucher numbers have no gap and no duplicate"))
    given = {
        (kind, period): int(last)
        for kind, period, last in rows("SELECT kind, period, last FROM core_numbersequence WHERE company_id = %s", company.pk)
    }
    kinds = {kind.model._meta.db_table: kind.kind for kind in document_types().values()}
    for table in tables():
        series = _series_of(table, company, result)
        for (prefix, period), serials in series.items():
            last = given.get((kinds.get(table, ""), period))
            _compare(result, f"{prefix} {period}", serials, last)
        _forgotten(result, kinds.get(table, ""), {period for _prefix, period in series}, given)
    vouchers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for word, year, month, number in rows(_VOUCHERS, company.pk):
        vouchers[word, f"{year}-{month:02d}"].append(int(number))
    for (word, period), serials in vouchers.items():
        _compare(result, f"voucher {word} {period}", serials, given.get((f"voucher:{word}", period)))
    words = {word for word, _period in vouchers} | {kind.removeprefix("voucher:") for kind, _period in given if kind.startswith("voucher:")}
    for word in words:
        _forgotten(result, f"voucher:{word}", {period for known, period in vouchers if known == word}, given)
    return result


def _series_of(table: str, company: Company, result: Result) -> dict[tuple[str, str], list[int]]:
    series: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, number in rows(f"SELECT id, number FROM {table} WHERE company_id = %s", company.pk):  # noqa: S608 - a table of ours
        match = _NUMBER.match(number or "")
        if match is None:
            result.differs(f"{table} {pk}", "this is no document number", found=number)
            continue
        prefix, year, month, serial = match.groups()
        series[prefix, f"{year}-{month}"].append(int(serial))
    return series


def _compare(result: Result, where: str, serials: Sequence[int], last: int | None) -> None:
    result.checked += len(serials)
    twice = sorted({serial for serial in serials if serials.count(serial) > 1}) if len(set(serials)) < len(serials) else []
    if twice:
        result.differs(where, "numbers are given twice", found=_listed(twice))
    until = max(last or 0, *serials)
    missing = sorted(set(range(1, until + 1)) - set(serials))
    if missing:
        result.differs(where, "numbers are missing", found=_listed(missing))
    if last is not None and max(serials) > last:
        result.differs(where, "a number is higher than the last one given", expected=last, found=max(serials))
    if last is None:
        result.differs(where, "numbers were given without their sequence")


def _forgotten(result: Result, kind: str, periods: Iterable[str], given: dict[tuple[str, str], Any]) -> None:
    """Months in which numbers were given of which none is left."""
    for (known, period), last in sorted(given.items()):
        if known == kind and last and period not in periods:
            result.differs(named(kind, period), "numbers are missing", found=f"1–{last}")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")

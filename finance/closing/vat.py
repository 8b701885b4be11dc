"""How much VAT of a month is still to be transferred to “unpaid VAT” (未交增值税, 222102).

Small and enterprise chart agree on the codes of VAT.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from core.decimals import ZERO
from core.models import Company, Period
from finance.models import AccountBalance

VAT = "222101"
PREPAID = "22210102"
TRANSFERRED_UNPAID = "22210103"
TRANSFERRED_OVERPAID = "22210109"
UNPAID = "222102"


@dataclass(frozen=True, slots=True)
class VatDue:
    """What has to be posted now: 借 22210103 贷 222102 `unpaid`, 借 222102 贷 22210109 `overpaid`; negative takes back (red)."""

    unpaid: Decimal
    overpaid: Decimal

    def __bool__(self) -> bool:
        return bool(self.unpaid or self.overpaid)


def vat_due(company: Company, period: Period) -> VatDue:
    """What the month owes or has overpaid, minus what has been transferred already; input tax left over stays (留抵)."""
    before = Q(period__year__lt=period.year) | Q(period__year=period.year, period__month__lt=period.month)
    rows = AccountBalance.objects.filter(company=company, account__code__startswith=VAT)
    moved = rows.filter(period=period, is_opening=False)
    base = _credit(rows.filter(before | Q(period=period, is_opening=True))) + _credit(
        moved.exclude(account__code__in=[TRANSFERRED_UNPAID, TRANSFERRED_OVERPAID])
    )
    prepaid = -_credit(moved.filter(account__code=PREPAID))
    unpaid = max(base, ZERO)
    overpaid = min(max(-base, ZERO), max(prepaid, ZERO))
    return VatDue(
        unpaid=unpaid + _credit(moved.filter(account__code=TRANSFERRED_UNPAID)),
        overpaid=overpaid - _credit(moved.filter(account__code=TRANSFERRED_OVERPAID)),
    )


def _credit(rows: QuerySet[AccountBalance]) -> Decimal:
    sums = rows.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return (sums["credit"] or ZERO) - (sums["debit"] or ZERO)

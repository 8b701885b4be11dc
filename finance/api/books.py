"""The books for other systems: trial balance and vouchers. Read only; entries come from documents or from people."""

import re

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from core.api.base import ApiRequest, ApiView
from core.api.filters import dates, equal, one_of
from core.api.pagination import KeysetPagination
from core.api.representation import number, plain, represent
from core.api.schema import REFUSALS, row_serializer
from core.api.tables import TableView, described
from core.decimals import ZERO
from core.documents import Column
from core.errors import InvalidInput, NotVisible
from core.models import Company, Period, State
from finance.balances import account_balances
from finance.models import Voucher

_MONTH = re.compile(r"(\d{4})-(\d{2})\Z", re.ASCII)
MOST_MONTHS = 60


@described("Voucher", "vouchers", "books")
class VouchersView(TableView):
    """Vouchers in the order in which they were written; `next_after` leads on."""

    permissions = {"GET": "finance.view_voucher"}
    columns = (
        Column("word", "voucher word"),
        Column("number", "number"),
        Column("period.code", "period"),
        Column("date", "date", "date"),
        Column("state", "state", "state"),
        Column("source", "source"),
        Column("origin_kind", "kind of document"),
        Column("origin_number", "document"),
        Column("total", "total", "money"),
        Column("prepared_by", "prepared by"),
        Column("posted_by", "posted by"),
    )
    filters = (
        *dates("date"),
        equal("state", read=one_of(State.values)),
        equal("origin_kind"),
        equal("origin_number"),
    )
    paging = KeysetPagination

    def rows(self, request: ApiRequest) -> "QuerySet[Voucher]":
        return Voucher.objects.filter(company=request.company).select_related("period", "prepared_by", "posted_by")


_LINE_COLUMNS = (
    Column("line_no", "line"),
    Column("summary", "summary"),
    Column("account", "account"),
    Column("debit", "debit", "money"),
    Column("credit", "credit", "money"),
    Column("quantity", "quantity", "quantity"),
    Column("customer", "customer"),
    Column("supplier", "supplier"),
    Column("department", "department"),
    Column("item", "item"),
    Column("work_order", "work order"),
)
_VOUCHER = row_serializer("VoucherWhole", VouchersView.columns, more={"lines": row_serializer("VoucherLineRow", _LINE_COLUMNS)(many=True)})


class VoucherView(ApiView):
    """One voucher with its lines."""

    permissions = {"GET": "finance.view_voucher"}

    @extend_schema(operation_id="vouchers_read", tags=["books"], responses=REFUSALS | {200: _VOUCHER})
    def get(self, request: ApiRequest, voucher_id: str) -> Response:
        """Read a voucher."""
        voucher = (
            Voucher.objects.filter(company=request.company, pk=int(voucher_id)).select_related("period", "prepared_by", "posted_by").first()
        )
        if voucher is None:
            raise NotVisible()
        lines = voucher.lines.select_related("account", "customer", "supplier", "department", "item")
        answer = {"id": voucher.pk} | represent(voucher, VouchersView.columns)
        return Response(answer | {"lines": [represent(line, _LINE_COLUMNS) for line in lines]})


_BALANCE_FIELDS: dict[str, serializers.Field] = {
    name: serializers.CharField() for name in ("account", "name", "opening", "debit", "credit", "closing")
}
_TRIAL_BALANCE = inline_serializer(
    "TrialBalance",
    {
        "period_from": serializers.CharField(),
        "period_to": serializers.CharField(),
        "accounts": inline_serializer("TrialBalanceAccount", _BALANCE_FIELDS, many=True),
        "debit": serializers.CharField(help_text="turnover, all accounts"),
        "credit": serializers.CharField(help_text="turnover, all accounts; equals debit"),
    },
)
_MONTH_PARAMETERS = [
    OpenApiParameter("period", str, required=True, description="first month: 2026-11"),
    OpenApiParameter("period_to", str, description="last month, where it is not the first"),
]


class TrialBalanceView(ApiView):
    """Opening, turnover and closing of every account (科目余额表); balances are debit positive."""

    permissions = {"GET": "finance.view_accountbalance"}

    @extend_schema(operation_id="trial_balance", tags=["books"], parameters=_MONTH_PARAMETERS, responses=REFUSALS | {200: _TRIAL_BALANCE})
    def get(self, request: ApiRequest) -> Response:
        """Read the balances of a month, or of several in a row."""
        unknown = next((name for name in request.query_params if name not in ("period", "period_to")), None)
        if unknown:
            raise InvalidInput("unknown_filter", _("This list can't be filtered by “{name}”."), field=unknown[:60], name=unknown[:60])
        first = find_period(request.company, request.query_params.get("period", ""), "period")
        last = (
            find_period(request.company, request.query_params["period_to"], "period_to") if "period_to" in request.query_params else first
        )
        months = (last.year - first.year) * 12 + last.month - first.month
        if not 0 <= months < MOST_MONTHS:
            raise InvalidInput(
                "bad_span", _("From one month to a later one, {limit} months at most."), field="period_to", limit=MOST_MONTHS
            )
        rows = account_balances(request.company, first, last)
        accounts = [
            {"account": row.account.code, "name": row.account.label}
            | {name: plain(getattr(row, name), "money") for name in ("opening", "debit", "credit", "closing")}
            for row in rows
        ]
        sums = {name: number(sum((getattr(row, name) for row in rows), ZERO), at_least=2) for name in ("debit", "credit")}
        return Response({"period_from": first.code, "period_to": last.code, "accounts": accounts, **sums})


def find_period(company: Company, code: str, field: str) -> Period:
    """The period of a month written like 2026-11.

    Raises:
        InvalidInput: it is not written like that, or the company has no such period.
    """
    match = _MONTH.match(code)
    found = Period.objects.filter(company=company, year=int(match[1]), month=int(match[2])).first() if match else None
    if found is None:
        raise InvalidInput("no_period", _("Name a period of the company: 2026-11."), field=field)
    return found

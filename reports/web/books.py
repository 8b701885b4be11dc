"""The books as pages: account balances, trial balance, detail ledger, statements, ageing, open items."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.documents import Column
from core.errors import InvalidInput
from core.models import Company, Period
from core.web.cells import Link, numbered_link
from core.web.documents import workbook
from core.web.forms import DayField
from core.web.http import CompanyRequest
from core.web.lists import MAX_EXPORTED, page_of
from finance import statements
from finance.models import Account, OpenItem, VoucherLine
from finance.queries import BUCKETS, About, AgeingRow, LedgerRow, account_ledger, ageing
from masterdata.models import Customer, Department, Employee, Supplier
from reports.books import BalanceLine, account_table, totals_of
from reports.sheets import account_balance_sheet
from reports.web.frame import PeriodForm, Sums, choice_field, chosen_periods, lookup_field, periods_of, report, with_periods

PAGE = 200
MAX_LEDGER = 20_000
NOBODY = -1


# ---- account balances -----------------------------------------------------------------------------------------------------


class BalanceForm(PeriodForm):
    """Months, level and which accounts."""

    level = choice_field(_("Down to level"), [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4")])
    account = forms.CharField(label=_("Account begins with"), required=False, max_length=20)


def account_balances(request: CompanyRequest) -> HttpResponse:
    """The account balance table 科目余额表, each figure leading to the detail ledger."""
    return _balances(request, title=_("Account balances"), only_leaves=False)


def trial_balance(request: CompanyRequest) -> HttpResponse:
    """The trial balance 试算平衡表: leaf accounts, and whether debit equals credit in every pair."""
    return _balances(request, title=_("Trial balance"), only_leaves=True)


def _balances(request: CompanyRequest, *, title: Any, only_leaves: bool) -> HttpResponse:
    periods = periods_of(request.company)
    first, last = chosen_periods(request, periods, timezone.localdate())
    form = BalanceForm(with_periods(request, first, last), periods=periods)
    wanted = form.cleaned_data if form.is_valid() else {}
    every = account_table(request.company, first, last)
    lines = [line for line in every if _is_shown(line, wanted, only_leaves)]
    totals = totals_of(line for line in every if line.account.code.startswith(wanted.get("account") or ""))
    span = f"{first.code} – {last.code}"
    if request.GET.get("export") == "xlsx":
        return workbook(account_balance_sheet(request.company, lines, totals, span=span), "account-balances")
    context = {
        "title": title,
        "subtitle": span,
        "form": form,
        "lines": lines,
        "totals": totals,
        "first": first,
        "last": last,
        "can_export": True,
        "verdict": only_leaves and not wanted.get("account"),
    }
    return render(request, "reports/account_balances.html", context)


def _is_shown(line: BalanceLine, wanted: dict[str, Any], only_leaves: bool) -> bool:
    if not line.account.code.startswith(wanted.get("account") or ""):
        return False
    if only_leaves:
        return line.account.is_leaf
    return not wanted.get("level") or line.level <= int(wanted["level"])


# ---- detail ledger --------------------------------------------------------------------------------------------------------


class DetailForm(PeriodForm):
    """An account, months, and a dimension."""

    account = forms.CharField(label=_("Account"), required=False, max_length=20)
    customer = lookup_field(_("Customer"), Customer)
    supplier = lookup_field(_("Supplier"), Supplier)
    department = lookup_field(_("Department"), Department)
    employee = lookup_field(_("Employee"), Employee)
    work_order = forms.CharField(label=_("Work order"), required=False, max_length=40)


def detail_ledger(request: CompanyRequest) -> HttpResponse:
    """The detail ledger 明细账 of an account and what lies under it: opening, every line with its balance, totals of months and year."""
    periods = periods_of(request.company)
    first, last = chosen_periods(request, periods, timezone.localdate())
    form = DetailForm(with_periods(request, first, last), periods=periods)
    wanted = form.cleaned_data if form.is_valid() else {}
    account = Account.objects.filter(company=request.company, code=wanted.get("account") or "").first()
    context: dict[str, Any] = {"title": _("Detail ledger"), "form": form, "account": account, "can_export": account is not None}
    if account is None:
        return render(request, "reports/detail_ledger.html", context)
    _refuse_too_long(account, first, last)
    rows = account_ledger(account, first, last, about=_about(request.company, wanted))
    subtitle = f"{account}  {first.code} – {last.code}"
    if request.GET.get("export") == "xlsx":
        return report(
            request,
            title=_("Detail ledger"),
            name=f"detail-ledger-{account.code}",
            columns=DETAIL,
            subtitle=subtitle,
            rows=lambda: map(_Detail, rows),
        )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page", "1"))
    return render(request, "reports/detail_ledger.html", context | {"subtitle": subtitle, "rows": page.object_list, "page": page})


def _refuse_too_long(account: Account, first: Period, last: Period) -> None:
    """Keep the time and memory of one page bounded.

    Raises:
        InvalidInput: the account has more lines in these months than one page can hold.
    """
    lines = VoucherLine.objects.filter(
        voucher__company=account.company,
        account__code__startswith=account.code,
        voucher__date__gte=first.start_date,
        voucher__date__lte=last.end_date,
    )
    if lines.order_by()[: MAX_LEDGER + 1].count() > MAX_LEDGER:
        raise InvalidInput("too_many_rows", _("More than {limit} lines. Choose fewer months or a sub-account."), limit=MAX_LEDGER)


def _about(company: Company, wanted: dict[str, Any]) -> About:
    """Whom the ledger is about; a code that does not exist matches nobody."""
    masters: dict[str, Any] = {"customer": Customer, "supplier": Supplier, "department": Department, "employee": Employee}
    ids = {
        f"{name}_id": model.objects.filter(company=company, code=wanted[name]).values_list("pk", flat=True).first() or NOBODY
        for name, model in masters.items()
        if wanted.get(name)
    }
    return About(work_order=wanted.get("work_order") or "", **ids)


class _Detail:
    """A row of the ledger as the columns of the workbook want it."""

    def __init__(self, row: LedgerRow) -> None:
        voucher = row.line.voucher if row.line else None
        self.date, self.summary, self.debit, self.credit = row.date, row.summary, row.debit or None, row.credit or None
        self.voucher, self.document = voucher, voucher.origin_number if voucher else ""
        self.account = row.line.account if row.line else ""
        self.side, self.balance = row.side, abs(row.balance)


DETAIL = (
    Column("date", _("Date"), "date"),
    Column("voucher", _("Voucher")),
    Column("document", _("Document")),
    Column("summary", _("Summary")),
    Column("account", _("Account")),
    Column("debit", _("Debit"), "money"),
    Column("credit", _("Credit"), "money"),
    Column("side", _("Dr/Cr")),
    Column("balance", _("Balance"), "money"),
)


# ---- statements -----------------------------------------------------------------------------------------------------------


def balance_sheet(request: CompanyRequest) -> HttpResponse:
    """The balance sheet 资产负债表."""
    return _statement(request, statements.balance_sheet)


def income_statement(request: CompanyRequest) -> HttpResponse:
    """The income statement 利润表."""
    return _statement(request, statements.income_statement)


STATEMENT = (
    Column("label", _("Statement line")),
    Column("number", _("Line")),
)


def _statement(request: CompanyRequest, make: Any) -> HttpResponse:
    periods = periods_of(request.company)
    _first, last = chosen_periods(request, periods, timezone.localdate())
    form = PeriodForm(with_periods(request, last, last), periods=periods)
    del form.fields["first"]
    form.fields["last"].label = _("Month")
    made = make(request.company, last)
    columns = [*STATEMENT, Column("first", made.columns[0], "money"), Column("second", made.columns[1], "money")]
    if request.GET.get("export") == "xlsx":
        return report(
            request, title=made.title, name=made.kind.replace("_", "-"), columns=columns, rows=lambda: made.lines, subtitle=last.code
        )
    half = next((index for index, line in enumerate(made.lines) if line.number is not None and _starts_liabilities(made, line)), None)
    context = {
        "title": made.title,
        "subtitle": f"{request.company} · {last.code}",
        "form": form,
        "statement": made,
        "sides": _sides(made.lines, half),
        "period": last,
        "can_export": True,
    }
    return render(request, "reports/statement.html", context)


def _starts_liabilities(made: Any, line: Any) -> bool:
    return made.kind == "balance_sheet" and line.accounts[:1] in (("2001",), ("2101",))


def _sides(lines: Iterable[Any], half: int | None) -> list[list[Any]]:
    """A balance sheet has two sides; the title above the first liability goes with it."""
    rows = list(lines)
    if half is None:
        return [rows]
    start = half
    while start and rows[start - 1].number is None:
        start -= 1
    return [rows[:start], rows[start:]]


# ---- what is open -----------------------------------------------------------------------------------------------------------

AGEING = (
    Column("partner", _("Partner")),
    Column("total", _("Open"), "money", total=True),
    *(Column(f"bucket_{index}", bucket.label, "money", total=True) for index, bucket in enumerate(BUCKETS)),
    Column("advance", _("Paid ahead"), "money", total=True),
)


class AgeingForm(forms.Form):
    """Whose, and as of which day."""

    side = choice_field(_("What"), [(OpenItem.Side.RECEIVABLE, _("Receivables")), (OpenItem.Side.PAYABLE, _("Payables"))], empty=False)
    as_of = DayField(label=_("As of"), required=False)


class _Aged:
    """A partner's row with its buckets as columns; the name leads to the open items."""

    def __init__(self, row: AgeingRow, side: str) -> None:
        code = row.partner.partition(" ")[0]
        self.partner = Link(row.partner, f"{reverse('open-items')}?{urlencode({'side': side, 'partner': code})}")
        self.total, self.advance = row.total, row.advance
        for index, amount in enumerate(row.buckets):
            setattr(self, f"bucket_{index}", amount)


def ageing_page(request: CompanyRequest) -> HttpResponse:
    """Receivables and payables by days overdue."""
    form = AgeingForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    side = wanted.get("side") or OpenItem.Side.RECEIVABLE
    day = wanted.get("as_of") or timezone.localdate()
    rows = [_Aged(row, side) for row in ageing(request.company, side, day)]
    sums = Sums({column.path: sum((getattr(row, column.path) for row in rows), ZERO) for column in AGEING if column.total})
    return report(
        request,
        title=_("Ageing"),
        name="ageing",
        columns=AGEING,
        rows=lambda: rows,
        form=form,
        totals=sums if rows else None,
        subtitle=f"{OpenItem.Side(side).label} · {day.isoformat()}",
    )


class OpenItemForm(forms.Form):
    """Which open items."""

    side = choice_field(_("What"), OpenItem.Side.choices)
    partner = forms.CharField(label=_("Partner"), required=False, max_length=40)
    overdue = forms.BooleanField(label=_("overdue only"), required=False)


class _Open:
    def __init__(self, row: OpenItem) -> None:
        self.row = row
        self.partner = row.customer or row.supplier
        self.document = numbered_link(row.origin_kind, row.origin_number)
        self.days = max((timezone.localdate() - row.due_date).days, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


OPEN_ITEMS = (
    Column("row.side", _("What")),
    Column("partner", _("Partner")),
    Column("document", _("Document")),
    Column("row.date", _("Date"), "date"),
    Column("row.due_date", _("Due date"), "date"),
    Column("days", _("Days overdue"), "quantity"),
    Column("row.amount", _("Amount"), "money"),
    Column("open_amount", _("Open"), "money", total=True),
    Column("row.voucher", _("Voucher")),
)


def open_items(request: CompanyRequest) -> HttpResponse:
    """Every receivable, payable and advance that is still open."""
    form = OpenItemForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = OpenItem.objects.filter(company=request.company).exclude(open_amount=0).select_related("customer", "supplier", "voucher")
    if wanted.get("side"):
        rows = rows.filter(side=wanted["side"])
    if wanted.get("partner"):
        rows = rows.filter(Q(customer__code=wanted["partner"]) | Q(supplier__code=wanted["partner"]))
    if wanted.get("overdue"):
        rows = rows.filter(due_date__lt=timezone.localdate())
    rows = rows.order_by("due_date", "id")
    page = page_of(rows, request.GET.get("page", "1"))
    return report(
        request,
        title=_("Open items"),
        name="open-items",
        columns=OPEN_ITEMS,
        form=form,
        page=page,
        totals=_sum_of_one_side(rows) if wanted.get("side") else None,
        rows=lambda: [_Open(row) for row in page.object_list],
        every_row=lambda: (_Open(row) for row in rows[:MAX_EXPORTED]),
    )


def _sum_of_one_side(rows: QuerySet[OpenItem]) -> Sums:
    """What is open altogether; what is owed to us and by us is never added up."""
    return Sums({"open_amount": rows.order_by().aggregate(total=Sum("open_amount"))["total"] or ZERO})

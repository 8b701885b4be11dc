"""Looking for what keeps a month open. Each function answers with what it finds; nothing is written."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.db.models import Q, Sum

from core.decimals import ZERO
from core.documents import DocumentType, document_types
from core.errors import BusinessError
from core.models import Company, Document, Period, State
from finance import events
from finance.closing import problems
from finance.closing.vat import vat_due
from finance.models import Account, AccountBalance, Voucher
from finance.rules import Amount, MissingRule, RuleBook
from finance.statements import Statement, balance_sheet, income_statement
from finance.wording import money, quantity
from inventory.models import StockBalance

MOST = 50
"""How many of one kind are named; the rest would not help anybody."""

RESULT = {Company.Standard.SMALL: ("3103", "310415"), Company.Standard.ENTERPRISE: ("4103", "410406")}
"""Profit of the year, undistributed profit."""


def until(period: Period) -> Q:
    """Balance rows up to the end of `period`."""
    return Q(period__year__lt=period.year) | Q(period__year=period.year, period__month__lte=period.month)


def open_documents(company: Company, period: Period, *, with_finance: bool) -> list[BusinessError]:
    """Drafts of all kinds that book goods or money, dated up to the end of the period."""
    found: list[BusinessError] = []
    for kind in document_types().values():
        if _books(kind) and (with_finance or kind.section != "finance"):
            rows = kind.model._default_manager.filter(company=company, state=State.DRAFT, document_date__lte=period.end_date)
            found += [_open(kind, row) for row in rows.order_by("document_date", "id")[:MOST]]
    return found


def _books(kind: DocumentType) -> bool:
    names = {field.name for field in kind.model._meta.concrete_fields}
    return bool(names & {"posting", "voucher"}) and any(action.name == "post" for action in kind.actions)


def _open(kind: DocumentType, row: Document) -> BusinessError:
    return problems.OpenDocument(kind=kind.label, number=row.number, date=row.document_date)


def open_vouchers(company: Company, period: Period) -> list[BusinessError]:
    """Vouchers of the period that are drafted or reviewed only."""
    rows = Voucher.objects.filter(company=company, period=period, state__in=[State.DRAFT, State.REVIEWED]).order_by("date", "id")
    return [problems.OpenVoucher(voucher=f"#{row.pk}", date=row.date) for row in rows[:MOST]]


def negative_stock(company: Company) -> list[BusinessError]:
    """Places that stand below zero."""
    rows = StockBalance.objects.filter(company=company, on_hand__lt=0).select_related("item", "warehouse").order_by("item__code", "id")
    return [
        problems.NegativeStock(item=str(row.item), warehouse=row.warehouse.label, quantity=quantity(row.on_hand)) for row in rows[:MOST]
    ]


def earlier_open(company: Company, period: Period, *, allowed: Iterable[str]) -> list[BusinessError]:
    """Earlier periods of the books that are not in one of the `allowed` states."""
    before = Q(year__lt=period.year) | Q(year=period.year, month__lt=period.month)
    rows = Period.objects.filter(before, company=company, end_date__gte=company.start_date).exclude(state__in=list(allowed))
    return [problems.EarlierPeriodOpen(period=row.code) for row in rows.order_by("year", "month")]


def profit_and_loss(company: Company, period: Period) -> list[tuple[dict[str, int | str | None], Decimal]]:
    """Every profit and loss account and set of dimensions that has a balance: what it is about, and the debit balance."""
    names = ("account_id", "customer_id", "supplier_id", "department_id", "employee_id", "work_order", "project")
    rows = AccountBalance.objects.filter(until(period), company=company, account__category=Account.Category.PROFIT_LOSS)
    sums = rows.values(*names).annotate(debit_sum=Sum("debit"), credit_sum=Sum("credit")).order_by("account__code", *names[1:])
    balances = [({name: row[name] for name in names}, row["debit_sum"] - row["credit_sum"]) for row in sums]
    return [(about, balance) for about, balance in balances if balance]


def result_left(company: Company, period: Period) -> list[BusinessError]:
    """Profit and loss accounts that have not been transferred; in December also the year's result."""
    left = profit_and_loss(company, period)
    accounts = Account.objects.in_bulk([about["account_id"] for about, _balance in left])
    found: list[BusinessError] = [
        problems.ResultNotTransferred(account=str(accounts[about["account_id"]]), amount=money(balance)) for about, balance in left[:MOST]
    ]
    return [*found, *(_year_left(company, period) if period.month == 12 else [])]


def _year_left(company: Company, period: Period) -> list[BusinessError]:
    """Profit of the year, and every part of its distribution but undistributed profit, that the year's end has not emptied."""
    year, undistributed = RESULT[Company.Standard(company.standard)]
    parts = Q(account__code__startswith=year) | Q(account__code__startswith=undistributed[:4])
    rows = AccountBalance.objects.filter(until(period), parts, company=company).exclude(account__code=undistributed).values("account_id")
    sums = rows.annotate(debit_sum=Sum("debit"), credit_sum=Sum("credit")).order_by("account__code")
    left = [(row["account_id"], row["debit_sum"] - row["credit_sum"]) for row in sums if row["debit_sum"] != row["credit_sum"]]
    accounts = Account.objects.in_bulk([pk for pk, _balance in left])
    return [problems.YearNotTransferred(account=str(accounts[pk]), amount=money(balance)) for pk, balance in left]


def balance_of(company: Company, period: Period, prefix: str) -> Decimal:
    """Debit balance of all accounts whose code begins with `prefix`, at the end of `period`."""
    sums = AccountBalance.objects.filter(until(period), company=company, account__code__startswith=prefix).aggregate(
        debit=Sum("debit"), credit=Sum("credit")
    )
    return (sums["debit"] or ZERO) - (sums["credit"] or ZERO)


def overhead_left(company: Company, period: Period) -> list[BusinessError]:
    """Overhead accounts (制造费用) that are not empty, department by department: spent or absorbed, and not settled."""
    accounts = _overhead_accounts(company)
    rows = AccountBalance.objects.filter(until(period), company=company, account__in=accounts)
    sums = rows.values("account_id", "department__code").annotate(debit_sum=Sum("debit"), credit_sum=Sum("credit"))
    left = [row for row in sums.order_by("account__code", "department__code") if row["debit_sum"] != row["credit_sum"]]
    return [
        problems.OverheadNotSettled(
            account=str(accounts[row["account_id"]]),
            department=row["department__code"] or "–",
            amount=money(row["debit_sum"] - row["credit_sum"]),
        )
        for row in left[:MOST]
    ]


def _overhead_accounts(company: Company) -> dict[int, Account]:
    """The account where absorbed overhead stands and those beside it; one without a parent stands alone. None without a posting rule."""
    try:
        rule = RuleBook(company, {events.OVERHEAD_ABSORBED}).find(Amount(events.OVERHEAD_ABSORBED, ZERO, 1, element="overhead"))
    except MissingRule:
        return {}
    absorbed = rule.credit_account
    if absorbed is None:
        return {}
    if absorbed.parent_id is None:
        return {absorbed.pk: absorbed}
    return {account.pk: account for account in Account.objects.filter(company=company, parent=absorbed.parent_id, is_leaf=True)}


def vat_left(company: Company, period: Period) -> list[BusinessError]:
    """VAT of the month that has not been transferred."""
    due = vat_due(company, period)
    return [problems.VatNotTransferred(amount=money(due.unpaid - due.overpaid))] if due else []


def trial_balance_off(company: Company, period: Period) -> list[BusinessError]:
    """Debit and credit of all accounts must be equal."""
    sums = AccountBalance.objects.filter(until(period), company=company).aggregate(debit=Sum("debit"), credit=Sum("credit"))
    debit, credit = sums["debit"] or ZERO, sums["credit"] or ZERO
    return [] if debit == credit else [problems.BooksOff(debit=money(debit), credit=money(credit))]


def statements(company: Company, period: Period) -> tuple[Statement, Statement]:
    """Balance sheet and income statement of the period."""
    return balance_sheet(company, period), income_statement(company, period)


def unsound(made: Iterable[Statement]) -> Iterator[BusinessError]:
    """Checks of statements that fail; warnings don't count."""
    for statement in made:
        for check in statement.checks:
            if not check.passed and not check.is_warning:
                yield problems.StatementUnsound(
                    statement=statement.title, check=check.text, left=money(check.left), right=money(check.right), detail=check.detail
                )

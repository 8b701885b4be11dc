"""The month end of the loop: costs that came by voucher, the steps in their order, what the books then say, and that they stay closed."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from core.decimals import ZERO
from core.errors import PeriodClosed
from core.inputs import validated
from core.models import Period
from costing.month_end import STEP, settle_overhead
from erp.closed_loop.narrator import money
from erp.closed_loop.story import Loop
from finance.closing import (
    STEPS,
    check_documents,
    check_statements,
    check_trial_balance,
    close_period,
    close_stock,
    transfer_profit_and_loss,
    transfer_vat,
    transfer_year_result,
)
from finance.inputs import VoucherInput
from finance.manual_vouchers import draft_voucher, post_voucher, review_voucher
from finance.queries import trial_balance
from finance.statements import Statement, balance_sheet, income_statement

COSTS = (
    ("410104", "1002", "560.00", "车间电费 Workshop electricity"),
    ("410102", "160202", "540.00", "机器折旧 Depreciation of machines"),
    ("560201", "221101", "2600.00", "计提管理人员工资 Administrative wages"),
)
"""Debited, credited, amount, summary."""
LAST_DAY = 28


def costs_are_booked(loop: Loop) -> None:
    """A voucher by hand: prepared by the accountant, reviewed by the boss, posted."""
    loop.tell.step(_("Costs of the month by voucher: prepared, reviewed by somebody else, posted"))
    stage, day = loop.stage, loop.stage.day(LAST_DAY)
    lines = []
    for debit, credit, amount, summary in COSTS:
        lines += [{"summary": summary, "account": debit, "debit": amount}, {"summary": summary, "account": credit, "credit": amount}]
    data = validated(VoucherInput, {"date": day.isoformat(), "lines": lines}, company=stage.company)
    at = stage.at(day)
    voucher = draft_voucher(company=stage.company, data=data, by=stage.user("accountant", "finance.add_voucher"), at=at)
    review_voucher(company=stage.company, document_id=voucher.pk, by=stage.user("boss", "finance.review_voucher"), at=at)
    post_voucher(company=stage.company, document_id=voucher.pk, by=stage.user("accountant", "finance.post_voucher"), at=at)
    loop.tell.vouchers()


def the_month_is_closed(loop: Loop) -> None:
    """Every step writes down what it found; a transfer shows its voucher."""
    loop.tell.step(_("Month end"))
    period = _period(loop)
    labels = {step.name: step.label for step in (*STEPS, STEP)}
    who = {"by": loop.stage.user("accountant", "finance.close_period"), "at": loop.stage.at(period.end_date)}
    for run in _closing_steps(period):
        row = run(company=loop.stage.company, period_id=period.pk, **who)
        found = _("passed") if row.passed else f"{_('found')}: {row.findings}"
        loop.tell.note(f"{labels[row.step]}: {found}")
        loop.tell.vouchers()


def _closing_steps(period: Period) -> list[Callable[..., Any]]:
    year_end = [transfer_year_result] if period.month == 12 else []
    transfers = [transfer_vat, settle_overhead, transfer_profit_and_loss, *year_end]
    return [check_documents, close_stock, *transfers, check_trial_balance, check_statements, close_period]


def the_books_speak(loop: Loop) -> None:
    """Trial balance, balance sheet, income statement."""
    period = _period(loop)
    table = trial_balance(loop.stage.company, period)
    loop.tell.step(_("Trial balance {period}").format(period=period.code))
    leaves = [row for row in table.rows if row.account.is_leaf]
    rows = [(row.account.code, row.account.label, *(money(x) for x in (row.opening, row.debit, row.credit, row.closing))) for row in leaves]
    head = (_("code"), _("account"), _("opening"), _("debit"), _("credit"), _("closing"))
    totals = ("", _("total"), money(table.opening_debit), money(table.debit), money(table.credit), money(table.closing_debit))
    loop.tell.table([head, *rows, totals], widths=(10, 30, -14, -14, -14, -14))
    assert table.is_balanced
    for statement in (balance_sheet(loop.stage.company, period), income_statement(loop.stage.company, period)):
        _statement(loop, statement)


def _statement(loop: Loop, statement: Statement) -> None:
    loop.tell.step(str(statement.title))
    lines = [line for line in statement.lines if line.first or line.second]
    rows = [(str(line.number or ""), line.label, money(line.first or ZERO), money(line.second or ZERO)) for line in lines]
    loop.tell.table([("", "", *map(str, statement.columns)), *rows], widths=(3, 50, -16, -16))
    assert statement.is_sound


def the_month_stays_closed(loop: Loop) -> None:
    """Posting into the closed month is refused (P9)."""
    loop.tell.step(_("Somebody tries to post into the closed month"))
    lines = [{"item": "BEARING", "quantity": "1"}]
    data = {"kind": "other_out", "document_date": loop.day(LAST_DAY), "warehouse": "MAIN", "reason": _("repair"), "lines": lines}
    entry = loop.stage.draft("warehouse", "stock_entry", data)
    try:
        loop.stage.act("warehouse", "stock_entry", "post", entry)
    except PeriodClosed as refusal:
        loop.tell.document(entry, f"{refusal.message()} {refusal.next_step()}")
    loop.stage.act("warehouse", "stock_entry", "cancel", entry, reason=_("the month is closed"))


def _period(loop: Loop) -> Period:
    return Period.objects.get(company=loop.stage.company, year=loop.stage.month.year, month=loop.stage.month.month)


STEPS_OF_THE_MONTH_END = (costs_are_booked, the_month_is_closed, the_books_speak, the_month_stays_closed)

"""Addresses of the reports, and of what belongs to each document."""

from collections.abc import Iterable
from functools import partial

from django.urls import URLPattern

from core.documents import DocumentType
from core.web.routes import page
from reports.web import books, closing, planning, stock
from reports.web.related import related


def related_urls(kinds: Iterable[DocumentType]) -> list[URLPattern]:
    """Chain, stock moves and vouchers of each kind of document."""
    return [
        page(
            f"{kind.section}/{kind.slug}/<id:pk>/related/",
            partial(related, kind=kind),
            name=f"{kind.kind}-related",
            permission=kind.permission("view"),
        )
        for kind in kinds
    ]


STOCK = "inventory.view_stockbalance"
BOOKS = "finance.view_voucher"
MONTH_END = "finance.view_closingstep"
OPEN_ITEMS = "finance.view_openitem"


def report_urls() -> list[URLPattern]:
    """All reports."""
    return [
        page("inventory/stock/", stock.stock_on_hand, name="stock-on-hand", permission=STOCK),
        page("inventory/ledger/", stock.stock_ledger, name="stock-ledger", permission="inventory.view_stockmove"),
        page("inventory/reservations/", stock.reservations, name="reservations", permission="inventory.view_reservation"),
        page("finance/account-balances/", books.account_balances, name="account-balances", permission=BOOKS),
        page("finance/trial-balance/", books.trial_balance, name="trial-balance", permission=BOOKS),
        page("finance/detail-ledger/", books.detail_ledger, name="detail-ledger", permission=BOOKS),
        page("finance/balance-sheet/", books.balance_sheet, name="balance-sheet", permission=BOOKS),
        page("finance/income-statement/", books.income_statement, name="income-statement", permission=BOOKS),
        page("finance/ageing/", books.ageing_page, name="ageing", permission=OPEN_ITEMS),
        page("planning/", planning.workbench, name="workbench", permission="inventory.view_proposal"),
        page("planning/convert/", planning.convert, name="workbench-convert", permission="inventory.change_proposal", methods=["POST"]),
        page("planning/shortages/", planning.shortages, name="shortages", permission="inventory.view_demand"),
        page("production/costs/", planning.work_order_costs, name="work-order-costs", permission="production.view_workorder"),
        page("finance/month-end/", closing.month_end, name="month-end-now", permission=MONTH_END),
        page("finance/month-end/<id:pk>/", closing.month_end, name="month-end", permission=MONTH_END),
        page(
            "finance/month-end/<id:pk>/reopen/",
            closing.reopen,
            name="month-end-reopen",
            permission="finance.reopen_period",
            methods=["POST"],
        ),
        page(
            "finance/month-end/<id:pk>/<slug:step>/",
            closing.run_step,
            name="month-end-step",
            permission="finance.close_period",
            methods=["POST"],
        ),
        page("finance/open-items/", books.open_items, name="open-items", permission=OPEN_ITEMS),
    ]

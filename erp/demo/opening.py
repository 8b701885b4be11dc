"""The day on which the books start: opening stock by the warehouse, then the trial balance and open items by the accountant."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from core.amounts import worth
from erp.demo.calendar import at
from erp.demo.masters import Factory
from erp.demo.tables import Row, number, read
from finance.models import Account, OpenItem
from finance.opening import post_opening
from finance.setup import CATEGORY_ACCOUNTS
from inventory.entries import draft_entry, post_entry
from inventory.models import StockEntry, Warehouse

ZERO = Decimal(0)
RECEIVABLE, PAYABLE, UNDISTRIBUTED_PROFIT = "112201", "220201", "310415"
Line = dict[str, Any]


def open_books(factory: Factory) -> None:
    """Enter what was there on the first day; everything ties, or the books refuse it."""
    for warehouse in factory.warehouses.values():
        _enter_stock(factory, warehouse)
    owed_to_us = [_item(factory, row, OpenItem.Side.RECEIVABLE) for row in read("opening_receivables")]
    owed_by_us = [_item(factory, row, OpenItem.Side.PAYABLE) for row in read("opening_payables")]
    stated = [_line(factory, row["account"], number(row["debit"]) - number(row["credit"])) for row in read("opening_accounts")]
    stated += [_line(factory, account, amount) for account, amount in sorted(_stock_by_account(factory).items())]
    stated.append(_line(factory, RECEIVABLE, sum((item["amount"] for item in owed_to_us), ZERO)))
    stated.append(_line(factory, PAYABLE, -sum((item["amount"] for item in owed_by_us), ZERO)))
    profit = sum((line["credit"] - line["debit"] for line in stated), ZERO)
    post_opening(
        company=factory.company,
        data={"lines": [*stated, _line(factory, UNDISTRIBUTED_PROFIT, profit)], "items": [*owed_to_us, *owed_by_us]},
        by=factory.people.accountant,
        at=at(factory.company.start_date, 8, 30),
    )


def _enter_stock(factory: Factory, warehouse: Warehouse) -> None:
    """Opening stock of one warehouse, each item in its bin; what is kept by lot gets one old lot."""
    lines = []
    for row in read("opening_stock"):
        item, home = factory.items[row["item"]], factory.home[row["item"]]
        if home.warehouse_id == warehouse.pk:
            lot = "期初-01" if item.lot_tracked else ""
            lines.append({"item": item, "quantity": number(row["quantity"]), "unit_cost": item.standard_cost, "bin": home.code, "lot": lot})
    day = factory.company.start_date
    data = {
        "kind": StockEntry.Kind.OPENING,
        "document_date": day,
        "warehouse": warehouse,
        "reason": "期初库存 opening stock",
        "lines": lines,
    }
    entry = draft_entry(company=factory.company, data=data, by=factory.people.warehouse, at=at(day, 8))
    post_entry(company=factory.company, document_id=entry.pk, by=factory.people.warehouse, at=at(day, 8, 10))


def _stock_by_account(factory: Factory) -> dict[str, Decimal]:
    """What the opening stock is worth, by stock account."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in read("opening_stock"):
        item = factory.items[row["item"]]
        sums[CATEGORY_ACCOUNTS[item.category.code]] += worth(number(row["quantity"]), item.standard_cost, factory.company.currency_places)
    return sums


def _item(factory: Factory, row: Row, side: str) -> Line:
    """An open item of the old books, as old as the table says."""
    name = "customer" if side == OpenItem.Side.RECEIVABLE else "supplier"
    partners = {one.code: one for one in factory.customers} if name == "customer" else factory.suppliers
    partner = partners[row[name]]
    date = factory.company.start_date - dt.timedelta(days=int(row["days_old"]))
    due = date + dt.timedelta(days=partner.payment_days)
    return {"side": side, name: partner, "number": row["number"], "date": date, "due_date": due, "amount": number(row["amount"])}


def _line(factory: Factory, code: str, balance: Decimal) -> Line:
    """A line of the trial balance; a debit balance is positive."""
    account = Account.objects.get(company=factory.company, code=code)
    return {"account": account, "debit": max(balance, ZERO), "credit": max(-balance, ZERO)}

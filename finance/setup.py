"""A new company's books: the chart of accounts of its standard and the usual posting rules, as rows an accountant can edit."""

import csv
from collections.abc import Collection, Mapping
from itertools import groupby
from pathlib import Path

from simple_history.utils import bulk_create_with_history

from core.models import Company
from finance import events as books
from finance.models import Account, PostingRule
from inventory import events as goods
from masterdata.models import ItemCategory

_DATA = Path(__file__).parent / "data"

_CONTROL = {
    "1403": Account.Control.INVENTORY,
    "1405": Account.Control.INVENTORY,
    "141101": Account.Control.INVENTORY,
    "400101": Account.Control.WORK_IN_PROCESS,
    "500101": Account.Control.WORK_IN_PROCESS,
    "112201": Account.Control.RECEIVABLE,
    "220201": Account.Control.PAYABLE,
    "220202": Account.Control.GOODS_RECEIVED,
    "2203": Account.Control.CUSTOMER_ADVANCE,
    "1123": Account.Control.SUPPLIER_ADVANCE,
}
"""Accounts (with all below them) that are kept by documents alone. 500101 is work in process in the enterprise chart only."""

_STOCK = "stock"
"""Stands in a rule for the stock account of the item's category."""

CATEGORY_ACCOUNTS = {
    "raw": "140301",
    "auxiliary": "140302",
    "purchased": "140303",
    "packing": "140305",
    "finished": "140501",
    "semi": "140502",
    "merchandise": "140503",
}
"""The usual stock account of each item category, by category code; other categories get the first."""

_GOODS_RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # event, cost element, debit, credit, summary
    (goods.OPENING, "", _STOCK, "opening", "期初库存 {number}"),
    (goods.PURCHASE_RECEIPT, "", _STOCK, "220202", "采购入库 {number}"),
    (goods.PURCHASE_VARIANCE, "", "140401", "220202", "采购价差 {number}"),
    (goods.PRODUCTION_ISSUE, "", "wip_material", _STOCK, "生产领料 {number}"),
    (goods.PRODUCTION_ISSUE_VARIANCE, "", "wip_material", "140401", "退料成本差异 {number}"),
    (goods.PRODUCTION_RECEIPT, "material", _STOCK, "wip_material", "完工入库 {number}"),
    (goods.PRODUCTION_RECEIPT, "labour", _STOCK, "wip_labour", "完工入库 {number}"),
    (goods.PRODUCTION_RECEIPT, "overhead", _STOCK, "wip_overhead", "完工入库 {number}"),
    (goods.PRODUCTION_VARIANCE, "material", "140404", "wip_material", "产品成本差异 {number}"),
    (goods.PRODUCTION_VARIANCE, "labour", "140404", "wip_labour", "产品成本差异 {number}"),
    (goods.PRODUCTION_VARIANCE, "overhead", "140404", "wip_overhead", "产品成本差异 {number}"),
    (goods.PRODUCTION_SETTLEMENT, "material", _STOCK, "wip_material", "工单结算 {number}"),
    (goods.PRODUCTION_SETTLEMENT, "labour", _STOCK, "wip_labour", "工单结算 {number}"),
    (goods.PRODUCTION_SETTLEMENT, "overhead", _STOCK, "wip_overhead", "工单结算 {number}"),
    (goods.PRODUCTION_SETTLEMENT_EXPENSED, "material", "cost_variance", "wip_material", "工单结算差异 {number}"),
    (goods.PRODUCTION_SETTLEMENT_EXPENSED, "labour", "cost_variance", "wip_labour", "工单结算差异 {number}"),
    (goods.PRODUCTION_SETTLEMENT_EXPENSED, "overhead", "cost_variance", "wip_overhead", "工单结算差异 {number}"),
    (goods.SALES_SHIPMENT, "", "cost_of_sales", _STOCK, "结转销售成本 {number}"),
    (goods.OTHER_IN, "", _STOCK, "other_income", "其他入库 {number}"),
    (goods.OTHER_OUT, "", "other_expense", _STOCK, "其他出库 {number}"),
    (goods.OTHER_VARIANCE, "", "cost_of_sales", "opening", "入库价差 {number}"),
    (goods.INVOICE_DIFFERENCE, "", _STOCK, "220202", "发票价差 {number}"),
    (goods.INVOICE_DIFFERENCE_EXPENSED, "", "cost_of_sales", "220202", "发票价差 {number}"),
    (goods.TRANSFER_VARIANCE, "", "cost_of_sales", _STOCK, "调拨成本差异 {number}"),
    (goods.NEGATIVE_SETTLEMENT, "", "cost_of_sales", _STOCK, "负库存成本补差 {number}"),
)

_BOOKS_RULES: tuple[tuple[str, str, str, str, str], ...] = (
    (books.SALE_REVENUE, "", "112201", "revenue", "销售 {number} {partner}"),
    (books.SALE_TAX, "", "112201", "22210105", "销售 {number} {partner}"),
    (books.LABOUR, "", "wip_labour", "wages", "直接人工 {number}"),
    (books.OVERHEAD_ABSORBED, "", "wip_overhead", "overhead_applied", "分配制造费用 {number}"),
    (books.INVOICE_GOODS, "", "220202", "220201", "采购发票 {number} {partner}"),
    (books.INVOICE_TAX, "", "22210101", "220201", "采购发票 {number} {partner}"),
    (books.CUSTOMER_RECEIPT, "", "", "112201", "收款 {number} {partner}"),
    (books.CUSTOMER_ADVANCE, "", "", "2203", "预收 {number} {partner}"),
    (books.SUPPLIER_PAYMENT, "", "220201", "", "付款 {number} {partner}"),
    (books.SUPPLIER_ADVANCE, "", "1123", "", "预付 {number} {partner}"),
    (books.OPENING_RECEIVABLE, "", "112201", "opening", "期初应收 {number} {partner}"),
    (books.OPENING_PAYABLE, "", "opening", "220201", "期初应付 {number} {partner}"),
    (books.OPENING_CUSTOMER_ADVANCE, "", "opening", "2203", "期初预收 {number} {partner}"),
    (books.OPENING_SUPPLIER_ADVANCE, "", "1123", "opening", "期初预付 {number} {partner}"),
    (books.CUSTOMER_ADVANCE_USED, "", "2203", "112201", "预收冲应收 {number} {partner}"),
    (books.SUPPLIER_ADVANCE_USED, "", "220201", "1123", "预付冲应付 {number} {partner}"),
    (books.OVERHEAD_DIFFERENCE, "", "cost_variance", "overhead_applied", "制造费用差异 {number}"),
    (books.WORK_ORDER_VARIANCE, "material", "cost_variance", "wip_material", "工单差异 {number}"),
    (books.WORK_ORDER_VARIANCE, "labour", "cost_variance", "wip_labour", "工单差异 {number}"),
    (books.WORK_ORDER_VARIANCE, "overhead", "cost_variance", "wip_overhead", "工单差异 {number}"),
)

_NAMED: dict[str, dict[str, str]] = {
    Company.Standard.SMALL: {
        "opening": "310415",
        "wip_material": "40010101",
        "wip_labour": "40010102",
        "wip_overhead": "40010103",
        "cost_of_sales": "540101",
        "cost_variance": "540103",
        "revenue": "500101",
        "wages": "221101",
        "overhead_applied": "410198",
        "other_income": "530104",
        "other_expense": "560299",
    },
    Company.Standard.ENTERPRISE: {
        "opening": "410406",
        "wip_material": "50010101",
        "wip_labour": "50010102",
        "wip_overhead": "50010103",
        "cost_of_sales": "640101",
        "cost_variance": "640103",
        "revenue": "600101",
        "wages": "221101",
        "overhead_applied": "510198",
        "other_income": "630104",
        "other_expense": "660299",
    },
}
"""Accounts whose codes differ between the two charts."""


def set_up_books(company: Company) -> None:
    """Create the chart of accounts and the usual posting rules of a company that has none; item categories come first."""
    accounts = load_chart(company)
    load_rules(company, accounts)


def load_chart(company: Company) -> dict[str, Account]:
    """Create the chart of accounts of the company's standard, level by level.

    Returns:
        the accounts by code.
    """
    with (_DATA / f"chart_{company.standard}.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (len(row["code"]), row["code"]))
    codes = {row["code"] for row in rows}
    accounts: dict[str, Account] = {}
    for _length, level in groupby(rows, key=lambda row: len(row["code"])):
        made = [_account_of(company, row, codes, accounts) for row in level]
        accounts |= {account.code: account for account in bulk_create_with_history(made, Account)}
    return accounts


def _account_of(company: Company, row: Mapping[str, str], codes: Collection[str], accounts: Mapping[str, Account]) -> Account:
    code = row["code"]
    parent = next((code[:length] for length in range(len(code) - 1, 3, -1) if code[:length] in codes), None)
    return Account(
        company=company,
        code=code,
        name=row["name_zh"],
        name_en=row["name_en"],
        parent=accounts.get(parent or ""),
        category=row["category"] if row["category"] in Account.Category.values else Account.Category.ASSET,
        normal_side=row["normal_balance"],
        is_leaf=not any(other != code and other.startswith(code) for other in codes),
        control=_control(company, code),
    )


def _control(company: Company, code: str) -> str:
    for prefix, control in _CONTROL.items():
        wip_of_other_standard = control == Account.Control.WORK_IN_PROCESS and (prefix[0] == "5") != (
            company.standard == Company.Standard.ENTERPRISE
        )
        if code.startswith(prefix) and not wip_of_other_standard:
            return control
    return Account.Control.NONE


def load_rules(company: Company, accounts: Mapping[str, Account]) -> None:
    """Create the usual posting rules: one per event, and one per item category where the stock account is meant."""
    named = _NAMED[company.standard]
    categories = list(ItemCategory.objects.filter(company=company))

    def account(code: str, category: ItemCategory | None) -> Account | None:
        if code == _STOCK:
            assert category is not None
            return accounts[CATEGORY_ACCOUNTS.get(category.code, CATEGORY_ACCOUNTS["raw"])]
        return accounts[named.get(code, code)] if code else None

    rules = []
    for event, element, debit, credit, summary in (*_GOODS_RULES, *_BOOKS_RULES):
        for category in categories if _STOCK in (debit, credit) else [None]:
            rules.append(
                PostingRule(
                    company=company,
                    event=event,
                    element=element,
                    category=category,
                    debit_account=account(debit, category),
                    credit_account=account(credit, category),
                    summary=summary,
                )
            )
    PostingRule.objects.bulk_create(rules)

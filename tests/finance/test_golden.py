"""The worked examples of the books: the same vouchers, closed the same way, must give the same statements to the cent."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from finance import closing, opening
from finance.closing.findings import balance_of
from finance.inputs import OpeningInput
from finance.models import Account, OpenItem
from finance.money import propose_settlement
from finance.queries import Bucket, ageing, trial_balance
from finance.statements import balance_sheet, income_statement
from tests.factory import NOW
from tests.finance.bookkeeping import Books
from tests.shared_examples import GOLDEN, MISSING, example

D = Decimal
pytestmark = [pytest.mark.shared_data, pytest.mark.skipif(not GOLDEN.exists(), reason=MISSING)]

MANUFACTURER = {
    "1012": "101207", "1122": "112201", "1221": "122101", "1403": "140301", "1404": "140401", "1405": "140501",
    "1405P1": "140501", "1405P2": "140502",
    "1601": "160102", "1602": "160202", "1901": "190101", "4001P1": "40010101", "4001P2": "40010102", "4101": "410101", "2202": "220201",
    "2211": "221101", "222101JX": "22210101", "222101XX": "22210105", "222101ZC": "22210107", "222101WJ": "22210103", "222103": "222112",
    "222104": "222115", "2221A": "222112", "2221B": "222115", "3101": "310101", "3104": "310415", "5001": "500101", "5301": "530104",
    "5401": "540101", "5403": "540302", "5601": "560199", "5602": "560299", "5603": "560301", "5711": "571101",
}  # fmt: skip
OPENSTAX = {
    "Cash": "1002", "AR": "122101", "IntRec": "1132", "Supplies": "180104", "Prepaid": "180103", "Equip": "160102", "AccDep": "160202",
    "AP": "224101", "SalPay": "221101", "Unearned": "224102", "Common": "3001", "RE": "310415", "Div": "310410", "IncSum": "3103",
    "SvcRev": "500101", "IntRev": "530199", "SupExp": "560299", "DepExp": "560201", "SalExp": "560205", "UtilExp": "560206",
    "Rev": "500101",
    "Gas": "560207", "Adv": "560107", "Dep": "560201", "Sup": "560299", "Sal": "560205",
}  # fmt: skip
LINES = {
    "货币资金": 1, "应收账款": 4, "其他应收款": 8, "存货": 9, "其中:原材料": 10, "原材料": 10, "其中:在产品": 11, "其中:库存商品": 12,
    "流动资产合计": 15, "固定资产账面价值": 20, "资产总计": 30, "短期借款": 31, "应付账款": 33, "应付职工薪酬": 35, "应交税费": 36,
    "流动负债合计": 41, "实收资本": 48, "盈余公积": 50, "未分配利润": 51, "所有者权益合计": 52, "负债和所有者权益总计": 53,
    "total_assets": 30, "total_liabilities": 47, "total_equity": 52,
}  # fmt: skip
INCOME = {
    "营业收入": 1, "营业成本": 2, "税金及附加": 3, "销售费用": 11, "管理费用": 14, "财务费用": 18, "营业利润": 21, "营业外收入": 22,
    "营业外支出": 24, "利润总额": 30, "所得税费用": 31, "净利润": 32,
}  # fmt: skip


@pytest.fixture
def by_hand(books: Books) -> Books:
    """A company without documents: no account is kept by a sub-ledger."""
    Account.objects.filter(company=books.company).update(control="")
    return books


def code_of(name: str) -> str:
    return OPENSTAX.get(name) or MANUFACTURER.get(name) or name


def open_with(books: Books, balances: Mapping[str, str], *, counter: str = "") -> None:
    """Opening balances of an example; where it states only some, the rest goes to `counter`."""
    amounts = {code_of(name): D(text) for name, text in balances.items()}
    rest = -sum(amounts.values(), D(0))
    assert rest == 0 or counter, "an example's opening balances"
    if rest:
        amounts[counter] = rest
    lines = [{"account": code, "debit": str(max(amount, D(0))), "credit": str(max(-amount, D(0)))} for code, amount in amounts.items()]
    opening.post_opening(company=books.company, data=books.typed(OpeningInput, lines=lines), by=books.acme.ada, at=NOW)


def book_all(books: Books, vouchers: list[Mapping[str, Any]], *, month: int, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Book an example's vouchers in a month of 2026; gives the trial balances that it asks for on the way."""
    snapshots = {}
    for voucher in vouchers:
        if voucher["no"] not in but:
            day = dt.date.fromisoformat(voucher["date"]).replace(year=2026, month=month)
            books.book(*((code_of(line["a"]), line.get("dr", ""), line.get("cr", "")) for line in voucher["lines"]), date=day.isoformat())
        if "snapshot" in voucher:
            snapshots[voucher["snapshot"]] = trial_balance(books.company, books.period(1), books.period(month))
    return snapshots


def balances_match(books: Books, month: int, expected: Mapping[str, str]) -> None:
    found = {name: f"{balance_of(books.company, books.period(month), code_of(name)):.2f}" for name in expected}
    assert found == dict(expected)


def who(books: Books, month: int) -> dict[str, Any]:
    return {"company": books.company, "period_id": books.period(month).pk, "by": books.acme.ada, "at": NOW}


def test_a_month_of_a_manufacturer(by_hand: Books) -> None:
    """FIN-CN-01: opening, 27 vouchers, VAT, closing; balance sheet and income statement of the small-enterprise standard."""
    case = example("FIN-CN-01")
    expected = case["expected"]
    open_with(by_hand, case["inputs"]["opening"])
    book_all(by_hand, case["inputs"]["vouchers"], month=3, but=("25",))
    closing.transfer_vat(**who(by_hand, 3))  # voucher 25 of the example

    before = trial_balance(by_hand.company, by_hand.period(1), by_hand.period(3))
    assert (before.is_balanced, f"{before.closing_debit:.2f}") == (True, expected["tb_debit"])
    balances_match(by_hand, 3, expected["balances"])

    closing.transfer_profit_and_loss(**who(by_hand, 3))
    balances_match(by_hand, 3, expected["post_closing"]["balances"])
    sheet, income = balance_sheet(by_hand.company, by_hand.period(3)), income_statement(by_hand.company, by_hand.period(3))
    assert {name: f"{sheet.amount(LINES[name]):.2f}" for name in expected["balance_sheet"]} == expected["balance_sheet"]
    assert {name: f"{income.amount(INCOME[name]):.2f}" for name in expected["income_statement"]} == expected["income_statement"]
    assert [check.text for check in (*sheet.checks, *income.checks) if not check.passed] == []

    # And the months can be closed.
    for month in (1, 2, 3):
        closing.close_stock(**who(by_hand, month))
        closing.close_period(**who(by_hand, month))


@pytest.mark.parametrize("name", ["FIN-GL-01", "FIN-GL-03"])
def test_journal_to_post_closing_trial_balance(by_hand: Books, name: str) -> None:
    case = example(name)
    expected = case["expected"]
    if "opening" in case["inputs"]:
        open_with(by_hand, case["inputs"]["opening"])
    snapshots = book_all(by_hand, case["inputs"]["vouchers"], month=12)
    for moment, figures in expected["snapshots"].items():
        made = snapshots[moment]
        assert (f"{made.closing_debit:.2f}", f"{made.closing_credit:.2f}") == (figures["debit"], figures["credit"])
        rows = {row.account.code: f"{row.closing:.2f}" for row in made.rows}
        assert {key: rows[code_of(key)] for key in figures.get("balances", {})} == figures.get("balances", {})

    closing.transfer_profit_and_loss(**who(by_hand, 12))
    assert f"{income_statement(by_hand.company, by_hand.period(12)).amount(32):.2f}" == expected["profit"]
    closing.transfer_year_result(**who(by_hand, 12))
    balances_match(by_hand, 12, expected["post_closing"]["balances"])
    if "debit" in expected["post_closing"]:
        after = trial_balance(by_hand.company, by_hand.period(1), by_hand.period(12))
        assert (f"{after.closing_debit:.2f}", after.is_balanced) == (expected["post_closing"]["debit"], True)
    sheet = balance_sheet(by_hand.company, by_hand.period(12))
    assert {line: f"{sheet.amount(LINES[line]):.2f}" for line in expected["balance_sheet"]} == expected["balance_sheet"]


def test_lines_of_the_balance_sheet(by_hand: Books) -> None:
    """FIN-CN-03: which accounts make cash, inventories, fixed assets, taxes payable."""
    case = example("FIN-CN-03")
    open_with(by_hand, case["inputs"]["opening"], counter="3001")
    sheet = balance_sheet(by_hand.company, by_hand.period(1))
    expected = case["expected"]["balance_sheet"]
    assert {name: f"{sheet.amount(LINES[name]):.2f}" for name in expected} == expected


def test_vat_of_the_month(by_hand: Books) -> None:
    """FIN-CN-01d, without the surcharges (they are entered as a voucher): what is to be paid and what is carried forward."""
    case = example("FIN-CN-01d")
    taxes = [("22210105", -1, line) for line in case["inputs"]["output"]] + [("22210101", 1, line) for line in case["inputs"]["input"]]
    for code, side, line in taxes:
        tax = str((D(line["amount"]) * D(line["rate"])).quantize(D("0.01")))
        entry = (code, tax, "") if side > 0 else (code, "", tax)
        by_hand.book(entry, ("1002", entry[2], entry[1]))
    for text in case["inputs"]["transfer_out"]:
        by_hand.book(("560299", text, ""), ("22210107", "", text))
    closing.transfer_vat(**who(by_hand, 3))
    expected = case["expected"]
    march = by_hand.period(3)
    assert f"{-balance_of(by_hand.company, march, '222102'):.2f}" == expected["payable"]
    assert f"{balance_of(by_hand.company, march, '222101'):.2f}" == expected["carry_forward"]


def test_ageing_by_due_date(books: Books) -> None:
    """FIN-AR-03 (in 2026): the boundaries of the buckets, part payments, money that names no bill goes to the longest due."""
    case = example("FIN-AR-03")

    def shifted(text: str) -> dt.date:
        return dt.date.fromisoformat(text).replace(year=2026)

    for bill in case["inputs"]["invoices"]:
        books.sell(bill["no"], bill["amount"], date=shifted(bill["date"]), due=shifted(bill["due"]), tax="0")
    for paid in case["inputs"]["settlements"]:
        day = shifted(paid["date"]).isoformat()
        if "invoice" in paid:
            books.receipt(paid["amount"], (paid["invoice"], paid["amount"]), date=day)
        else:
            items = list(OpenItem.objects.exclude(open_amount=0))
            settled = [(item.origin_number, str(part)) for item, part in propose_settlement(items, D(paid["amount"]))]
            books.receipt(paid["amount"], *settled, date=day)
    buckets = [Bucket(bucket["name"], bucket.get("from"), bucket.get("to")) for bucket in case["inputs"]["buckets"]]
    (row,) = ageing(books.company, "receivable", shifted(case["inputs"]["as_of"]), buckets=buckets)
    assert {str(b.label): f"{amount:.2f}" for b, amount in zip(buckets, row.buckets, strict=True)} == case["expected"]["buckets"]
    assert (f"{row.total:.2f}", f"{row.advance:.2f}") == (case["expected"]["total"], case["expected"]["unapplied"])


NOT_HERE = {
    "FIN-AR-01": "allowances for bad debts are no part of the small-enterprise standard",
    "FIN-BUD-01": "budgets are not built yet",
    "FIN-CN-01b": "equivalent units belong to the cost run",
    "FIN-CN-02a": "foreign currency revaluation is not built yet",
    "FIN-FX-01": "foreign currency revaluation is not built yet",
    "FIN-FX-03": "foreign currency revaluation is not built yet",
    "FIN-FX-05": "foreign currency revaluation is not built yet",
    "FIN-FX-07": "foreign currency revaluation is not built yet",
}
HERE = {"FIN-CN-01", "FIN-CN-01d", "FIN-CN-03", "FIN-GL-01", "FIN-GL-03", "FIN-AR-03"}


@pytest.mark.parametrize("name", sorted(path.stem for path in (GOLDEN / "cases").glob("FIN-*.json")))
def test_every_example_of_the_books_is_used_or_its_absence_explained(name: str) -> None:
    if name in NOT_HERE:
        pytest.skip(f"{name}: {NOT_HERE[name]}")
    assert name in HERE

"""What the tables say, summed by plain queries, held against the model and against each other (P1 to P6)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from core.models import Company
from finance.models import AccountBalance, GoodsReceived, OpenItem, VoucherLine
from inventory.models import Reservation, StockBalance, StockMove, ValuationPool
from production.models import WorkOrderCost
from reports import reconcile
from tests.proof.model import Model

D = Decimal
STOCK_ACCOUNTS = {"BOLT": "140302", "PLATE": "140301", "FRAME": "140501", "PAINT": "140303"}


def sums(rows: QuerySet[Any], *key: str, **amounts: str) -> dict[Any, Any]:
    """Sums by key, without zeros; a key of one field is that field."""
    names = {f"sum_{name}": Sum(field) for name, field in amounts.items()}
    found = {}
    for row in rows.order_by().values(*key).annotate(**names):
        values = tuple(row[name] or D(0) for name in names)
        if any(values):
            found[row[key[0]] if len(key) == 1 else tuple(row[one] or "" for one in key)] = values[0] if len(values) == 1 else values
    return found


def without_zeros(figures: Mapping[Any, Decimal] | Iterable[tuple[Any, Decimal]]) -> dict[Any, Decimal]:
    """A copy that only keeps what is there."""
    return {key: value for key, value in dict(figures).items() if value}


def assert_stock(company: Company, model: Model) -> None:
    """P2, P3: what lies where and what is held, in the balances, in the moves, and in the model."""
    place = ("item__code", "warehouse__code", "status")
    balances = StockBalance.objects.filter(company=company)
    moves = StockMove.objects.filter(company=company)
    assert sums(balances, *place, on_hand="on_hand") == without_zeros(model.on_hand)
    assert sums(moves, *place, quantity="quantity") == without_zeros(model.on_hand)
    held = {(item, store): model.reserved(item, store) for item, store in model.held}
    assert sums(balances, "item__code", "warehouse__code", reserved="reserved") == without_zeros(held)
    by_balance = sums(
        Reservation.objects.filter(company=company, state="held"), "balance__item__code", "balance__warehouse__code", quantity="quantity"
    )
    assert by_balance == without_zeros(held)
    assert not balances.filter(Q(on_hand__lt=0, warehouse__allow_negative=False) | (Q(reserved__gt=F("on_hand")) & ~Q(reserved=0))).exists()


def assert_values(company: Company, model: Model) -> None:
    """P2, P4: what goods are worth, in the pools, in the moves, in the books, and in the model; worth nothing where there is nothing."""
    pools = {
        (row.item.code, row.warehouse.code if row.warehouse else ""): (row.quantity, row.value)
        for row in ValuationPool.objects.filter(company=company).select_related("item", "warehouse")
    }
    expected = {key: (pool.quantity, pool.value) for key, pool in model.pools.items()}
    assert {key: pair for key, pair in pools.items() if any(pair)} == {key: pair for key, pair in expected.items() if any(pair)}
    assert all(value == 0 if quantity == 0 else value >= 0 or quantity < 0 for quantity, value in pools.values())
    worth: dict[str, Decimal] = {}
    for (item, _area), pool in model.pools.items():
        worth[STOCK_ACCOUNTS[item]] = worth.get(STOCK_ACCOUNTS[item], D(0)) + pool.value
    assert _balances(AccountBalance.objects.filter(company=company, account__control="inventory"), "account__code") == without_zeros(worth)
    by_item = {item: sum((pool.value for (code, _area), pool in model.pools.items() if code == item), D(0)) for item in STOCK_ACCOUNTS}
    assert sums(StockMove.objects.filter(company=company), "item__code", value="value") == without_zeros(by_item)


def _balances(rows: QuerySet[Any], *key: str) -> dict[Any, Decimal]:
    return without_zeros({name: debit - credit for name, (debit, credit) in sums(rows, *key, debit="debit", credit="credit").items()})


def assert_books(company: Company, model: Model) -> None:
    """P1, P5, P6: every voucher balances, the control accounts equal the sub-ledgers, and both equal the model."""
    lines = VoucherLine.objects.filter(voucher__company=company, voucher__state="posted")
    assert not lines.order_by().values("voucher").annotate(debits=Sum("debit"), credits=Sum("credit")).exclude(debits=F("credits")).exists()
    turnover = AccountBalance.objects.filter(company=company)
    assert _balances(lines, "account__code", "work_order") == _balances(turnover, "account__code", "work_order")
    expected = without_zeros(model.books)
    wip = {f"wip:{order}": amount for order, amount in _balances(turnover.filter(account__control="wip"), "work_order").items()}
    assert wip == {name: amount for name, amount in expected.items() if name.startswith("wip:")}
    costs = sums(WorkOrderCost.objects.filter(company=company), "work_order__number", amount="amount")
    assert {f"wip:{order}": amount for order, amount in costs.items()} == wip
    controls = _balances(turnover.exclude(account__control__in=["", "inventory", "wip"]), "account__control")
    assert controls == {name: amount for name, amount in expected.items() if not name.startswith("wip:")}
    _assert_sub_ledgers(company, controls)


def _assert_sub_ledgers(company: Company, controls: Mapping[str, Decimal]) -> None:
    items = sums(OpenItem.objects.filter(company=company), "side", open_amount="open_amount")
    sign = {"payable": -1, "customer_advance": -1}
    accrued = sums(GoodsReceived.objects.filter(company=company), "company", amount="amount", cleared="invoiced_amount")
    open_accruals = sum((amount - cleared for amount, cleared in accrued.values()), D(0))
    ledgers = {side: sign.get(side, 1) * amount for side, amount in items.items()} | {"goods_received": -open_accruals}
    assert without_zeros(ledgers) == dict(controls)


def assert_reconciled(company: Company) -> None:
    """The product's own nightly check finds nothing: P1 to P12."""
    assert [(result.promise, difference) for result in reconcile.run(company) for difference in result.differences] == []


def assert_promises(company: Company, model: Model) -> None:
    """All of the above."""
    assert_stock(company, model)
    assert_values(company, model)
    assert_books(company, model)

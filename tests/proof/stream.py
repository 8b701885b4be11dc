"""A stream of documents drawn from a seed, and what it leaves behind in the ledgers, in words that mean the same on every engine.

python -m tests.proof.stream SEED STEPS    plays it in an empty SQLite database of its own and prints the ledgers as JSON
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import django

D = Decimal
Rows = dict[str, list[list[str]]]


def play(seed: int, steps: int) -> Rows:
    """Play `steps` documents of the stream `seed` into a house of its own; gives its ledgers."""
    from tests.proof.house import build_house
    from tests.proof.walk import Walk

    walk, chance = Walk(build_house()), Random(seed)
    for item, cost in (("BOLT", D("2.13")), ("PLATE", D("30.07"))):
        walk.bring_in(item, "MAIN", D(90), cost)
    for _ in range(steps):
        chance.choice(_possible(walk, chance))()
    return ledgers(walk.house.factory.company)


def _possible(walk: Any, chance: Random) -> list[Callable[[], Any]]:
    """What can be done now, each with figures drawn for it."""

    def one(*values: Any) -> Any:
        return chance.choice(values)

    which, few, many = chance.randint(0, 30), D(chance.randint(1, 12)), D(chance.randint(5, 60))
    price, money = one(D("0.333"), D("2.05"), D("7.35"), D("19.999"), D("101.01")), one(D("0.01"), D("33.33"), D(1000))
    running = [order for order in walk.made if order.state == "running"]
    steps: list[tuple[Any, Callable[[], Any]]] = [
        (True, lambda: walk.bring_in(one("BOLT", "PLATE", "FRAME", "PAINT"), one("MAIN", "YARD"), many, price)),
        (True, lambda: walk.give_away(one("BOLT", "PLATE", "PAINT"), one("MAIN", "YARD"), few)),
        (True, lambda: walk.transfer(one("BOLT", "PLATE", "PAINT"), *one(("MAIN", "YARD"), ("YARD", "MAIN")), few)),
        (True, lambda: walk.buy(one("BOLT", "PLATE", "PAINT"), many, price)),
        (walk.bought, lambda: walk.inspect(which, one(D(0), D(2)))),
        (walk.bought, lambda: walk.invoice(which, many, price)),
        (walk.invoices, lambda: walk.pay(which, money)),
        (True, lambda: walk.sell(one("FRAME", "PAINT"), few, price)),
        (walk.sold, lambda: walk.hold(which, few)),
        (walk.sold, lambda: walk.ship(which, few)),
        (walk.shipments, lambda: walk.collect(which, money)),
        (True, lambda: walk.plan(D(chance.randint(1, 6)))),
        (walk.made, lambda: walk.issue(which, many, few)),
        (walk.made, lambda: walk.bring_back(which, one("BOLT", "PLATE"), few)),
        (running, lambda: walk.report(which, one(10, 20), few, one(D(0), D(7), D("61.5")))),
        (any(order.good[20] for order in walk.made), lambda: walk.accept(which, one(D(0), D(1)))),
        (any(order.accepted for order in walk.made), lambda: walk.receive(which, few, one(True, False))),
        (True, lambda: walk.take_back(which)),
    ]
    return [step for condition, step in steps if condition]


def ledgers(company: Any) -> Rows:
    """Stock, books and numbers of a company without the ids that each engine gives in its own way; what has no order is sorted."""
    from core.models import NumberSequence
    from finance.models import AccountBalance, Voucher, VoucherLine
    from inventory.models import CostLayer, StockBalance, StockMove, ValuationPool

    wanted: dict[str, tuple[Any, str]] = {
        "moves": (
            StockMove.objects.filter(company=company).order_by("id"),
            "posting__event posting__origin_kind posting__origin_number origin_line item__code warehouse__code bin__code lot__code status "
            "quantity value unit_cost date reversal_of__posting__origin_number",
        ),
        "balances": (
            StockBalance.objects.filter(company=company),
            "item__code warehouse__code bin__code lot__code status on_hand reserved",
        ),
        "pools": (
            ValuationPool.objects.filter(company=company),
            "item__code warehouse__code lot__code quantity value last_cost",
        ),
        "layers": (
            CostLayer.objects.filter(pool__company=company).order_by("id"),
            "pool__item__code pool__warehouse__code receipt_ref quantity value",
        ),
        "vouchers": (
            Voucher.objects.filter(company=company).order_by("id"),
            "word number date state source origin_kind origin_number total reversal_of__number",
        ),
        "lines": (
            VoucherLine.objects.filter(voucher__company=company).order_by("voucher_id", "line_no"),
            "voucher__number line_no summary account__code debit credit quantity customer__code supplier__code item__code work_order",
        ),
        "accounts": (
            AccountBalance.objects.filter(company=company),
            "period__month account__code customer__code supplier__code item__code work_order debit credit quantity",
        ),
        "numbers": (NumberSequence.objects.filter(company=company), "kind period last"),
    }
    found = {
        name: [[_word(value) for value in row] for row in rows.values_list(*fields.split())] for name, (rows, fields) in wanted.items()
    }
    return {name: rows if wanted[name][0].query.order_by else sorted(rows) for name, rows in found.items()}


def _word(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def main(seed: int, steps: int) -> None:
    """Play into a SQLite database in memory."""
    django.setup()
    from django.db import connection

    assert connection.vendor == "sqlite", "unset DATABASE_URL"
    connection.creation.create_test_db(verbosity=0, serialize=False)
    json.dump(play(seed, steps), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Random documents are thrown at the services; after each one the tables must say what an independent model says
(P1 to P6), and the checks of `manage.py reconcile` must find nothing (P1 to P12).

A longer walk:  WALK_EXAMPLES=300 WALK_STEPS=60 make test ARGS="tests/proof/test_state_machine.py"  (WALK_SHRINK=0 shows the
first failure as it was found.)
"""

import os
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.proof.house import build_house
from tests.proof.promises import assert_promises, assert_reconciled
from tests.proof.walk import Walk

D = Decimal
EXAMPLES = int(os.environ.get("WALK_EXAMPLES", "12"))
STEPS = int(os.environ.get("WALK_STEPS", "35"))

WHICH = st.integers(0, 30)
FEW = st.integers(1, 12).map(Decimal)
MANY = st.integers(5, 60).map(Decimal)
PRICE = st.sampled_from([D("0.333"), D(1), D("2.05"), D("7.35"), D("19.999"), D("30"), D("101.01")])
MONEY = st.sampled_from([D("0.01"), D("33.33"), D(250), D(1000), D("99999.99")])
ITEM = st.sampled_from(["BOLT", "PLATE", "FRAME", "PAINT"])
BOUGHT = st.sampled_from(["BOLT", "PLATE", "PAINT"])
SOLD = st.sampled_from(["FRAME", "PAINT"])
STORE = st.sampled_from(["MAIN", "YARD"])


class Days(RuleBasedStateMachine):
    """Days at ACME, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example._from_testcase = True  # a durable verb may run inside, as inside any test
        self.example.__enter__()
        self.walk = Walk(build_house())
        self.closed = False
        for item, quantity, cost in (("BOLT", D(80), D("2.13")), ("PLATE", D(40), D("30.07"))):
            self.walk.bring_in(item, "MAIN", quantity, cost)

    def teardown(self) -> None:
        try:
            if not self.failed:
                self._unwind()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    failed = False

    def _unwind(self) -> None:
        """Take everything back: nothing may stay behind – no goods, no value, no hold, no debt."""
        walk, company = self.walk, self.walk.house.factory.company
        assert_reconciled(company)
        walk.undo_all()
        assert_promises(company, walk.model)
        assert_reconciled(company)
        connection.check_constraints()
        if self.closed:
            return  # what went through a closed work order stays
        assert not walk.done, f"could not be taken back: {[(one.kind, one.document.number) for one in walk.done]}"
        figures: list[Any] = [*walk.model.on_hand.values(), *walk.model.books.values()]
        figures += [figure for pool in walk.model.pools.values() for figure in (pool.quantity, pool.value)]
        figures += [walk.model.reserved(*place) for place in list(walk.model.held)]
        assert not any(figures)

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        company = self.walk.house.factory.company
        try:
            assert_promises(company, self.walk.model)
            assert_reconciled(company)
        except BaseException:
            self.failed = True
            raise

    @rule(item=ITEM, store=STORE, quantity=MANY, cost=PRICE)
    def something_is_found(self, item: str, store: str, quantity: Decimal, cost: Decimal) -> None:
        self.walk.bring_in(item, store, quantity, cost)

    @rule(item=ITEM, store=STORE, quantity=FEW)
    def something_is_given_away(self, item: str, store: str, quantity: Decimal) -> None:
        self.walk.give_away(item, store, quantity)

    @rule(item=ITEM, to_yard=st.booleans(), quantity=FEW)
    def something_is_moved(self, item: str, to_yard: bool, quantity: Decimal) -> None:
        source, target = ("MAIN", "YARD") if to_yard else ("YARD", "MAIN")
        self.walk.transfer(item, source, target, quantity)

    @rule(item=BOUGHT, quantity=MANY, price=PRICE)
    def goods_are_bought(self, item: str, quantity: Decimal, price: Decimal) -> None:
        self.walk.buy(item, quantity, price)

    @precondition(lambda self: self.walk.bought)
    @rule(which=WHICH, rejected=st.sampled_from([D(0), D(2)]))
    def goods_are_inspected(self, which: int, rejected: Decimal) -> None:
        self.walk.inspect(which, rejected)

    @precondition(lambda self: self.walk.bought)
    @rule(which=WHICH, quantity=MANY, price=PRICE)
    def goods_are_invoiced(self, which: int, quantity: Decimal, price: Decimal) -> None:
        self.walk.invoice(which, quantity, price)

    @precondition(lambda self: self.walk.invoices)
    @rule(which=WHICH, amount=MONEY)
    def the_supplier_is_paid(self, which: int, amount: Decimal) -> None:
        self.walk.pay(which, amount)

    @rule(item=SOLD, quantity=FEW, price=PRICE)
    def a_customer_orders(self, item: str, quantity: Decimal, price: Decimal) -> None:
        self.walk.sell(item, quantity, price)

    @precondition(lambda self: self.walk.sold)
    @rule(which=WHICH, quantity=FEW)
    def goods_are_reserved(self, which: int, quantity: Decimal) -> None:
        self.walk.hold(which, quantity)

    @precondition(lambda self: self.walk.sold)
    @rule(which=WHICH)
    def a_reservation_is_given_back(self, which: int) -> None:
        self.walk.let_go(which)

    @precondition(lambda self: self.walk.sold)
    @rule(which=WHICH, quantity=FEW)
    def goods_are_shipped(self, which: int, quantity: Decimal) -> None:
        self.walk.ship(which, quantity)

    @precondition(lambda self: self.walk.shipments)
    @rule(which=WHICH, amount=MONEY)
    def the_customer_pays(self, which: int, amount: Decimal) -> None:
        self.walk.collect(which, amount)

    @rule(quantity=st.integers(1, 6).map(Decimal))
    def frames_are_planned(self, quantity: Decimal) -> None:
        self.walk.plan(quantity)

    @precondition(lambda self: self.walk.made)
    @rule(which=WHICH, bolts=MANY, plates=FEW)
    def materials_are_issued(self, which: int, bolts: Decimal, plates: Decimal) -> None:
        self.walk.issue(which, bolts, plates)

    @precondition(lambda self: self.walk.made)
    @rule(which=WHICH, item=st.sampled_from(["BOLT", "PLATE"]), quantity=FEW)
    def materials_come_back(self, which: int, item: str, quantity: Decimal) -> None:
        self.walk.bring_back(which, item, quantity)

    @precondition(lambda self: any(one.state == "running" for one in self.walk.made))
    @rule(which=WHICH, operation=st.sampled_from([10, 20]), good=FEW, minutes=st.sampled_from([D(0), D(7), D("61.5")]))
    def work_is_reported(self, which: int, operation: int, good: Decimal, minutes: Decimal) -> None:
        self.walk.report(which, operation, good, minutes)

    @precondition(lambda self: any(one.good[20] for one in self.walk.made))
    @rule(which=WHICH, rejected=st.sampled_from([D(0), D(1)]))
    def frames_are_inspected(self, which: int, rejected: Decimal) -> None:
        self.walk.accept(which, rejected)

    @precondition(lambda self: any(one.accepted for one in self.walk.made))
    @rule(which=WHICH, quantity=FEW, is_final=st.booleans())
    def frames_are_received(self, which: int, quantity: Decimal, is_final: bool) -> None:
        self.walk.receive(which, quantity, is_final)

    @precondition(lambda self: any(one.state in ("running", "done") for one in self.walk.made))
    @rule(which=WHICH)
    def an_order_is_closed(self, which: int) -> None:
        self.closed = True
        self.walk.finish(which)

    @precondition(lambda self: self.walk.made)
    @rule(which=WHICH)
    def an_order_is_called_off(self, which: int) -> None:
        self.walk.call_off(which)

    @rule(which=WHICH)
    def a_document_is_taken_back(self, which: int) -> None:
        self.walk.take_back(which)


@pytest.mark.django_db
@pytest.mark.timeout(3600)
def test_whatever_happens_stock_and_books_agree() -> None:
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize="WALK_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink] if os.environ.get("WALK_SHRINK", "1") == "1" else [Phase.generate],
    )
    run_state_machine_as_test(Days, settings=profile)

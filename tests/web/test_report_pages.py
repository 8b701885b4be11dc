"""Reports as pages: figures that agree with the ledgers, drill-down, pages by key, workbooks with real numbers."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from core.access import access_of
from core.models import Company, Membership, Period, User
from core.periods import open_year
from inventory.models import Proposal, StockMove, ValuationPool
from production.models import WorkOrder
from production.planning import run_mrp
from purchasing.models import Requisition
from reports.chain import chain_of
from tests.factory import TODAY
from tests.proof import house as h
from tests.proof import stories
from tests.proof.house import House
from tests.web.browsing import at_page, form_of, row_counts, shows

D = Decimal
REPORTS = (
    "stock-on-hand",
    "stock-ledger",
    "reservations",
    "account-balances",
    "trial-balance",
    "detail-ledger",
    "balance-sheet",
    "income-statement",
    "ageing",
    "open-items",
    "workbench",
    "shortages",
    "work-order-costs",
    "month-end-now",
    "jobs",
)


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    """The rows of an exported workbook."""
    return list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_opens_for_who_may_see_it_and_for_nobody_else(name: str, house: House, ada: Any) -> None:
    assert ada.get(reverse(name)).status_code == 200
    assert ada.post(reverse(name)).status_code == 405
    if name != "jobs":
        assert at_page(house.factory.nora, house.factory.company, rights=[]).get(reverse(name)).status_code == 403


class TestStock:
    def test_on_hand_agrees_with_the_pools(self, house: House, ada: Any) -> None:
        h.stocked(house)
        total = sum(pool.value for pool in ValuationPool.objects.all())
        rows = sheet(ada.get(reverse("stock-on-hand"), {"export": "xlsx"}))
        assert rows[-1][-1] == float(total)
        assert [row[0] for row in rows[3:-1]] == ["BOLT", "FRAME", "PAINT", "PLATE"]
        for by in ("warehouse", "lot"):
            assert shows(ada.get(reverse("stock-on-hand"), {"by": by, "item": "BOLT"}), "852.00")

    def test_who_may_not_see_costs_sees_quantities(self, house: House) -> None:
        h.stocked(house)
        keeper = at_page(house.factory.nora, house.factory.company, rights=["view_stockbalance", "view_stockmove"])
        page = keeper.get(reverse("stock-on-hand"))
        assert shows(page, "400") and not shows(page, "852.00")
        ledger = keeper.get(reverse("stock-ledger"), {"item": "BOLT"})
        assert shows(ledger, "400") and not shows(ledger, "852.00")
        assert "852" not in str(sheet(keeper.get(reverse("stock-ledger"), {"item": "BOLT", "export": "xlsx"})))

    def test_the_ledger_of_an_item_runs_from_opening_to_closing(self, house: House, ada: Any) -> None:
        stories.running_order(house)
        page = ada.get(reverse("stock-ledger"), {"item": "BOLT", "date_from": "2026-03-11"})
        # 400 bolts at 2.13 came, 24 went: the balance is carried into the later span.
        assert page.context["start"].quantity == 376
        assert page.context["start"].value == ValuationPool.objects.get(item=house.factory.bolt).value
        rows = sheet(ada.get(reverse("stock-ledger"), {"item": "BOLT", "export": "xlsx"}))
        assert rows[-1][-3:] == (376, 2.13, 800.88)

    def test_a_long_ledger_is_paged_by_key_at_the_same_cost(self, house: House, ada: Any) -> None:
        h.stocked(house)
        first = StockMove.objects.filter(item=house.factory.bolt).earliest("id")
        StockMove.objects.bulk_create(StockMove(**{**values(first), "quantity": D(1), "value": D("2.13")}) for _ in range(250))
        address = reverse("stock-ledger")
        with CaptureQueriesContext(connection) as of_first:
            page = ada.get(address, {"item": "BOLT"})
        seen, cursors = len(page.context["lines"]), [page.context["next"]]
        while cursors[-1]:
            with CaptureQueriesContext(connection) as of_next:
                page = ada.get(address, {"item": "BOLT", "after": cursors[-1]})
            assert abs(len(of_next) - len(of_first)) <= 1
            seen += len(page.context["lines"])
            cursors.append(page.context["next"])
        assert seen == 251
        assert page.context["end"].quantity == 650
        newest = ada.get(address)
        assert len(newest.context["lines"]) == 100
        older = ada.get(address, {"before": newest.context["next"]})
        assert older.context["lines"][0].move.pk < newest.context["lines"][-1].move.pk

    @pytest.mark.parametrize("filter", [{}, {"date_from": "2026-01-01"}])
    def test_all_moves_are_paged_from_the_latest_back_each_of_them_once(self, filter: dict[str, str], house: House, ada: Any) -> None:
        h.stocked(house)
        first = StockMove.objects.filter(item=house.factory.bolt).earliest("id")
        # Every other of 160 further moves was entered for an earlier day than the one entered before it.
        days = [TODAY - dt.timedelta(days=number % 2 * 5) for number in range(160)]
        StockMove.objects.bulk_create(StockMove(**{**values(first), "date": day}) for day in days)
        shown: list[StockMove] = []
        page = ada.get(reverse("stock-ledger"), filter)
        shown += [line.move for line in page.context["lines"]]
        page = ada.get(reverse("stock-ledger"), {**filter, "before": page.context["next"]})
        shown += [line.move for line in page.context["lines"]]
        assert not page.context["next"]
        assert {move.pk for move in shown} == set(StockMove.objects.values_list("pk", flat=True))
        assert shown == sorted(shown, key=lambda move: (move.date, move.pk), reverse=True)

    @pytest.mark.parametrize("cursor", ["x", "2026-03-10", "2026-03-10_x", "2026-02-30_1", "0_1", "2026-03-10_" + "9" * 30])
    def test_an_invented_cursor_is_not_found(self, cursor: str, house: House, ada: Any) -> None:
        assert ada.get(reverse("stock-ledger"), {"item": "BOLT", "after": cursor}).status_code == 404
        assert ada.get(reverse("stock-ledger"), {"before": cursor}).status_code == 404

    def test_a_warehouse_valued_on_its_own_shows_its_own_value(self, house: House, ada: Any) -> None:
        # Ten bolts at 2.00 lie in the main store; ten at 10.00 came into the yard, which is valued on its own.
        f = house.factory
        for warehouse, cost in ((f.store, "2"), (house.yard, "10")):
            house.post(stories.verb_of("stock_entry", "post"), h.entry(house, "other_in", warehouse, (f.bolt, "10", cost)))
        for by in ("warehouse", "lot"):
            rows = sheet(ada.get(reverse("stock-on-hand"), {"by": by, "export": "xlsx"}))
            assert [(row[3], row[-2], row[-1]) for row in rows[3:-1]] == [("Main store", 2, 20), ("Yard", 10, 100)]
        row = sheet(ada.get(reverse("stock-on-hand"), {"warehouse": "YARD", "export": "xlsx"}))[3]
        assert row[-2:] == (10, 100)
        assert sheet(ada.get(reverse("stock-on-hand"), {"export": "xlsx"}))[-1][-1] == 120

    def test_the_value_below_a_search_is_that_of_what_it_found(self, house: House, ada: Any) -> None:
        h.stocked(house)
        rows = sheet(ada.get(reverse("stock-on-hand"), {"q": "bolt", "export": "xlsx"}))
        assert [row[0] for row in rows[3:-1]] == ["BOLT"]
        assert rows[-1][-1] == 852

    def test_a_strangers_item_is_not_found(self, house: House, stranger: Any) -> None:
        assert stranger.get(reverse("stock-ledger"), {"item": "PAINT"}).status_code == 404

    def test_reservations_say_who_holds(self, house: House, ada: Any) -> None:
        order = stories.released_order(house)
        page = ada.get(reverse("reservations"), {"item": "BOLT"})
        assert shows(page, order.number) and shows(page, "Nora")


def values(move: StockMove) -> dict[str, Any]:
    """The columns of a move, for copies of it."""
    return {field.attname: getattr(move, field.attname) for field in StockMove._meta.concrete_fields if field.name != "id"}


class TestBooks:
    def test_balances_add_up_and_lead_to_the_ledger(self, house: House, ada: Any) -> None:
        stories.customer_money(house)
        page = ada.get(reverse("account-balances"), {"first": "2026-03"})
        totals = page.context["totals"]
        assert totals.is_balanced and totals.debit == totals.credit > 0
        assert shows(page, f"{reverse('detail-ledger')}?account=112201")
        rows = sheet(ada.get(reverse("account-balances"), {"first": "2026-03", "export": "xlsx"}))
        assert rows[-1][2:] == tuple(
            float(getattr(totals, name))
            for name in (
                "opening_debit",
                "opening_credit",
                "debit",
                "credit",
                "year_debit",
                "year_credit",
                "closing_debit",
                "closing_credit",
            )
        )
        assert shows(ada.get(reverse("trial-balance"), {"first": "2026-03"}), "The books balance")

    def test_the_detail_ledger_ends_at_the_balance(self, house: House, ada: Any) -> None:
        stories.customer_money(house)
        wanted = {"account": "1122", "first": "2026-03"}
        page = ada.get(reverse("detail-ledger"), wanted)
        balances = ada.get(reverse("account-balances"), {"first": "2026-03"}).context["lines"]
        line = next(one for one in balances if one.account.code == "1122")
        assert page.context["rows"][-1].balance == line.closing
        assert sheet(ada.get(reverse("detail-ledger"), wanted | {"export": "xlsx"}))[-1][-1] == float(line.closing)

    def test_a_year_that_has_begun_without_a_line_has_no_turnover_yet(self, house: House, ada: Any) -> None:
        stories.customer_money(house)
        open_year(house.factory.company, 2027)
        wanted = {"account": "1122", "first": "2026-11"}
        [_opening, month, year] = ada.get(reverse("detail-ledger"), {**wanted, "last": "2026-12"}).context["rows"]
        assert (month.debit, month.credit, year.debit > 0 or year.credit > 0) == (0, 0, True)
        [_opening, month, new_year] = ada.get(reverse("detail-ledger"), {**wanted, "last": "2027-02"}).context["rows"]
        assert (new_year.date, new_year.debit, new_year.credit) == (dt.date(2027, 2, 28), 0, 0)
        assert new_year.balance == year.balance

    def test_a_part_of_the_trial_balance_raises_no_alarm(self, house: House, ada: Any) -> None:
        # The accounts of stock alone have nothing but debits, and nothing is wrong with that.
        stories.customer_money(house)
        page = ada.get(reverse("trial-balance"), {"first": "2026-03", "account": "14"})
        assert page.context["totals"].closing_debit > page.context["totals"].closing_credit
        assert not shows(page, "The books do not balance") and not shows(page, "The books balance")

    @pytest.mark.parametrize("name", ["account-balances", "trial-balance", "detail-ledger", "balance-sheet", "income-statement"])
    def test_a_company_without_periods_is_told_to_open_them(self, name: str, house: House) -> None:
        company = Company.objects.create(code="NEW", name="新厂", start_date=TODAY)
        newcomer = User.objects.create_user("newcomer", password=None)
        Membership.objects.create(user=newcomer, company=company)
        answer = at_page(newcomer, company).get(reverse(name))
        assert answer.status_code == 400
        assert shows(answer, "Open the periods of that year first")

    def test_the_balance_sheet_balances(self, house: House, ada: Any) -> None:
        stories.customer_money(house)
        page = ada.get(reverse("balance-sheet"), {"last": "2026-03"})
        statement = page.context["statement"]
        assert statement.amount(30) == statement.amount(53) > 0
        assert len(page.context["sides"]) == 2

    def test_what_is_open_is_shown_by_age(self, house: House, ada: Any) -> None:
        shipment = stories.posted_shipment(house)
        rows = sheet(ada.get(reverse("ageing"), {"as_of": "2026-12-31", "export": "xlsx"}))
        assert rows[-2][0].startswith("C1") and rows[-2][1] == float(shipment.gross_amount)
        page = ada.get(reverse("open-items"), {"partner": "C1"})
        assert shows(page, shipment.number)

    def test_what_we_are_owed_is_not_added_to_what_we_owe(self, house: House, ada: Any) -> None:
        owed = h.open_item(stories.posted_shipment(house)).open_amount
        stories.posted_invoice(house)
        assert ada.get(reverse("open-items")).context["totals"] is None
        page = ada.get(reverse("open-items"), {"side": "receivable"})
        assert [strip_tags(one.html) for one in page.context["totals"] if one] == [f"{owed:,.2f}"]


class TestChain:
    def test_from_the_order_to_the_money(self, house: House, ada: Any) -> None:
        money = stories.customer_money(house)
        house.post(stories.verb_of("customer_receipt", "post"), money)
        access = access_of(Membership.objects.get(user=house.factory.ada), house.factory.ada)
        chain = chain_of(access, "customer_receipt", money.number)
        numbers = [node.number for node in chain.nodes]
        assert "SO-202603-0001" in numbers and "SH-202603-0001" in numbers
        links = {(start.split(":")[0], end.split(":")[0]) for start, end in chain.links}
        assert {("sales_order", "shipment"), ("shipment", "customer_receipt"), ("customer_receipt", "voucher")} <= links

    def test_what_may_not_be_opened_is_no_link(self, house: House) -> None:
        shipment = stories.posted_shipment(house)
        keeper = at_page(house.factory.nora, house.factory.company, rights=["view_shipment"])
        page = keeper.get(reverse("shipment-related", args=[shipment.pk]))
        assert shows(page, "SO-202603-0001")
        assert not shows(page, reverse("sales_order-detail", args=[shipment.order_id]))

    def test_it_costs_a_bounded_number_of_statements(self, house: House, ada: Any) -> None:
        order = stories.accepted_order(house)
        ada.get(reverse("work_order-related", args=[order.pk]))
        with CaptureQueriesContext(connection) as statements:
            assert shows(ada.get(reverse("work_order-related", args=[order.pk])), "MI-202603-0001")
        assert len(statements) < 80


class TestPlanning:
    def plan(self, house: House) -> None:
        """Nothing is there and six frames are wanted."""
        h.sales_order(house, (house.factory.frame, "6", "199.99"))
        run_mrp(company=house.factory.company, by=house.factory.nora, at=timezone.now(), plan_date=TODAY)

    def test_proposals_become_work_orders_and_a_requisition_once(self, house: House, ada: Any) -> None:
        self.plan(house)
        page = ada.get(reverse("workbench"))
        assert shows(page, "SO-202603-0001") and shows(page, "FRAME × ")
        form = form_of(page)
        ids = [str(pk) for pk in Proposal.objects.values_list("pk", flat=True)]
        make, buy = form.data(ids=ids, kind="make"), form.data(ids=ids, kind="buy", idempotency_key="another")
        for data in (make, make, buy, buy):
            assert ada.post(reverse("workbench-convert"), data).status_code == 302
        assert (WorkOrder.objects.count(), Requisition.objects.count()) == (1, 1)
        assert Requisition.objects.get().lines.count() == 2
        assert not Proposal.objects.filter(state="open").exists()

    def test_a_stranger_can_not_use_them(self, house: House, stranger: Any) -> None:
        self.plan(house)
        ids = [str(pk) for pk in Proposal.objects.values_list("pk", flat=True)]
        before = row_counts()
        stranger.post(reverse("workbench-convert"), {"ids": ids, "kind": "make"})
        assert row_counts() == before

    def test_who_may_not_buy_may_not_make_a_requisition(self, house: House) -> None:
        self.plan(house)
        planner = at_page(house.factory.nora, house.factory.company, rights=["view_proposal", "change_proposal"])
        assert planner.post(reverse("workbench-convert"), {"ids": ["1"], "kind": "buy"}).status_code == 403
        assert planner.post(reverse("workbench-convert"), {"ids": ["1"], "kind": "else"}).status_code == 400

    def test_shortages_name_the_order_and_what_is_short(self, house: House, ada: Any) -> None:
        order = h.work_order(house, "6")
        rows = sheet(ada.get(reverse("shortages"), {"number": order.number, "export": "xlsx"}))
        assert [(row[2], row[4], row[7]) for row in rows[3:]] == [("BOLT", 24, 24), ("PLATE", 12, 12)]

    def test_the_cost_sheet_agrees_with_what_is_in_process(self, house: House, ada: Any) -> None:
        order = house.post(stories.verb_of("finished_receipt", "post"), stories.finished_receipt(house)).work_order
        rows = sheet(ada.get(reverse("work-order-costs"), {"export": "xlsx"}))
        collected, out, left = rows[3][9], rows[3][10], rows[3][11]
        assert rows[3][0] == order.number
        assert round(collected - out, 2) == left == rows[-1][11] > 0


class TestMonthEnd:
    def test_the_steps_are_run_one_after_the_other(self, house: House, ada: Any) -> None:
        january = Period.objects.get(company=house.factory.company, month=1)
        address = reverse("month-end", args=[january.pk])
        for step in ("documents", "stock", "vat", "profit_and_loss", "trial_balance", "statements", "closed"):
            answer = ada.post(reverse("month-end-step", args=[january.pk, step]))
            assert (answer.status_code, getattr(answer, "url", "")) == (302, address), step
        january.refresh_from_db()
        assert january.state == Period.State.CLOSED
        assert ada.get(reverse("month-end-now")).context["period"].month == 2

        assert ada.post(reverse("month-end-reopen", args=[january.pk])).status_code == 400
        assert ada.post(reverse("month-end-reopen", args=[january.pk]), {"reason": "forgot the rent"}).status_code == 302
        january.refresh_from_db()
        assert january.state == Period.State.STOCK_CLOSED

    def test_what_keeps_a_month_open_is_named(self, house: House, ada: Any) -> None:
        entry = stories.entry_in(house)
        march = Period.objects.get(company=house.factory.company, month=3)
        assert ada.post(reverse("month-end-step", args=[march.pk, "documents"])).status_code == 302
        assert shows(ada.get(reverse("month-end", args=[march.pk])), f"{entry.number} of 2026-03-10 is not posted.")
        answer = ada.post(reverse("month-end-step", args=[march.pk, "stock"]))
        assert answer.status_code == 409 and shows(answer, "is not closed yet")
        assert ada.post(reverse("month-end-step", args=[march.pk, "nonsense"])).status_code == 404

    def test_it_begins_with_the_month_in_which_the_books_begin(self, house: House, ada: Any) -> None:
        company = house.factory.company
        company.start_date = dt.date(2026, 7, 1)
        company.save()
        page = ada.get(reverse("month-end-now"))
        assert page.context["period"].code == "2026-07"
        assert [period.month for period in page.context["periods"]] == [7, 8, 9, 10, 11, 12]
        january = Period.objects.get(company=company, month=1)
        assert ada.get(reverse("month-end", args=[january.pk])).status_code == 404
        assert ada.post(reverse("month-end-step", args=[january.pk, "documents"])).status_code == 404

    def test_a_stranger_can_not_close_it(self, house: House, stranger: Any) -> None:
        january = Period.objects.get(company=house.factory.company, month=1)
        assert stranger.get(reverse("month-end", args=[january.pk])).status_code == 404
        assert stranger.post(reverse("month-end-step", args=[january.pk, "stock"])).status_code == 404


class TestJobs:
    def test_planning_is_started_once_and_its_page_shows_how_far_it_is(self, house: House, ada: Any, stranger: Any) -> None:
        answer = ada.post(reverse("job-start-mrp"))
        assert answer.status_code == 302
        page = ada.get(answer.url)
        assert shows(page, "Material planning") and 'hx-trigger="every 1s"' in page.content.decode()
        assert stranger.get(answer.url).status_code == 404
        assert ada.post(f"{answer.url}cancel/").status_code == 302
        assert shows(ada.get(answer.url), "Cancelled")
        assert ada.post(reverse("job-start-mrp"), {"horizon_days": "-5"}).status_code == 400

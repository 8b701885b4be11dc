"""What the worktop tells a person: what waits for them, what went wrong, the figures that matter, what they do most.

Everything follows from what the person may do: an action that they may take on documents in some state makes those documents wait
for them. Each function answers for one `Access` and one day, with a bounded number of statements.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Window
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.access import Access
from core.decimals import ZERO
from core.documents import document_types
from core.models import Job, State
from core.web.worktop import Figure, Line, Shortcut, Waiting
from finance.balances import balance
from finance.models import Account, OpenItem, Voucher
from inventory.models import Demand, Proposal, StockBalance, StockStatus, Supply, ValuationPool
from masterdata.models import Item
from production.models import WorkOrder, WorkOrderMaterial
from reports.piles import SHOWN_LINES, Pile, cards_of
from sales.models import Shipment

SOON = dt.timedelta(days=14)
PAYABLE_SOON = dt.timedelta(days=7)
FORWARD = ("approve", "release", "post")
"""The actions that move a document on; what can be cancelled or reversed does not wait for anybody."""

MATERIAL_IS_MISSING = Exists(WorkOrderMaterial.objects.filter(document=OuterRef("pk"), issued__lt=F("quantity")))
NEXT_STEPS: Mapping[tuple[str, str], Q | Exists] = {
    ("sales_order", "shipment"): Q(),
    ("requisition", "purchase_order"): Q(),
    ("purchase_order", "purchase_receipt"): Q(),
    ("work_order", "material_issue"): MATERIAL_IS_MISSING,
    ("work_order", "operation_report"): Q(quantity__gt=F("good") + F("scrapped")),
    ("work_order", "finished_receipt"): Q(accepted__gt=F("received")),
}
"""Which documents wait for the next kind to be made out from them, besides being in the state for it."""

LATE: Mapping[str, tuple[str, ...]] = {
    "sales_order": (State.APPROVED,),
    "purchase_order": (State.APPROVED,),
    "work_order": (State.RELEASED, State.RUNNING),
}
OFTEN = (
    "sales_order",
    "work_order",
    "purchase_order",
    "purchase_receipt",
    "operation_report",
    "supplier_invoice",
    "customer_receipt",
    "shipment",
)


# ---- what waits -----------------------------------------------------------------------------------------------------------


def documents_to_move_on(access: Access, today: dt.date) -> Iterator[Waiting]:
    """Documents that this person may approve, release or post."""
    return cards_of(_to_move_on(access))


def _to_move_on(access: Access) -> Iterator[Pile]:
    for kind in document_types().values():
        for action in kind.actions:
            if action.name not in FORWARD or not access.may(kind.right(action)):
                continue
            rows = kind.rows().filter(company=access.company, state__in=action.states)
            if action.name == "approve" and not access.company.allow_self_approval:
                rows = rows.exclude(created_by=access.user)
            yield Pile(kind, rows, action.label, "clipboard-check", {"state": action.states[0]})


def documents_to_follow_up(access: Access, today: dt.date) -> Iterator[Waiting]:
    """Documents from which this person makes out the next one: orders to ship, to receive, materials to issue."""
    return cards_of(_to_follow_up(access))


def _to_follow_up(access: Access) -> Iterator[Pile]:
    kinds = document_types()
    for kind in kinds.values():
        for step in kind.next_steps:
            condition = NEXT_STEPS.get((kind.kind, step.kind))
            if condition is None or not access.may(kind.permission("view")) or not access.may(kinds[step.kind].permission("add")):
                continue
            rows = kind.rows().filter(condition, company=access.company, state__in=step.states)
            yield Pile(kind, rows, step.label, "arrow-right", {"state": step.states[0]})


def proposals_to_decide(access: Access, today: dt.date) -> Iterator[Waiting]:
    """What planning proposes and nobody has turned into an order yet."""
    if access.may("inventory.change_proposal"):
        rows = (
            Proposal.objects.filter(company=access.company, state=Proposal.State.OPEN).select_related("item").order_by("start_date", "id")
        )
        first, count = _first_few(rows)
        lines = [Line(str(row.item), reverse("workbench"), f"{_plain(row.quantity)} · {row.start_date:%m-%d}") for row in first]
        yield Waiting(_("Proposals of planning"), count, reverse("workbench"), "calendar-stats", lines=lines)


def vouchers_to_move_on(access: Access, today: dt.date) -> Iterator[Waiting]:
    """Vouchers made by hand that wait for review, or for being posted."""
    vouchers = Voucher.objects.filter(company=access.company).order_by("id")
    if access.may("finance.review_voucher"):
        yield _vouchers(_("Vouchers: review"), vouchers.filter(state=State.DRAFT).exclude(prepared_by=access.user), State.DRAFT)
    if access.may("finance.post_voucher"):
        yield _vouchers(_("Vouchers: post"), vouchers.filter(state=State.REVIEWED), State.REVIEWED)


def payables_due(access: Access, today: dt.date) -> Iterator[Waiting]:
    """What has to be paid within a week."""
    if access.may("finance.add_supplierpayment") and access.may("finance.view_openitem"):
        yield _open_items(access, _("To pay within a week"), OpenItem.Side.PAYABLE, today + PAYABLE_SOON, "cash")


# ---- what went wrong --------------------------------------------------------------------------------------------------------


def late_documents(access: Access, today: dt.date) -> Iterator[Waiting]:
    """Orders that are past their day."""
    return cards_of(_late(access, today))


def _late(access: Access, today: dt.date) -> Iterator[Pile]:
    for name, states in LATE.items():
        kind = document_types()[name]
        if access.may(kind.permission("view")):
            rows = kind.rows().filter(company=access.company, state__in=states, due_date__lt=today)
            query = {"due_date_to": (today - dt.timedelta(days=1)).isoformat(), "sort": "due_date"}
            yield Pile(kind, rows, _("late"), "clock", query, order=("due_date", "id"), alarm=True)


def shortages(access: Access, today: dt.date) -> Iterator[Waiting]:
    """Items of which less is there and coming than is wanted within two weeks."""
    if not access.may("inventory.view_demand"):
        return
    wanted = _by_item(Demand.objects.filter(company=access.company, is_open=True, due_date__lte=today + SOON), "quantity", "done")
    coming = _by_item(Supply.objects.filter(company=access.company, is_open=True, due_date__lte=today + SOON), "quantity", "done")
    there = _by_item(StockBalance.objects.filter(company=access.company, status=StockStatus.FREE, item__in=wanted), "on_hand")
    short = {item: want - there.get(item, ZERO) - coming.get(item, ZERO) for item, want in wanted.items()}
    worst = sorted(((missing, item) for item, missing in short.items() if missing > 0), reverse=True)
    items = Item.objects.select_related("unit").in_bulk([item for _missing, item in worst[:SHOWN_LINES]])
    lines = [
        Line(
            f"{items[item].code} {items[item].label}",
            _stock(items[item]),
            format_lazy(_("short {quantity} {unit}"), quantity=_plain(missing), unit=items[item].unit),
        )
        for missing, item in worst[:SHOWN_LINES]
    ]
    yield Waiting(_("Short within two weeks"), len(worst), reverse("stock-on-hand"), "alert-triangle", alarm=True, lines=lines)


def overdue_receivables(access: Access, today: dt.date) -> Iterator[Waiting]:
    """What customers should have paid."""
    if access.may("finance.view_openitem"):
        yield _open_items(access, _("Receivables overdue"), OpenItem.Side.RECEIVABLE, today - dt.timedelta(days=1), "coins", alarm=True)


def failed_jobs(access: Access, today: dt.date) -> Iterator[Waiting]:
    """This person's jobs of the last week that failed."""
    since = today - dt.timedelta(days=7)
    jobs = Job.objects.filter(company=access.company, asked_by=access.user, state=Job.State.FAILED, asked_at__date__gte=since)
    yield Waiting(_("Jobs failed"), jobs.count(), reverse("jobs"), "alert-circle", alarm=True)


# ---- figures and buttons ------------------------------------------------------------------------------------------------------


def trade_figures(access: Access, today: dt.date) -> Iterator[Figure]:
    """What was shipped this month, what is open with customers and suppliers."""
    if access.may("sales.see_prices") and access.may("sales.view_shipment"):
        first = today.replace(day=1)
        posted = Shipment.objects.filter(company=access.company, state=State.POSTED, reversal_of=None)
        shipped = posted.filter(document_date__range=(first, today))
        url = f"{reverse('shipment-list')}?{urlencode({'document_date_from': first.isoformat()})}"
        yield Figure(_("Shipped this month"), _sum(shipped, "net_amount"), url, hint=_("without tax, until today"))
    if access.may("finance.view_openitem"):
        titles = {OpenItem.Side.RECEIVABLE: _("Receivables"), OpenItem.Side.PAYABLE: _("Payables")}
        sums = {side.value: Sum("open_amount", filter=Q(side=side)) for side in titles}
        open_today = OpenItem.objects.filter(company=access.company).exclude(open_amount=0).aggregate(**sums)
        for side, title in titles.items():
            url = f"{reverse('open-items')}?{urlencode({'side': side})}"
            yield Figure(title, open_today[side.value] or ZERO, url, hint=_("open today"))


def money_figures(access: Access, today: dt.date) -> Iterator[Figure]:
    """Money in hand and bank, money tied up in stock."""
    if access.may("finance.view_voucher"):
        accounts = Account.objects.filter(Q(code__startswith="1001") | Q(code__startswith="1002"), company=access.company)
        money = balance(access.company, list(accounts.values_list("pk", flat=True)))
        yield Figure(_("Cash and bank"), money, f"{reverse('account-balances')}?{urlencode({'account': '100'})}", alarm=money < 0)
    if access.may("core.view_cost"):
        value = _sum(ValuationPool.objects.filter(company=access.company), "value")
        yield Figure(_("Value of stock"), value, reverse("stock-on-hand"), hint=_("at cost"))


def work_figures(access: Access, today: dt.date) -> Iterator[Figure]:
    """How many orders are being made, and how many of them are late."""
    kind = document_types()["work_order"]
    if access.may(kind.permission("release")) or access.may(kind.permission("approve")):
        running = WorkOrder.objects.filter(company=access.company, state__in=LATE["work_order"])
        counts = running.aggregate(every=Count("pk"), late=Count("pk", filter=Q(due_date__lt=today)))
        hint = format_lazy(_("{late} of them late"), late=counts["late"])
        url = reverse("work_order-list")
        yield Figure(_("Work orders in progress"), counts["every"], url, kind="count", hint=hint, alarm=counts["late"] > 0)


def new_documents(access: Access, today: dt.date) -> Iterator[Shortcut]:
    """The first few kinds of document that this person makes out."""
    kinds = [document_types()[name] for name in OFTEN]
    for kind in [kind for kind in kinds if kind.draft and access.may(kind.permission("add"))][:3]:
        yield Shortcut(kind.label, reverse(f"{kind.kind}-new"))


# ---- parts ----------------------------------------------------------------------------------------------------------------------


def _vouchers(title: Any, rows: QuerySet[Voucher], state: str) -> Waiting:
    first, count = _first_few(rows)
    lines = [Line(str(row), reverse("voucher-detail", args=[row.pk]), f"{row.total:,.2f} · {row.date:%m-%d}") for row in first]
    return Waiting(title, count, f"{reverse('voucher-list')}?{urlencode({'state': state})}", "book", lines=lines)


def _open_items(access: Access, title: Any, side: str, until: dt.date, icon: str, *, alarm: bool = False) -> Waiting:
    rows = OpenItem.objects.filter(company=access.company, side=side, open_amount__gt=0, due_date__lte=until)
    rows = rows.select_related("customer", "supplier").order_by("due_date", "id")
    query = {"side": side, "overdue": "on"} if alarm else {"side": side}
    url = f"{reverse('open-items')}?{urlencode(query)}"
    first, count = _first_few(rows)
    lines = [Line(str(row.customer or row.supplier), url, f"{row.open_amount:,.2f} · {row.due_date:%m-%d}") for row in first]
    return Waiting(title, count, url, icon, alarm, lines)


def _first_few(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first few rows and how many there are, in one statement."""
    first = list(rows.annotate(in_all=Window(Count("pk")))[:SHOWN_LINES])
    return first, first[0].in_all if first else 0


def _by_item(rows: QuerySet[Any], quantity: str, less: str = "") -> dict[int, Decimal]:
    """The sum of a quantity by item, less another one."""
    sums = {"total": Sum(quantity), **({"gone": Sum(less)} if less else {})}
    return {row["item_id"]: row["total"] - row.get("gone", ZERO) for row in rows.values("item_id").annotate(**sums)}


def _sum(rows: QuerySet[Any], field: str) -> Decimal:
    return rows.order_by().aggregate(total=Sum(field))["total"] or ZERO


def _stock(item: Item) -> str:
    return f"{reverse('stock-on-hand')}?{urlencode({'item': item.code})}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def all_of(offers: Iterable[Any], access: Access, today: dt.date) -> list[Any]:
    """Everything that the offers say, in their order."""
    return [one for offer in offers for one in offer(access, today)]

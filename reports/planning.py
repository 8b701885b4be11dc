"""What planning proposes and warns of, and which materials are short: read for the planner, the workshop and the store."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.decimals import ZERO
from core.models import Company
from inventory.models import Demand, PlanRun, Proposal, ProposalPeg, Reservation, StockBalance, StockStatus, Supply
from masterdata.models import Item

MAX_DEMANDS = 5000

MESSAGES: Mapping[str, Any] = {
    "expedite": gettext_lazy("Bring forward {number} ({item}, {quantity}): it comes {due_date}, it is wanted {wanted_date}."),
    "postpone": gettext_lazy("Postpone {number} ({item}, {quantity}): it comes {due_date}, it is not wanted before {wanted_date}."),
    "cancel": gettext_lazy("Cancel {number} ({item}, {quantity}): nothing wants it."),
    "reduce": gettext_lazy("Reduce {number} ({item}) by {quantity}: nothing wants that much."),
    "overdue": gettext_lazy("{number} ({item}, {quantity}) should have come on {due_date}."),
    "past_due": gettext_lazy("{number} wanted {quantity} of {item} on {due_date}."),
    "late": gettext_lazy("{item}: {quantity} for {due_date} should have been started on {start_date}."),
    "more": gettext_lazy("… and {count} more."),
}
"""What a run of planning warns of, by the code that it wrote."""


@dataclass(frozen=True, slots=True)
class PlanMessage:
    """A warning in words, about which document (empty for a proposal)."""

    code: str
    text: str
    kind: str
    number: str


def last_run(company: Company) -> PlanRun | None:
    """The newest run of planning."""
    return PlanRun.objects.filter(company=company).select_related("run_by").order_by("-id").first()


def messages_of(run: PlanRun) -> list[PlanMessage]:
    """What a run warns of, in words."""
    found = []
    for fact in run.exceptions:
        text = MESSAGES.get(fact.get("code", ""))
        words = str(text).format_map(defaultdict(str, fact)) if text else str(fact)
        found.append(PlanMessage(fact.get("code", ""), words, fact.get("kind", ""), fact.get("number", "")))
    return found


def open_proposals(company: Company) -> QuerySet[Proposal]:
    """What is proposed and not decided yet."""
    rows = Proposal.objects.filter(company=company, state=Proposal.State.OPEN)
    return rows.select_related("item__unit", "supplier").order_by("start_date", "id")


@dataclass(frozen=True, slots=True)
class Peg:
    """What a proposal is for: a document, or another proposal one level up."""

    quantity: Decimal
    kind: str
    number: str
    parent: str


def pegs_of(proposals: Iterable[Proposal]) -> Mapping[int, list[Peg]]:
    """What each proposal is for (one statement)."""
    found: dict[int, list[Peg]] = defaultdict(list)
    rows = ProposalPeg.objects.filter(proposal__in=list(proposals)).select_related("demand", "parent__item").order_by("id")
    for row in rows:
        origin = (row.demand.origin_kind, row.demand.origin_number) if row.demand else ("", "")
        found[row.proposal_id].append(Peg(row.quantity, *origin, row.parent.item.code if row.parent else ""))
    return found


# ---- kits and shortages -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KitLine:
    """What a document still needs of an item: reserved for it, free for it in the order of due dates, and short."""

    demand: Demand
    open: Decimal
    reserved: Decimal
    free: Decimal
    short: Decimal
    supply: Supply | None

    @property
    def item(self) -> Item:
        """The item that is needed."""
        return self.demand.item


def kit_lines(company: Company, where: Q) -> list[KitLine]:
    """Open demands with what covers them (four statements). Free stock goes to the earliest due dates first.

    Free stock is shared out among all open demands of the items concerned, also those that `where` leaves out.
    """
    items = list(Demand.objects.filter(where, company=company, is_open=True).values_list("item_id", flat=True).distinct()[:MAX_DEMANDS])
    wanted = Demand.objects.filter(company=company, is_open=True, item__in=items).select_related("item__unit", "warehouse")
    demands = list(wanted.order_by("due_date", "id")[:MAX_DEMANDS])
    shown = set(Demand.objects.filter(where, company=company, is_open=True).values_list("pk", flat=True)[:MAX_DEMANDS])
    held = _held(company, items)
    free = _free(company, items)
    supplies = _next_supplies(company, items)
    lines = []
    for demand in demands:
        open_quantity = demand.quantity - demand.done
        reserved = min(held.get(demand.pk, ZERO), open_quantity)
        taken = min(max(free.get(demand.item_id, ZERO), ZERO), open_quantity - reserved)
        free[demand.item_id] = free.get(demand.item_id, ZERO) - taken
        if demand.pk in shown:
            lines.append(KitLine(demand, open_quantity, reserved, taken, open_quantity - reserved - taken, supplies.get(demand.item_id)))
    return lines


def _held(company: Company, items: Sequence[int]) -> dict[int, Decimal]:
    rows = Reservation.objects.filter(company=company, state=Reservation.State.HELD, demand__item__in=items)
    return dict(rows.values_list("demand_id").annotate(held=Sum("quantity")))


def _free(company: Company, items: Sequence[int]) -> dict[int, Decimal]:
    """Free stock that nobody holds, per item."""
    rows = StockBalance.objects.filter(company=company, item__in=items, status=StockStatus.FREE)
    return {
        item: (hand or ZERO) - (held or ZERO)
        for item, hand, held in rows.values_list("item_id").annotate(hand=Sum("on_hand"), held=Sum("reserved"))
    }


def _next_supplies(company: Company, items: Sequence[int]) -> dict[int, Supply]:
    """The next thing to come, per item."""
    found: dict[int, Supply] = {}
    for row in Supply.objects.filter(company=company, is_open=True, item__in=items, done__lt=F("quantity")).order_by("due_date", "id"):
        found.setdefault(row.item_id, row)
    return found


def short_orders(company: Company, today: dt.date, days: int = 14) -> list[KitLine]:
    """Materials of work orders wanted within some days that are short."""
    soon = Q(origin_kind="work_order", due_date__lte=today + dt.timedelta(days=days))
    return [line for line in kit_lines(company, soon) if line.short > 0]


def coverage(line: KitLine) -> str:
    """How a shortage may be covered, in words."""
    if line.supply is None:
        return _("nothing on its way")
    return _("{number} on {date}").format(number=line.supply.origin_number, date=line.supply.due_date)

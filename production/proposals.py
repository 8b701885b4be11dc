"""What planning proposes to make, turned into work orders."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.errors import BusinessError, InvalidInputs, NotVisible
from core.models import Company, User
from inventory.ledger.posting import upsert
from inventory.models import Proposal, ProposalPeg, StockBalance, Warehouse
from inventory.requirements import lock_planning
from masterdata.models import Department, Item
from production.engineering import Engineering, read_engineering
from production.models import WorkOrder
from production.work_orders import KIND, OrderPlan, check, make_orders

R = TypeVar("R", Department, Warehouse)


class NotToMake(BusinessError):
    """A proposal that is about buying, or was used or dropped already."""

    code = "proposal_not_open"
    text = _("The proposal for {item} can't become a work order: {kind}, {state}.")


class NoWorkshop(BusinessError):
    """Nobody says in which workshop an item is made."""

    code = "no_workshop"
    text = _("No workshop is known for {item}.")
    hint = _("Give the item a routing, or name a workshop.")


class NoWarehouse(BusinessError):
    """The company has no warehouse to take from or to put into."""

    code = "no_warehouse"
    text = _("There is no warehouse for {item}.")
    hint = _("Name one, or enter a warehouse first.")


@dataclass(frozen=True, slots=True)
class Places:
    """Where orders are made, and from where to where; what is None is found for each item."""

    department: Department | None = None
    material_warehouse: Warehouse | None = None
    target_warehouse: Warehouse | None = None


@durable
def from_proposals(
    *, company: Company, proposal_ids: Sequence[int], date: dt.date, by: User, at: dt.datetime, places: Places = Places()
) -> list[WorkOrder]:
    """Turn proposals into drafted work orders, one each; the number of statements does not depend on how many.

    The workshop is that of the item's first operation, warehouses are those where its category and its materials' mostly lie.

    Raises:
        NotVisible: a proposal does not exist in this company.
        InvalidInputs: a proposal is no longer open, or is about buying, or says less than whole pieces; nothing is written.
        NotMade, SomeBlocked: its item is a phantom, or something is blocked; nothing is written.
        NoBom, NoWorkshop, NoWarehouse: an order can't be made out; nothing is written.
    """
    lock_planning(company)
    proposals = _claim(company, proposal_ids)
    book = read_engineering(company, {p.item_id: p.item for p in proposals}.values())
    guess = _Guess(company, book, places)
    sources = _wanted_by(proposals)
    plans = [
        OrderPlan(
            item=proposal.item,
            quantity=proposal.quantity,
            document_date=date,
            start_date=max(proposal.start_date, date),
            due_date=max(proposal.due_date, date),
            department=guess.department(proposal.item),
            material_warehouse=guess.materials_from(proposal.item),
            target_warehouse=guess.home(proposal.item),
            source_number=sources.get(proposal.pk, ""),
        )
        for proposal in proposals
    ]
    check(plans)
    orders = make_orders(company, plans, by=by, at=at)
    for proposal, order in zip(proposals, orders, strict=True):
        proposal.state, proposal.became_kind, proposal.became_number = Proposal.State.CONVERTED, KIND, order.number
    upsert(Proposal, proposals, ["state", "became_kind", "became_number"])
    return orders


def _claim(company: Company, proposal_ids: Sequence[int]) -> list[Proposal]:
    rows = Proposal.objects.select_for_update(of=("self",)).filter(company=company, pk__in=proposal_ids)
    proposals = list(rows.select_related("item__unit", "item__category").order_by("id"))
    if not proposals or len(proposals) != len(set(proposal_ids)):
        raise NotVisible()
    wrong: list[BusinessError] = [
        NotToMake(item=str(proposal.item), kind=proposal.get_kind_display(), state=proposal.get_state_display())
        for proposal in proposals
        if proposal.state != Proposal.State.OPEN or proposal.kind != Proposal.Kind.MAKE
    ]
    if wrong:
        raise InvalidInputs(wrong)
    return proposals


def _wanted_by(proposals: Sequence[Proposal]) -> dict[int, str]:
    """The number of the document that a proposal is for, where a demand asks for it directly."""
    pegs = ProposalPeg.objects.filter(proposal__in=proposals, demand__isnull=False).order_by("-id")
    return {proposal: number[:40] for proposal, number in pegs.values_list("proposal_id", "demand__origin_number")}


class _Guess:
    """Workshop and warehouses of items, from routings and from where goods of a category lie."""

    def __init__(self, company: Company, book: Engineering, places: Places) -> None:
        self._book, self._places = book, places
        self._workshops = {d.pk: d for d in Department.objects.filter(company=company, is_workshop=True, is_blocked=False).order_by("code")}
        self._warehouses = {w.pk: w for w in Warehouse.objects.filter(company=company, is_blocked=False).order_by("code")}
        rows = StockBalance.objects.filter(company=company, warehouse__in=self._warehouses).values("item__category_id", "warehouse_id")
        self._homes = {row["item__category_id"]: row["warehouse_id"] for row in rows.annotate(rows=Count("id")).order_by("rows")}

    def department(self, item: Item) -> Department:
        """The workshop of the first operation, else the first workshop."""
        if self._places.department:
            return self._places.department
        operations = self._book.operations.get(item.pk)
        found = self._workshops.get(operations[0].work_center.department_id) if operations else None
        return found or _first(self._workshops.values(), NoWorkshop(item=str(item)))

    def home(self, item: Item) -> Warehouse:
        """Where most goods of the item's category lie, else the first warehouse."""
        if self._places.target_warehouse:
            return self._places.target_warehouse
        return self._warehouses.get(self._homes.get(item.category_id, 0)) or _first(self._warehouses.values(), NoWarehouse(item=str(item)))

    def materials_from(self, item: Item) -> Warehouse:
        """Where most of the item's components are at home."""
        if self._places.material_warehouse:
            return self._places.material_warehouse
        homes = [
            self._homes.get(line.component.category_id) for bom in self._book.boms.get(item.pk, ()) for line in self._book.lines[bom.pk]
        ]
        known = [home for home in homes if home is not None]
        return self._warehouses[max(known, key=known.count)] if known else _first(self._warehouses.values(), NoWarehouse(item=str(item)))


def _first(rows: Iterable[R], missing: BusinessError) -> R:
    found = next(iter(rows), None)
    if found is None:
        raise missing
    return found

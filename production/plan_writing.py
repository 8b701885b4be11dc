"""What material planning writes: proposals with what they are for, and messages about what is on its way."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection

from core.columns import CHUNK, insert_columns
from core.models import Company
from inventory.models import Demand, PlanRun, Proposal, ProposalPeg, Supply
from masterdata.models import Item
from production.mrp import Message, Pegging, Plan, unscaled
from production.mrp.pegging import CANCEL, REDUCE
from production.plan_reading import Reading

MAX_MESSAGES = 1000
LATE, PAST_DUE, MORE = "late", "past_due", "more"


def drop_old(company: Company) -> None:
    """Forget what earlier runs proposed and nobody used: the last run's proposals are marked dropped, older ones deleted."""
    dropped = Proposal.objects.filter(company=company, state=Proposal.State.DROPPED)
    ProposalPeg.objects.filter(proposal__in=dropped).delete()
    ProposalPeg.objects.filter(parent__in=dropped).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_proposal WHERE company_id = %s AND state = 'dropped'", [company.pk])
    Proposal.objects.filter(company=company, state=Proposal.State.OPEN).update(state=Proposal.State.DROPPED)


def makeable(reading: Reading, plan: Plan) -> np.ndarray:
    """Which planned orders can be proposed: all but those of phantoms that no bill dissolves. These have no components either."""
    phantom = np.array([row["supply_type"] == Item.Supply.PHANTOM for row in reading.items], bool)
    answer: np.ndarray = ~phantom[plan.orders.item]
    return answer


def write_proposals(run: PlanRun, reading: Reading, plan: Plan, pegging: Pegging) -> None:
    """Write a proposal for each planned order, and its pegs to demands and to the proposals above it."""
    orders = plan.orders
    made = np.flatnonzero(makeable(reading, plan))
    count = int(made.size)
    if not count:
        return
    start, due = _dates(run.plan_date, orders.release_day[made]), _dates(run.plan_date, orders.due_day[made])
    rows = [reading.items[index] for index in orders.item[made].tolist()]
    ids = insert_columns(
        Proposal,
        {
            "company_id": [run.company_id] * count,
            "run_id": [run.pk] * count,
            "kind": [Proposal.Kind.BUY.value if row["supply_type"] == Item.Supply.PURCHASED else Proposal.Kind.MAKE.value for row in rows],
            "item_id": [row["id"] for row in rows],
            "quantity": orders.quantity[made].tolist(),
            "start_date": start,
            "due_date": due,
            "is_late": orders.past_due[made].tolist(),
            "supplier_id": [row["default_supplier_id"] for row in rows],
            "state": [Proposal.State.OPEN.value] * count,
            "became_kind": [""] * count,
            "became_number": [""] * count,
        },
    )
    proposals = np.zeros(len(orders), np.int64)
    proposals[made] = ids
    _write_pegs(proposals, reading, plan, pegging)


def _dates(first: dt.date, days: np.ndarray) -> list[dt.date]:
    dates: list[dt.date] = (np.datetime64(first, "D") + days.astype("timedelta64[D]")).tolist()
    return dates


def _write_pegs(ids: np.ndarray, reading: Reading, plan: Plan, pegging: Pegging) -> None:
    """An order's pegs: the demand itself, or the order that needs it; what only fills the safety stock has none."""
    pegs = pegging.of_orders()
    real = np.flatnonzero((pegs.requirement >= 0) & (ids[pegs.number] > 0))
    for start in range(0, real.size, CHUNK):
        rows = real[start : start + CHUNK]
        requirement = pegs.requirement[rows].tolist()
        parents = plan.requirements.order[pegs.requirement[rows]].tolist()
        insert_columns(
            ProposalPeg,
            {
                "proposal_id": ids[pegs.number[rows]].tolist(),
                "demand_id": [reading.demands[r].pk if p < 0 else None for r, p in zip(requirement, parents, strict=True)],
                "parent_id": [int(ids[p]) if p >= 0 else None for p in parents],
                "quantity": pegs.quantity[rows].tolist(),
            },
        )


def exceptions(run: PlanRun, reading: Reading, plan: Plan, messages: list[Message]) -> list[dict[str, Any]]:
    """What a planner should look at, as codes with facts: supply to move or cancel, demands overdue, proposals that come late."""
    told = [message for message in messages if message.action not in (CANCEL, REDUCE) or not _wanted_later(reading, message)]
    found = [*_about_supplies(run, reading, told), *_about_demands(run, reading), *_about_orders(run, reading, plan)]
    if len(found) > MAX_MESSAGES:
        found = [*found[:MAX_MESSAGES], {"code": MORE, "count": len(found) - MAX_MESSAGES}]
    return found


def _wanted_later(reading: Reading, message: Message) -> bool:
    """What nothing wants within the horizon may be meant for what is wanted after it."""
    return bool(reading.wanted_later[reading.plant.receipts.item[message.receipt]])


def _about_supplies(run: PlanRun, reading: Reading, messages: list[Message]) -> list[dict[str, Any]]:
    named = Supply.objects.in_bulk([reading.supplies[message.receipt].pk for message in messages[: MAX_MESSAGES + 1]])
    told = []
    for message in messages:
        supply = named.get(reading.supplies[message.receipt].pk)
        told.append(
            {
                "code": message.action,
                **_item(reading, int(reading.plant.receipts.item[message.receipt])),
                **_origin(supply),
                "quantity": _plain(unscaled(message.quantity)),
                "due_date": reading.supplies[message.receipt].due_date.isoformat(),
                "wanted_date": (run.plan_date + dt.timedelta(days=message.day)).isoformat(),
            }
        )
    return told


def _about_demands(run: PlanRun, reading: Reading) -> list[dict[str, Any]]:
    overdue = [index for index, row in enumerate(reading.demands) if row.due_date < run.plan_date]
    named = Demand.objects.in_bulk([reading.demands[index].pk for index in overdue[: MAX_MESSAGES + 1]])
    return [
        {
            "code": PAST_DUE,
            **_item(reading, int(reading.plant.demands.item[index])),
            **_origin(named.get(reading.demands[index].pk)),
            "quantity": _plain(unscaled(int(reading.plant.demands.quantity[index]))),
            "due_date": reading.demands[index].due_date.isoformat(),
        }
        for index in overdue
    ]


def _about_orders(run: PlanRun, reading: Reading, plan: Plan) -> list[dict[str, Any]]:
    orders = plan.orders
    return [
        {
            "code": LATE,
            **_item(reading, int(orders.item[index])),
            "quantity": _plain(unscaled(int(orders.quantity[index]))),
            "start_date": (run.plan_date + dt.timedelta(days=int(orders.release_day[index]))).isoformat(),
            "due_date": (run.plan_date + dt.timedelta(days=int(orders.due_day[index]))).isoformat(),
        }
        for index in np.flatnonzero(orders.past_due & makeable(reading, plan)).tolist()
    ]


def _plain(quantity: Decimal) -> str:
    return format(quantity, "f")


def _item(reading: Reading, index: int) -> Mapping[str, str]:
    return {"item": reading.items[index]["code"]}


def _origin(row: Demand | Supply | None) -> dict[str, Any]:
    return {"kind": row.origin_kind, "number": row.origin_number, "line": row.origin_line} if row else {}

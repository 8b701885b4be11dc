"""The workshop of the tests: FRAME is cut and welded from four BOLT and two PLATE; and what must hold after every step."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from core.db import durable
from core.decimals import ZERO
from core.models import State
from core.posting import posting_transaction
from finance.models import Account, AccountBalance
from inventory import events
from inventory.ledger import MoveRequest, Origin, Place, lock_stock, post
from inventory.ledger.issuing import Wanted, issue_requests
from inventory.models import Inspection, StockBalance
from masterdata.models import Item
from production import inspection, issues, receipts, reports, work_orders
from production.bom import save_bom
from production.models import (
    Bom,
    FinishedReceipt,
    MaterialIssue,
    OperationReport,
    Routing,
    RoutingOperation,
    WorkCenter,
    WorkOrder,
    WorkOrderCost,
)
from tests.factory import NOW, START, TODAY, Factory

D = Decimal


def as_nora(factory: Factory) -> dict[str, Any]:
    """Company, person and time of a verb."""
    return {"company": factory.company, "by": factory.nora, "at": NOW}


def engineer(factory: Factory) -> Bom:
    """Bill and routing of FRAME: cutting (60 and 30 an hour) and welding (48 and 24 an hour)."""
    saw = WorkCenter.objects.create(
        company=factory.company, code="SAW", name="锯床", name_en="Saw", department=factory.workshop, labour_rate=D(60), machine_rate=D(30)
    )
    weld = WorkCenter.objects.create(
        company=factory.company,
        code="WELD",
        name="焊接",
        name_en="Welding",
        department=factory.workshop,
        labour_rate=D(48),
        machine_rate=D(24),
    )
    routing = Routing.objects.create(company=factory.company, item=factory.frame)
    RoutingOperation.objects.create(
        routing=routing, operation_no=10, name="下料", name_en="Cut", work_center=saw, setup_minutes=D(30), run_minutes=D(6)
    )
    RoutingOperation.objects.create(routing=routing, operation_no=20, name="焊接", name_en="Weld", work_center=weld, run_minutes=D(15))
    return bill(factory, factory.frame, (factory.bolt, "4"), (factory.plate, "2"))


def bill(factory: Factory, item: Item, *lines: tuple[Item, str], **head: Any) -> Bom:
    """A bill of materials, one piece at a time unless `head` says otherwise."""
    data = {
        "item": item,
        "valid_from": START,
        "lines": [{"component": component, "quantity": D(quantity)} for component, quantity in lines],
        **head,
    }
    return save_bom(data=data, **as_nora(factory))


@durable
def stock(factory: Factory, *lines: tuple[Item, str, str], number: str = "SE-OPEN") -> None:
    """Opening stock: item, quantity, value."""
    with posting_transaction(company=factory.company, date=TODAY, by=factory.nora, at=NOW, stock=True) as transaction:
        places = [Place(item.pk, factory.store.pk, factory.shelf.pk, None) for item, _, _ in lines]
        locked = lock_stock(factory.company, items=[item for item, _, _ in lines], warehouses=[factory.store], arriving=places)
        requests = [
            MoveRequest(line=n, item=item, warehouse=factory.store, place=place, quantity=D(quantity), value=D(value))
            for n, ((item, quantity, value), place) in enumerate(zip(lines, places, strict=True), 1)
        ]
        post(transaction, locked, event=events.OPENING, origin=Origin("stock_entry", number), requests=requests)


@durable
def ship(factory: Factory, quantity: str) -> None:
    """So many frames leave the store."""
    with posting_transaction(company=factory.company, date=TODAY, by=factory.nora, at=NOW, stock=True) as transaction:
        locked = lock_stock(factory.company, items=[factory.frame], warehouses=[factory.store])
        requests = issue_requests(locked, [Wanted(1, factory.frame, factory.store, D(quantity))], default_bins={}, on=TODAY)
        post(transaction, locked, event=events.OTHER_OUT, origin=Origin("stock_entry", "SE-OUT"), requests=requests)


def order(factory: Factory, quantity: str = "10", **changes: Any) -> WorkOrder:
    """A work order for FRAME, not released yet."""
    data = {
        "item": factory.frame,
        "quantity": D(quantity),
        "document_date": TODAY,
        "start_date": TODAY,
        "due_date": TODAY,
        "department": factory.workshop,
        "material_warehouse": factory.store,
        "target_warehouse": factory.store,
    }
    return work_orders.draft_order(data={**data, **changes}, **as_nora(factory))


def released(factory: Factory, quantity: str = "10", **changes: Any) -> WorkOrder:
    """A work order whose materials are reserved."""
    return work_orders.release_order(document_id=order(factory, quantity, **changes).pk, **as_nora(factory))


def issue(factory: Factory, work_order: WorkOrder, *lines: tuple[int, str], **changes: Any) -> MaterialIssue:
    """A posted issue; without lines, of all that is open."""
    work_order.refresh_from_db()
    data = {
        "work_order": work_order,
        "document_date": TODAY,
        "lines": [{"material": n, "quantity": D(quantity)} for n, quantity in lines],
        **changes,
    }
    return issues.post_issue(document_id=issues.draft_issue(data=data, **as_nora(factory)).pk, **as_nora(factory))


def report(factory: Factory, work_order: WorkOrder, operation: int, good: str, minutes: str, scrapped: str = "0") -> OperationReport:
    """A posted report."""
    work_order.refresh_from_db()
    data = {
        "work_order": work_order,
        "operation": operation,
        "document_date": TODAY,
        "good": D(good),
        "scrapped": D(scrapped),
        "minutes": D(minutes),
        "scrap_reason": "裂纹" if D(scrapped) else "",
    }
    return reports.post_report(document_id=reports.draft_report(data=data, **as_nora(factory)).pk, **as_nora(factory))


def accept(factory: Factory, work_order: WorkOrder, accepted: str, rejected: str = "0") -> Inspection:
    """The decision about the oldest final inspection that waits."""
    waiting = Inspection.objects.filter(origin_number=work_order.number, state=State.DRAFT).earliest("id")
    return inspection.post_inspection(
        document_id=waiting.pk, accepted=D(accepted), rejected=D(rejected), finding="划伤" if D(rejected) else "", **as_nora(factory)
    )


def receive(factory: Factory, work_order: WorkOrder, quantity: str, **changes: Any) -> FinishedReceipt:
    """A posted finished receipt."""
    work_order.refresh_from_db()
    data = {"work_order": work_order, "document_date": TODAY, "quantity": D(quantity), **changes}
    return receipts.post_receipt(document_id=receipts.draft_receipt(data=data, **as_nora(factory)).pk, **as_nora(factory))


def on_hand(item: Item) -> Any:
    """Pieces in all places."""
    return StockBalance.objects.filter(item=item).aggregate(sum=Sum("on_hand"))["sum"] or ZERO


def reserved(item: Item) -> Any:
    """Pieces held in all places."""
    return StockBalance.objects.filter(item=item).aggregate(sum=Sum("reserved"))["sum"] or ZERO


def cost_of(work_order: WorkOrder) -> Any:
    """What is left on an order, by element, without zeros."""
    sums = WorkOrderCost.objects.filter(work_order=work_order).values_list("element").annotate(amount=Sum("amount")).order_by("element")
    return {element: amount for element, amount in sums if amount}


def assert_costs_are_in_the_books(factory: Factory) -> None:
    """P5: for every order, what its cost ledger says is the balance of the work-in-process accounts, element by element."""
    wip = {
        account.pk: account.code[-2:]
        for account in Account.objects.filter(company=factory.company, control=Account.Control.WORK_IN_PROCESS)
    }
    element_of = {"01": "material", "02": "labour", "03": "overhead"}
    books: dict[tuple[str, str], Decimal] = {}
    for row in AccountBalance.objects.filter(company=factory.company, account__in=wip):
        assert row.work_order, "work in process belongs to an order"
        key = (row.work_order, element_of[wip[row.account_id]])
        books[key] = books.get(key, ZERO) + row.debit - row.credit
    ledger: dict[tuple[str, str], Decimal] = {}
    for cost in WorkOrderCost.objects.filter(company=factory.company).select_related("work_order"):
        key = (cost.work_order.number, cost.element)
        ledger[key] = ledger.get(key, ZERO) + cost.amount
    assert {key: value for key, value in ledger.items() if value} == {key: value for key, value in books.items() if value}

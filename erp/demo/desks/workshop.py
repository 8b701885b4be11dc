"""The workshops: orders whose material is there are released and issued; then one operation a day, until the goods are received."""

import datetime as dt
from decimal import Decimal

from django.db import transaction

from core.models import State
from erp.demo.calendar import at, chance
from erp.demo.desks.warehouse import inspect
from erp.demo.masters import Factory
from inventory.ledger.posting import StockShort
from masterdata.models import Employee
from production.issues import draft_issue, post_issue
from production.models import MaterialIssue, WorkOrder, WorkOrderOperation
from production.receipts import draft_receipt, post_receipt
from production.reports import draft_report, post_report
from production.returns import draft_return, post_return
from production.work_orders import release_order

SCRAP_REASONS = ("尺寸超差 out of tolerance", "气孔 porosity", "磕碰 handling damage")


def start_orders(factory: Factory, day: dt.date) -> None:
    """Release and issue what may start; what is short of material waits for the next day."""
    waiting = WorkOrder.objects.filter(company=factory.company, state=State.DRAFT, start_date__lte=day).order_by("start_date", "id")
    for order in waiting:
        if release(factory, day, order):
            issue(factory, day, order)


def release(factory: Factory, day: dt.date, order: WorkOrder) -> bool:
    """Release an order; False where its material is short."""
    try:
        with transaction.atomic():
            release_order(company=factory.company, document_id=order.pk, by=factory.people.planner, at=at(day, 8, 20))
    except StockShort:
        return False
    return True


def issue(factory: Factory, day: dt.date, order: WorkOrder) -> MaterialIssue:
    """Hand out all that an order needs."""
    order.refresh_from_db()
    document = draft_issue(
        company=factory.company, data={"work_order": order, "document_date": day}, by=factory.people.warehouse, at=at(day, 8, 40)
    )
    return post_issue(company=factory.company, document_id=document.pk, by=factory.people.warehouse, at=at(day, 8, 50))


def work(factory: Factory, day: dt.date) -> None:
    """Report the next operation of every running order that was issued before today; finished work is inspected and received."""
    running = WorkOrder.objects.filter(company=factory.company, state=State.RUNNING).select_related("item").order_by("id")
    for order in running:
        if order.issues.filter(document_date__lt=day).exists():
            report_next(factory, day, order)
    inspect(factory, day)
    for order in running.filter(accepted__gt=0, received=0):
        receive(factory, day, order)


def report_next(factory: Factory, day: dt.date, order: WorkOrder) -> None:
    """Report the first operation that has not been reported; good pieces are those that the one before gave."""
    given = order.quantity
    for operation in order.operations.select_related("work_center").order_by("operation_no"):
        if not operation.good and not operation.scrapped:
            report(factory, day, order, operation, given)
            return
        given = operation.good


def report(factory: Factory, day: dt.date, order: WorkOrder, operation: WorkOrderOperation, given: Decimal) -> None:
    """Report an operation: about the planned minutes, seldom a scrapped piece."""
    luck = chance(operation.pk, "work")
    scrapped = Decimal(1) if given >= 8 and order.item.code.startswith("SP") and luck.random() < 0.08 else Decimal(0)
    data = {
        "work_order": order,
        "operation": operation.operation_no,
        "document_date": day,
        "employee": _worker(factory, operation),
        "good": given - scrapped,
        "scrapped": scrapped,
        "scrap_reason": luck.choice(SCRAP_REASONS) if scrapped else "",
        "minutes": (operation.planned_minutes * Decimal(luck.randint(94, 108)) / 100).quantize(Decimal(1)),
    }
    document = draft_report(company=factory.company, data=data, by=factory.people.workshop, at=at(day, 16, 30))
    post_report(company=factory.company, document_id=document.pk, by=factory.people.workshop, at=at(day, 16, 40))


def _worker(factory: Factory, operation: WorkOrderOperation) -> Employee:
    workers = [employee for employee in factory.employees if employee.department_id == operation.work_center.department_id]
    return chance(operation.pk, "worker").choice(workers)


def receive(factory: Factory, day: dt.date, order: WorkOrder) -> None:
    """Receive all accepted pieces; the order is complete with that."""
    data = {
        "work_order": order,
        "document_date": day,
        "quantity": order.accepted,
        "bin": factory.home[order.item.code].code,
        "lot_code": f"{day:%y%m%d}-{order.pk}" if order.item.lot_tracked else "",
        "is_final": True,
    }
    document = draft_receipt(company=factory.company, data=data, by=factory.people.warehouse, at=at(day, 17))
    post_receipt(company=factory.company, document_id=document.pk, by=factory.people.warehouse, at=at(day, 17, 10))


def return_surplus(factory: Factory, day: dt.date) -> None:
    """Bring back a little bar stock from orders that took kilograms, once in a while."""
    issued = MaterialIssue.objects.filter(
        company=factory.company, document_date=day - dt.timedelta(days=1), work_order__state=State.RUNNING
    )
    for document in issued.select_related("work_order").order_by("id"):
        line = document.lines.filter(item__unit__code="KG", quantity__gte=20).select_related("material").first()
        if line and chance(document.pk, "surplus").random() < 0.5:
            data = {
                "work_order": document.work_order,
                "document_date": day,
                "lines": [{"material": line.material.line_no, "quantity": Decimal(2), "bin": factory.home[line.item.code].code}],
            }
            back = draft_return(company=factory.company, data=data, by=factory.people.workshop, at=at(day, 11))
            post_return(company=factory.company, document_id=back.pk, by=factory.people.warehouse, at=at(day, 11, 15))

"""Playing a range of days again: purchases, work orders and sales as posted documents, in the order of the dates.

Each record is one transaction (a purchase order; a delivery with its inspections; the start of a work order: made out,
released, issued; its end: reported, inspected, received; a sale: ordered and shipped). Where a verb refuses, nothing of that
record stays and it is listed with the reason. On each day goods come in before work begins, and work before sales.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from core.decimals import ZERO
from core.models import Company, User
from erp.adventureworks.days import Day
from erp.adventureworks.importer import HOUSE_CUSTOMER, MINUTES_PER_PIECE, WAREHOUSE, WORKSHOP
from erp.adventureworks.journal import Journal
from erp.adventureworks.records import PurchaseRecord, SaleRecord, WorkOrderRecord
from inventory.models import Inspection, Warehouse
from masterdata.models import Customer, Department, Item, Supplier
from production.inspection import post_inspection
from production.issues import draft_issue, post_issue
from production.models import WorkOrder
from production.receipts import draft_receipt as draft_finished
from production.receipts import post_receipt as post_finished
from production.reports import draft_report, post_report
from production.work_orders import draft_order as draft_work_order
from production.work_orders import release_order
from purchasing.models import PurchaseOrder
from purchasing.orders import approve_order as approve_purchase
from purchasing.orders import draft_order as draft_purchase
from purchasing.receipts import draft_receipt, post_receipt
from sales.orders import approve_order, draft_order
from sales.shipments import draft_shipment, post_shipment

Step = Callable[[], None]


class Replay:
    """The company with its masters, and the documents that later records refer to."""

    def __init__(self, company: Company, *, at: dt.datetime, journal: Journal) -> None:
        self.company, self.at, self.journal = company, at, journal
        people = {name: User.objects.get(username=f"{company.code.lower()}-{name}") for name in ("clerk", "checker")}
        self.clerk, self.checker = people["clerk"], people["checker"]
        self.items = {item.code: item for item in Item.objects.filter(company=company).select_related("unit", "category")}
        self.suppliers = {row.code: row for row in Supplier.objects.filter(company=company).select_related("tax_rate")}
        self.customer = Customer.objects.select_related("tax_rate").get(company=company, code=HOUSE_CUSTOMER)
        self.warehouse = Warehouse.objects.get(company=company, code=WAREHOUSE)
        self.plant = Department.objects.get(company=company, code=WORKSHOP)
        self.purchases: dict[int, PurchaseOrder] = {}
        self.orders: dict[int, WorkOrder] = {}

    def steps(self, day: Day) -> list[Step]:
        """The records of a day as calls, in order."""
        return [
            *(lambda rows=rows: self.purchase(day.date, rows) for rows in day.purchases),
            *(lambda rows=rows: self.delivery(day.date, rows) for rows in day.deliveries),
            *(lambda row=row: self.start(day.date, row) for row in day.carried),
            *(lambda row=row: self.finish(day.date, row) for row in day.finished),
            *(lambda row=row: self.start(day.date, row) for row in day.started),
            *(lambda rows=rows: self.sale(day.date, rows) for rows in day.sales),
        ]

    def purchase(self, day: dt.date, rows: Sequence[PurchaseRecord]) -> None:
        """Order from a supplier."""
        self.journal.play(day, "purchase order", rows[0].order, lambda: self._purchase(day, rows))

    def _purchase(self, day: dt.date, rows: Sequence[PurchaseRecord]) -> Counter[str]:
        data = {
            "supplier": self.suppliers[rows[0].supplier],
            "document_date": day,
            "due_date": max(rows[0].due_on, day),
            "warehouse": self.warehouse,
            "lines": [{"item": self.items[row.item], "quantity": row.ordered, "unit_price": row.unit_price} for row in rows],
        }
        order = draft_purchase(company=self.company, data=data, by=self.clerk, at=self.at)
        self.purchases[rows[0].order] = approve_purchase(company=self.company, document_id=order.pk, by=self.checker, at=self.at)
        return Counter({"purchase order": 1})

    def delivery(self, day: dt.date, rows: Sequence[PurchaseRecord]) -> None:
        """Receive what came of an order, and let quality decide as the record says."""
        number = rows[0].order
        order = self.purchases.get(number)
        came = {line: row for line, row in enumerate(rows, start=1) if row.received > 0}
        if order is None:
            self.journal.refuse(day, "purchase receipt", number, code="no_order", reason="its purchase order could not be entered")
        elif not came:
            self.journal.refuse(
                day, "purchase receipt", number, code="nothing_received", reason="the record says that nothing was received"
            )
        else:
            self.journal.play(day, "purchase receipt", number, lambda: self._delivery(day, order, came))

    def _delivery(self, day: dt.date, order: PurchaseOrder, came: Mapping[int, PurchaseRecord]) -> Counter[str]:
        lines = [{"order_line": line, "quantity": row.received} for line, row in came.items()]
        receipt = draft_receipt(
            company=self.company, data={"order": order, "document_date": day, "lines": lines}, by=self.clerk, at=self.at
        )
        post_receipt(company=self.company, document_id=receipt.pk, by=self.clerk, at=self.at)
        drafts = Inspection.objects.filter(company=self.company, origin_kind="purchase_receipt", origin_number=receipt.number).order_by(
            "origin_line"
        )
        for inspection, row in zip(drafts, came.values(), strict=True):
            self._inspect(inspection, day, rejected=row.rejected)
        return Counter({"purchase receipt": 1, "inspection": len(came)})

    def _inspect(self, inspection: Inspection, day: dt.date, *, rejected: Decimal = ZERO) -> None:
        post_inspection(
            company=self.company,
            document_id=inspection.pk,
            by=self.checker,
            at=self.at,
            accepted=inspection.quantity - rejected,
            rejected=rejected,
            finding="rejected on receipt" if rejected else "",
            document_date=day,
        )

    def start(self, day: dt.date, row: WorkOrderRecord) -> None:
        """Make a work order out, release it (its material is reserved) and issue the material."""
        self.journal.play(day, "work order start", row.order, lambda: self._start(day, row))

    def _start(self, day: dt.date, row: WorkOrderRecord) -> Counter[str]:
        data = {
            "item": self.items[row.item],
            "quantity": row.ordered,
            "document_date": day,
            "start_date": day,
            "due_date": max(row.due, day),
            "department": self.plant,
            "material_warehouse": self.warehouse,
            "target_warehouse": self.warehouse,
        }
        order = draft_work_order(company=self.company, data=data, by=self.clerk, at=self.at)
        order = release_order(company=self.company, document_id=order.pk, by=self.checker, at=self.at)
        issue = draft_issue(company=self.company, data={"work_order": order, "document_date": day}, by=self.clerk, at=self.at)
        post_issue(company=self.company, document_id=issue.pk, by=self.clerk, at=self.at)
        self.orders[row.order] = order
        return Counter({"work order": 1, "material issue": 1})

    def finish(self, day: dt.date, row: WorkOrderRecord) -> None:
        """Report the work, inspect it, receive the good pieces."""
        known = self.orders.get(row.order)
        if known is None:
            self.journal.refuse(day, "work order end", row.order, code="not_started", reason="its work order could not be started")
        else:
            self.journal.play(day, "work order end", row.order, lambda: self._finish(day, row, known.pk))

    def _finish(self, day: dt.date, row: WorkOrderRecord, pk: int) -> Counter[str]:
        order = WorkOrder.objects.select_related("item__unit", "item__category").get(pk=pk)
        done = {"good": row.stocked, "scrapped": row.scrapped, "scrap_reason": row.scrap_reason, "minutes": MINUTES_PER_PIECE * row.ordered}
        data = {"work_order": order, "operation": 10, "document_date": day, **done}
        report = draft_report(company=self.company, data=data, by=self.clerk, at=self.at)
        post_report(company=self.company, document_id=report.pk, by=self.clerk, at=self.at)
        self._inspect(Inspection.objects.get(company=self.company, origin_kind="work_order", origin_number=order.number), day)
        order.refresh_from_db()
        data = {"work_order": order, "document_date": day, "quantity": row.stocked, "is_final": True}
        receipt = draft_finished(company=self.company, data=data, by=self.clerk, at=self.at)
        post_finished(company=self.company, document_id=receipt.pk, by=self.clerk, at=self.at)
        return Counter({"operation report": 1, "inspection": 1, "finished receipt": 1})

    def sale(self, day: dt.date, rows: Sequence[SaleRecord]) -> None:
        """Enter and approve an order of the house customer and ship all of it."""
        self.journal.play(day, "sale", rows[0].order, lambda: self._sale(day, rows))

    def _sale(self, day: dt.date, rows: Sequence[SaleRecord]) -> Counter[str]:
        data = {
            "customer": self.customer,
            "customer_reference": str(rows[0].order),
            "document_date": day,
            "due_date": day,
            "warehouse": self.warehouse,
            "lines": [{"item": self.items[row.item], "quantity": row.quantity, "unit_price": row.unit_price} for row in rows],
        }
        order = draft_order(company=self.company, data=data, by=self.clerk, at=self.at)
        order = approve_order(company=self.company, document_id=order.pk, by=self.checker, at=self.at)
        lines = [{"order_line": number, "quantity": row.quantity} for number, row in enumerate(rows, start=1)]
        shipment = draft_shipment(
            company=self.company, data={"order": order, "document_date": day, "lines": lines}, by=self.clerk, at=self.at
        )
        post_shipment(company=self.company, document_id=shipment.pk, by=self.clerk, at=self.at)
        return Counter({"sales order": 1, "shipment": 1})

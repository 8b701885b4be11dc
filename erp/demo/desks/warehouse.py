"""The store: goods of purchase orders come in, a few late, a few in two deliveries; quality looks at what must be looked at."""

import datetime as dt
from decimal import Decimal
from typing import Any

from core.models import State
from erp.demo.calendar import at, chance
from erp.demo.masters import Factory
from inventory.models import Inspection
from production.inspection import post_inspection
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.receipts import draft_receipt, post_receipt

LATE_DAYS = (0, 0, 0, 0, 0, 0, 1, 3)
"""By how many days an order is late, one of these for each order."""
SHARES = (Decimal(1),) * 12 + (Decimal("0.6"),)
"""How much of an order comes with the first delivery."""


def receive_goods(factory: Factory, day: dt.date) -> None:
    """Receive what arrives on `day`."""
    orders = PurchaseOrder.objects.filter(company=factory.company, state=State.APPROVED, due_date__lte=day).select_related(
        "supplier", "warehouse"
    )
    for order in orders.order_by("id"):
        luck = chance(order.pk, "delivery")
        late, share = luck.choice(LATE_DAYS), luck.choice(SHARES)
        if order.due_date + dt.timedelta(days=late) <= day:
            receive(factory, day, order, share=share if not order.receipts.exists() else Decimal(1))


def receive(factory: Factory, day: dt.date, order: PurchaseOrder, *, share: Decimal = Decimal(1)) -> None:
    """Receive a share of what is open of an order into its items' bins, bought lots named by the day."""
    lines: list[dict[str, Any]] = []
    for line in PurchaseOrderLine.objects.filter(document=order).select_related("item").order_by("line_no"):
        quantity = _whole((line.quantity - line.received) * share)
        if quantity > 0:
            home = factory.home[line.item.code]
            lot = f"{day:%y%m%d}-{order.pk}" if line.item.lot_tracked else ""
            lines.append({"order_line": line.line_no, "quantity": quantity, "bin": home.code, "lot_code": lot})
    if not lines:
        return
    data = {"order": order, "document_date": day, "delivery_note": f"{order.supplier.code}-{order.pk:05d}-{day:%m%d}", "lines": lines}
    receipt = draft_receipt(company=factory.company, data=data, by=factory.people.warehouse, at=at(day, 10))
    post_receipt(company=factory.company, document_id=receipt.pk, by=factory.people.warehouse, at=at(day, 10, 20))


def _whole(quantity: Decimal) -> Decimal:
    """A quantity rounded up to whole units."""
    return quantity.to_integral_value(rounding="ROUND_CEILING")


def inspect(factory: Factory, day: dt.date) -> None:
    """Decide about everything that waits for quality, goods bought and goods made; now and then a piece is refused."""
    for inspection in Inspection.objects.filter(company=factory.company, state=State.DRAFT, document_date__lte=day).order_by("id"):
        decide(factory, day, inspection)


def decide(factory: Factory, day: dt.date, inspection: Inspection) -> None:
    """Accept an inspected quantity, or all but one piece of it."""
    incoming = inspection.kind == Inspection.Kind.INCOMING
    rejected = Decimal(1) if incoming and inspection.quantity >= 10 and chance(inspection.pk, "quality").random() < 0.06 else Decimal(0)
    post_inspection(
        company=factory.company,
        document_id=inspection.pk,
        by=factory.people.quality,
        at=at(day, 14),
        accepted=inspection.quantity - rejected,
        rejected=rejected,
        finding="砂眼 blowhole" if rejected else "",
        document_date=day,
    )

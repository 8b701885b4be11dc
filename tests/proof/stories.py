"""For every action of every kind of document, a short story that ends just before it: what it gives back does the action.

The fault test breaks each of them at every statement, the lock recorder watches each of them; a kind or action without a story
fails `test_faults.test_every_action_has_its_story`.
"""

from collections.abc import Callable
from typing import Any

from erp.documents import DOCUMENT_TYPES
from inventory.models import Demand, Inspection
from inventory.reservations import try_hold
from production import work_orders
from purchasing import requisitions
from tests.factory import NOW, TODAY
from tests.proof import house as h
from tests.proof.house import D, House

Act = Callable[[], Any]
Story = Callable[[House], Any]


def verb_of(kind: str, action: str) -> Callable[..., Any]:
    """The verb that the doors call."""
    return next(one.verb for type in DOCUMENT_TYPES if type.kind == kind for one in type.actions if one.name == action)


# ---- stories: each gives the document on which something is done ---------------------------------------------------------


def entry_in(house: House) -> Any:
    f = house.factory
    return h.entry(house, "other_in", f.store, (f.bolt, "10", "2.50"), (f.plate, "3", "31"), (house.paint, "4", "8"))


def entry_out(house: House) -> Any:
    f = house.factory
    h.stocked(house)
    return h.entry(house, "other_out", f.store, (f.plate, "3", "0"), (f.bolt, "10", "0"), (house.paint, "4", "0"))


def entry_below_zero(house: House) -> Any:
    f = house.factory
    return h.entry(house, "other_out", house.yard, (f.plate, "3", "0"), (f.bolt, "10", "0"))


def transfer(house: House) -> Any:
    f = house.factory
    h.stocked(house)
    house.post(verb_of("stock_entry", "post"), entry_below_zero(house))
    return h.transfer(house, f.store, house.yard, (f.bolt, "30"), (f.plate, "7"))


def sales_draft(house: House) -> Any:
    from sales.orders import draft_order

    f = house.factory
    line = {"item": f.frame, "quantity": D(3), "unit_price": D("199.99")}
    data = {"customer": f.customer, "document_date": TODAY, "due_date": TODAY, "warehouse": f.store, "lines": [line]}
    return draft_order(data=data, **house.who())


def approved_sales_order(house: House) -> Any:
    h.stocked(house)
    return h.sales_order(house, (house.factory.frame, "2", "199.99"))


def reserved_sales_order(house: House) -> Any:
    f = house.factory
    h.stocked(house)
    order = h.sales_order(house, (f.frame, "5", "199.99"), (house.paint, "6", "11.11"))
    for demand in (
        Demand.objects.filter(company=f.company, origin_number=order.number).select_related("item__category").order_by("origin_line")
    ):
        try_hold(demand=demand, warehouse=f.store, quantity=D(4), **house.who())
    return order


def shipment(house: House) -> Any:
    return h.shipment(house, reserved_sales_order(house), (1, "5"), (2, "5"))


def posted_shipment(house: House) -> Any:
    return house.post(verb_of("shipment", "post"), shipment(house))


def customer_money(house: House) -> Any:
    return h.customer_money(house, "1000", (h.open_item(posted_shipment(house)), "900.50"))


def requisition(house: House) -> Any:
    f = house.factory
    f.plate.default_supplier = f.supplier
    f.plate.save()
    data = {"document_date": TODAY, "lines": [{"item": f.plate, "quantity": D(9), "due_date": TODAY}]}
    return requisitions.draft_requisition(data=data, **house.who())


def approved_requisition(house: House) -> Any:
    return house.post(verb_of("requisition", "approve"), requisition(house), by=house.factory.ada)


def purchase_draft(house: House) -> Any:
    from purchasing.orders import draft_order

    f = house.factory
    lines = [{"item": f.plate, "quantity": D(9), "unit_price": D("29.99")}, {"item": f.bolt, "quantity": D(90), "unit_price": D("2.07")}]
    data = {"supplier": f.supplier, "document_date": TODAY, "due_date": TODAY, "warehouse": f.store, "lines": lines}
    return draft_order(data=data, **house.who())


def purchase_order(house: House) -> Any:
    return house.post(verb_of("purchase_order", "approve"), purchase_draft(house), by=house.factory.ada)


def purchase_receipt(house: House) -> Any:
    return h.purchase_receipt(house, purchase_order(house), (1, "9"), (2, "70"))


def posted_receipt(house: House) -> Any:
    return house.post(verb_of("purchase_receipt", "post"), purchase_receipt(house))


def incoming_inspection(house: House) -> Any:
    return h.waiting_inspection(posted_receipt(house))


def decided_inspection(house: House) -> Any:
    return h.decide(house, incoming_inspection(house), "7", "2")


def supplier_invoice(house: House) -> Any:
    receipt = posted_receipt(house)
    h.decide(house, h.waiting_inspection(receipt), "9")
    out = h.entry(house, "other_out", house.factory.store, (house.factory.plate, "4", "0"))
    house.post(verb_of("stock_entry", "post"), out)
    return h.supplier_invoice(house, receipt, "FP-1", (1, "9", "31.05"), (2, "60", "2.07"))


def posted_invoice(house: House) -> Any:
    return house.post(verb_of("supplier_invoice", "post"), supplier_invoice(house))


def supplier_payment(house: House) -> Any:
    return h.payment(house, "500", (h.open_item(posted_invoice(house)), "300"))


def work_order(house: House) -> Any:
    h.stocked(house)
    return h.work_order(house, "6")


def released_order(house: House) -> Any:
    return house.post(work_orders.release_order, work_order(house))


def issue(house: House) -> Any:
    return h.issue(house, released_order(house))


def running_order(house: House) -> Any:
    return house.post(verb_of("material_issue", "post"), issue(house)).work_order


def material_return(house: House) -> Any:
    return h.material_return(house, running_order(house), (1, "5"), (2, "1"))


def report(house: House) -> Any:
    return h.operation_report(house, running_order(house), 10, "6", "50")


def last_report(house: House) -> Any:
    order = house.post(verb_of("operation_report", "post"), report(house)).work_order
    return h.operation_report(house, order, 20, "5", "80", scrapped="1")


def final_inspection(house: House) -> Any:
    return h.waiting_inspection(house.post(verb_of("operation_report", "post"), last_report(house)).work_order)


def accepted_order(house: House) -> Any:
    waiting = final_inspection(house)
    h.decide(house, waiting, "5")
    return _order_of(waiting)


def decided_final_inspection(house: House) -> Any:
    return h.decide(house, final_inspection(house), "4", "1")


def finished_receipt(house: House) -> Any:
    return h.finished_receipt(house, accepted_order(house), "2")


def done_order(house: House) -> Any:
    """Two frames received at the planned cost, the order given up after them: the rest is settled."""
    return house.post(verb_of("finished_receipt", "post"), finished_receipt(house)).work_order


def _order_of(waiting: Inspection) -> Any:
    return work_orders.WorkOrder.objects.get(company=waiting.company, number=waiting.origin_number)


def _posted(kind: str, draft: Story) -> Story:
    return lambda house: house.post(verb_of(kind, "post"), draft(house), by=house.factory.ada)


_NO: dict[str, Any] = {}
_DRAFTS: dict[str, Story] = {
    "shipment": shipment,
    "purchase_receipt": purchase_receipt,
    "material_issue": issue,
    "material_return": material_return,
    "operation_report": last_report,
    "finished_receipt": finished_receipt,
    "stock_entry": entry_out,
    "stock_transfer": transfer,
    "supplier_invoice": supplier_invoice,
    "supplier_payment": supplier_payment,
    "customer_receipt": customer_money,
}
"""Kinds with the usual life: draft, posted (or cancelled), reversed."""

STORIES: dict[tuple[str, str, str], tuple[Story, dict[str, Any]]] = {
    **{(kind, "post", ""): (draft, _NO) for kind, draft in _DRAFTS.items()},
    **{(kind, "cancel", ""): (draft, _NO) for kind, draft in _DRAFTS.items()},
    **{(kind, "reverse", ""): (_posted(kind, draft), _NO) for kind, draft in _DRAFTS.items()},
    ("stock_entry", "post", "in"): (entry_in, _NO),
    ("stock_entry", "reverse", "in"): (_posted("stock_entry", entry_in), _NO),
    ("stock_entry", "post", "below zero"): (entry_below_zero, _NO),
    ("inspection", "post", "incoming"): (incoming_inspection, {"accepted": D(7), "rejected": D(2), "finding": "锈"}),
    ("inspection", "reverse", "incoming"): (decided_inspection, _NO),
    ("inspection", "post", "final"): (final_inspection, {"accepted": D(4), "rejected": D(1), "finding": "锈"}),
    ("inspection", "reverse", "final"): (decided_final_inspection, _NO),
    ("sales_order", "approve", ""): (sales_draft, _NO),
    ("sales_order", "cancel", ""): (reserved_sales_order, _NO),
    ("sales_order", "close", ""): (reserved_sales_order, _NO),
    ("sales_order", "reserve", ""): (approved_sales_order, _NO),
    ("sales_order", "give_back", ""): (reserved_sales_order, _NO),
    ("requisition", "approve", ""): (requisition, _NO),
    ("requisition", "cancel", ""): (approved_requisition, _NO),
    ("requisition", "order", ""): (approved_requisition, _NO),
    ("purchase_order", "approve", ""): (purchase_draft, _NO),
    ("purchase_order", "cancel", ""): (purchase_order, _NO),
    ("purchase_order", "close", ""): (purchase_order, _NO),
    ("work_order", "release", ""): (work_order, _NO),
    ("work_order", "cancel", ""): (released_order, _NO),
    ("work_order", "close", ""): (done_order, _NO),
}
"""(kind, action, which) → the story before it, and what the action is told."""

_BY_CHECKER = {"approve", "post", "order"}


def act(house: House, case: tuple[str, str, str]) -> Act:
    """Tell the story of a case and give back its last act."""
    kind, action, _which = case
    story, data = STORIES[case]
    if action == "order":
        data = {"warehouse": house.factory.store, "document_date": TODAY}
    document = story(house)
    verb = verb_of(kind, action)
    by = house.factory.ada if action in _BY_CHECKER else house.factory.nora
    return lambda: verb(company=house.factory.company, document_id=document.pk, by=by, at=NOW, **data)

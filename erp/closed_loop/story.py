"""The steps of the loop, from a customer's order to the money in the bank. Each is done by the people whose work it is."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from core.errors import BusinessError
from core.idempotency import fingerprint, once
from core.models import State
from erp.closed_loop.narrator import Narrator, money
from erp.closed_loop.stage import Stage
from finance.models import Account, GoodsReceived, OpenItem
from finance.opening import post_opening
from inventory.models import Inspection, Proposal, Reservation, Warehouse
from production.models import FinishedReceipt, WorkOrder
from production.planning import run_mrp
from production.proposals import Places
from production.proposals import from_proposals as make_proposed
from purchasing.models import PurchaseOrder, Requisition
from purchasing.requisitions import from_proposals as buy_proposed
from sales.models import SalesOrder, Shipment

D = Decimal
PUMPS = "10"


@dataclass
class Loop:
    """What the steps hand on to each other."""

    stage: Stage
    tell: Narrator
    order: SalesOrder = field(init=False)
    proposals: list[Proposal] = field(default_factory=list)
    requisition: Requisition = field(init=False)
    work_orders: dict[str, WorkOrder] = field(default_factory=dict)
    shipment: Shipment = field(init=False)

    def day(self, number: int) -> str:
        """The n-th of the month, as one types it."""
        return self.stage.day(number).isoformat()


def the_books_start(loop: Loop) -> None:
    """Some stock, some machines, some money."""
    loop.tell.step(_("The books start: opening stock, machines, money in the bank, capital"))
    stage = loop.stage
    lines = [{"item": "BEARING", "quantity": "4", "unit_cost": "38"}, {"item": "ROTOR", "quantity": "2", "unit_cost": "190"}]
    data = {"kind": "opening", "document_date": loop.day(1), "warehouse": "MAIN", "reason": _("Opening stock"), "lines": lines}
    loop.tell.document(stage.make("warehouse", "stock_entry", data), _("opening stock posted"))
    balances = {"1002": "500000", "140303": "152", "140502": "380", "160102": "60000", "3001": "-560532"}
    stated = [
        {"account": Account.objects.get(company=stage.company, code=code), "debit": max(D(amount), D(0)), "credit": max(-D(amount), D(0))}
        for code, amount in balances.items()
    ]
    accountant = stage.user("accountant", "finance.post_opening")
    post_opening(company=stage.company, data={"lines": stated}, by=accountant, at=stage.at(stage.month))
    loop.tell.vouchers()


def a_customer_orders(loop: Loop) -> None:
    """Price, tax and due date are entered by sales and approved by the boss."""
    loop.tell.step(_("A customer orders; the order is approved by somebody else"))
    data = {
        "customer": "C1",
        "customer_reference": "JA-2026-118",
        "document_date": loop.day(2),
        "due_date": loop.day(26),
        "warehouse": "SHIP",
        "lines": [{"item": "PUMP", "quantity": PUMPS, "unit_price": "2400", "tax_percent": "13"}],
    }
    order = loop.stage.draft("sales", "sales_order", data)
    assert isinstance(order, SalesOrder)
    gross = _("entered: {quantity} pumps, {gross} with tax").format(quantity=PUMPS, gross=money(order.gross_amount))
    loop.tell.document(order, gross)
    loop.stage.act("boss", "sales_order", "approve", order)
    order.refresh_from_db()
    loop.tell.document(order, _("approved: it is demand now"))
    loop.order = order


def planning_runs(loop: Loop) -> None:
    """Net requirements through all levels, against stock and what is on its way."""
    loop.tell.step(_("Material planning: what must be made and bought, through all levels"))
    stage = loop.stage
    day = stage.day(3)
    run = run_mrp(company=stage.company, by=stage.user("planner", "production.run_mrp"), at=stage.at(day), plan_date=day)
    loop.proposals = list(run.proposals.select_related("item", "supplier").order_by("kind", "item__code"))
    rows = [
        (one.get_kind_display(), one.item.code, f"{one.quantity.normalize():f}", str(one.start_date), str(one.due_date))
        for one in loop.proposals
    ]
    loop.tell.table(rows, widths=(6, 10, -8, 12, 12))


def proposals_become_orders(loop: Loop) -> None:
    """What is to be made becomes work orders; what is to be bought a requisition, then purchase orders."""
    loop.tell.step(_("Proposals become work orders, a requisition and purchase orders"))
    stage, day = loop.stage, loop.stage.day(3)
    houses = {one.code: one for one in Warehouse.objects.filter(company=stage.company)}
    planner = stage.user("planner", "production.add_workorder")
    make = [one for one in loop.proposals if one.kind == Proposal.Kind.MAKE]
    for proposal in make:
        places = Places(material_warehouse=houses["MAIN"], target_warehouse=houses["SHIP" if proposal.item.is_sold else "MAIN"])
        who: dict[str, Any] = {"date": day, "by": planner, "at": stage.at(day)}
        order = make_proposed(company=stage.company, proposal_ids=[proposal.pk], places=places, **who)[0]
        loop.work_orders[proposal.item.code] = order
        loop.tell.document(order, _("work order: {quantity} {item}").format(quantity=f"{order.quantity.normalize():f}", item=order.item))
    ids = [one.pk for one in loop.proposals if one.kind == Proposal.Kind.BUY]
    asker = stage.user("planner", "purchasing.add_requisition")
    loop.requisition = buy_proposed(company=stage.company, proposal_ids=ids, date=day, by=asker, at=stage.at(day))
    stage.act("boss", "requisition", "approve", loop.requisition)
    loop.tell.document(loop.requisition, _("requisition approved"))
    stage.act("buyer", "requisition", "order", loop.requisition, warehouse="MAIN", document_date=day.isoformat())
    for bought in PurchaseOrder.objects.filter(company=stage.company).select_related("supplier").order_by("id"):
        stage.act("boss", "purchase_order", "approve", bought)
        loop.tell.document(
            bought, _("ordered from {supplier} for {amount}").format(supplier=bought.supplier, amount=money(bought.net_amount))
        )


def material_is_short(loop: Loop) -> None:
    """Releasing tries to reserve; what is short is said, and nothing happens."""
    loop.tell.step(_("The planner tries to release a work order: its material is not there yet"))
    order = loop.work_orders["ROTOR"]
    try:
        loop.stage.act("planner", "work_order", "release", order, on=loop.stage.day(4))
    except BusinessError as error:
        loop.tell.note(error.message())
        for problem in error.problems():
            loop.tell.note(f"· {problem.message()}")
    order.refresh_from_db()
    held = Reservation.objects.filter(company=loop.stage.company).count()
    loop.tell.document(order, _("still {state}; reservations: {count}").format(state=order.get_state_display(), count=held))


def goods_arrive(loop: Loop) -> None:
    """Received by lot and bin; the payable is accrued at the price of the order."""
    loop.tell.step(_("Goods arrive: received into bins, by lot"))
    for order in PurchaseOrder.objects.filter(company=loop.stage.company).order_by("id"):
        lines = [_arriving(line) for line in order.lines.select_related("item").order_by("line_no")]
        data = {"order": order.number, "document_date": loop.day(8), "delivery_note": f"DN-{order.pk}", "lines": lines}
        receipt = loop.stage.make("warehouse", "purchase_receipt", data)
        loop.tell.document(receipt, _("received for {order}").format(order=order.number))
        loop.tell.vouchers()


def _arriving(line: Any) -> dict[str, Any]:
    typed = {"order_line": line.line_no, "quantity": format(line.quantity, "f"), "bin": "M-01"}
    return typed | ({"lot_code": f"L-{line.item.code}-01"} if line.item.lot_tracked else {})


def quality_accepts(loop: Loop) -> None:
    """What waits for inspection is accepted."""
    loop.tell.step(_("Quality inspects what has arrived"))
    _inspect(loop, 9)


def _inspect(loop: Loop, day: int) -> None:
    for inspection in Inspection.objects.filter(company=loop.stage.company, state=State.DRAFT).select_related("item").order_by("id"):
        loop.stage.act(
            "quality", "inspection", "post", inspection, on=loop.stage.day(day), accepted=format(inspection.quantity, "f"), rejected="0"
        )
        inspection.refresh_from_db()
        loop.tell.document(
            inspection, _("{quantity} {item} accepted").format(quantity=f"{inspection.accepted.normalize():f}", item=inspection.item)
        )


def invoices_come(loop: Loop) -> None:
    """Matched with what was received; one price is higher than ordered, the difference goes into the goods."""
    loop.tell.step(_("Suppliers' invoices are matched with the receipts; one is dearer than ordered"))
    received = GoodsReceived.objects.filter(company=loop.stage.company).select_related("item", "supplier").order_by("supplier__code", "id")
    for supplier in dict.fromkeys(row.supplier for row in received):
        rows = [row for row in received if row.supplier_id == supplier.pk]
        lines = [
            {
                "received": row.reference,
                "quantity": format(row.quantity, "f"),
                "unit_price": "87" if row.item.code == "IMPELLER" else format(row.amount / row.quantity, "f"),
            }
            for row in rows
        ]
        data = {"supplier": supplier.code, "invoice_number": f"26000{supplier.pk}", "document_date": loop.day(10), "lines": lines}
        invoice = loop.stage.make("accountant", "supplier_invoice", data)
        loop.tell.document(invoice, _("invoice of {supplier} posted").format(supplier=supplier))
        loop.tell.vouchers()


def rotors_are_made(loop: Loop) -> None:
    """Release reserves, issue takes, surplus comes back, work is reported, quality accepts, goods are received at cost."""
    loop.tell.step(_("Rotors: released (material reserved), issued, surplus returned, reported with one scrapped, received"))
    number = _released(loop, "ROTOR", 11)
    stage, day = loop.stage, loop.day(11)
    loop.tell.document(stage.make("warehouse", "material_issue", {"work_order": number, "document_date": day}), _("material issued"))
    loop.tell.vouchers()
    back = {"work_order": number, "document_date": loop.day(12), "lines": [{"material": 1, "quantity": "1.5", "bin": "M-01"}]}
    loop.tell.document(stage.make("workshop", "material_return", back, post_by="warehouse"), _("surplus returned: 1.5 kg"))
    loop.tell.vouchers()
    done = {"good": "9", "scrapped": "1", "scrap_reason": _("bore out of tolerance"), "minutes": "290"}
    _report(loop, number, 10, 13, done)
    _inspect(loop, 13)
    _receive(loop, "ROTOR", 14, {"quantity": "9", "is_final": True})


def pumps_are_made(loop: Loop) -> None:
    """The same for the product; its lot is new."""
    loop.tell.step(_("Pumps: assembled and tested, accepted, received with lot and unit cost"))
    number = _released(loop, "PUMP", 15)
    issue = loop.stage.make("warehouse", "material_issue", {"work_order": number, "document_date": loop.day(15)})
    loop.tell.document(issue, _("material issued"))
    loop.tell.vouchers()
    _report(loop, number, 10, 17, {"good": PUMPS, "minutes": "620"})
    _report(loop, number, 20, 18, {"good": PUMPS, "minutes": "315"})
    _inspect(loop, 18)
    _receive(loop, "PUMP", 19, {"quantity": PUMPS, "lot_code": "P-0001"})


def _released(loop: Loop, item: str, day: int) -> str:
    order = loop.stage.act("planner", "work_order", "release", loop.work_orders[item], on=loop.stage.day(day))
    held = Reservation.objects.filter(company=loop.stage.company, demand__origin_number=order.number, state=Reservation.State.HELD)
    loop.tell.document(order, _("released"))
    for row in held.select_related("demand__item", "balance__bin", "balance__lot").order_by("id"):
        words = _("reserved: {quantity} {item} in bin {bin}").format(
            quantity=f"{row.quantity.normalize():f}", item=row.demand.item, bin=row.balance.bin
        )
        loop.tell.note(f"· {words}{f' ({row.balance.lot})' if row.balance.lot else ''}")
    return order.number


def _report(loop: Loop, number: str, operation: int, day: int, done: dict[str, str]) -> None:
    data = {"work_order": number, "operation": operation, "document_date": loop.day(day), **done}
    report = loop.stage.make("workshop", "operation_report", data)
    words = _("operation {operation}: good {good}, scrap {scrap}, {minutes} minutes")
    loop.tell.document(
        report, words.format(operation=operation, good=done["good"], scrap=done.get("scrapped", "0"), minutes=done["minutes"])
    )
    loop.tell.vouchers()


def _receive(loop: Loop, item: str, day: int, what: dict[str, Any]) -> None:
    data = {"work_order": loop.work_orders[item].number, "document_date": loop.day(day), **what}
    receipt = loop.stage.make("warehouse", "finished_receipt", data)
    assert isinstance(receipt, FinishedReceipt)
    receipt.refresh_from_db()
    words = _("{quantity} received at {unit_cost} each: material {material}, labour {labour}, overhead {overhead}")
    loop.tell.document(
        receipt,
        words.format(
            quantity=f"{receipt.quantity.normalize():f}",
            unit_cost=money(receipt.value / receipt.quantity),
            material=money(receipt.material_cost),
            labour=money(receipt.labour_cost),
            overhead=money(receipt.overhead_cost),
        ),
    )
    loop.tell.vouchers()


def pumps_are_shipped(loop: Loop) -> None:
    """Cost of sales, revenue, output tax, receivable."""
    loop.tell.step(_("The pumps are shipped from stock"))
    data = {"order": loop.order.number, "document_date": loop.day(20), "lines": [{"order_line": 1, "quantity": PUMPS}]}
    shipment = loop.stage.make("warehouse", "shipment", data)
    assert isinstance(shipment, Shipment)
    loop.order.refresh_from_db()
    loop.tell.document(shipment, _("shipped; the order is {state}").format(state=loop.order.get_state_display()))
    loop.tell.vouchers()
    loop.shipment = shipment


def the_customer_pays(loop: Loop) -> None:
    """The request is sent twice with the same key: one effect, one answer (P11)."""
    loop.tell.step(_("The customer pays; the same request sent twice has one effect"))
    stage = loop.stage
    amount = format(OpenItem.objects.get(company=stage.company, origin_number=loop.shipment.number).open_amount, "f")
    lines = [{"open_item": loop.shipment.number, "amount": amount}]
    data = {
        "customer": "C1",
        "document_date": loop.day(24),
        "bank_account": "BANK",
        "amount": amount,
        "reference": "BK-7781",
        "lines": lines,
    }
    asked = {"scope": f"user:{stage.user('cashier').pk}", "key": f"{stage.company.code}-receipt", "fingerprint": fingerprint(data)}

    def act() -> tuple[int, Any]:
        receipt = stage.make("cashier", "customer_receipt", data)
        loop.tell.document(receipt, _("{amount} received, settled").format(amount=money(D(amount))))
        return 201, {"number": receipt.number}

    first, second = (once(**asked, act=act) for _attempt in range(2))
    loop.tell.note(_("sent again: {number}, answered before: {replayed}").format(number=second.answer["number"], replayed=second.replayed))
    assert first.answer == second.answer and second.replayed
    loop.tell.vouchers()


def suppliers_are_paid(loop: Loop) -> None:
    """Prepared by the cashier, released by the accountant."""
    loop.tell.step(_("Suppliers are paid: prepared by the cashier, released by the accountant"))
    items = OpenItem.objects.filter(company=loop.stage.company, side=OpenItem.Side.PAYABLE).select_related("supplier")
    for item in items.order_by("id"):
        assert item.supplier is not None
        amount = format(item.open_amount, "f")
        lines = [{"open_item": item.origin_number, "amount": amount}]
        who = {"supplier": item.supplier.code, "document_date": loop.day(25), "bank_account": "BANK"}
        payment = loop.stage.make("cashier", "supplier_payment", {**who, "amount": amount, "lines": lines}, post_by="accountant")
        loop.tell.document(payment, _("{amount} paid to {supplier}").format(amount=money(D(amount)), supplier=item.supplier))
        loop.tell.vouchers()


def an_order_is_called_off(loop: Loop) -> None:
    """A released order that is cancelled gives its reserved material back (cancel)."""
    loop.tell.step(_("Another work order is released and called off: its material is free again"))
    stage, day = loop.stage, loop.day(27)
    data = {
        "item": "ROTOR",
        "quantity": "3",
        "document_date": day,
        "start_date": day,
        "due_date": day,
        "department": "W1",
        "material_warehouse": "MAIN",
        "target_warehouse": "MAIN",
    }
    order = stage.draft("planner", "work_order", data)
    steps: tuple[tuple[str, dict[str, Any]], ...] = (("release", {}), ("cancel", {"reason": _("the plan has changed")}))
    for action, typed in steps:
        stage.act("planner", "work_order", action, order, **typed)
        order.refresh_from_db()
        held = Reservation.objects.filter(company=stage.company, state=Reservation.State.HELD).aggregate(sum=Sum("quantity"))["sum"] or D(0)
        words = _("{state}; reserved now: {quantity}").format(state=order.get_state_display(), quantity=f"{held.normalize():f}")
        loop.tell.document(order, words)


STEPS = (
    the_books_start,
    a_customer_orders,
    planning_runs,
    proposals_become_orders,
    material_is_short,
    goods_arrive,
    quality_accepts,
    invoices_come,
    rotors_are_made,
    pumps_are_made,
    pumps_are_shipped,
    the_customer_pays,
    suppliers_are_paid,
    an_order_is_called_off,
)

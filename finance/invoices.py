"""Supplier invoices: matched line by line with goods received; what they cost more or less goes where the goods are.

receipt   Dr stock            Cr goods received, not invoiced     at the order's price
invoice   Dr stock / expense  Cr goods received, not invoiced     what it differs from that
          Dr goods received   Cr payables                         net
          Dr input tax        Cr payables                         tax
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.amounts import line_amounts, share, total
from core.db import advisory_lock, durable
from core.decimals import ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, DateOrder, InvalidInput, InvalidInputs, PeriodClosed
from core.models import Company, Period, State, User
from core.periods import date_for_reversal, next_open_date
from core.posting import PostingTransaction, posting_transaction
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from finance import events as books
from finance import open_items, vouchers
from finance.models import GoodsReceived, SupplierInvoice, SupplierInvoiceLine, Voucher
from finance.rules import Amount, RuleBook
from finance.wording import quantity
from inventory import events as goods
from inventory.ledger import MoveRequest, Origin, Place, lock_stock, post
from inventory.ledger.posting import upsert
from inventory.ledger.reversal import receipt_ref
from inventory.models import StockPosting
from inventory.signals import StockPosted
from masterdata.dimensions import Dimensions

KIND, PREFIX = "supplier_invoice", "PI"
USUAL_TAX_PERCENT = Decimal(13)
TAX_TOLERANCE = Decimal("0.01")
"""By how much the tax printed on an invoice line may differ from the computed one (尾差)."""


class OverInvoiced(BusinessError):
    """More is charged than was received."""

    code = "over_invoice"
    text = _("{received}: {wanted} charged, only {open} received and not invoiced yet.")
    hint = _("Correct the quantity, or post the missing receipt first.")


class BookedBeforeReceipt(BusinessError):
    """The payable would stand in the books before the goods it is for, clearing an accrual that is not there yet."""

    code = "before_receipt"
    status = 400
    text = _("{received} came in on {date}; the invoice can't be booked before that.")
    hint = _("Enter the day of booking; the due date may count from the date on the invoice.")


class InvoiceRefused(InvalidInputs):
    """One or more lines charge more than was received; nothing is written."""

    code = "over_invoice"
    status = 409
    text = _("More is charged than was received.")


class DuplicateInvoice(BusinessError):
    """The supplier's invoice has been entered before."""

    code = "duplicate_invoice"
    text = _("Invoice {invoice} of {supplier} has been entered as {number}.")
    hint = _("Open it there; if it was wrong, reverse or cancel it first.")


@durable
def draft_invoice(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> SupplierInvoice:
    """Enter a supplier's invoice as a draft.

    Args:
        data: validated by `finance.inputs.SupplierInvoiceInput`.

    Raises:
        DuplicateInvoice: this supplier's invoice number is in the books.
        InvoiceRefused: a line charges more than was received.
    """
    invoice = SupplierInvoice(company=company)
    lines = _fill(invoice, data)
    return save_draft(invoice, lines, kind=KIND, prefix=PREFIX, by=by, at=at)


@durable
def edit_invoice(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> SupplierInvoice:
    """Save a draft again, its lines replaced.

    Raises:
        EditedByOther: it was changed since `version` was read.
    """
    invoice = open_draft(SupplierInvoice, document_id, company=company, version=version)
    lines = _fill(invoice, data)
    return save_edit(invoice, lines, by=by, at=at)


@durable
def cancel_invoice(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SupplierInvoice:
    """Give up an invoice that has not been posted; its number may be entered again."""
    return cancel_draft(SupplierInvoice, document_id, company=company, by=by, at=at, reason=reason)


def _fill(invoice: SupplierInvoice, data: Mapping[str, Any]) -> list[SupplierInvoiceLine]:
    for name in ("supplier", "invoice_number", "document_date"):
        setattr(invoice, name, data[name])
    invoice.note = data.get("note", "")
    invoice.due_date = data.get("due_date") or invoice.document_date + dt.timedelta(days=invoice.supplier.payment_days)
    if invoice.due_date < invoice.document_date:
        raise DateOrder(field="due_date", later=_("The due date"), earlier=_("the date of the invoice"))
    _refuse_duplicate(invoice)
    lines = [_line(invoice, number, line) for number, line in enumerate(data["lines"], start=1)]
    _refuse_foreign(invoice, lines)
    _refuse_beyond_receipt(lines, {line.received_id: line.received for line in lines})
    amounts = total(lines)
    invoice.net_amount, invoice.tax_amount, invoice.gross_amount = amounts.net, amounts.tax, amounts.gross
    return lines


def _line(invoice: SupplierInvoice, number: int, data: Mapping[str, Any]) -> SupplierInvoiceLine:
    percent = data.get("tax_percent")
    if percent is None:
        percent = invoice.supplier.tax_rate.percent if invoice.supplier.tax_rate else USUAL_TAX_PERCENT
    amounts = line_amounts(data["quantity"], data["unit_price"], percent, invoice.company.currency_places)
    tax = amounts.tax if data.get("tax_amount") is None else data["tax_amount"]
    if abs(tax - amounts.tax) > TAX_TOLERANCE:
        text = _("The tax of this line should be {tax}, give or take {tolerance}.")
        raise InvalidInput("tax_differs", text, field=f"lines[{number - 1}].tax_amount", tax=amounts.tax, tolerance=TAX_TOLERANCE)
    return SupplierInvoiceLine(
        document=invoice,
        line_no=number,
        received=data["received"],
        quantity=data["quantity"],
        unit_price=data["unit_price"],
        net_amount=amounts.net,
        tax_percent=percent,
        tax_amount=tax,
        note=data.get("note", ""),
    )


def _refuse_duplicate(invoice: SupplierInvoice) -> None:
    advisory_lock(f"supplier-invoice:{invoice.supplier_id}:{invoice.invoice_number}")
    booked = SupplierInvoice.objects.filter(company=invoice.company, supplier=invoice.supplier, invoice_number=invoice.invoice_number)
    known = booked.exclude(state__in=[State.CANCELLED, State.REVERSED]).filter(reversal_of=None).exclude(pk=invoice.pk).first()
    if known is not None:
        raise DuplicateInvoice(field="invoice_number", invoice=invoice.invoice_number, supplier=invoice.supplier, number=known.number)


def _refuse_foreign(invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine]) -> None:
    text = _("{received} came from another supplier.")
    wrong: list[BusinessError] = [
        InvalidInput("other_supplier", text, field=f"lines[{line.line_no - 1}].received", received=line.received)
        for line in lines
        if line.received.supplier_id != invoice.supplier_id
    ]
    wrong += [
        BookedBeforeReceipt(field="document_date", received=line.received, date=line.received.date)
        for line in lines
        if invoice.document_date < line.received.date
    ][:1]
    if wrong:
        raise InvalidInputs(wrong)


def _refuse_beyond_receipt(lines: Sequence[SupplierInvoiceLine], received: Mapping[int, GoodsReceived]) -> None:
    charged: dict[int, Decimal] = {}
    beyond: list[BusinessError] = []
    for line in lines:
        row = received[line.received_id]
        left = row.quantity - row.invoiced_quantity - charged.get(row.pk, ZERO)
        charged[row.pk] = charged.get(row.pk, ZERO) + line.quantity
        if line.quantity > left:
            beyond.append(
                OverInvoiced(field=f"lines[{line.line_no - 1}].quantity", received=row, wanted=quantity(line.quantity), open=quantity(left))
            )
    if beyond:
        raise InvoiceRefused(beyond)


@dataclass(slots=True)
class _Claimed:
    """An invoice with everything that was locked for it."""

    invoice: SupplierInvoice
    lines: list[SupplierInvoiceLine]
    received: dict[int, GoodsReceived]
    dimensions: Dimensions = field(init=False)
    origin: Origin = field(init=False)

    def __post_init__(self) -> None:
        self.dimensions = Dimensions(supplier_id=self.invoice.supplier_id)
        self.origin = Origin(KIND, self.invoice.number)


def _claim_around(invoice: SupplierInvoice) -> _Claimed:
    lines = list(invoice.lines.order_by("line_no"))
    rows = GoodsReceived.objects.select_for_update(of=("self",)).filter(pk__in=[line.received_id for line in lines])
    rows = rows.select_related("move__item__category", "move__warehouse").order_by("id")
    return _Claimed(invoice, lines, {row.pk: row for row in rows})


@durable
def post_invoice(*, company: Company, document_id: int, by: User, at: dt.datetime) -> SupplierInvoice:
    """Book an invoice: the accrual is cleared, the payable opened, the difference in price goes to the goods.

    Raises:
        InvoiceRefused: somebody else's invoice has charged the goods in the meantime.
        PeriodClosed: the date can't be posted to; with a difference in price, the stock of the period must be open too.
    """
    date = date_of(SupplierInvoice, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        invoice = claim_draft(transaction, SupplierInvoice, document_id)
        work = _claim_around(invoice)
        _refuse_beyond_receipt(work.lines, work.received)
        _clear_accruals(work, company.currency_places)
        posted = _bring_difference_into_stock(transaction, work)
        _note_split(work, posted)
        upsert(SupplierInvoiceLine, work.lines, ["accrual_cleared", "stock_difference", "expensed_difference"])
        voucher = _book(transaction, work)
        stamps: dict[str, Any] = {"posted_by_id": by.pk, "posted_at": at, "voucher_id": voucher.pk if voucher else None}
        transaction.move_state(invoice, State.POSTED, "post", **stamps)
        facts = {
            "number": invoice.number,
            "supplier": invoice.supplier.code,
            "invoice": invoice.invoice_number,
            "gross_amount": invoice.gross_amount,
        }
        transaction.announce("supplier_invoice.posted", facts)
    return invoice


def _clear_accruals(work: _Claimed, places: int) -> None:
    """Each line clears its share of what the receipt accrued, the last one the rest; what it costs more stays to be placed."""
    for line in work.lines:
        row = work.received[line.received_id]
        row.invoiced_quantity += line.quantity
        line.accrual_cleared = share(
            row.amount, quantity=row.quantity, done=row.invoiced_quantity, taken=row.invoiced_amount, places=places
        )
        row.invoiced_amount += line.accrual_cleared
    upsert(GoodsReceived, list(work.received.values()), ["invoiced_quantity", "invoiced_amount"])


def _bring_difference_into_stock(transaction: PostingTransaction, work: _Claimed, sign: int = 1) -> StockPosted | None:
    """Post what lines differ from their accrual to the goods that are still there; the ledger says what they no longer bear."""
    differing = [line for line in work.lines if line.net_amount != line.accrual_cleared]
    if not differing:
        return None
    _require_open_stock(transaction)
    moves = [work.received[line.received_id].move for line in differing]
    places = [Place(move.item_id, move.warehouse_id, move.bin_id, move.lot_id, move.status) for move in moves]
    stock = lock_stock(
        transaction.company,
        items=list({move.item_id: move.item for move in moves}.values()),
        warehouses=list({move.warehouse_id: move.warehouse for move in moves}.values()),
        arriving=places,
    )
    requests = [
        MoveRequest(
            line=line.line_no,
            item=move.item,
            warehouse=move.warehouse,
            place=place,
            quantity=ZERO,
            value=sign * (line.net_amount - line.accrual_cleared),
            covered=line.quantity,
            receipt_ref=_receipt_ref(work.received[line.received_id]),
            dimensions=work.dimensions,
        )
        for line, move, place in zip(differing, moves, places, strict=True)
    ]
    original = _difference_posting(work) if sign < 0 else None
    return post(transaction, stock, event=goods.INVOICE_DIFFERENCE, origin=work.origin, requests=requests, reversal_of=original)


def _require_open_stock(transaction: PostingTransaction) -> None:
    if transaction.period.state != Period.State.OPEN:
        next_open = next_open_date(transaction.company, transaction.date, stock=True)
        raise PeriodClosed(field="document_date", date=transaction.date, period=transaction.period.code, next_open=next_open)


def _receipt_ref(row: GoodsReceived) -> str:
    return receipt_ref(row.origin_kind, row.origin_number, row.origin_line)


def _difference_posting(work: _Claimed) -> StockPosting:
    return StockPosting.objects.get(
        company=work.invoice.company, origin_kind=work.origin.kind, origin_number=work.origin.number, reversal_of=None
    )


def _note_split(work: _Claimed, posted: StockPosted | None) -> None:
    by_number = {line.line_no: line for line in work.lines}
    for part in posted.lines if posted else ():
        line = by_number[part.move.origin_line]
        if part.is_stock_value:
            line.stock_difference += part.amount
        else:
            line.expensed_difference += part.amount


def _book(transaction: PostingTransaction, work: _Claimed) -> Voucher | None:
    amounts = [
        Amount(
            event=event,
            amount=getattr(line, name),
            line=line.line_no,
            category_id=work.received[line.received_id].move.category_id,
            dimensions=work.dimensions,
        )
        for event, name in ((books.INVOICE_GOODS, "net_amount"), (books.INVOICE_TAX, "tax_amount"))
        for line in work.lines
    ]
    invoice = work.invoice
    entries = RuleBook(transaction.company, {amount.event for amount in amounts}).entries(
        amounts, number=invoice.number, partner=invoice.supplier.name
    )
    voucher = vouchers.write(transaction, entries, origin_kind=KIND, origin_number=invoice.number)
    if voucher is not None and invoice.gross_amount:
        open_items.book_payable(
            transaction,
            supplier=invoice.supplier,
            voucher=voucher,
            origin=work.origin,
            date=invoice.document_date,
            due_date=invoice.due_date,
            amount=invoice.gross_amount,
        )
    return voucher


@durable
def reverse_invoice(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SupplierInvoice:
    """Take a posted invoice back by a document of its own; its goods wait for an invoice again.

    Raises:
        AlreadySettled: it has been paid (in part).
    """
    moved_value = SupplierInvoiceLine.objects.filter(document_id=document_id).exclude(stock_difference=0, expensed_difference=0).exists()
    date = date_for_reversal(company, date_of(SupplierInvoice, document_id, company=company), stock=moved_value)
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        original = claim_posted(SupplierInvoice, document_id, company=company)
        work = _claim_around(original)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        for line in work.lines:
            row = work.received[line.received_id]
            row.invoiced_quantity -= line.quantity
            row.invoiced_amount -= line.accrual_cleared
        upsert(GoodsReceived, list(work.received.values()), ["invoiced_quantity", "invoiced_amount"])
        _bring_difference_into_stock(transaction, work, sign=-1)
        red = vouchers.reverse(transaction, original.voucher, origin_kind=KIND, origin_number=original.number) if original.voucher else None
        open_items.reverse(transaction, origin=work.origin, reversal=work.origin)
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        stamps: dict[str, Any] = {"posted_by_id": by.pk, "posted_at": at, "voucher_id": red.pk if red else None}
        transaction.move_state(copy, State.POSTED, "post", reason=reason, **stamps)
        transaction.announce("supplier_invoice.reversed", {"number": original.number, "supplier": original.supplier.code})
        number_at_end(transaction, copy, kind=KIND, prefix=PREFIX)
    return copy

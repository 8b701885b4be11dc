"""Money that comes from customers and goes to suppliers: it settles open items, and what is left over is an advance.

Both ways are the same few steps; what differs stands in one table each (`RECEIPT`, `PAYMENT`). A line may also name an
advance of the partner: it is used up, and settles as if it were money (预收冲应收, 预付冲应付).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.decimals import ZERO
from core.drafts import cancel_draft, claim_draft, date_of, open_draft, save_draft, save_edit
from core.errors import BusinessError, InvalidInput, InvalidInputs
from core.models import Company, State, User
from core.periods import date_for_reversal
from core.posting import PostingTransaction, posting_transaction, require_other_person
from core.reversal import claim_posted, copy_for_reversal, number_at_end
from finance import bank_accounts, events, open_items, vouchers
from finance.models import (
    CustomerReceipt,
    CustomerReceiptLine,
    OpenItem,
    Settlement,
    SupplierPayment,
    SupplierPaymentLine,
    Voucher,
)
from finance.open_items import Part
from finance.rules import Amount, RuleBook
from finance.wording import money
from inventory.ledger import Origin
from masterdata.dimensions import Dimensions
from masterdata.models import Customer, Supplier
from masterdata.models.base import Master
from masterdata.usable import refuse_blocked

M = TypeVar("M", CustomerReceipt, SupplierPayment)


@dataclass(frozen=True, slots=True)
class Flow(Generic[M]):
    """What differs between money that comes and money that goes."""

    model: type[M]
    line_model: type[Any]
    kind: str
    prefix: str
    partner: str
    side: str
    advance_side: str
    settled: str
    advanced: str
    used: str
    bank_is_debited: bool


RECEIPT = Flow(
    model=CustomerReceipt,
    line_model=CustomerReceiptLine,
    kind="customer_receipt",
    prefix="RC",
    partner="customer",
    side=OpenItem.Side.RECEIVABLE,
    advance_side=OpenItem.Side.CUSTOMER_ADVANCE,
    settled=events.CUSTOMER_RECEIPT,
    advanced=events.CUSTOMER_ADVANCE,
    used=events.CUSTOMER_ADVANCE_USED,
    bank_is_debited=True,
)
PAYMENT = Flow(
    model=SupplierPayment,
    line_model=SupplierPaymentLine,
    kind="supplier_payment",
    prefix="PY",
    partner="supplier",
    side=OpenItem.Side.PAYABLE,
    advance_side=OpenItem.Side.SUPPLIER_ADVANCE,
    settled=events.SUPPLIER_PAYMENT,
    advanced=events.SUPPLIER_ADVANCE,
    used=events.SUPPLIER_ADVANCE_USED,
    bank_is_debited=False,
)


class SettlesTooMuch(BusinessError):
    """The lines settle more than the money (and the advances named) come to."""

    code = "settles_too_much"
    status = 400
    text = _("The lines settle {settled}, but there are only {available}.")
    hint = _("Lower the lines, or correct the amount.")


class SettledBeforeItWas(BusinessError):
    """Money would settle a document of a later day, so that until then the accounts would say the opposite of what is owed."""

    code = "settled_before_it_was"
    status = 400
    text = _("{item} is dated {date}, after this document.")
    hint = _("Leave the money as an advance and settle {item} with it later, or correct the date.")


class NothingToDo(BusinessError):
    """No money and no advance to use."""

    code = "no_amount"
    status = 400
    text = _("Enter an amount above zero, or name an advance to be used.")


class TooMuchAdvance(BusinessError):
    """More of an advance is used than is settled by it."""

    code = "too_much_advance"
    status = 400
    text = _("The advances named come to {used}, but only {settled} is settled.")
    hint = _("Use only as much of an advance as is needed.")


@durable
def draft_customer_receipt(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> CustomerReceipt:
    """Enter money from a customer as a draft.

    Args:
        data: validated by `finance.inputs.CustomerReceiptInput`.

    Raises:
        InvalidInputs, SettlesTooMuch, NothingToDo: with what is wrong.
    """
    return _draft(RECEIPT, company, data, by, at)


@durable
def edit_customer_receipt(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> CustomerReceipt:
    """Save a draft again, its lines replaced; raises EditedByOther when it was changed since `version` was read."""
    return _edit(RECEIPT, open_draft(CustomerReceipt, document_id, company=company, version=version), data, by, at)


@durable
def cancel_customer_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> CustomerReceipt:
    """Give up a customer payment that has not been posted."""
    return cancel_draft(CustomerReceipt, document_id, company=company, by=by, at=at, reason=reason)


@durable
def post_customer_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime) -> CustomerReceipt:
    """Book money from a customer and settle what its lines name; the rest becomes an advance.

    Raises:
        SettlementsRefused: a line settles more than is open by now.
    """
    return _post(RECEIPT, company, document_id, by, at)


@durable
def reverse_customer_receipt(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> CustomerReceipt:
    """Take a posted customer payment back; what it settled is open again.

    Raises:
        AlreadySettled: its advance has been used.
    """
    return _reverse(RECEIPT, company, document_id, by, at, reason)


@durable
def draft_supplier_payment(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> SupplierPayment:
    """Prepare money to a supplier; another person releases it (`post_supplier_payment`).

    Args:
        data: validated by `finance.inputs.SupplierPaymentInput`.
    """
    return _draft(PAYMENT, company, data, by, at)


@durable
def edit_supplier_payment(
    *, company: Company, document_id: int, version: int, data: Mapping[str, Any], by: User, at: dt.datetime
) -> SupplierPayment:
    """Save a draft again, its lines replaced; raises EditedByOther when it was changed since `version` was read."""
    return _edit(PAYMENT, open_draft(SupplierPayment, document_id, company=company, version=version), data, by, at)


@durable
def cancel_supplier_payment(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SupplierPayment:
    """Give up a supplier payment that has not been posted."""
    return cancel_draft(SupplierPayment, document_id, company=company, by=by, at=at, reason=reason)


@durable
def post_supplier_payment(*, company: Company, document_id: int, by: User, at: dt.datetime) -> SupplierPayment:
    """Release and book money to a supplier, and settle what its lines name; the rest becomes an advance.

    Raises:
        MakerIsChecker: who prepared a payment does not release it.
        SettlementsRefused: a line settles more than is open by now.
    """
    return _post(PAYMENT, company, document_id, by, at)


@durable
def reverse_supplier_payment(*, company: Company, document_id: int, by: User, at: dt.datetime, reason: str = "") -> SupplierPayment:
    """Take a posted supplier payment back; what it settled is open again.

    Raises:
        AlreadySettled: its advance has been used.
    """
    return _reverse(PAYMENT, company, document_id, by, at, reason)


def propose_settlement(items: Sequence[OpenItem], amount: Decimal) -> list[tuple[OpenItem, Decimal]]:
    """Spread an amount over open items, the longest due first; what nothing takes is left for an advance."""
    proposed = []
    for item in sorted(items, key=lambda item: (item.due_date, item.pk)):
        part = min(amount, item.open_amount)
        if part > 0:
            proposed.append((item, part))
            amount -= part
    return proposed


def _draft(flow: Flow[M], company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> M:
    document = flow.model(company=company)
    lines = _fill(flow, document, data)
    return save_draft(document, lines, kind=flow.kind, prefix=flow.prefix, by=by, at=at)


def _edit(flow: Flow[M], document: M, data: Mapping[str, Any], by: User, at: dt.datetime) -> M:
    lines = _fill(flow, document, data)
    if not lines:
        flow.line_model._default_manager.filter(document=document).delete()
    return save_edit(document, lines, by=by, at=at)


def _fill(flow: Flow[M], document: M, data: Mapping[str, Any]) -> list[Any]:
    for name in (flow.partner, "document_date", "bank_account", "amount"):
        setattr(document, name, data[name])
    document.reference, document.note = data.get("reference", ""), data.get("note", "")
    lines = [
        flow.line_model(document=document, line_no=number, open_item=line["open_item"], amount=line["amount"], note=line.get("note", ""))
        for number, line in enumerate(data.get("lines", ()), start=1)
    ]
    _refuse_foreign(flow, document, [(line, line.open_item) for line in lines])
    _split(flow, document, [(line, line.open_item) for line in lines])
    return lines


def _refuse_foreign(flow: Flow[M], document: M, lines: Sequence[tuple[Any, OpenItem]]) -> None:
    partner_id = getattr(document, f"{flow.partner}_id")
    wrong: list[BusinessError] = []
    for line, item in lines:
        place = f"lines[{line.line_no - 1}].open_item"
        if item.side not in (flow.side, flow.advance_side):
            wrong.append(InvalidInput("wrong_side", _("{item} can't be settled here."), field=place, item=item.origin_number))
        elif getattr(item, f"{flow.partner}_id") != partner_id:
            wrong.append(InvalidInput("other_partner", _("{item} belongs to somebody else."), field=place, item=item.origin_number))
        elif item.date > document.document_date:
            wrong.append(SettledBeforeItWas(field=place, item=item.origin_number, date=item.date))
    if wrong:
        raise InvalidInputs(wrong)


def _split(flow: Flow[M], document: M, lines: Sequence[tuple[Any, OpenItem]]) -> tuple[Decimal, Decimal, Decimal]:
    """How much is settled, how much of that by advances, and how much money is left over."""
    used = sum((line.amount for line, item in lines if item.side == flow.advance_side), ZERO)
    settled = sum((line.amount for line, item in lines if item.side == flow.side), ZERO)
    if document.amount == 0 and used == 0:
        raise NothingToDo(field="amount")
    if settled > document.amount + used:
        raise SettlesTooMuch(field="lines", settled=money(settled), available=money(document.amount + used))
    if used > settled:
        raise TooMuchAdvance(field="lines", used=money(used), settled=money(settled))
    return settled, used, document.amount + used - settled


def _partner(flow: Flow[M], document: M) -> Customer | Supplier:
    partner: Customer | Supplier = getattr(document, flow.partner)
    return partner


def _post(flow: Flow[M], company: Company, document_id: int, by: User, at: dt.datetime) -> M:
    date = date_of(flow.model, document_id, company=company)
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        document = claim_draft(transaction, flow.model, document_id)
        if not flow.bank_is_debited:
            require_other_person(document, by)
        partner = _partner(flow, document)
        # Money that has come in is booked whoever it is from; a blocked supplier is not paid.
        paid: list[tuple[str, Master]] = [] if flow.bank_is_debited else [(flow.partner, partner)]
        refuse_blocked([("bank_account", document.bank_account), *paid])
        bank_accounts.require_fit(document.bank_account)
        lines = list(document.lines.order_by("line_no"))
        items = open_items.lock(company, [line.open_item_id for line in lines])
        pairs = [(line, items[line.open_item_id]) for line in lines]
        _refuse_foreign(flow, document, pairs)
        _split(flow, document, pairs)
        origin = Origin(flow.kind, document.number)
        parts = [Part(line.open_item_id, line.amount, f"lines[{line.line_no - 1}].amount") for line in lines]
        open_items.settle(transaction, parts, items=items, by=origin)
        voucher = _book(flow, transaction, document, pairs)
        stamps: dict[str, Any] = {"posted_by_id": by.pk, "posted_at": at, "voucher_id": voucher.pk if voucher else None}
        transaction.move_state(document, State.POSTED, "post", **stamps)
        transaction.announce(f"{flow.kind}.posted", {"number": document.number, flow.partner: partner.code, "amount": document.amount})
    return document


def _book(flow: Flow[M], transaction: PostingTransaction, document: M, pairs: Sequence[tuple[Any, OpenItem]]) -> Voucher | None:
    """The voucher: bank for the money, line by line what it settles, then what advances settle, then the advance that is left."""
    settled, used, rest = _split(flow, document, pairs)
    partner = _partner(flow, document)
    dimensions = Dimensions(customer_id=partner.pk) if flow.bank_is_debited else Dimensions(supplier_id=partner.pk)
    account = document.bank_account.account
    bank = (account, None) if flow.bank_is_debited else (None, account)
    by_advance = used
    amounts: list[Amount] = []
    for line, item in pairs:
        if item.side == flow.advance_side:
            continue
        from_advance = min(by_advance, line.amount)
        by_advance -= from_advance
        amounts.append(Amount(event=flow.used, amount=from_advance, line=line.line_no, dimensions=dimensions))
        by_money = line.amount - from_advance
        amounts.append(Amount(event=flow.settled, amount=by_money, line=line.line_no, dimensions=dimensions, debit=bank[0], credit=bank[1]))
    amounts.append(Amount(event=flow.advanced, amount=rest, line=0, dimensions=dimensions, debit=bank[0], credit=bank[1]))
    book = RuleBook(transaction.company, {flow.settled, flow.advanced, flow.used})
    entries = book.entries(amounts, number=document.number, partner=partner.name)
    voucher = vouchers.write(transaction, entries, origin_kind=flow.kind, origin_number=document.number)
    if rest and voucher is not None:
        _note_advance(flow, transaction, document, voucher, rest)
    return voucher


def _note_advance(flow: Flow[M], transaction: PostingTransaction, document: M, voucher: Voucher, amount: Decimal) -> None:
    origin = Origin(flow.kind, document.number)
    date = document.document_date
    if isinstance(document, CustomerReceipt):
        open_items.book_customer_advance(transaction, customer=document.customer, voucher=voucher, origin=origin, date=date, amount=amount)
    else:
        open_items.book_supplier_advance(transaction, supplier=document.supplier, voucher=voucher, origin=origin, date=date, amount=amount)


def _reverse(flow: Flow[M], company: Company, document_id: int, by: User, at: dt.datetime, reason: str) -> M:
    date = date_for_reversal(company, date_of(flow.model, document_id, company=company))
    with posting_transaction(company=company, date=date, by=by, at=at) as transaction:
        original = claim_posted(flow.model, document_id, company=company)
        origin = Origin(flow.kind, original.number)
        _lock_items(company, origin)
        open_items.unsettle(transaction, by=origin, reversal=origin)
        open_items.reverse(transaction, origin=origin, reversal=origin)
        copy = copy_for_reversal(original, date=date, by=by, at=at, lines="lines")
        red = (
            vouchers.reverse(transaction, original.voucher, origin_kind=flow.kind, origin_number=original.number)
            if original.voucher
            else None
        )
        transaction.move_state(original, State.REVERSED, "reverse", reason=reason)
        stamps: dict[str, Any] = {"posted_by_id": by.pk, "posted_at": at, "voucher_id": red.pk if red else None}
        transaction.move_state(copy, State.POSTED, "post", reason=reason, **stamps)
        transaction.announce(f"{flow.kind}.reversed", {"number": original.number, flow.partner: _partner(flow, original).code})
        number_at_end(transaction, copy, kind=flow.kind, prefix=flow.prefix)
    return copy


def _lock_items(company: Company, origin: Origin) -> None:
    """Lock what the document booked and what it settled in one go, in the order of ids."""
    booked = OpenItem.objects.filter(company=company, origin_kind=origin.kind, origin_number=origin.number)
    settled = Settlement.objects.filter(company=company, origin_kind=origin.kind, origin_number=origin.number)
    open_items.lock(company, [*booked.values_list("pk", flat=True), *settled.values_list("open_item", flat=True)])

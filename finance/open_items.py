"""Open items 往来: what customers owe us and we owe suppliers, document by document. The only code that writes them.

Documents book an item in the posting that writes its voucher; money settles items; a reversal takes both back. So the open
items of a side always sum to the balance of its control account (P6).

Whoever settles locks first, in the order of ids, so that two payments can't both settle the same hundred:

    items = lock(company, [line.open_item_id for line in lines])
    settle(transaction, parts, items=items, by=Origin("customer_receipt", number))
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.errors import BusinessError, InvalidInputs
from core.models import Company
from core.posting import PostingTransaction
from finance.models import Account, OpenItem, Settlement, Voucher
from finance.wording import money
from inventory.ledger import Origin
from inventory.ledger.posting import upsert
from masterdata.models import Customer, Supplier

CONTROL = {
    OpenItem.Side.RECEIVABLE: Account.Control.RECEIVABLE,
    OpenItem.Side.PAYABLE: Account.Control.PAYABLE,
    OpenItem.Side.CUSTOMER_ADVANCE: Account.Control.CUSTOMER_ADVANCE,
    OpenItem.Side.SUPPLIER_ADVANCE: Account.Control.SUPPLIER_ADVANCE,
}
"""Which control account keeps which side."""


class AlreadySettled(BusinessError):
    """What a document booked has been paid (in part), so the document can't be taken back before the payment is."""

    code = "already_settled"
    text = _("{number} has been settled by {settled_by}.")
    hint = _("Reverse the settlement first.")


class OverSettled(BusinessError):
    """More would be settled than is open."""

    code = "over_settled"
    text = _("{item}: {wanted} is more than what is open ({open}).")
    hint = _("Settle at most what is open; what is left over becomes an advance.")


class SettlementsRefused(InvalidInputs):
    """One or more lines settle more than is open; nothing is written."""

    code = "over_settled"
    status = 409
    text = _("More would be settled than is open.")


class NotKeptByControlAccount(BusinessError):
    """The posting rules book a receivable or payable on an account that is no control account, so the two would drift apart."""

    code = "no_control_account"
    text = _("The voucher of {number} does not book on an account that keeps “{side}”.")
    hint = _("An accountant corrects the posting rule under Finance → Posting rules.")


@dataclass(frozen=True, slots=True)
class Part:
    """How much of one open item is settled, and which input said so (for messages)."""

    open_item_id: int
    amount: Decimal
    field: str = ""


def book_receivable(
    transaction: PostingTransaction,
    *,
    customer: Customer,
    voucher: Voucher,
    origin: Origin,
    date: dt.date,
    due_date: dt.date,
    amount: Decimal,
) -> OpenItem:
    """Note what a customer owes by a document; negative for a credit.

    Args:
        voucher: the document's voucher; it must book the amount on a receivables control account.

    Raises:
        NotKeptByControlAccount: it doesn't.
    """
    item = OpenItem(side=OpenItem.Side.RECEIVABLE, customer=customer, voucher=voucher, date=date, due_date=due_date, amount=amount)
    return _book(transaction, item, origin)


def book_payable(
    transaction: PostingTransaction,
    *,
    supplier: Supplier,
    voucher: Voucher,
    origin: Origin,
    date: dt.date,
    due_date: dt.date,
    amount: Decimal,
) -> OpenItem:
    """Note what we owe a supplier by a document; negative for a credit.

    Raises:
        NotKeptByControlAccount: the voucher books on no payables control account.
    """
    item = OpenItem(side=OpenItem.Side.PAYABLE, supplier=supplier, voucher=voucher, date=date, due_date=due_date, amount=amount)
    return _book(transaction, item, origin)


def book_customer_advance(
    transaction: PostingTransaction, *, customer: Customer, voucher: Voucher, origin: Origin, date: dt.date, amount: Decimal
) -> OpenItem:
    """Note money that a customer paid ahead (预收)."""
    item = OpenItem(side=OpenItem.Side.CUSTOMER_ADVANCE, customer=customer, voucher=voucher, date=date, due_date=date, amount=amount)
    return _book(transaction, item, origin)


def book_supplier_advance(
    transaction: PostingTransaction, *, supplier: Supplier, voucher: Voucher, origin: Origin, date: dt.date, amount: Decimal
) -> OpenItem:
    """Note money that we paid a supplier ahead (预付)."""
    item = OpenItem(side=OpenItem.Side.SUPPLIER_ADVANCE, supplier=supplier, voucher=voucher, date=date, due_date=date, amount=amount)
    return _book(transaction, item, origin)


def book_opening(transaction: PostingTransaction, items: Sequence[OpenItem], *, origin: Origin, voucher: Voucher) -> None:
    """Note the open items with which the books start, all in one statement; side, partner, dates and amount are given."""
    accounts: dict[str, Account] = {}
    for item in items:
        if item.side not in accounts:
            accounts[item.side] = _control_account(voucher, item.side, origin)
        item.account = accounts[item.side]
        _name(transaction, item, origin)
        item.voucher = voucher
        item.is_opening = True
    OpenItem.objects.bulk_create(items)


def _book(transaction: PostingTransaction, item: OpenItem, origin: Origin) -> OpenItem:
    assert item.voucher is not None
    item.account = _control_account(item.voucher, item.side, origin)
    _name(transaction, item, origin)
    item.save(force_insert=True)
    return item


def _name(transaction: PostingTransaction, item: OpenItem, origin: Origin) -> None:
    item.company = transaction.company
    item.origin_kind, item.origin_number = item.origin_kind or origin.kind, item.origin_number or origin.number
    item.open_amount = item.amount


def _control_account(voucher: Voucher, side: str, origin: Origin) -> Account:
    control = CONTROL[OpenItem.Side(side)]
    line = voucher.lines.filter(account__control=control).select_related("account").order_by("line_no").first()
    if line is None:
        raise NotKeptByControlAccount(number=origin.number, side=OpenItem.Side(side).label)
    return line.account


def lock(company: Company, ids: Iterable[int]) -> dict[int, OpenItem]:
    """Lock open items of a company in the order of their ids; ids that don't exist there are missing from the answer."""
    rows = OpenItem.objects.select_for_update(of=("self",)).filter(company=company, pk__in=set(ids)).order_by("id")
    return {row.pk: row for row in rows}


def settle(transaction: PostingTransaction, parts: Sequence[Part], *, items: Mapping[int, OpenItem], by: Origin) -> None:
    """Settle parts of locked open items on behalf of a document (核销).

    Raises:
        SettlementsRefused: with every line that settles more than is open; nothing is written.
    """
    refused: list[BusinessError] = []
    for part in parts:
        item = items[part.open_item_id]
        if part.amount * item.open_amount <= 0 or abs(part.amount) > abs(item.open_amount):
            refused.append(OverSettled(field=part.field, item=item.origin_number, wanted=money(part.amount), open=money(item.open_amount)))
            continue
        item.open_amount -= part.amount
    if refused:
        raise SettlementsRefused(refused)
    upsert(OpenItem, [items[pk] for pk in sorted({part.open_item_id for part in parts})], ["open_amount"])
    _write(transaction, [(part.open_item_id, part.amount) for part in parts], by)


def unsettle(transaction: PostingTransaction, *, by: Origin, reversal: Origin) -> None:
    """Open again what a document settled (反核销); call it before `reverse` where a document both settled and booked items.

    Args:
        reversal: who is named as having done it; the document itself, where its reversal has no number yet.
    """
    settled: dict[int, Decimal] = {}
    rows = Settlement.objects.filter(company=transaction.company, origin_kind=by.kind, origin_number=by.number).order_by("id")
    for row in rows:
        settled[row.open_item_id] = settled.get(row.open_item_id, ZERO) + row.amount
    items = lock(transaction.company, settled)
    for pk, amount in settled.items():
        items[pk].open_amount += amount
    upsert(OpenItem, list(items.values()), ["open_amount"])
    _write(transaction, [(pk, -amount) for pk, amount in sorted(settled.items())], reversal)


def reverse(transaction: PostingTransaction, *, origin: Origin, reversal: Origin) -> list[OpenItem]:
    """Take back what the document `origin` booked: its items are settled by its reversal, so nothing stays open.

    Raises:
        AlreadySettled: some of it has been paid.
    """
    items = untouched(transaction.company, origin)
    _close(transaction, items, reversal)
    return items


def reverse_opening(transaction: PostingTransaction, *, voucher: Voucher, reversal: Origin) -> None:
    """Take back the open items with which the books started; their numbers become free for the corrected ones.

    Raises:
        AlreadySettled: some of them have been paid.
    """
    rows = OpenItem.objects.select_for_update(of=("self",)).filter(company=transaction.company, voucher=voucher, is_opening=True)
    items = list(rows.order_by("id"))
    _refuse_touched(items, reversal)
    _close(transaction, items, reversal)
    for item in items:
        item.origin_number = f"{item.origin_number[:28]}~{item.pk}"
    upsert(OpenItem, items, ["origin_number"])


def _close(transaction: PostingTransaction, items: Sequence[OpenItem], reversal: Origin) -> None:
    amounts = [(item.pk, item.open_amount) for item in items if item.open_amount]
    for item in items:
        item.open_amount = ZERO
    upsert(OpenItem, items, ["open_amount"])
    _write(transaction, amounts, reversal)


def untouched(company: Company, origin: Origin) -> list[OpenItem]:
    """Lock the items that a document booked.

    Raises:
        AlreadySettled: some of it has been paid.
    """
    items = list(
        OpenItem.objects.select_for_update(of=("self",))
        .filter(company=company, origin_kind=origin.kind, origin_number=origin.number, is_opening=False)
        .order_by("id")
    )
    _refuse_touched(items, origin)
    return items


def _refuse_touched(items: Sequence[OpenItem], origin: Origin) -> None:
    touched = [item.pk for item in items if item.open_amount != item.amount]
    if touched:
        settlers = Settlement.objects.filter(open_item__in=touched).order_by("id").values_list("origin_number", flat=True)
        raise AlreadySettled(number=origin.number, settled_by=", ".join(dict.fromkeys(settlers)))


def _write(transaction: PostingTransaction, amounts: Iterable[tuple[int, Decimal]], by: Origin) -> None:
    Settlement.objects.bulk_create(
        [
            Settlement(
                company=transaction.company,
                open_item_id=pk,
                origin_kind=by.kind,
                origin_number=by.number,
                date=transaction.date,
                amount=amount,
            )
            for pk, amount in amounts
        ]
    )

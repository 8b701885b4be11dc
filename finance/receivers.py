"""The books' answer to the goods: every stock posting gets its voucher in the same transaction, or is refused."""

from dataclasses import replace
from typing import Any

from django.dispatch import receiver

from finance import goods_received, opening, vouchers
from finance.models import Voucher
from finance.rules import Amount, RuleBook
from inventory import events
from inventory.signals import PostedLine, StockPosted, stock_posted


@receiver(stock_posted, dispatch_uid="finance.book_stock_posting")
def book_stock_posting(sender: Any, posted: StockPosted, **kwargs: Any) -> None:
    """Write the voucher of a stock posting by posting rule, and note goods received that are not invoiced yet."""
    amounts = [amount for line in posted.lines if events.DIRECTION.get(line.event) != events.NONE for amount in _amounts(line)]
    if posted.posting.event == events.PURCHASE_RECEIPT:
        goods_received.note(posted)
    if not amounts:
        return
    book = RuleBook(posted.posting.company, {amount.event for amount in amounts})
    entries = book.entries(amounts, number=posted.posting.origin_number)
    reversed_voucher = _voucher_of(posted.posting.reversal_of_id)
    if reversed_voucher is not None:
        entries = [replace(entry, summary=f"冲销 {entry.summary}"[:160]) for entry in entries]
    source = _source(posted)
    vouchers.write(
        posted.transaction,
        entries,
        origin_kind=posted.posting.origin_kind,
        origin_number=posted.posting.origin_number,
        source=source,
        reversal_of=reversed_voucher,
    )


def _source(posted: StockPosted) -> Voucher.Source:
    """Opening stock is an opening balance in the month in which the books start, as long as those are not entered; later it is turnover.

    Raises:
        AlreadyOpened: the opening balances have been entered.
    """
    company, day = posted.transaction.company, posted.transaction.date
    start = company.start_date
    if posted.posting.event != events.OPENING or (day.year, day.month) != (start.year, start.month):
        return Voucher.Source.DOCUMENT
    opening.refuse_further_stock(company)
    return Voucher.Source.OPENING


def _voucher_of(posting_id: int | None) -> Voucher | None:
    """The voucher that booked a stock posting."""
    if posting_id is None:
        return None
    return Voucher.objects.filter(lines__sources__move__posting=posting_id).order_by("id").first()


def _amounts(line: PostedLine) -> list[Amount]:
    parts = line.parts or {"": line.amount}
    return [
        Amount(
            event=line.event,
            amount=amount,
            line=line.move.origin_line,
            category_id=line.move.category_id,
            element=element,
            department_id=line.dimensions.department_id,
            dimensions=line.dimensions,
            move_id=line.move.pk if line.is_stock_value else None,
        )
        for element, amount in parts.items()
    ]

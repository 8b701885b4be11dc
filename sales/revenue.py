"""The money side of a shipment: its share of the order's amounts, revenue, output tax, and what the customer owes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import Sum

from core.amounts import share
from core.decimals import ZERO
from core.models import State
from core.posting import PostingTransaction
from finance import events as books
from finance import open_items, vouchers
from finance.models import Voucher
from finance.rules import Amount, RuleBook
from inventory.ledger import Origin
from masterdata.dimensions import Dimensions
from sales.models import SalesOrderLine, Shipment, ShipmentLine


def set_amounts(lines: Sequence[ShipmentLine], order_lines: Mapping[int, SalesOrderLine], *, places: int) -> None:
    """Give each line its share of its order line's money, in proportion to the quantity; the last shipment takes the remainder.

    Args:
        order_lines: locked, by id; `shipped` does not count `lines` yet.
    """
    posted = ShipmentLine.objects.filter(order_line__in=order_lines, document__state=State.POSTED, document__reversal_of=None)
    sums = posted.values("order_line_id").annotate(net=Sum("net_amount"), tax=Sum("tax_amount")).order_by()
    taken = {row["order_line_id"]: (row["net"], row["tax"]) for row in sums}
    done: dict[int, Decimal] = {}
    for line in lines:
        order_line = order_lines[line.order_line_id]
        net, tax = taken.get(order_line.pk, (ZERO, ZERO))
        shipped = done[order_line.pk] = done.get(order_line.pk, order_line.shipped) + line.quantity
        line.net_amount = share(order_line.net_amount, quantity=order_line.quantity, done=shipped, taken=net, places=places)
        line.tax_amount = share(order_line.tax_amount, quantity=order_line.quantity, done=shipped, taken=tax, places=places)
        taken[order_line.pk] = (net + line.net_amount, tax + line.tax_amount)


def book(
    transaction: PostingTransaction, shipment: Shipment, lines: Sequence[ShipmentLine], *, origin: Origin, dimensions: Dimensions
) -> Voucher | None:
    """Book revenue and output tax against the customer, and note the receivable.

    Returns:
        the voucher, None where the goods go for free.
    """
    amounts = [
        Amount(event=event, amount=amount, line=line.line_no, category_id=line.item.category_id, dimensions=dimensions)
        for event, field in ((books.SALE_REVENUE, "net_amount"), (books.SALE_TAX, "tax_amount"))
        for line in lines
        if (amount := getattr(line, field))
    ]
    if not amounts:
        return None
    rules = RuleBook(transaction.company, {books.SALE_REVENUE, books.SALE_TAX})
    entries = rules.entries(amounts, number=shipment.number, partner=shipment.customer.name)
    voucher = vouchers.write(transaction, entries, origin_kind=origin.kind, origin_number=origin.number)
    assert voucher is not None and shipment.due_date is not None
    open_items.book_receivable(
        transaction,
        customer=shipment.customer,
        voucher=voucher,
        origin=origin,
        date=shipment.document_date,
        due_date=shipment.due_date,
        amount=sum((amount.amount for amount in amounts), ZERO),
    )
    return voucher


def unbook(transaction: PostingTransaction, shipment: Shipment, *, origin: Origin) -> Voucher | None:
    """Write the red voucher of a shipment that is taken back, and settle its receivable by it.

    Raises:
        AlreadySettled: the customer has paid some of it.
    """
    if shipment.voucher is None:
        return None
    red = vouchers.reverse(transaction, shipment.voucher, origin_kind=origin.kind, origin_number=origin.number)
    open_items.reverse(transaction, origin=origin, reversal=origin)
    return red

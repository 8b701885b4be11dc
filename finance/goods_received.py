"""Goods received, not invoiced (暂估): the sub-ledger of the accrued payables account."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.errors import BusinessError
from core.models import Company
from finance.models import GoodsReceived
from inventory.ledger import Origin
from inventory.models import StockMove
from inventory.signals import StockPosted


class AlreadyInvoiced(BusinessError):
    """A receipt that has been invoiced can't be taken back before its invoice is."""

    code = "already_invoiced"
    text = _("{number} has been invoiced; reverse the invoice first.")


def note(posted: StockPosted) -> None:
    """Write what a purchase receipt accrues, line by line; its reversal takes the accrual back.

    Raises:
        AlreadyInvoiced: the receipt being reversed has been invoiced.
    """
    if posted.posting.reversal_of_id:
        _take_back(posted)
        return
    totals: dict[int, Decimal] = {}
    moves: dict[int, StockMove] = {}
    suppliers: dict[int, int] = {}
    for line in posted.lines:
        number = line.move.origin_line
        if line.event == posted.posting.event or not line.is_stock_value:
            totals[number] = totals.get(number, ZERO) + line.amount
        if line.move.quantity:
            moves.setdefault(number, line.move)
            assert line.dimensions.supplier_id is not None, "a purchase receipt names its supplier"
            suppliers[number] = line.dimensions.supplier_id
    GoodsReceived.objects.bulk_create(
        [
            GoodsReceived(
                company_id=posted.posting.company_id,
                origin_kind=posted.posting.origin_kind,
                origin_number=posted.posting.origin_number,
                origin_line=number,
                reference=f"{posted.posting.origin_number}/{number}",
                supplier_id=suppliers[number],
                item_id=move.item_id,
                move=move,
                date=posted.posting.date,
                quantity=move.quantity,
                amount=totals[number],
            )
            for number, move in moves.items()
        ]
    )


def name_source(company: Company, origin: Origin, source_number: str) -> None:
    """Note the order that a receipt's goods were received for, so that an invoice can be matched by it."""
    GoodsReceived.objects.filter(company=company, origin_kind=origin.kind, origin_number=origin.number).update(source_number=source_number)


def lock(company: Company, origin: Origin) -> list[GoodsReceived]:
    """Lock what a receipt accrued; who reverses it does so before the stock, as its invoices do (building block)."""
    rows = GoodsReceived.objects.select_for_update().filter(company=company, origin_kind=origin.kind, origin_number=origin.number)
    return list(rows.order_by("id"))


def _take_back(posted: StockPosted) -> None:
    original = posted.posting.reversal_of
    assert original is not None
    rows = lock(original.company, Origin(original.origin_kind, original.origin_number))
    for row in rows:
        if row.invoiced_quantity:
            raise AlreadyInvoiced(number=original.origin_number)
        row.quantity = row.amount = ZERO
    GoodsReceived.objects.bulk_update(rows, ["quantity", "amount"])

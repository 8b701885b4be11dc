"""Credit: does a customer's limit bear one more order? Sales asks; what is owed is known here, what is ordered is known there."""

from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.errors import BusinessError
from core.models import Company
from finance.models import OpenItem
from finance.wording import money
from masterdata.models import Customer


class CreditExceeded(BusinessError):
    """The customer's credit limit does not bear it; nothing is written."""

    code = "credit_block"
    text = _("{customer}: {wanted} more would exceed the credit limit of {limit} (open receivables {open}).")
    hint = _("Ask for payment first, or have the credit limit raised by who may.")


def has_limit(customer: Customer) -> bool:
    """Whether the customer's credit is limited at all; a limit of zero means that none is set, and then nobody needs to wait."""
    return bool(customer.credit_limit)


def lock_credit(customer: Customer) -> Customer:
    """Let one person at a time ask about this customer's credit, or change it, until commit; call it before summing what waits.

    What is shipped turns from an order into a receivable: whoever sums the two meanwhile would count it twice, or not at all.

    Returns:
        the customer as it is now, limit included.
    """
    return Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def open_receivables(company: Company, customer: Customer) -> Decimal:
    """What a customer owes, minus what was paid ahead."""
    sums = (
        OpenItem.objects.filter(company=company, customer=customer)
        .exclude(open_amount=0)
        .aggregate(
            owed=Sum("open_amount", filter=Q(side=OpenItem.Side.RECEIVABLE)),
            advance=Sum("open_amount", filter=Q(side=OpenItem.Side.CUSTOMER_ADVANCE)),
        )
    )
    return (sums["owed"] or ZERO) - (sums["advance"] or ZERO)


def check_credit(company: Company, customer: Customer, amount: Decimal) -> None:
    """Refuse `amount` (this order with tax, and what else is approved but not shipped) where the limit doesn't bear it.

    The customer stays locked until commit, so two approvals can't both pass.

    Raises:
        CreditExceeded: open receivables and `amount` together exceed the limit.
    """
    customer = lock_credit(customer)
    if not has_limit(customer):
        return
    limit = customer.credit_limit
    owed = open_receivables(company, customer)
    if owed + amount > limit:
        raise CreditExceeded(customer=customer, wanted=money(amount), limit=money(limit), open=money(owed))

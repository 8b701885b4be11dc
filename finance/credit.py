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


def lock_credit(customer: Customer) -> Customer:
    """Let one approval at a time ask about this customer's credit, until commit; call it before summing the orders that wait.

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

    A limit of zero means that none is set. The customer stays locked until commit, so two approvals can't both pass.

    Raises:
        CreditExceeded: open receivables and `amount` together exceed the limit.
    """
    limit = lock_credit(customer).credit_limit
    if not limit:
        return
    owed = open_receivables(company, customer)
    if owed + amount > limit:
        raise CreditExceeded(customer=customer, wanted=money(amount), limit=money(limit), open=money(owed))

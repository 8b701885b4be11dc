"""Where money may lie: on an account of the books that is nobody else's."""

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from finance.models import Account, BankAccount


class NotForMoney(BusinessError):
    """A bank account or cash box stands on an account that documents keep, or that takes no entries; its sub-ledger would not tie."""

    code = "not_for_money"
    status = 400
    text = _("{account} can't hold the money of a bank account: it takes no entries, or it is kept by documents.")
    hint = _("An accountant names an account such as 1002 under Finance → Bank accounts.")


def refuse_unfit(account: Account, *, field: str) -> None:
    """See that money can be booked on the account of a bank account.

    Raises:
        NotForMoney: the account has sub-accounts, or is a control account.
    """
    if account.control or not account.is_leaf:
        raise NotForMoney(field=field, account=str(account))


def require_fit(bank: BankAccount) -> None:
    """See that a payment can be booked on the account behind a bank account.

    Raises:
        NotForMoney: see `refuse_unfit`.
    """
    refuse_unfit(bank.account, field="bank_account")

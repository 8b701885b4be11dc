"""Adding to the chart of accounts: an account that gets sub-accounts takes no entries any more, so it must not have any."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from finance.models import Account, AccountBalance, BankAccount, PostingRule, VoucherLine


class AccountInUse(BusinessError):
    """Sub-accounts are put below an account before it is used; afterwards its figures would stand beside theirs."""

    code = "account_in_use"
    text = _("{account} is in use: it has entries, or a posting rule or a bank account names it. It can't get sub-accounts.")
    hint = _("Add the new account beside it, or let the posting rule or bank account name another one first.")


def refuse_used(parent: Account) -> None:
    """See that an account can get sub-accounts.

    Raises:
        AccountInUse: it takes entries, and has some or is meant to get some.
    """
    if not parent.is_leaf:
        return
    named = Q(debit_account=parent) | Q(credit_account=parent)
    uses = (
        AccountBalance.objects.filter(account=parent),
        VoucherLine.objects.filter(account=parent),
        PostingRule.objects.filter(named),
        BankAccount.objects.filter(account=parent),
    )
    if any(rows.exists() for rows in uses):
        raise AccountInUse(account=str(parent))


def put_below(account: Account, parent: Account | None) -> None:
    """Make a new account ready to take entries, below `parent`: it is kept by the same documents, and the parent takes none any more.

    Raises:
        AccountInUse: the parent can't get sub-accounts.
    """
    account.is_leaf = True
    if parent is None:
        return
    refuse_used(parent)
    account.control = parent.control
    if parent.is_leaf:
        parent.is_leaf = False
        parent.save(update_fields=["is_leaf"])

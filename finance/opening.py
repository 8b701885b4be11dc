"""Opening balances (期初建账): the trial balance of the old books, with the open items behind its control accounts.

The accountant states the whole trial balance. Accounts that are kept by documents are not booked from it but compared
with it: receivables, payables and advances come from the open items given here, stock comes from opening stock entries.
So the new books start with exactly the balances of the old ones, and every sub-ledger ties. What the opening documents
book against undistributed profit is taken back by the balance of this voucher.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.db import advisory_lock, durable
from core.decimals import ZERO
from core.errors import BusinessError, InvalidInput, InvalidInputs
from core.inputs import clean_code
from core.models import Company, User
from core.posting import PostingTransaction, posting_transaction
from finance import events, open_items, vouchers
from finance.manual_vouchers import entries_of, refuse_unusable
from finance.models import Account, AccountBalance, OpenItem, PostingRule, Voucher
from finance.rules import Amount, MissingRule, RuleBook
from finance.vouchers import Entry, Source, balanced_total
from finance.wording import money
from inventory import events as goods
from inventory.ledger import Origin
from masterdata.dimensions import Dimensions

KIND, NUMBER = "opening", "OPENING"
ORIGIN = Origin(KIND, NUMBER)

_EVENT = {
    OpenItem.Side.RECEIVABLE: events.OPENING_RECEIVABLE,
    OpenItem.Side.PAYABLE: events.OPENING_PAYABLE,
    OpenItem.Side.CUSTOMER_ADVANCE: events.OPENING_CUSTOMER_ADVANCE,
    OpenItem.Side.SUPPLIER_ADVANCE: events.OPENING_SUPPLIER_ADVANCE,
}
_OF_CUSTOMERS = (OpenItem.Side.RECEIVABLE, OpenItem.Side.CUSTOMER_ADVANCE)
_SHORT = {
    OpenItem.Side.RECEIVABLE: "AR",
    OpenItem.Side.PAYABLE: "AP",
    OpenItem.Side.CUSTOMER_ADVANCE: "CA",
    OpenItem.Side.SUPPLIER_ADVANCE: "SA",
}


class AlreadyOpened(BusinessError):
    """Opening balances are entered once."""

    code = "already_opened"
    text = _("The opening balances have been entered (voucher {voucher}).")
    hint = _("Reverse them first, while the first period is open.")


class OpeningDoesNotTie(BusinessError):
    """What is stated for a control account is not what its documents come to."""

    code = "opening_does_not_tie"
    text = _("{account}: {stated} is stated, but its documents come to {found}.")
    hint = _("Correct the balance, or enter the missing documents (open items below, opening stock entries) first.")


class OpeningRefused(InvalidInputs):
    """One or more control accounts don't tie; nothing is written."""

    code = "opening_does_not_tie"
    status = 409
    text = _("The opening balances and the documents behind them differ.")


@durable
def post_opening(*, company: Company, data: Mapping[str, Any], by: User, at: dt.datetime) -> Voucher:
    """Book the opening balances on the first day of the books; opening stock is entered before.

    Args:
        data: validated by `finance.inputs.OpeningInput`: the whole trial balance, and the open items.

    Raises:
        AlreadyOpened: they have been entered.
        Unbalanced: debit and credit differ.
        OpeningRefused: a control account does not equal its documents.
    """
    advisory_lock(f"opening:{company.pk}")
    with posting_transaction(company=company, date=company.start_date, by=by, at=at) as transaction:
        _refuse_second(company)
        stated = entries_of(data["lines"])
        refuse_unusable([(number, entry.account) for number, entry in enumerate(stated, start=1)])
        balanced_total(stated)
        items = [_item(company, index, line) for index, line in enumerate(data.get("items", ()))]
        _refuse_twins(items)
        entries = [*_direct(stated), *_item_entries(company, items)]
        voucher = vouchers.write(
            transaction,
            [*entries, *_counter(company, entries, stated)],
            origin_kind=KIND,
            origin_number=NUMBER,
            source=Voucher.Source.OPENING,
        )
        if voucher is None:
            raise InvalidInput("no_amount", _("Enter at least one balance."), field="lines")
        if items:
            open_items.book_opening(transaction, items, origin=ORIGIN, voucher=voucher)
        _require_ties(company, stated)
        _announce(transaction, "opening.posted", voucher)
    return voucher


@durable
def reverse_opening(*, company: Company, by: User, at: dt.datetime, reason: str = "") -> Voucher:
    """Take the opening balances back, while the first period is open and nothing of them has been settled.

    Raises:
        InvalidInput: there are none.
        AlreadySettled: an opening item has been paid.
    """
    advisory_lock(f"opening:{company.pk}")
    with posting_transaction(company=company, date=company.start_date, by=by, at=at) as transaction:
        voucher = _present(company)
        if voucher is None:
            raise InvalidInput("not_opened", _("There are no opening balances to take back."))
        open_items.reverse_opening(transaction, voucher=voucher, reversal=ORIGIN)
        red = vouchers.reverse(transaction, voucher, origin_kind=KIND, origin_number=NUMBER)
        _announce(transaction, "opening.reversed", voucher)
    return red


def refuse_further_stock(company: Company) -> None:
    """Opening stock ties with the opening balances; once they are entered, neither changes without the other.

    Raises:
        AlreadyOpened: they have been entered.
    """
    advisory_lock(f"opening:{company.pk}")
    _refuse_second(company)


def _announce(transaction: PostingTransaction, kind: str, voucher: Voucher) -> None:
    transaction.announce(kind, {"date": voucher.date, "total": voucher.total})


def _present(company: Company) -> Voucher | None:
    return Voucher.objects.filter(
        company=company, origin_kind=KIND, source=Voucher.Source.OPENING, reversal_of=None, reversed_by=None
    ).first()


def _refuse_second(company: Company) -> None:
    known = _present(company)
    if known is not None:
        raise AlreadyOpened(voucher=str(known))


def _item(company: Company, index: int, line: Mapping[str, Any]) -> OpenItem:
    side = OpenItem.Side(line["side"])
    of_customer = side in _OF_CUSTOMERS
    partner = line.get("customer") if of_customer else line.get("supplier")
    name = "customer" if of_customer else "supplier"
    if partner is None:
        raise InvalidInput("required", _("This field is needed."), field=f"items[{index}].{name}")
    number = f"{_SHORT[side]}/{partner.code}/{clean_code(line['number'])}"
    if len(number) > 40:
        raise InvalidInput("max_length", _("This number is too long."), field=f"items[{index}].number")
    item = OpenItem(company=company, side=side, date=line["date"], due_date=line["due_date"], amount=line["amount"])
    setattr(item, name, partner)
    item.origin_kind, item.origin_number = KIND, number
    return item


def _refuse_twins(items: Sequence[OpenItem]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item.origin_number in seen:
            raise InvalidInput("duplicate", _("{number} is entered twice."), field=f"items[{index}].number", number=item.origin_number)
        seen.add(item.origin_number)


def _direct(stated: Sequence[Entry]) -> list[Entry]:
    """Balances that no document keeps are booked as stated."""
    return [
        Entry(entry.account, entry.amount, entry.is_debit, "期初余额", entry.dimensions, _source(number, entry.amount, entry.is_debit))
        for number, entry in enumerate(stated, start=1)
        if not entry.account.control
    ]


def _source(line: int, amount: Decimal, is_debit: bool) -> tuple[Source, ...]:
    return (Source(line, amount if is_debit else -amount),)


def _item_entries(company: Company, items: Sequence[OpenItem]) -> list[Entry]:
    book = RuleBook(company, {_EVENT[OpenItem.Side(item.side)] for item in items})
    entries: list[Entry] = []
    for number, item in enumerate(items, start=1):
        dimensions = Dimensions(customer_id=item.customer_id, supplier_id=item.supplier_id)
        amount = Amount(event=_EVENT[OpenItem.Side(item.side)], amount=item.amount, line=number, dimensions=dimensions)
        partner = item.customer or item.supplier
        entries += book.entries([amount], number=item.origin_number, partner=partner.name if partner else "")
    return entries


def _counter(company: Company, entries: Sequence[Entry], stated: Sequence[Entry]) -> list[Entry]:
    """What balances the voucher goes to the account that opening documents were booked against, so that it ends as stated."""
    difference = sum((entry.amount if entry.is_debit else -entry.amount for entry in entries), ZERO)
    if not difference:
        return []
    account = _opening_account(company)
    amount = abs(difference)
    return [Entry(account, amount, difference < 0, "期初余额", sources=_source(0, amount, difference < 0))]


def _opening_account(company: Company) -> Account:
    """The account against which opening stock is booked, by posting rule."""
    rule = PostingRule.objects.filter(company=company, event=goods.OPENING, category=None).select_related("credit_account").first()
    rule = rule or PostingRule.objects.filter(company=company, event=goods.OPENING).select_related("credit_account").order_by("id").first()
    if rule is None or rule.credit_account is None:
        raise MissingRule(event=goods.OPENING, category="–", element="–")
    return rule.credit_account


def _require_ties(company: Company, stated: Sequence[Entry]) -> None:
    """Every control account, and the account that took the counter-entries, must stand as stated."""
    said: dict[int, Decimal] = {}
    for entry in stated:
        said[entry.account.pk] = said.get(entry.account.pk, ZERO) + (entry.amount if entry.is_debit else -entry.amount)
    rows = AccountBalance.objects.filter(company=company, is_opening=True).values("account_id")
    sums = rows.annotate(debit_sum=Sum("debit"), credit_sum=Sum("credit")).order_by()
    booked = {row["account_id"]: row["debit_sum"] - row["credit_sum"] for row in sums}
    kept = Account.objects.filter(company=company, is_leaf=True).exclude(control="").order_by("code")
    off: list[BusinessError] = []
    for account in [*kept, _opening_account(company)]:
        found, wanted = booked.get(account.pk, ZERO), said.get(account.pk, ZERO)
        if found != wanted:
            off.append(OpeningDoesNotTie(field="lines", account=str(account), stated=money(wanted), found=money(found)))
    if off:
        raise OpeningRefused(off)

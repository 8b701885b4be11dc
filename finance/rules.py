"""Posting rules 凭证模板: from an amount and its event to a debit and a credit. Unknown means refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from core.models import Company
from core.prepared import Prepared
from finance.models import Account, PostingRule
from finance.vouchers import Entry, Source
from masterdata.dimensions import NONE, Dimensions


class MissingRule(BusinessError):
    """No posting rule says how to book an event; nothing is written."""

    code = "missing_rule"
    text = _("No posting rule says how to book “{event}” (item category: {category}, cost element: {element}).")
    hint = _("An accountant adds it under Finance → Posting rules, then this can be posted.")


@dataclass(frozen=True, slots=True)
class Amount:
    """A value to be booked: its event, what it is about, and the document line (and stock move) it comes from.

    `debit` or `credit` give the account where the rule leaves it to the document.
    """

    event: str
    amount: Decimal
    line: int
    category_id: int | None = None
    element: str = ""
    department_id: int | None = None
    dimensions: Dimensions = NONE
    move_id: int | None = None
    debit: Account | None = None
    credit: Account | None = None


_RULES: Prepared[PostingRule] = Prepared(
    lambda company, events: (
        PostingRule.objects.filter(company_id=company, event__among=events).select_related("debit_account", "credit_account").order_by()
    )
)


class RuleBook:
    """The rules of a company for some events, read in one statement; the most specific rule wins."""

    def __init__(self, company: Company, events: Iterable[str]) -> None:
        rules = _RULES(company=company.pk, events=sorted(set(events)))
        self._rules = {(rule.event, rule.element, rule.category_id, rule.department_id): rule for rule in rules}

    def find(self, amount: Amount) -> PostingRule:
        """The rule for an amount: category and department before category before department before neither, element before none.

        Raises:
            MissingRule: none fits.
        """
        elements = (amount.element, "") if amount.element else ("",)
        for element in elements:
            for category, department in (
                (amount.category_id, amount.department_id),
                (amount.category_id, None),
                (None, amount.department_id),
                (None, None),
            ):
                rule = self._rules.get((amount.event, element, category, department))
                if rule is not None:
                    return rule
        raise MissingRule(event=amount.event, category=amount.category_id or "–", element=amount.element or "–")

    def entries(self, amounts: Sequence[Amount], **words: str) -> list[Entry]:
        """Debit and credit entries for `amounts`, in order; a negative amount stays on its side (red).

        Args:
            words: what a summary may name: number, partner.
        """
        entries: list[Entry] = []
        for amount in amounts:
            if not amount.amount:
                continue
            rule = self.find(amount)
            debit, credit = rule.debit_account or amount.debit, rule.credit_account or amount.credit
            if debit is None or credit is None:
                raise MissingRule(event=amount.event, category=amount.category_id or "–", element=amount.element or "–")
            summary = rule.summary.format_map(_Words(words))
            entries.append(
                Entry(debit, amount.amount, True, summary, amount.dimensions, (Source(amount.line, amount.amount, amount.move_id),))
            )
            entries.append(
                Entry(credit, amount.amount, False, summary, amount.dimensions, (Source(amount.line, -amount.amount, amount.move_id),))
            )
        return entries


class _Words(dict[str, str]):
    """Words of a summary; an unknown name stays as it is written."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"

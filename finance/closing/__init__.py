"""Month end: stock closed, taxes and results transferred, everything checked, the books closed; opened again only in reverse order.

    check_documents → close_stock → transfer_vat → transfer_profit_and_loss → (December: transfer_year_result)
                    → check_trial_balance → check_statements → close_period

Each step can be run again until the period is closed: a transfer posts only what is missing since the last one. Closing
itself trusts no earlier finding: it looks at everything again, holding the period's row against all postings.
Other floors add steps of their own with `record`; one that has not passed keeps the period open.
"""

from finance.closing.checks import check_documents, check_statements, check_trial_balance
from finance.closing.periods import close_period, close_stock, reopen_period
from finance.closing.problems import ClosingBlocked
from finance.closing.steps import STEPS, Step, record, steps_of, words
from finance.closing.transfers import transfer_profit_and_loss, transfer_vat, transfer_year_result

__all__ = [
    "STEPS",
    "ClosingBlocked",
    "Step",
    "check_documents",
    "check_statements",
    "check_trial_balance",
    "close_period",
    "close_stock",
    "record",
    "reopen_period",
    "steps_of",
    "transfer_profit_and_loss",
    "transfer_vat",
    "transfer_year_result",
    "words",
]

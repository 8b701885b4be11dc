"""Are the books right? One function per promise (P1–P12) that data can answer, in SQL of its own.

The checker shares no code with what it checks: it reads tables, not models' methods, and computes its own sums, numbers and
hashes. `manage.py reconcile`, the nightly job, the worktop, property tests and the restore drill all call `run`.
"""

from collections.abc import Callable, Sequence

from core.models import Company
from reports.reconcile import chain, guards, ledgers, numbers, sources, stock, vouchers
from reports.reconcile.answers import Difference, Result, one_moment

PROMISES: Sequence[Callable[[Company], Result]] = (
    vouchers.vouchers_balance,
    stock.stock_is_not_negative,
    stock.reservations_fit,
    ledgers.stock_equals_accounts,
    ledgers.work_orders_equal_account,
    ledgers.open_items_equal_accounts,
    numbers.numbers_have_no_gap,
    guards.posted_rows_are_guarded,
    guards.closed_periods_took_nothing,
    sources.lines_lead_to_their_documents,
    guards.requests_had_one_answer,
    chain.chain_verifies,
)


def run(company: Company) -> list[Result]:
    """Check every promise for a company; the answers come in the order P1 … P12, all of one moment."""
    with one_moment():
        return [promise(company) for promise in PROMISES]


__all__ = ["PROMISES", "Difference", "Result", "run"]

"""Recurring work of the books."""

from celery import shared_task

from finance.balances import fold


@shared_task
def fold_account_balances() -> int:
    """Fold the many rows of account turnover into few."""
    return fold()

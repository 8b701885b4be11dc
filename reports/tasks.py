"""What the reports do at night."""

from celery import shared_task
from django.utils import timezone

from core.models import Company
from reports.reconcile.nightly import check_and_keep


@shared_task
def nightly_reconcile() -> int:
    """Check the promises of every company and keep the answers.

    Returns:
        how many companies have a broken promise.
    """
    return sum(not check_and_keep(company, at=timezone.now()).ok for company in Company.objects.order_by("id"))

"""Recurring work of the warehouse."""

from celery import shared_task
from django.utils import timezone

from inventory.reservations import expire


@shared_task
def expire_reservations() -> int:
    """Give back reservations whose time is over."""
    return expire(at=timezone.now())

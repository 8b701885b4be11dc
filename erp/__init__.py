"""Wiring of the project: settings, addresses, Celery, the menu and the demo factory. No rules."""

from erp.celery import app as celery_app

__all__ = ["celery_app"]

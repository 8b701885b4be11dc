"""`manage.py load_demo`: the demo factory, into an empty database."""

import argparse
import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from erp.demo.loading import NotEmpty, load


class Command(BaseCommand):
    help = "Loads the demo factory: a maker of pumps and gear units with some months of work behind it. Only into an empty database."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--history-months", type=int, default=3, metavar="N", help="months of work before today (default 3)")
        parser.add_argument("--today", type=dt.date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="the day that counts as today")

    def handle(self, *args: Any, history_months: int, today: dt.date | None, **options: Any) -> None:
        if not 0 <= history_months <= 24:
            raise CommandError("--history-months: 0 to 24")
        began = time.monotonic()
        try:
            factory = load(today=today or timezone.localdate(), history_months=history_months)
        except NotEmpty as error:
            raise CommandError("This database has companies; the demo factory is loaded into an empty one only.") from error
        if options["verbosity"]:
            self.stdout.write(f"{factory.company.name} ({factory.company.code}): {time.monotonic() - began:.0f} s")

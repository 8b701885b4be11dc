"""`manage.py import_adventureworks DIR`: a bicycle factory's records into a company of its own, through the services."""

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.db import durable
from erp.adventureworks.importer import CompanyExists, Imported, import_masters
from erp.adventureworks.opening import post_cover, post_opening_stock
from erp.adventureworks.records import Records
from erp.progress_bar import ProgressBar


class Command(BaseCommand):
    help = (
        "Loads items, bills of materials, suppliers, prices, work centres and opening stock from a folder with the AdventureWorks records."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the CSV files")
        parser.add_argument("--company", default="AW", metavar="CODE", help="code of the new company (default AW)")
        parser.add_argument(
            "--start", type=dt.date.fromisoformat, default=dt.date(2024, 8, 1), metavar="YYYY-MM-DD", help="first day of the books"
        )
        parser.add_argument(
            "--cover-until",
            type=dt.date.fromisoformat,
            default=dt.date(2024, 8, 31),
            metavar="YYYY-MM-DD",
            help="also enter what components lack for the work orders up to this day (default 2024-08-31)",
        )
        parser.add_argument("--counted-only", action="store_true", help="enter the counted stock and nothing else")

    def handle(self, *args: Any, folder: Path, company: str, start: dt.date, **options: Any) -> None:
        try:
            records = Records(folder)
        except FileNotFoundError as error:
            raise CommandError(f"Files are missing: {error}") from error
        until = None if options["counted_only"] else options["cover_until"]
        try:
            imported = load(records, code=company, start=start, cover_until=until)
        except CompanyExists as error:
            raise CommandError(f"There is a company {company} already; the records are taken in once.") from error
        for name, count in imported.counts.items():
            self.stdout.write(f"{count:>12,}  {name}")
        for text in imported.left_out:
            self.stdout.write(f"{'left out':>12}  {text}")


@durable
def load(records: Records, *, code: str, start: dt.date, cover_until: dt.date | None) -> Imported:
    """Take everything in, or nothing."""
    with ProgressBar(3, "masters") as progress:
        imported = import_masters(records, code=code, start=start, at=timezone.now())
        progress.step(label="counted stock")
        post_opening_stock(records, imported)
        progress.step(label="what components lack")
        if cover_until:
            post_cover(records, imported, until=cover_until)
        progress.step(label="done")
    return imported

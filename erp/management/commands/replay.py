"""`manage.py replay DIR --from --to`: play the records of some days as posted documents, and list what could not be posted."""

import argparse
import datetime as dt
import gc
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.models import Company
from erp.adventureworks.days import days_of
from erp.adventureworks.journal import Journal
from erp.adventureworks.records import Records
from erp.adventureworks.replay import Replay
from erp.progress_bar import ProgressBar
from reports.reconcile import run


class Command(BaseCommand):
    help = "Plays purchases, work orders and sales of the AdventureWorks records again as posted documents, in the order of the dates."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the CSV files")
        parser.add_argument("--company", default="AW", metavar="CODE", help="the company that the records were imported into (default AW)")
        parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--limit", type=int, default=0, metavar="N", help="play only the first N records")
        parser.add_argument("--report", type=Path, metavar="FILE", help="where to write the list of what could not be posted (JSON)")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, folder: Path, first: dt.date, last: dt.date, limit: int, **options: Any) -> None:
        company = Company.objects.filter(code=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company {options['company']}; run import_adventureworks first.")
        try:
            days = days_of(Records(folder), first, last)
        except FileNotFoundError as error:
            raise CommandError(f"Files are missing: {error}") from error
        journal = Journal()
        replay = Replay(company, at=timezone.now(), journal=journal)
        steps = [(day.date, step) for day in days for step in replay.steps(day)][: limit or None]
        gc.freeze()  # what is loaded by now stays; the collector need not look at it after every few documents
        with ProgressBar(len(steps), str(first)) as progress:
            for day, step in steps:
                step()
                progress.step(label=f"{day}  {sum(journal.documents.values())} documents, {len(journal.refused)} refused")
        journal.finish()
        promises = run(company)
        path = options["report"] or settings.DATA_DIR / f"replay-{company.code}-{first}-{last}.json"
        summary = journal.summary() | {"promises": {result.promise: result.ok for result in promises}, "report": str(path)}
        path.write_text(json.dumps(summary | {"refused": [one.as_json() for one in journal.refused]}, indent=1), encoding="utf-8")
        self._tell(summary, as_json=options["json"])
        if not all(result.ok for result in promises):
            raise SystemExit(1)

    def _tell(self, summary: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(summary, indent=1))
            return
        for kind, count in summary["documents"].items():
            self.stdout.write(f"{count:>10,}  {kind}")
        rate = f"{summary['documents_total']:,} documents in {summary['seconds']} s: {summary['documents_per_second']} a second"
        self.stdout.write(rate)
        for what, figures in summary["milliseconds"].items():
            self.stdout.write(f"{what:>20}: " + ", ".join(f"{name} {value} ms" for name, value in figures.items()))
        self.stdout.write(
            f"{summary['refused_total']:,} records could not be posted; each is listed with its reason in {summary['report']}"
        )
        for reason, count in summary["refused_by_reason"].items():
            self.stdout.write(f"{count:>10,}  {reason}")
        broken = [promise for promise, ok in summary["promises"].items() if not ok]
        self.stdout.write(f"promises broken: {', '.join(broken)}" if broken else "promises P1-P12 hold")

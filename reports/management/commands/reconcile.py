"""`manage.py reconcile`: check every promise that data can answer; the exit code is 1 when one is broken."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.models import Company
from reports.reconcile import Result, run


class Command(BaseCommand):
    help = "Checks the promises P1-P12 against the data. Exits with 1 when one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        parser.add_argument("--company", help="code of the company; all companies without it")

    def handle(self, *args: Any, **options: Any) -> None:
        companies = Company.objects.order_by("id")
        if options["company"]:
            companies = companies.filter(code=options["company"])
            if not companies:
                raise CommandError(f"There is no company {options['company']}.")
        answers = {company.code: run(company) for company in companies}
        if options["json"]:
            self.stdout.write(json.dumps({code: [result.as_json() for result in results] for code, results in answers.items()}, indent=1))
        else:
            for code, results in answers.items():
                self._tell(code, results)
        if not all(result.ok for results in answers.values() for result in results):
            raise SystemExit(1)

    def _tell(self, code: str, results: list[Result]) -> None:
        self.stdout.write(code)
        for result in results:
            mark = self.style.SUCCESS("ok    ") if result.ok else self.style.ERROR("BROKEN")
            self.stdout.write(f"  {result.promise:<4}{mark} {result.title} ({result.checked} checked)")
            for difference in result.differences:
                facts = f" expected {difference.expected}, found {difference.found}" if difference.expected or difference.found else ""
                self.stdout.write(f"        {difference.where}: {difference.text}{facts}")
            if result.more:
                self.stdout.write(f"        … and {result.more} more")

"""`manage.py closed_loop`: one order through the whole house, told step by step; exit status 1 when a promise fails."""

import argparse
import datetime as dt
import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import override

from core.models import Company
from erp.closed_loop.stage import next_code
from erp.closed_loop.telling import tell_the_loop


class Command(BaseCommand):
    help = (
        "Drives a fresh order through the whole loop - order, planning, buying, making, shipping, money, month end - in a small company "
        "made for it, with documents and vouchers, and checks the promises P1-P12 at the end."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--company", metavar="CODE", help="code of the company that is made for it (default: LOOP-1, LOOP-2 …)")
        parser.add_argument("--today", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="the loop happens in the month before")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default=settings.LANGUAGE_CODE)
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["company"] or next_code()
        if Company.objects.filter(code=code).exists():
            raise CommandError(f"There is a company {code} already; the loop needs one of its own.")
        with override(options["language"]):
            out = None if options["json"] else sys.stdout
            told = tell_the_loop(code, today=options["today"] or timezone.localdate(), out=out)
            if options["json"]:
                self.stdout.write(json.dumps(told.as_json(), ensure_ascii=False, indent=1, default=str))
        if not told.kept:
            raise SystemExit(1)

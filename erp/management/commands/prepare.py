"""`manage.py prepare`: what has to be done before the programs start – migrate, and fill an empty demo database."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import override

from core.models import Company
from erp.demo_logins import DEMO_LOGINS, DEMO_PASSWORD


class Command(BaseCommand):
    help = "Brings the database up to date and, with DEMO=1, loads the demo factory into an empty one."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--mark", type=Path, help="file that exists while the demo is being loaded")
        parser.add_argument("--logins", type=Path, help="file to write the demo log-ins to")

    def handle(self, *args: Any, mark: Path | None = None, logins: Path | None = None, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)
        if not settings.DEMO:
            return
        if not Company.objects.exists():
            if mark:
                mark.touch()
            call_command("load_demo")
            if mark:
                mark.unlink()
        if logins:
            logins.write_text("\n".join(login_lines()) + "\n", encoding="utf-8")


def login_lines() -> list[str]:
    """The demo log-ins as lines for the terminal, each role in both languages."""
    lines = [f"{'log-in':<12}{'password':<14}role"]
    for login in DEMO_LOGINS:
        with override("zh-hans"):
            chinese = str(login.title)
        with override("en"):
            lines.append(f"{login.username:<12}{DEMO_PASSWORD:<14}{login.title} {chinese}")
    return lines

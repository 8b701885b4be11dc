"""`manage.py create_token`: a token for another system. Its text is printed once and kept nowhere."""

import argparse
import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.api.tokens import create_token
from core.errors import BusinessError
from core.models import Company, User


class Command(BaseCommand):
    help = "Creates an API token and prints it; it can't be shown again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--company", required=True, help="code of the company")
        parser.add_argument("--user", required=True, help="log-in name of the person that the token acts for")
        parser.add_argument("--name", required=True, help="what it is for: MES line 1")
        parser.add_argument(
            "--scope", action="append", default=[], help="read, write, sales.read, … or one right; may be repeated (default: read)"
        )
        parser.add_argument("--days", type=int, default=90, help="how long it is good (at most 366)")

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(code=options["company"]).first()
        user = User.objects.filter(username=options["user"]).first()
        if company is None or user is None:
            raise CommandError("There is no such company or user.")
        at = timezone.now()
        try:
            token, plain = create_token(
                company=company,
                user=user,
                name=options["name"],
                scopes=options["scope"] or ["read"],
                expires_at=at + dt.timedelta(days=options["days"]),
                by=None,
                at=at,
            )
        except BusinessError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Good until {token.expires_at:%Y-%m-%d}; scopes: {', '.join(token.scopes)}. Keep it now, it is not shown again:")
        self.stdout.write(plain)

"""`manage.py revoke_token bhn_AbCdEf…`: end a token by the beginning that lists show."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.api.tokens import PREFIX_LENGTH, revoke_token
from core.models import ApiToken


class Command(BaseCommand):
    help = "Revokes the API tokens that begin like this."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("prefix", help=f"the first {PREFIX_LENGTH} characters")

    def handle(self, *args: Any, prefix: str, **options: Any) -> None:
        tokens = list(ApiToken.objects.select_related("company").filter(prefix=prefix[:PREFIX_LENGTH]))
        if not tokens:
            raise CommandError("There is no such token.")
        for token in tokens:
            revoke_token(company=token.company, token_id=token.pk, by=None, at=timezone.now())
            self.stdout.write(f"revoked: {token}")

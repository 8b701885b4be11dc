"""`manage.py set_up_roles`: the groups of erp/roles.py."""

from typing import Any

from django.core.management.base import BaseCommand

from erp.roles import set_up_roles


class Command(BaseCommand):
    help = "Creates the roles and gives them the rights of erp/roles.py; run it again after an upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        for group in set_up_roles():
            self.stdout.write(f"{group.name}: {group.permissions.count()} rights")

"""Who works at the demo factory: one person per role, and a second one who may approve what the boss makes."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from core.models import Company, Membership, User
from erp.demo_logins import DEMO_LOGINS, DEMO_PASSWORD

NAMES = {
    "boss": "沈卫国",
    "sales": "林晓",
    "planner": "许航",
    "buyer": "方宁",
    "warehouse": "郭大勇",
    "workshop": "陆建军",
    "quality": "钱莉",
    "accountant": "苏敏",
    "cashier": "谢琳",
    "admin": "管理员",
}
"""The names of those who can log in (employees of data/employees.csv)."""


@dataclass(frozen=True, slots=True)
class People:
    """The users by what they do."""

    boss: User
    sales: User
    planner: User
    buyer: User
    warehouse: User
    workshop: User
    quality: User
    accountant: User
    cashier: User
    admin: User


def hire(company: Company) -> People:
    """Create the users of the demo log-ins, each with the role of its name in `company`; the roles must exist."""
    password = make_password(DEMO_PASSWORD)
    roles = {group.name: group for group in Group.objects.all()}
    users = {}
    for login in DEMO_LOGINS:
        user = User.objects.create(
            username=login.username,
            password=password,
            first_name=NAMES[login.username],
            is_staff=login.role == "admin",
            is_superuser=login.role == "admin",
        )
        member = Membership.objects.create(user=user, company=company)
        member.roles.add(roles[login.role])
        users[login.username] = user
    return People(**users)

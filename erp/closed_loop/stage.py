"""The small company of the loop, and how its people act in it: as at every door, the right is checked and the input validated."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from core.access import Access, access_of
from core.documents import document_types
from core.inputs import validated
from core.models import Company, Document, Membership, User
from core.periods import open_year
from erp.closed_loop.goods import PARTS, create_masters
from erp.roles import ROLES, set_up_roles
from masterdata.models import Item
from production.bom import save_boms


@dataclass
class Stage:
    """The company, who works there, and the month in which everything happens."""

    company: Company
    people: dict[str, Access]
    month: dt.date
    """its first day"""

    def day(self, number: int) -> dt.date:
        """The n-th of the month."""
        return self.month.replace(day=number)

    def at(self, day: dt.date) -> dt.datetime:
        """An instant of a day."""
        return dt.datetime(day.year, day.month, day.day, 10, tzinfo=timezone.get_default_timezone())

    def user(self, role: str, right: str = "") -> User:
        """Who has a role, if the role has the right.

        Raises:
            Forbidden: it has not.
        """
        access = self.people[role]
        access.require(right)
        return access.user

    def draft(self, role: str, kind: str, data: Mapping[str, Any]) -> Document:
        """Have somebody make a document, from what they would type."""
        kind_of = document_types()[kind]
        user = self.user(role, kind_of.permission("add"))
        assert kind_of.input and kind_of.draft, f"{kind} is made by hand"
        clean = validated(kind_of.input, data, company=self.company)
        return kind_of.draft(company=self.company, data=clean, by=user, at=self.at(clean["document_date"]))

    def act(self, role: str, kind: str, name: str, document: Document, *, on: dt.date | None = None, **typed: Any) -> Document:
        """Have somebody do something with a document: approve, release, post."""
        kind_of = document_types()[kind]
        action = next(one for one in kind_of.actions if one.name == name)
        user = self.user(role, kind_of.right(action))
        reason = {"reason": typed.pop("reason")} if action.wants_reason else {}
        clean = validated(action.input, typed, company=self.company) if action.input else {}
        done: Document = action.verb(
            company=self.company, document_id=document.pk, by=user, at=self.at(on or document.document_date), **clean, **reason
        )
        return done

    def make(self, role: str, kind: str, data: Mapping[str, Any], *, post_by: str = "") -> Document:
        """Have a document made and posted, by one person or by two."""
        return self.act(post_by or role, kind, "post", self.draft(role, kind, data))


def build(code: str, *, today: dt.date) -> Stage:
    """Create the company with its books starting on the first of the month before `today`."""
    month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    company = Company.objects.create(code=code, name=f"闭环示范泵厂 {code}", name_en=f"Closed Loop Pumps {code}", start_date=month)
    for year in {month.year, today.year}:
        open_year(company, year)
    stage = Stage(company, _people(company), month)
    create_masters(company)
    _bills_of_materials(stage)
    return stage


def next_code() -> str:
    """LOOP-1, LOOP-2 … whichever is free."""
    taken = set(Company.objects.filter(code__startswith="LOOP-").values_list("code", flat=True))
    return next(code for number in range(1, len(taken) + 2) if (code := f"LOOP-{number}") not in taken)


def _people(company: Company) -> dict[str, Access]:
    """One user for each role; nobody can log in as them. Superusers may look at the company."""
    set_up_roles()
    people = {}
    for role in ROLES:
        user = User.objects.create_user(f"{company.code.lower()}-{role}", password=None, first_name=role)
        member = Membership.objects.create(user=user, company=company)
        member.roles.add(Group.objects.get(name=role))
        people[role] = access_of(member, user)
    Membership.objects.bulk_create([Membership(user=user, company=company) for user in User.objects.filter(is_superuser=True)])
    return people


def _bills_of_materials(stage: Stage) -> None:
    items = {item.code: item for item in Item.objects.filter(company=stage.company)}
    rows = [
        {
            "item": items[parent],
            "valid_from": stage.month,
            "lines": [{"component": items[code], "quantity": Decimal(q)} for code, q in lines.items()],
        }
        for parent, lines in PARTS.items()
    ]
    save_boms(company=stage.company, rows=rows, by=stage.user("planner", "production.add_bom"), at=stage.at(stage.month))

"""Who may do what in which company: the memberships of a user and the permissions that come with their roles."""

from dataclasses import dataclass

from django.contrib.auth.models import Permission

from core.errors import Forbidden
from core.models import Company, Membership, User


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do in one company. Permissions are named as everywhere in Django: ``sales.add_salesorder``."""

    user: User
    company: Company
    permissions: frozenset[str]
    by_token: bool = False
    """Through a token nobody is a superuser: its rights are those listed."""

    def may(self, permission: str) -> bool:
        """Say whether the user holds `permission` here; the empty permission is held by every member."""
        return not permission or (self.user.is_superuser and not self.by_token) or permission in self.permissions

    def require(self, permission: str) -> None:
        """Let pass who holds `permission`.

        Raises:
            Forbidden: the right is not there.
        """
        if not self.may(permission):
            raise Forbidden(permission=permission)


def access_now(user: User, company: Company) -> Access:
    """What a user may do in a company at this moment.

    Raises:
        Forbidden: the user has left, or does not work for the company (any more).
    """
    working = Membership.objects.filter(user=user, company=company, is_active=True, user__is_active=True)
    membership = working.select_related("company").first()
    if membership is None:
        raise Forbidden(permission="")
    return access_of(membership, user)


def memberships_of(user: User) -> list[Membership]:
    """The active memberships of a user, the oldest first, companies included (one statement)."""
    return list(Membership.objects.filter(user=user, is_active=True).select_related("company").order_by("id"))


def access_of(membership: Membership, user: User) -> Access:
    """What `user` may do by this membership (one statement)."""
    named = Permission.objects.filter(group__memberships=membership).values_list("content_type__app_label", "codename").distinct()
    return Access(user=user, company=membership.company, permissions=frozenset(f"{app}.{codename}" for app, codename in named))

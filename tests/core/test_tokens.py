"""Tokens are made, shown once, and ended – by a command or in the administration."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.api.tokens import ActsForAnother, NotAMember, TokenForEverything, UnknownScope, access_by_token, create_token, digest_of
from core.errors import InvalidInput
from core.models import ApiToken, AuditEntry, User
from tests.factory import NOW, Factory, build_factory

SOON = NOW + dt.timedelta(days=30)


def test_a_token_is_made_by_command_and_printed_once(factory: Factory) -> None:
    out, err = StringIO(), StringIO()
    call_command("create_token", company="ACME", user=factory.nora.username, name="MES", scope=["read"], stdout=out, stderr=err)
    plain = out.getvalue().strip()
    token = ApiToken.objects.get(digest=digest_of(plain))
    assert (token.name, token.scopes, token.company) == ("MES", ["read"], factory.company)
    assert plain not in err.getvalue()
    assert token.expires_at - timezone.now() < dt.timedelta(days=91)
    call_command("revoke_token", token.prefix, stdout=out)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["create", "revoke"]


@pytest.mark.parametrize(
    "options",
    [{"user": "nobody"}, {"company": "NONE"}, {"scope": ["everything"]}, {"days": 400}, {"days": 0}],
    ids=["no such person", "no such company", "no such scope", "too long", "ended already"],
)
def test_a_token_that_can_not_be_made(factory: Factory, options: dict[str, object]) -> None:
    with pytest.raises(CommandError):
        call_command("create_token", **{"company": "ACME", "user": factory.nora.username, "name": "x", "scope": ["read"], **options})
    assert not ApiToken.objects.exists()


def test_revoking_what_is_not_there(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("revoke_token", "bhn_none")


def make(factory: Factory, *, user: User | None = None, scopes: tuple[str, ...] = ("read",), end: dt.datetime = SOON) -> str:
    return create_token(company=factory.company, user=user or factory.nora, name="x", scopes=scopes, expires_at=end, by=None, at=NOW)[1]


def test_it_acts_for_a_member_of_the_company_only(factory: Factory) -> None:
    with pytest.raises(NotAMember):
        make(factory, user=build_factory("OTHER").nora)


def test_p18_it_acts_for_its_maker_or_for_a_machine(factory: Factory) -> None:
    factory.nora.set_password("nora-logs-in")
    factory.nora.save()
    about = {"company": factory.company, "name": "x", "scopes": ["read"], "expires_at": SOON, "at": NOW}
    with pytest.raises(ActsForAnother):
        create_token(user=factory.nora, by=factory.ada, **about)
    assert create_token(user=factory.nora, by=factory.nora, **about)[0].user == factory.nora


def test_a_superuser_has_no_token_and_whoever_becomes_one_gains_nothing_by_theirs(factory: Factory) -> None:
    make(factory, scopes=("write",))
    User.objects.filter(pk=factory.nora.pk).update(is_superuser=True)
    factory.nora.refresh_from_db()
    with pytest.raises(TokenForEverything):
        make(factory)
    token = ApiToken.objects.get()
    assert not access_by_token(token, factory.nora.memberships.get()).may("finance.view_voucher")


@pytest.mark.parametrize("scope", ["", "admin", "sales", "nowhere.read", ".read", "sales.view_everything", "read ", "READ"])
def test_scopes_that_are_none(factory: Factory, scope: str) -> None:
    with pytest.raises(UnknownScope):
        make(factory, scopes=(scope,))


def test_it_has_an_end(factory: Factory) -> None:
    for end in (NOW, NOW + dt.timedelta(days=367)):
        with pytest.raises(InvalidInput):
            make(factory, end=end)


def test_no_two_are_alike(factory: Factory) -> None:
    assert len({make(factory) for _ in range(50)}) == 50

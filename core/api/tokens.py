"""A machine's token: shown once, kept as a hash, bound to a company and a person, scoped, with an end (R17). No token approves (P18).

A token may do what its person may do in that company *and* its scopes let through *and* is not approving or reviewing.
Scopes are literal: ``read`` (every view right), ``write`` (every right a token can have), ``sales.read``, ``sales.write`` (the
same within one room), or one right by its full name (``inventory.view_stockbalance``).
"""

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Iterable, Sequence

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.access import Access, access_of
from core.errors import BusinessError, InvalidInput, NotVisible
from core.models import ApiToken, AuditEntry, Company, Membership, User

logger = logging.getLogger(__name__)

MARK = "bhn_"
PREFIX_LENGTH = 12
LONGEST_LIFE = dt.timedelta(days=366)
USE_NOTED_EVERY = dt.timedelta(minutes=5)
SCHEME = b"bearer"
NEVER_BY_TOKEN = ("approve_", "review_", "manage_", "close_period", "reopen_period")
"""What the name of a right begins with that no token holds, whatever its person holds."""


class UnknownScope(InvalidInput):
    """A scope that is not in the language of scopes."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            "unknown_scope",
            _("“{scope}” is no scope. Use read, write, sales.read, sales.write or the name of a right."),
            field="scopes",
            scope=scope,
        )


class NotAMember(BusinessError):
    """A token acts for a member of the company only."""

    code = "not_a_member"
    status = 400
    text = _("{user} does not work for {company}.")


class ActsForAnother(BusinessError):
    """A token is its maker's own or a machine's: through a colleague's name nobody could tell who posted (P18)."""

    code = "acts_for_another"
    status = 403
    text = _("A token for {user} can be made by {user} only.")
    hint = _("Make a user for the machine, without a password, and give it the roles that the machine needs.")


class TokenForEverything(BusinessError):
    """A superuser has every right everywhere; no machine needs that."""

    code = "token_for_everything"
    status = 403
    text = _("{user} may do everything; a token may not.")


def digest_of(plain: str) -> str:
    """How a token is kept: tokens hold 256 random bits, so a plain SHA-256 can't be guessed back."""
    return hashlib.sha256(plain.encode()).hexdigest()


def is_machine(user: User) -> bool:
    """Say whether a user is there for a machine: can't log in, and never did."""
    return not user.has_usable_password() and user.last_login is None


def may_act_for(maker: User, company: Company) -> QuerySet[User]:
    """Whom of a company a token of this maker may act for: themselves, or a machine; the same rule that `create_token` keeps."""
    members = User.objects.filter(memberships__company=company, is_superuser=False)
    return members.filter(Q(pk=maker.pk) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)).distinct()


def check_scopes(scopes: object) -> list[str]:
    """The scopes as a list of names in the language of scopes.

    Raises:
        InvalidInput: they are no list of names; UnknownScope: one of them is none.
    """
    if not isinstance(scopes, list | tuple) or not scopes or not all(isinstance(scope, str) for scope in scopes):
        raise InvalidInput("type", _('Scopes are a list of names, such as ["sales.read"].'), field="scopes")
    known = {f"{app}.{codename}" for app, codename in _permission_names()}
    for scope in scopes:
        if scope not in known and not _is_general(scope, known):
            raise UnknownScope(scope)
    return list(scopes)


@transaction.atomic
def create_token(
    *, company: Company, user: User, name: str, scopes: Sequence[str], expires_at: dt.datetime, by: User | None, at: dt.datetime
) -> tuple[ApiToken, str]:
    """Create a token and give it back with its plain text, which is not kept and can't be shown again.

    Args:
        by: who makes it; None is the operator at the console of the server, who may make one for anybody but a superuser.

    Raises:
        UnknownScope, NotAMember, ActsForAnother, TokenForEverything: see there.
        InvalidInput: the end is in the past or more than a year away.
    """
    if not at < expires_at <= at + LONGEST_LIFE:
        raise InvalidInput("bad_expiry", _("A token ends after now and within {days} days."), field="expires_at", days=LONGEST_LIFE.days)
    if not Membership.objects.filter(user=user, company=company, is_active=True).exists():
        raise NotAMember(field="user", user=user.username, company=str(company))
    if user.is_superuser:
        raise TokenForEverything(field="user", user=user.username)
    if by is not None and by != user and not is_machine(user):
        raise ActsForAnother(field="user", user=user.username)
    scopes = check_scopes(scopes)
    plain = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        company=company,
        user=user,
        name=name,
        prefix=plain[:PREFIX_LENGTH],
        digest=digest_of(plain),
        scopes=scopes,
        created_at=at,
        expires_at=expires_at,
    )
    _audit("create", token, by=by, at=at)
    return token, plain


@transaction.atomic
def revoke_token(*, company: Company, token_id: int, by: User | None, at: dt.datetime) -> ApiToken:
    """End a token now; repeating it is harmless.

    Raises:
        NotVisible: the company has no such token.
    """
    token = ApiToken.objects.select_for_update(of=("self",)).filter(company=company, pk=token_id).first()
    if token is None:
        raise NotVisible()
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _audit("revoke", token, by=by, at=at)
    return token


def _audit(action: str, token: ApiToken, *, by: User | None, at: dt.datetime) -> None:
    changes = {"name": token.name, "user": token.user_id, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()}
    AuditEntry.objects.create(
        company_id=token.company_id,
        at=at,
        user=by,
        action=action,
        kind="core.apitoken",
        object_id=token.pk,
        number=token.prefix,
        changes=changes,
    )


def _permission_names() -> Iterable[tuple[str, str]]:
    return Permission.objects.values_list("content_type__app_label", "codename")


def _is_general(scope: str, known: Iterable[str]) -> bool:
    room, dot, reach = scope.rpartition(".")
    return reach in ("read", "write") and (not dot or any(name.startswith(f"{room}.") for name in known if room))


def passes(scopes: Iterable[str], permission: str) -> bool:
    """Say whether a permission lies within the scopes and is one that a token may hold at all."""
    room, _dot, codename = permission.partition(".")
    if codename.startswith(NEVER_BY_TOKEN):
        return False
    general = {"write", f"{room}.write"} | ({"read", f"{room}.read"} if codename.startswith("view_") else set())
    return any(scope == permission or scope in general for scope in scopes)


def access_by_token(token: ApiToken, membership: Membership) -> Access:
    """What a token may do: what the roles of its person allow in its company, as far as its scopes reach. Nobody is a superuser by it."""
    held = access_of(membership, token.user).permissions
    return Access(
        user=token.user, company=token.company, permissions=frozenset(name for name in held if passes(token.scopes, name)), by_token=True
    )


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer bhn_…`` – from the header only, never from the address."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Put company and access on the request; None where no bearer token is sent (a session may follow).

        Raises:
            AuthenticationFailed: unknown, expired or revoked, or its person may not work here any more; all look alike.
        """
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != SCHEME:
            return None
        token = self._find(parts[1:])
        membership = self._membership(token) if token else None
        if token is None or membership is None:
            raise AuthenticationFailed(_("This token is not valid."))
        now = timezone.now()
        _note_use(token, now)
        scene = request._request
        scene.company, scene.membership = token.company, membership  # type: ignore[attr-defined]
        scene.access = access_by_token(token, membership)  # type: ignore[attr-defined]
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def _find(self, sent: list[bytes]) -> ApiToken | None:
        if len(sent) != 1 or len(sent[0]) > 200 or not sent[0].isascii():
            return None
        return ApiToken.objects.select_related("company", "user").filter(digest=digest_of(sent[0].decode("ascii"))).first()

    def _membership(self, token: ApiToken) -> Membership | None:
        """The membership that makes the token good, None (and a line in the log) where something ended it."""
        reason = ""
        membership = None
        if token.revoked_at is not None:
            reason = "revoked"
        elif token.expires_at <= timezone.now():
            reason = "expired"
        elif not token.user.is_active:
            reason = "user deactivated"
        else:
            membership = Membership.objects.filter(user=token.user, company=token.company, is_active=True).select_related("company").first()
            reason = "" if membership else "no member any more"
        if reason:
            logger.warning("token %s refused: %s", token.prefix, reason)
        return membership


def _note_use(token: ApiToken, now: dt.datetime) -> None:
    """Remember the use, at most once in five minutes, so that reading does not become writing."""
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)

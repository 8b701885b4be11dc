"""Companies, people, roles, tokens, webhooks; audit, chain, jobs and counters to look at."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin_base import CompanyAdmin, ReadOnlyAdmin, Scoped, may, sees_all
from core.api.tokens import check_scopes, create_token, may_act_for, revoke_token
from core.errors import BusinessError
from core.models import (
    ApiToken,
    AuditEntry,
    ChainHead,
    ChainLink,
    Company,
    ImportedFile,
    Job,
    Membership,
    NumberSequence,
    OutboxEvent,
    Period,
    User,
    Webhook,
    WebhookDelivery,
)
from core.outgoing import check_url
from core.webhooks import check_kinds, secret_of

# One log-in, with its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = _("Bihuan administration")
admin.site.site_title = _("Bihuan")
admin.site.index_title = _("Configuration")


def members_of(company: Company | None) -> QuerySet[Any]:
    """The ids of the people who belong to a company."""
    return Membership.objects.filter(company=company).values("user")


@admin.register(Company)
class CompanyRecordAdmin(Scoped, admin.ModelAdmin):
    """Companies: one's own to change; a new one is the superuser's."""

    list_display = ("code", "name", "name_en", "standard", "currency", "start_date", "allow_self_approval")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        rows = super().get_queryset(request)
        return rows if sees_all(request) else rows.filter(pk=getattr(getattr(request, "company", None), "pk", None))

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return sees_all(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code", "currency", "currency_places", "standard", "start_date") if obj else ()


@admin.register(User)
class PersonAdmin(Scoped, UserAdmin):
    """People. Roles are given per company, in their membership; only a superuser makes superusers."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    filter_horizontal = ()
    _FIELDS = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language", "theme")}),
        (_("Access"), {"fields": ("is_active", "is_staff")}),
    )
    _SUPER = (_("Everything"), {"fields": ("is_superuser",)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows = super().get_queryset(request)
        if sees_all(request):
            return rows
        company = getattr(request, "company", None)
        elsewhere = Membership.objects.exclude(company=company).values("user")
        return rows.filter(pk__in=members_of(company), is_superuser=False).exclude(pk__in=elsewhere)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is added belongs to the company at once, without roles yet, so that no other company can lay hands on them."""
        super().save_model(request, obj, form, change)
        company = getattr(request, "company", None)
        if not change and company is not None and not sees_all(request):
            Membership.objects.create(user=obj, company=company)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return (*self._FIELDS, self._SUPER) if sees_all(request) else self._FIELDS


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(Scoped, GroupAdmin):
    """Roles: what they may do in every company. Changed by a superuser, because all companies share them."""

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return sees_all(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_all(request)


@admin.register(Membership)
class MembershipAdmin(CompanyAdmin):
    """Who works here, in which roles."""

    list_display = ("user", "company", "role_names", "is_active")
    list_filter = ("is_active", "roles")
    filter_horizontal = ("roles",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "company").prefetch_related("roles")

    @admin.display(description=_("roles"))
    def role_names(self, membership: Membership) -> str:
        return ", ".join(role.name for role in membership.roles.all())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "company") if obj else ()

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        """A person who is added gets the membership along; only a superuser brings in people of other companies."""
        return sees_all(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody but a superuser gives roles to themselves."""
        own = obj is not None and obj.user_id == request.user.pk
        return super().has_change_permission(request, obj) and (sees_all(request) or not own)


class TokenForm(forms.ModelForm):
    """A new token: for whom, what for, how far, how long."""

    class Meta:
        model = ApiToken
        fields = ("company", "user", "name", "scopes", "expires_at")

    def clean_scopes(self) -> list[str]:
        try:
            return check_scopes(self.cleaned_data["scopes"])
        except BusinessError as error:
            raise forms.ValidationError(error.message(), code=error.code) from error


@admin.register(ApiToken)
class ApiTokenAdmin(CompanyAdmin):
    """Tokens: made here and shown once; ended by the action."""

    form = TokenForm  # type: ignore[assignment]
    list_display = ("name", "prefix", "user", "company", "scopes", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "view", ApiToken) or self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        access = getattr(request, "access", None)
        return sees_all(request) or (access is not None and access.may("core.manage_tokens"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A token acts for its maker or for a machine of the company."""
        if db_field.name == "user" and not sees_all(request):
            assert isinstance(request.user, User)
            company = getattr(request, "company", None)
            kwargs["queryset"] = may_act_for(request.user, company) if company else User.objects.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        by = request.user
        assert isinstance(by, User)
        token, plain = create_token(
            company=obj.company, user=obj.user, name=obj.name, scopes=obj.scopes, expires_at=obj.expires_at, by=by, at=timezone.now()
        )
        obj.pk = token.pk
        messages.warning(request, _("The token, shown this once: {token}").format(token=plain))

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        by = request.user
        assert isinstance(by, User)
        for token in tokens.select_related("company"):
            revoke_token(company=token.company, token_id=token.pk, by=by, at=timezone.now())


class WebhookForm(forms.ModelForm):
    """A webhook whose address is allowed."""

    class Meta:
        model = Webhook
        fields = ("company", "name", "url", "kinds", "is_active")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            check_url(url)
        except BusinessError as error:
            raise forms.ValidationError(error.message(), code=error.code) from error
        return url

    def clean_kinds(self) -> list[str]:
        try:
            return check_kinds(self.cleaned_data["kinds"])
        except BusinessError as error:
            raise forms.ValidationError(error.message(), code=error.code) from error


@admin.register(Webhook)
class WebhookAdmin(CompanyAdmin):
    """Addresses that hear of events."""

    form = WebhookForm  # type: ignore[assignment]
    list_display = ("name", "url", "kinds", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("secret",) if obj else ()

    @admin.display(description=_("secret for the signature"))
    def secret(self, webhook: Webhook) -> str:
        return secret_of(webhook)


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    """Periods are closed on their own page."""

    list_display = ("company", "year", "month", "state")


@admin.register(NumberSequence)
class NumberSequenceAdmin(ReadOnlyAdmin):
    """The last number of every kind and month."""

    list_display = ("company", "kind", "period", "last")
    list_filter = ("kind",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ("at", "user", "action", "kind", "number", "from_state", "to_state", "reason")
    list_filter = ("action",)
    search_fields = ("number",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was sent where, and what is still being tried."""

    company_path = "webhook__company"
    list_display = ("event", "webhook", "attempts", "next_try_at", "taken_at", "last_error")


admin.site.register([ChainHead, ChainLink, ImportedFile, Job, OutboxEvent], ReadOnlyAdmin)

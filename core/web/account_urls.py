"""The addresses of logging in. What an administrator does for people here – new accounts, forgotten passwords, mail – only says so."""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext as _


@login_not_required
def ask_administrator(request: HttpRequest) -> HttpResponse:
    """Say who helps; nothing is sent, nothing is changed."""
    return render(request, "account/ask_administrator.html", {"title": _("Ask your administrator")})


urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("2fa/", include("allauth.mfa.urls")),
    path("signup/", ask_administrator, name="account_signup"),
    path("password/reset/", ask_administrator, name="account_reset_password"),
    path("email/", ask_administrator, name="account_email"),
    path("confirm-email/", ask_administrator, name="account_email_verification_sent"),
]

"""What a person chooses for themselves: language, light or dark, the company they work in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import InvalidInput, NotVisible
from core.models import User
from core.web.middleware import SESSION_COMPANY, company_not_required


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language; kept with the user, or in a cookie before the log-in."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput("unknown_language", _("This language is not available."), field="language")
    if request.user.is_authenticated:
        _remember(request, language=language)
    response = _back(request)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure())
    return response


@company_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Change between light, dark, and whatever the device uses."""
    theme = request.POST.get("theme", "")
    if theme not in User.Theme.values:
        raise InvalidInput("unknown_theme", _("This theme is not available."), field="theme")
    _remember(request, theme=theme)
    return _back(request)


@require_POST
def choose_company(request: HttpRequest) -> HttpResponse:
    """Go over to another company of the user; the start page follows, because the present page belongs to the old one."""
    wanted = request.POST.get("company", "")
    for membership in request.memberships:  # type: ignore[attr-defined]
        if str(membership.company_id) == wanted:
            request.session[SESSION_COMPANY] = membership.company_id
            return redirect(settings.LOGIN_REDIRECT_URL)
    raise NotVisible(field="company")


@company_not_required
@require_GET
def still_here(request: HttpRequest) -> HttpResponse:
    """Where a log-in in a second tab ends when a form waits in the first one."""
    return render(request, "errors/still_here.html", {"title": _("You are logged in again")})


def _remember(request: HttpRequest, **choices: str) -> None:
    assert isinstance(request.user, User)
    for name, value in choices.items():
        setattr(request.user, name, value)
    request.user.save(update_fields=list(choices))


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the page the choice was made on."""
    target = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if own else settings.LOGIN_REDIRECT_URL)

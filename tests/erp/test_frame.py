"""The frame around every page: who gets in, in which company and language, and what a refusal looks like."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core.models import Membership, User
from erp.menu import MENU
from tests.factory import build_factory

PASSWORD = "a-long-password"


@pytest.fixture
def nora(factory):
    factory.nora.set_password(PASSWORD)
    factory.nora.save()
    return factory.nora


@pytest.fixture
def page(nora):
    client = Client()
    client.force_login(nora)
    return client


def test_whoever_is_not_logged_in_is_sent_to_the_log_in_and_back(db):
    answer = Client().get("/search/?q=bolt")

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/search/%3Fq%3Dbolt"


def test_log_in_leads_to_the_worktop(nora):
    client = Client()
    answer = client.post(reverse("account_login"), {"login": nora.username, "password": PASSWORD}, follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert answer.context["frame"]["company"].code == "ACME"


def test_nobody_signs_up_by_themselves(db):
    Client().post(reverse("account_signup"), {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD})

    assert not User.objects.filter(username="mallory").exists()


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email"])
def test_accounts_and_forgotten_passwords_are_for_the_administrator(db, name):
    for answer in (Client().get(reverse(name)), Client().post(reverse(name), {"email": "mallory@example.com"})):
        assert answer.status_code == 200
        assert answer.templates[0].name == "account/ask_administrator.html"


def test_own_password_is_changed_and_the_old_one_asked_for(nora):
    client = Client()
    client.post(reverse("account_login"), {"login": nora.username, "password": PASSWORD})
    new = {"password1": "another-long-password", "password2": "another-long-password"}

    client.post(reverse("account_change_password"), {"oldpassword": "wrong", **new})
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)

    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **new})
    nora.refresh_from_db()
    assert nora.check_password("another-long-password")


def test_pages_with_data_are_not_kept_by_the_browser(page):
    assert "no-store" in page.get("/")["Cache-Control"]


def test_pages_allow_scripts_from_ourselves_only(page):
    policy = page.get("/")["Content-Security-Policy"]

    assert "script-src 'self' 'wasm-unsafe-eval';" in f"{policy};"
    assert "frame-ancestors 'none'" in policy


def test_the_language_is_kept_with_the_user(page, nora):
    page.post(reverse("choose-language"), {"language": "en", "next": "/"})
    assert '<html lang="en"' in page.get("/").content.decode()

    page.post(reverse("choose-language"), {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-CN"' in page.get("/").content.decode()
    nora.refresh_from_db()
    assert nora.language == "zh-hans"


def test_before_the_log_in_the_language_is_kept_in_a_cookie(db):
    client = Client()
    client.post(reverse("choose-language"), {"language": "en", "next": "/accounts/login/"})

    assert '<html lang="en"' in client.get("/accounts/login/").content.decode()


def test_the_theme_is_kept_with_the_user(page):
    page.post(reverse("choose-theme"), {"theme": "dark", "next": "/"})

    assert 'data-bs-theme="dark"' in page.get("/").content.decode()


@pytest.mark.parametrize(
    ("name", "choice"), [("choose-language", {"language": "xx"}), ("choose-theme", {"theme": "pink"}), ("choose-language", {})]
)
def test_a_choice_that_does_not_exist_is_refused(page, name, choice):
    assert page.post(reverse(name), choice).status_code == 400


def test_choices_lead_to_our_own_pages_only(page):
    assert page.post(reverse("choose-theme"), {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"


def test_a_user_goes_over_to_another_company_of_theirs(page, nora):
    other = build_factory("OTHER").company
    Membership.objects.create(user=nora, company=other)

    page.post(reverse("choose-company"), {"company": other.pk})

    assert page.get("/").context["frame"]["company"] == other


def test_a_company_of_others_does_not_exist(page):
    other = build_factory("OTHER").company

    assert page.post(reverse("choose-company"), {"company": other.pk}).status_code == 404
    assert page.get("/").context["frame"]["company"].code == "ACME"


def test_who_belongs_to_no_company_is_told_what_to_do(db):
    client = Client()
    client.force_login(User.objects.create_user("newcomer", password=None))

    answer = client.get("/")
    assert answer.status_code == 403
    assert "errors/no_company.html" in [template.name for template in answer.templates]


def test_an_ended_session_keeps_what_was_typed(db):
    answer = Client().post("/search/", {"lines[0]item": "BOLT", "password": "secret"})

    assert answer.status_code == 401
    assert answer.context["kept"] == [("lines[0]item", "BOLT")]


def test_an_expired_form_from_our_own_page_keeps_what_was_typed(nora):
    client = Client(enforce_csrf_checks=True)
    client.force_login(nora)

    answer = client.post(reverse("choose-theme"), {"theme": "dark"}, headers={"origin": "http://testserver"})

    assert answer.status_code == 403
    assert answer.context["kept"] == [("theme", "dark")]


def test_an_expired_form_from_elsewhere_is_not_kept(nora):
    client = Client(enforce_csrf_checks=True)
    client.force_login(nora)

    answer = client.post(reverse("choose-theme"), {"theme": "dark"}, headers={"origin": "https://evil.example"})

    assert answer.status_code == 403
    assert answer.context["kept"] == []


def test_a_refusal_for_htmx_is_a_fragment_for_the_messages(page):
    answer = page.post(reverse("choose-theme"), {"theme": "pink"}, headers={"hx-request": "true"})

    assert answer.status_code == 400
    assert answer["HX-Retarget"] == "#messages"
    assert "<html" not in answer.content.decode()


def test_an_address_that_does_not_exist_says_so_in_the_frame(page):
    answer = page.get("/no-such-page/")

    assert answer.status_code == 404
    assert "base.html" in [template.name for template in answer.templates]


def test_too_many_wrong_passwords_pause_the_log_in(nora, settings):
    cache.clear()
    settings.AXES_FAILURE_LIMIT = 3
    client = Client()
    for _attempt in range(3):
        answer = client.post(reverse("account_login"), {"login": nora.username, "password": "wrong"})

    assert answer.status_code == 429
    assert "account/lockout.html" in [template.name for template in answer.templates]
    assert answer["Retry-After"] == "900"
    assert client.post(reverse("account_login"), {"login": nora.username, "password": PASSWORD}).status_code == 429


def test_health_answers_without_a_log_in(db):
    assert Client().get("/healthz/").json() == {"status": "ok"}


def test_every_page_of_the_menu_exists():
    for section in MENU:
        for entry in section.entries:
            assert reverse(entry.url_name)
            assert not entry.create_url_name or reverse(entry.create_url_name)


def test_search_offers_pages_by_their_name(page):
    answer = page.get("/search/", {"q": "x" * 500})

    assert answer.status_code == 200
    assert len(answer.context["words"]) == 50

"""The frame in a real browser: log-in, language, dark, search with the keyboard, phone."""

import pytest
from django.contrib.staticfiles import finders

from tests.factory import build_factory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def nora(transactional_db):
    return build_factory().nora


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_nora_logs_in_and_changes_language_and_theme(log_in, nora):
    page = log_in(nora)
    assert page.locator("html").get_attribute("lang") == "en"

    page.get_by_role("button", name="My menu").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_selector('html[data-bs-theme="dark"]')

    page.locator(".top-end .dropdown > button").click()
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector('html[lang="zh-CN"]')


def test_search_opens_with_the_keyboard_and_closes_again(log_in, nora):
    page = log_in(nora)

    page.keyboard.press("Control+k")
    page.wait_for_selector("#search-dialog[open]")
    page.keyboard.type("nothing like this")
    page.wait_for_selector(".search-none")
    page.keyboard.press("Escape")
    page.wait_for_selector("#search-dialog:not([open])", state="attached")


def test_phone_shows_the_menu_on_demand_and_never_scrolls_sideways(log_in, nora):
    page = log_in(nora)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")

    assert not page.locator("#menu").is_visible()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Menu", exact=True).click()
    page.wait_for_selector("#menu.show")


def test_all_assets_come_from_our_own_server(log_in, nora, live_server):
    page = log_in(nora)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert asked
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
    assert finders.find("vendor/tabler.min.css")

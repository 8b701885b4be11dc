"""A real browser for the tests that need one: the system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from core.models import User
from tests.browser.people import Person, Worker, let_files_be_kept, let_requests_take_turns

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SWITCHES += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
PASSWORD = "a-long-password"

LogIn = Callable[[User], Page]
OpenBrowser = Callable[..., Person]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; the test is skipped where there is none, unless BROWSER_TESTS=required."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        message = "no Chromium on this machine (Debian: apt-get install chromium), or name it: CHROMIUM=/path"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(message)
        pytest.skip(message)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; the ORM is used between its steps
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A fresh window on the test server; the test fails when a script of ours fails or the policy refuses something."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1360, "height": 850}, locale="en-GB")
    window = context.new_page()
    window.set_default_timeout(15_000)
    complaints: list[str] = []
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield window
    context.close()
    assert complaints == []


@pytest.fixture
def log_in(page: Page) -> LogIn:
    """Log a user in through the log-in page, in English, and give back the window on the worktop."""

    def enter(user: User) -> Page:
        user.set_password(PASSWORD)
        user.language = "en"
        user.save()
        page.goto("/accounts/login/")
        page.fill("#id_login", user.username)
        page.fill("#id_password", PASSWORD)
        page.click(".login-form button.btn-primary")
        page.wait_for_selector("#menu")
        return page

    return enter


@pytest.fixture
def open_browser(browser: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenBrowser]:
    """Seat somebody at a browser of their own; when they go home, nothing may have gone wrong in it."""
    let_requests_take_turns(monkeypatch)
    let_files_be_kept(monkeypatch)
    people: list[Person] = []

    def seat(**desk: Any) -> Person:
        people.append(Person(browser, live_server.url, **desk))
        return people[-1]

    yield seat
    for person in people:
        person.goes_home()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Whoever works on the jobs, without a broker between."""
    here = Worker()
    monkeypatch.setattr(current_app, "send_task", here.send_task)
    return here

"""The people of the factory at their own browsers: they look, click and type, and say what they see.

Nothing here knows an address, an id or a model: what a person can't find on a page, a test can't use either.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from core.tasks import run_job

IN_TURN = threading.RLock()
"""Held by whoever uses the one connection of an SQLite database in memory; a database with connections of its own needs no turns."""

DESK = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
PATIENCE = 15_000
PASTE = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""
expect.set_options(timeout=PATIENCE)
NO_FAULT = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d|htmx:(sendAbort|afterRequest), ")
"""What a browser reports as errors and is none: a refusal, and a part of the page not waited for (a failed one says more than that)."""


def takes_turns() -> bool:
    """Whether all threads share one connection, so that requests have to wait for each other."""
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())  # type: ignore[attr-defined]


@contextmanager
def in_turn() -> Iterator[None]:
    """The test itself touches the database while browsers are open."""
    with IN_TURN if takes_turns() else nullcontext():
        yield


def let_requests_take_turns(monkeypatch: Any) -> None:
    """In memory, SQLite has one connection for all threads of the test server: its requests must not overlap in one transaction."""
    answer = WSGIHandler.__call__

    def one_by_one(self: WSGIHandler, environ: Any, start_response: Any) -> Any:
        with IN_TURN:
            return answer(self, environ, start_response)

    if takes_turns():
        monkeypatch.setattr(WSGIHandler, "__call__", one_by_one)


def let_files_be_kept(monkeypatch: Any) -> None:
    """As in production, where their names carry a hash: a browser asks once for a file that doesn't change."""
    serve = StaticFilesHandler.serve

    def served(self: StaticFilesHandler, request: HttpRequest) -> Any:
        response = serve(self, request)
        response["Cache-Control"] = "max-age=3600"
        return response

    monkeypatch.setattr(StaticFilesHandler, "serve", served)


class Worker:
    """The worker of the jobs: gets the messages that the pages send, and works when it is told to."""

    def __init__(self) -> None:
        self.messages: list[int] = []

    def send_task(self, _name: str, arguments: list[int]) -> None:
        self.messages.append(arguments[0])

    def works(self) -> None:
        """Do what has been asked for."""
        while self.messages:
            with in_turn():
                run_job(self.messages.pop(0))


class Person:
    """Somebody at a browser window of their own."""

    def __init__(self, browser: Browser, address: str, **desk: Any) -> None:
        self.context = browser.new_context(base_url=address, **{**DESK, **desk})
        self.context.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self._asks(request.url, address))
        self.window = self.tab()

    # ---- the browser ------------------------------------------------------------------------------------------------------

    def tab(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._reads)
        return page

    def beside(self, page: Page | None = None) -> "Person":
        """The same person in a second tab, on the same page unless another tab is given."""
        other = copy(self)
        other.window = page or self.tab()
        if page is None:
            other.window.goto(self.window.url)
        return other

    def _reads(self, line: ConsoleMessage) -> None:
        if line.type == "error" and not NO_FAULT.match(line.text):
            self.complaints.append(line.text)

    def _asks(self, url: str, address: str) -> None:
        if not url.startswith((f"{address}/", "data:", "blob:")):
            self.complaints.append(f"a request leaves the house: {url}")

    def goes_home(self) -> None:
        """Close the browser when it has got all its answers; nothing may have gone wrong in it."""
        for page in self.context.pages:
            page.wait_for_load_state("networkidle")
        self.context.close()
        assert not self.complaints, self.complaints

    def logs_in(self, username: str, password: str) -> "Person":
        """Come in by the front door, to one's worktop."""
        self.window.goto("/")
        self.names_themselves(username, password)
        expect(self.window.locator("#menu")).to_be_attached()
        return self

    def names_themselves(self, username: str, password: str) -> "Person":
        """Fill in the log-in form."""
        self.window.locator("#id_login").fill(username)
        self.window.locator("#id_password").fill(password)
        self.window.locator(".login-form button[type=submit]").click()
        return self

    # ---- finding the way ----------------------------------------------------------------------------------------------------

    @property
    def main(self) -> Locator:
        return self.window.locator("#main")

    def finds(self, card: str, what: str = "") -> "Person":
        """On the worktop, a card of what waits for me; open the line that names `what`, the first one without."""
        self.window.locator(".brand").click()
        found = self.window.locator("article.waiting").filter(has=self.window.locator("header").get_by_text(card, exact=True))
        found.locator("li a").filter(has_text=what).first.click()
        expect(self.window.locator(".crumbs")).to_be_visible()
        return self

    def opens(self, section: str, entry: str) -> "Person":
        """A page of the menu."""
        part = self.window.locator("details.menu-section").filter(has=self.window.locator("summary").get_by_text(section, exact=True))
        link = part.get_by_role("link", name=entry, exact=True)
        if not link.is_visible():
            part.locator("summary").click()
        link.click()
        expect(self.window.locator("#menu a[aria-current=page]")).to_have_text(entry)
        return self

    def follows(self, link: str) -> "Person":
        """A link on the page."""
        self.main.get_by_role("link", name=link).first.click()
        return self

    def looks_up(self, number: str) -> "Person":
        """A document by its number, with Ctrl-K."""
        self.window.keyboard.press("Control+k")
        self.window.locator("#search-dialog input").fill(number)
        expect(self.window.locator("#search-hits .hit").first).to_contain_text(number)
        self.window.keyboard.press("Enter")
        return self.reads(number)

    # ---- doing ----------------------------------------------------------------------------------------------------------------

    def presses(self, label: str) -> "Person":
        """A button, or what looks like one."""
        here = self.main.locator("button:visible, a.btn:visible").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
        here.first.click()
        return self

    def agrees(self) -> "Person":
        """Yes, do it."""
        self.window.locator("#confirm-dialog button[value=yes]").click()
        return self

    def writes(self, **fields: str) -> "Person":
        """Type into the fields of the form's head, by their labels; a date goes into a date field as the browser takes it."""
        for label, text in fields.items():
            self.field(label).fill(text)
            self.field(label).press("Tab")
        return self

    def field(self, label: str) -> Locator:
        head = self.main.locator(".form-grid")
        return head.get_by_label(re.compile(rf"^{re.escape(label)}\s*\*?$"))

    def picks(self, field: Locator, words: str, code: str) -> "Person":
        """Type a part of a name, and take what is offered."""
        field.click()
        field.press_sequentially(words)
        offer = self.window.locator(".lookup-list li").filter(has=self.window.get_by_text(code, exact=True))
        offer.click()
        expect(field).to_have_value(code)
        return self

    def line(self, number: int, **cells: str) -> "Person":
        """Type into the cells of a line, by the heads of the columns."""
        for column, text in cells.items():
            cell = self.cell(number, column)
            if cell.evaluate("cell => cell.tagName") == "SELECT":
                cell.select_option(label=text)
            else:
                cell.fill(text)
                cell.press("Tab")
        return self

    def cell(self, number: int, column: str) -> Locator:
        row = self.main.locator(".line-grid tbody tr").nth(number - 1)
        return row.get_by_label(column, exact=True)

    def pastes(self, cell: Locator, block: str) -> "Person":
        """Put a block copied from Excel into the grid, beginning at a cell."""
        cell.focus()
        self.window.evaluate(PASTE, block)
        return self

    def line_of(self, item: str) -> int:
        """Which line of the grid is about an item."""
        codes = self.main.locator('.line-grid tbody td[data-column="item"] input')
        expect(codes.first).to_be_visible()
        found = [code.input_value() for code in codes.all()]
        return found.index(item) + 1 if item in found else 0

    def saves(self) -> str:
        """Save the form; the number of the document it became."""
        self.presses("保存")
        expect(self.window.locator("#messages")).to_contain_text("已保存")
        return self.number

    def does(self, action: str) -> "Person":
        """Press the button of an action that needs nothing more, and see that it is done."""
        self.presses(action)
        return self.is_told(f"：{action}——完成。")

    def chooses_all(self) -> "Person":
        self.main.locator("table thead input[type=checkbox]").check()
        return self

    # ---- seeing -----------------------------------------------------------------------------------------------------------------

    @property
    def number(self) -> str:
        """The number of the document on the page."""
        found = re.search(r"[A-Z]{2}-\d{6}-\d{4}", self.window.locator("h1").inner_text())
        assert found, self.window.locator("h1").inner_text()
        return found[0]

    def reads(self, text: str) -> "Person":
        """See a text somewhere on the page."""
        expect(self.main).to_contain_text(text)
        return self

    def is_told(self, text: str) -> "Person":
        """See a message above the page."""
        expect(self.window.locator("#messages")).to_contain_text(text)
        return self

    def sees_state(self, state: str) -> "Person":
        expect(self.window.locator("h1 .state")).to_have_text(state)
        return self

    def sees(self, **facts: str) -> "Person":
        """Facts of the document's head, by their labels."""
        for label, text in facts.items():
            fact = self.main.locator("dl.facts div").filter(has=self.window.locator("dt").get_by_text(label, exact=True)).first
            expect(fact.locator("dd")).to_contain_text(text)
        return self

    def card(self, title: str) -> Locator:
        """A part of the page by its heading."""
        return self.main.locator("section.card").filter(has=self.window.get_by_role("heading", name=title, exact=True))

    def rows(self, title: str = "", *, blanks: bool = False) -> list[list[str]]:
        """The tables of the page, or of a part of it; empty cells are left out unless they are asked for."""
        part = self.card(title) if title else self.main
        expect(part.locator("table tbody tr").first).to_be_visible()
        rows = part.locator("table tbody tr").all()
        words = [[" ".join(cell.split()) for cell in row.locator("td, th").all_inner_texts()] for row in rows]
        return words if blanks else [[text for text in row if text] for row in words]

    def chain(self) -> set[str]:
        """The numbers of the documents in the drawing of the chain (联查)."""
        expect(self.main.locator(".chain-node").first).to_be_visible()
        return set(self.main.locator(".chain-number").all_text_contents())

    def clicks_in_the_chain(self, number: str) -> "Person":
        """Go to a document by its box in the drawing."""
        self.main.locator(".chain a").filter(has_text=number).click()
        expect(self.window.locator("h1")).to_contain_text(number)
        return self

    def speaks(self, language: str, code: str) -> "Person":
        """Change the language in one's own menu."""
        self.window.locator(".top-end .dropdown > button").click()
        self.window.get_by_role("button", name=language, exact=True).click()
        expect(self.window.locator("html")).to_have_attribute("lang", code)
        return self

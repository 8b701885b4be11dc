"""People at the pages: log in with rights, read a form as a browser does, fill it in, send it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils.html import escape

from core.models import Company, User
from tests.api.door import give, row_counts

__all__ = ["Form", "Forms", "at_page", "everything", "form_of", "row_counts", "shows"]


def everything() -> list[str]:
    """Every right there is."""
    return list(Permission.objects.values_list("codename", flat=True))


def at_page(user: User, company: Company, rights: list[str] | None = None) -> Any:
    """A browser in which `user` is logged in, in English, with these rights (all of them)."""
    give(user, company, everything() if rights is None else rights)
    user.language = "en"
    user.save()
    client = Client()
    client.force_login(user)
    return client


@dataclass
class Form:
    """A form of a page: where it goes and what it would send."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def data(self, **changes: Any) -> dict[str, Any]:
        """What is sent, with some fields filled in; None leaves one out."""
        return {name: value for name, value in {**self.fields, **changes}.items() if value is not None}


class Forms(HTMLParser):
    """The forms of a page with the values in their fields, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: str = ""
        self._area: str = ""
        self._inert = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "template":
            self._inert += 1
        if tag == "form":
            self._open = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._open)
        name = given.get("name") or ""
        if self._open is None or self._inert or "disabled" in given:
            return
        if tag == "input" and name and given.get("type") not in ("checkbox", "radio", "submit", "button"):
            self._open.fields.setdefault(name, []).append(given.get("value") or "")
        elif tag == "input" and name and "checked" in given:
            self._open.fields.setdefault(name, []).append(given.get("value") or "on")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._open.fields):
            self._open.fields[self._select] = [given.get("value") or ""]
        elif tag == "textarea":
            self._area = name
            self._open.fields[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.fields[self._area][0] += data.removeprefix("\n") if not self._open.fields[self._area][0] else data


def form_of(answer: Any, holding: str = "idempotency_key") -> Form:
    """The form of a page that has a field of this name."""
    found = [form for form in Forms(answer.content.decode()).forms if holding in form.fields]
    assert found, f"no form with {holding} in the page"
    return found[-1]


def shows(answer: Any, text: Any) -> bool:
    """Whether the page has the text, as HTML writes it."""
    return escape(str(text)) in answer.content.decode()

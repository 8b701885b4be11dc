"""The description of the API is complete, valid, and served without the outside world."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from core.documents import document_types
from tests.api.door import Door
from tests.factory import Factory
from tests.web.browsing import at_page


@pytest.fixture(scope="module")
def description() -> str:
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_it_is_valid_without_a_warning(description: str) -> None:
    assert "openapi: 3" in description


def test_every_document_and_action_is_in_it(description: str) -> None:
    for kind in document_types().values():
        assert f"/api/v1/{kind.plural_slug}/:" in description
        for action in kind.actions:
            assert re.search(rf"/api/v1/{kind.plural_slug}/\{{document_id\}}/{action.name.replace('_', '-')}/:", description), action.name


def test_members_read_it_others_do_not(door: Door) -> None:
    assert door.get("schema/").status_code == 200
    assert Client().get("/api/v1/schema/").status_code == 401


def test_the_page_loads_from_our_own_house_only(factory: Factory) -> None:
    browser = at_page(factory.nora, factory.company, [])
    page = browser.get("/api/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(sources) >= 4 and all(source.startswith(("/static/", "/api/docs/", "?")) for source in sources), sources
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert "script-src 'self'" in page["Content-Security-Policy"]
    script = browser.get("/api/docs/?script=")
    assert (script.status_code, script["Content-Type"].split(";")[0]) == (200, "application/javascript")


def test_the_page_wants_a_log_in() -> None:
    answer = Client().get("/api/docs/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/api/docs/")

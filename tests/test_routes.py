"""P17: every address – page, API, administration – asked by nobody, by a colleague without the right, and by a stranger.

The walk starts at the resolver, so an address that somebody adds tomorrow is walked too: it has to declare its permission or
be written into the short list of those that need none.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.contrib.admin.sites import site
from django.contrib.auth.models import Permission
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.documents import document_types
from core.jobs import start_job
from core.models import Job, Membership, Period, User
from core.web.routes import ANY_MEMBER, OPEN
from finance.models import Voucher
from inventory.models import Demand, Reservation
from masterdata.models import Customer, Department, Item, Supplier
from production.planning import run_mrp
from tests.api.door import Door, give, row_counts, token_for
from tests.factory import NOW, TODAY, Factory, build_factory
from tests.proof import stories
from tests.proof.house import House, build_house
from tests.web.browsing import at_page, everything

UNDECLARED = ("accounts/", "admin/")
"""Log-in and second factor (allauth asks by itself), administration (rights by membership, walked below)."""

PUBLIC = {"healthz/", "preferences/language/"}
"""What anybody may have without logging in."""

MARK = "ZEBRA-4711"
"""Stands in every master of our company, and must never be read by a stranger."""

REFUSED = {401, 403, 404, 405}
ALSO_TO_THE_LOGIN = {302, *REFUSED}


@dataclass(frozen=True)
class Address:
    """One address as it is asked for, and what it declares."""

    pattern: str
    path: str
    callback: Callable[..., Any]
    is_about_a_row: bool

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/v1/")

    def permissions(self) -> list[str] | None:
        """What it asks for, by method; None if it says nothing."""
        declared = getattr(self.callback, "declared", None)
        if declared is not None:
            return [declared.permission]
        view = getattr(self.callback, "cls", None)
        return list(view.permissions.values()) if getattr(view, "permissions", None) else None


def walk(entries: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, pattern)
        else:
            yield pattern, entry


_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def addresses() -> list[Address]:
    """Every address, with rows of our own company where one is wanted."""
    found = []
    for pattern, entry in walk(get_resolver().url_patterns):
        plain = pattern.replace("^", "").replace(r"\Z", "").replace("$", "")
        about = bool(_PARAMETER.search(plain) or _GROUP.search(plain) or "([^/]+)" in plain)
        path = _GROUP.sub(lambda match, pattern=plain: _value(pattern, match[1]), plain)  # type: ignore[misc]
        path = _PARAMETER.sub(lambda match, pattern=plain: _value(pattern, match[2]), path)  # type: ignore[misc]
        path = path.replace("([^/]+)", "1").replace(".*", "no-such-address")
        found.append(Address(pattern, "/" + path, entry.callback, about))
    return found


_ROWS: dict[str, type[models.Model]] = {
    "finance/vouchers/": Voucher,
    "finance/month-end/": Period,
    "jobs/": Job,
    "api/v1/vouchers/": Voucher,
    "api/v1/jobs/": Job,
    "api/v1/reservations/": Reservation,
}
_WORDS = {"kind": "sales_order", "name": "items", "step": "documents", "app_label": "masterdata", "url": "no-such-address"}


def _value(pattern: str, name: str) -> str:
    """What stands for a parameter of an address: a row of our company."""
    if name == "number":
        return next(iter(document_types()["sales_order"].rows().values_list("number", flat=True)))
    if name in _WORDS:
        return _WORDS[name]
    model = _model(pattern)
    return str(model._default_manager.order_by("pk").values_list("pk", flat=True).first() or 1) if model else "1"


def _model(pattern: str) -> type[models.Model] | None:
    for prefix, model in _ROWS.items():
        if pattern.startswith(prefix):
            return model
    for kind in document_types().values():
        if pattern.startswith((f"{kind.section}/{kind.slug}/", f"api/v1/{kind.plural_slug}/")):
            return kind.model
    for model in site._registry:
        if pattern.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    return None


# ---- the town: our company with something of everything, a colleague without rights, a stranger with all of them ---------


@dataclass
class Town:
    """Who asks, and what is there."""

    factory: Factory
    colleague: User
    stranger: User
    other: Factory


def something_of_everything(house: House) -> None:
    """At least one document of every kind, and what else has an address."""
    stories.supplier_payment(house)
    stories.customer_money(house)
    stories.finished_receipt(house)
    stories.material_return(house)
    stories.transfer(house)
    stories.requisition(house)
    order = stories.reserved_sales_order(house)
    assert Reservation.objects.filter(demand__origin_number=order.number).exists()
    run_mrp(plan_date=TODAY, **house.who())
    start_job(kind="mrp", company=house.factory.company, params={}, by=house.factory.nora, at=NOW)
    token_for(house.factory, house.factory.nora)


def mark(factory: Factory) -> None:
    for model in (Item, Customer, Supplier, Department):
        model._default_manager.filter(company=factory.company).update(name=MARK, name_en=MARK)


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with time_machine.travel(NOW, tick=True):
        yield build_town()


def build_town() -> Town:
    house = build_house()
    something_of_everything(house)
    mark(house.factory)
    other = build_factory("OTHER")
    colleague = User.objects.create_user("colleague", language="en", is_staff=True)
    Membership.objects.create(user=colleague, company=house.factory.company)
    stranger = other.ada
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    give(stranger, other.company, everything())
    return Town(house.factory, colleague, stranger, other)


def browser(user: User | None, company: Any = None, rights: list[str] | None = None) -> Client:
    client = at_page(user, company, rights) if user else Client()
    client.raise_request_exception = False
    return client


def ask(client: Client, address: Address, method: str) -> HttpResponse:
    if method == "GET":
        return client.get(address.path)
    if address.is_api:
        return client.post(address.path, data="{}", content_type="application/json")
    return client.post(address.path)


def answers(
    client: Client, which: Callable[[Address], bool], methods: tuple[str, ...] = ("GET", "POST")
) -> list[tuple[Address, str, HttpResponse]]:
    return [(address, method, ask(client, address, method)) for address in addresses() if which(address) for method in methods]


def told(wrong: list[tuple[Address, str, HttpResponse]]) -> list[str]:
    return [f"{method} {address.path} → {answer.status_code}" for address, method, answer in wrong]


# ---- declarations -----------------------------------------------------------------------------------------------------


def test_every_address_says_what_it_asks_for(town: Town) -> None:
    silent = [a.pattern for a in addresses() if a.permissions() is None and not a.pattern.startswith(UNDECLARED)]
    assert silent == []


def test_every_right_that_an_address_asks_for_exists(town: Town) -> None:
    known = {f"{app}.{codename}" for app, codename in _permission_names()}
    asked = {right for a in addresses() for right in a.permissions() or []} - {ANY_MEMBER, OPEN}
    assert asked - known == set()


def _permission_names() -> list[tuple[str, str]]:
    return list(Permission.objects.values_list("content_type__app_label", "codename"))


# ---- nobody -----------------------------------------------------------------------------------------------------------


def test_nobody_gets_nothing(town: Town) -> None:
    before = row_counts()
    got = answers(browser(None), lambda a: a.pattern not in PUBLIC and not a.pattern.startswith("accounts/"))
    login = ("/accounts/login/", "/admin/login/")
    wrong = [
        (address, method, answer)
        for address, method, answer in got
        if answer.status_code not in ALSO_TO_THE_LOGIN
        or (
            answer.status_code == 302
            and not answer["Location"].startswith(login)
            and address.path not in ("/admin/login/", "/admin/logout/")
        )
    ]
    assert told(wrong) == []
    assert row_counts() == before


def test_a_machine_without_a_token_gets_nothing(town: Town) -> None:
    before = row_counts()
    got = answers(browser(None), lambda a: a.is_api)
    assert told([one for one in got if one[2].status_code not in (401, 404, 405)]) == []
    assert row_counts() == before


# ---- a colleague without the right ------------------------------------------------------------------------------------


def test_a_colleague_without_the_right_is_told_so(town: Town) -> None:
    client = browser(town.colleague, town.factory.company, [])
    before = row_counts()

    def wants_a_right(address: Address) -> bool:
        asked = address.permissions()
        return asked is not None and ANY_MEMBER not in asked and OPEN not in asked

    wrong = [one for one in answers(client, wants_a_right) if one[2].status_code not in {403, 405}]
    assert told(wrong) == []
    assert row_counts() == before


def test_what_every_member_may_ask_never_breaks(town: Town) -> None:
    client = browser(town.colleague, town.factory.company, [])
    open_to_all = answers(client, lambda a: ANY_MEMBER in (a.permissions() or ()), methods=("GET",))
    assert told([one for one in open_to_all if one[2].status_code >= 500]) == []


def test_a_colleague_without_rights_sees_an_empty_administration(town: Town) -> None:
    client = browser(town.colleague, town.factory.company, [])
    before = row_counts()
    got = answers(client, lambda a: a.pattern.startswith("admin/") and a.pattern.count("/") > 2 and "password_change" not in a.pattern)
    assert told([one for one in got if one[2].status_code not in {302, 403, 404}]) == []
    assert row_counts() == before


# ---- a stranger -------------------------------------------------------------------------------------------------------


def test_a_stranger_with_every_right_at_home_finds_none_of_our_rows(town: Town) -> None:
    client = browser(town.stranger, town.other.company)
    before = row_counts()
    about_rows = answers(client, lambda a: a.is_about_a_row and not a.pattern.startswith(("admin/", "accounts/", "import/")))
    assert told([one for one in about_rows if one[2].status_code not in {403, 404, 405}]) == []
    assert row_counts() == before


def test_a_stranger_reads_our_name_nowhere(town: Town) -> None:
    client = browser(town.stranger, town.other.company)
    got = answers(client, lambda a: not a.pattern.startswith("accounts/logout"), methods=("GET",))
    assert told([one for one in got if one[2].status_code >= 500]) == []
    assert told([one for one in got if not one[2].streaming and MARK.encode() in one[2].content]) == []


def test_a_stranger_finds_none_of_our_rows_in_the_administration(town: Town) -> None:
    client = browser(town.stranger, town.other.company)
    got = answers(
        client, lambda a: a.pattern.startswith("admin/") and a.is_about_a_row and bool(_shared_by_none(a.pattern)), methods=("GET",)
    )
    assert len(got) > 100
    assert told([one for one in got if one[2].status_code not in {301, 302, 403, 404}]) == []


def _shared_by_none(pattern: str) -> bool:
    """Rows that belong to a company; roles, currencies and what libraries keep do not."""
    model = _model(pattern)
    return model is not None and model._meta.label not in {"auth.Group", "masterdata.Currency"}


def test_a_stranger_s_token_finds_none_of_our_rows(town: Town) -> None:
    door = Door(Authorization=f"Bearer {token_for(town.other, town.stranger)}")
    before = row_counts()
    for address in addresses():
        if address.is_api and address.is_about_a_row:
            path = address.path.removeprefix("/api/v1/")
            for answer in (door.get(path), door.post(path, {}), door.patch(path, {}, **{"If-Match": '"1"'})):
                assert answer.status_code in {403, 404, 405}, address.path
    assert row_counts() == before


def test_our_own_people_do_see_these_rows(town: Town) -> None:
    """The walk would prove nothing if the addresses led nowhere."""
    client = browser(town.factory.nora, town.factory.company)
    documents = [a for a in addresses() if re.search(r"<id:pk>/\Z", a.pattern) or re.search(r"\{0,17\}\)/\\Z\Z", a.pattern)]
    assert len(documents) > 30
    assert told([one for one in [(a, "GET", ask(client, a, "GET")) for a in documents] if one[2].status_code != 200]) == []


def test_holding_stock_needs_ones_own_demand(town: Town) -> None:
    demand = Demand.objects.filter(company=town.factory.company, is_open=True).first()
    assert demand is not None
    door = Door(Authorization=f"Bearer {token_for(town.other, town.stranger)}")
    before = row_counts()
    wanted = {"origin_kind": demand.origin_kind, "origin_number": demand.origin_number, "origin_line": demand.origin_line}
    answer = door.post("reservations/", {**wanted, "warehouse": "MAIN", "quantity": "1"})
    assert answer.status_code == 400
    assert row_counts() == before

"""RELIABILITY section 7, table F: requests that are malformed, stolen, repeated or aimed at somebody else's things."""

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from core.api.throttles import TokenRateThrottle
from core.models import ApiToken, IdempotencyKey, Membership, User
from inventory.models import StockEntry, StockMove
from tests.api.door import Door, codes, door_for, entry, give, row_counts
from tests.factory import Factory, build_factory

PATH = "stock-entries/"


def written(door: Door, **changes: Any) -> dict[str, Any]:
    answer = door.post(PATH, entry(**changes))
    assert answer.status_code == 201, answer.content
    return answer.json()


# ---- the way things should go -----------------------------------------------------------------------------------------


def test_a_document_is_made_read_changed_posted_and_found(door: Door) -> None:
    made = door.post(PATH, entry())
    pk = made.json()["id"]
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/stock-entries/{pk}/")
    read = door.get(f"{PATH}{pk}/")
    assert read.json() == made.json()
    assert "no-store" in read["Cache-Control"]
    changed = door.patch(f"{PATH}{pk}/", entry(reason="counted"), **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["reason"], changed.json()["version"]) == (200, "counted", 2)
    posted = door.post(f"{PATH}{pk}/post/")
    assert (posted.status_code, posted.json()["state"]) == (200, "posted")
    found = door.get(f"{PATH}?state=posted&warehouse=MAIN&search=count&sort=-document_date").json()
    assert [row["id"] for row in found["results"]] == [pk]
    assert door.get("stock/balances/?item=BOLT").json()["results"][0]["on_hand"] == "10"
    assert door.get("stock/moves/?origin_number=" + posted.json()["number"]).json()["results"][0]["value"] == "25.00"


def test_the_books_can_be_read(door: Door) -> None:
    pk = written(door)["id"]
    door.post(f"{PATH}{pk}/post/")
    voucher = door.get("vouchers/").json()["results"][0]
    lines = door.get(f"vouchers/{voucher['id']}/").json()["lines"]
    assert [(line["debit"], line["credit"]) for line in lines] == [("25.00", "0.00"), ("0.00", "25.00")]
    balance = door.get("trial-balance/?period=2026-03").json()
    assert balance["debit"] == balance["credit"] == "25.00"
    assert ("140301", "25.00") in [(row["account"], row["closing"]) for row in balance["accounts"]]


def test_items_are_found_by_words_and_codes(door: Door) -> None:
    assert [item["code"] for item in door.get("items/?search=ls").json()["results"]] == ["BOLT"]
    assert door.get("items/?code=PLATE").json()["results"][0]["standard_cost"] == "30"


def test_who_may_not_see_costs_gets_none(factory: Factory) -> None:
    keeper = door_for(factory, rights=["view_stockmove", "view_item", "view_stockentry", "add_stockentry", "post_stockentry"])
    pk = written(keeper)["id"]
    answer = keeper.post(f"{PATH}{pk}/post/").json()
    assert "unit_cost" not in answer["lines"][0]
    assert "value" not in keeper.get("stock/moves/").json()["results"][0]
    assert "standard_cost" not in keeper.get("items/").json()["results"][0]


# ---- malformed --------------------------------------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000
BODIES = {
    "F135 depth 100,000": (DEEP, "too_deep"),
    "F135 depth 900": ('{"a":' * 900 + "1" + "}" * 900, "too_deep"),
    "depth 21": ("[" * 21 + "1" + "]" * 21, "too_deep"),
    "F139 list for object": ("[]", "type"),
    "F139 text for object": ('"x"', "type"),
    "F139 number for object": ("1", "type"),
    "null for object": ("null", "type"),
    "not JSON": ("{", "invalid_json"),
    "two values": ("{} {}", "invalid_json"),
    "no UTF-8": (b'{"reason": "\xff\xfe"}', "invalid_json"),
    "UTF-16": ("{}".encode("utf-16"), "invalid_json"),
    "half a character": ('{"reason": "\\ud800"}', "invalid_text"),
    "byte order mark": ("\ufeff{}", "invalid_json"),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_none(door: Door, body: str | bytes, code: str) -> None:
    before = row_counts()
    answer = door.post(PATH, body)
    assert (answer.status_code, codes(answer)) == (400, {"": code})
    assert row_counts() == before


def test_a_key_that_is_there_twice(door: Door) -> None:
    before = row_counts()
    answer = door.post(PATH, '{"reason": "a", "reason": "b"}')
    assert (answer.status_code, codes(answer)) == (400, {"reason": "duplicate_key"})
    assert row_counts() == before


def test_an_empty_body_names_what_is_missing(door: Door) -> None:
    answer = door.post(PATH, "")
    assert answer.status_code == 400
    assert codes(answer)["lines"] == "required"


UNKNOWN = {
    "F137 head": ({"is_superuser": True}, "is_superuser"),
    "state (D71)": ({"state": "posted"}, "state"),
    "company (F121)": ({"company": 2}, "company"),
    "line": ({"line": {"value": "5"}}, "lines[0].value"),
}


@pytest.mark.parametrize(("more", "field"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_field_that_is_none(door: Door, more: dict[str, Any], field: str) -> None:
    before = row_counts()
    answer = door.post(PATH, entry(**more))
    assert (answer.status_code, codes(answer)) == (400, {field: "unknown_field"})
    assert row_counts() == before


TYPES = [
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/json; charset=utf-7",
]


@pytest.mark.parametrize("content_type", TYPES)
def test_f141_another_content_type(door: Door, content_type: str) -> None:
    before = row_counts()
    answer = door.post(PATH, json.dumps(entry()), content_type=content_type)
    assert answer.status_code == 415
    assert row_counts() == before


def test_a_body_that_is_too_large(door: Door) -> None:
    before = row_counts()
    answer = door.post(PATH, '{"reason": "' + "x" * 2_700_000 + '"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert row_counts() == before


PAGES = {
    "F129 10^30": ("page=1" + "0" * 30, 400),
    "F129 -1": ("page=-1", 400),
    "F129 abc": ("page=abc", 400),
    "F129 5,000 digits": ("page=" + "9" * 5000, 400),
    "full-width": ("page=１", 400),
    "zero": ("page=0", 400),
    "none such": ("page=7", 404),
    "size 1e9": ("page_size=1e9", 400),
    "size 201": ("page_size=201", 400),
    "size 0": ("page_size=0", 400),
    "underscore": ("page_size=1_0", 400),
}


@pytest.mark.parametrize(("query", "status"), PAGES.values(), ids=PAGES)
def test_a_page_that_is_none(door: Door, query: str, status: int) -> None:
    assert door.get(f"{PATH}?{query}").status_code == status


FILTERS = {
    "F133 password": "created_by__password__startswith=p",
    "connector": "_connector=OR",
    "lookup": "number__startswith=S",
    "F121 company": "company=2",
    "id": "id=1",
    "no such state": "state=lost",
    "twice": "state=draft&state=posted",
    "not a day": "date_from=10.03.2026",
    "full-width day": "date_from=２０２６-０３-０１",
    "sort by password": "sort=created_by__password",
    "sort at random": "sort=?",
    "NUL": "number=%00",
    "NUL in words": "search=a%00b",
}


@pytest.mark.parametrize("query", FILTERS.values(), ids=FILTERS)
def test_a_filter_that_is_none(door: Door, query: str) -> None:
    written(door)
    answer = door.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert "results" not in answer.json()


IDS = ["1" + "0" * 30, "１", "0", "-1", "abc", "1.0", "1e3", "%00"]


@pytest.mark.parametrize("pk", IDS)
def test_f131_an_id_that_is_none(door: Door, pk: str) -> None:
    answer = door.get(f"{PATH}{pk}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_f119_nothing_changes_by_get(door: Door) -> None:
    pk = written(door)["id"]
    before = row_counts()
    answer = door.get(f"{PATH}{pk}/post/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert StockEntry.objects.get(pk=pk).state == "draft"
    assert row_counts() == before


@pytest.mark.parametrize("method", ["put", "delete", "options", "trace"])
def test_methods_that_are_not_offered(door: Door, method: str) -> None:
    assert getattr(door.client, method)(f"/api/v1/{PATH}", headers=door.headers).status_code == 405


def test_f143_another_host(door: Door) -> None:
    assert door.get(PATH, Host="evil.example").status_code == 400


# ---- somebody else's --------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(db: None) -> Door:
    """A machine of another company with every right there."""
    return door_for(build_factory("OTHER"))


def test_another_company_does_not_exist(door: Door, stranger: Door) -> None:
    pk = written(door)["id"]
    before = row_counts()
    for answer in (
        stranger.get(f"{PATH}{pk}/"),
        stranger.patch(f"{PATH}{pk}/", entry(), **{"If-Match": '"1"'}),
        stranger.post(f"{PATH}{pk}/post/"),
        stranger.post(f"{PATH}{pk}/cancel/", {"reason": "x"}),
        stranger.get("vouchers/1/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert stranger.get(PATH).json()["count"] == 0
    assert row_counts() == before


def test_who_has_no_right_is_told_which(factory: Factory) -> None:
    reader = door_for(factory, rights=["view_stockentry"])
    pk = written(door_for(factory, factory.ada))["id"]
    before = row_counts()
    for answer in (reader.post(PATH, entry()), reader.post(f"{PATH}{pk}/post/"), reader.get("trial-balance/?period=2026-03")):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert row_counts() == before


def test_a_session_needs_its_csrf_token(factory: Factory) -> None:
    give(factory.nora, factory.company, ["view_stockentry", "add_stockentry"])
    door = Door()
    door.client.handler.enforce_csrf_checks = True
    door.client.force_login(factory.nora, backend="django.contrib.auth.backends.ModelBackend")
    before = row_counts()
    assert door.get(PATH).status_code == 200
    assert door.post(PATH, entry()).status_code == 403
    assert row_counts() == before


# ---- repeated ---------------------------------------------------------------------------------------------------------

KEY = {"Idempotency-Key": "order-4711"}


def test_f123_a_replay_gets_the_first_answer(door: Door) -> None:
    first = door.post(PATH, entry(), **KEY)
    before = row_counts()
    again = door.post(PATH, entry(), **KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert again["Location"] == first["Location"]
    assert row_counts() == before


def test_f123_a_replayed_action_has_one_effect(door: Door) -> None:
    pk = written(door)["id"]
    first = door.post(f"{PATH}{pk}/post/", **KEY)
    again = door.post(f"{PATH}{pk}/post/", **KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert StockMove.objects.count() == 1
    without_key = door.post(f"{PATH}{pk}/post/")
    assert (without_key.status_code, without_key.json()["code"]) == (409, "already_posted")


def test_another_body_under_the_same_key(door: Door) -> None:
    door.post(PATH, entry(), **KEY)
    before = row_counts()
    answer = door.post(PATH, entry(reason="else"), **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert row_counts() == before


def test_f127_the_same_key_of_another_token_is_another_key(door: Door, factory: Factory) -> None:
    door.post(PATH, entry(), **KEY)
    other = door_for(factory, factory.ada)
    assert "Idempotency-Replayed" not in other.post(PATH, entry(), **KEY)
    assert StockEntry.objects.count() == 2


def test_a_refused_request_may_be_sent_again_under_its_key(door: Door) -> None:
    assert door.post(PATH, entry(line={"item": "NUT"}), **KEY).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert door.post(PATH, entry(), **KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 101, "a b"], ids=["empty", "long", "blank"])
def test_a_key_that_is_none(door: Door, key: str) -> None:
    before = row_counts()
    assert door.post(PATH, entry(), **{"Idempotency-Key": key}).status_code == 400
    assert row_counts() == before


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_document(on_postgres: None) -> None:
    door = door_for(build_factory())
    answers: list[tuple[int, str]] = []
    start = threading.Barrier(20)

    def send() -> None:
        start.wait()
        try:
            answer = Door(**door.headers).post(PATH, entry(), **KEY)
            answers.append((answer.status_code, answer.json().get("number", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert StockEntry.objects.count() == 1
    assert answers == [(201, StockEntry.objects.get().number)] * 20


def test_a_change_says_which_version_it_is_about(door: Door) -> None:
    pk = written(door)["id"]
    before = row_counts()
    assert door.patch(f"{PATH}{pk}/", entry()).status_code == 428
    assert door.patch(f"{PATH}{pk}/", entry(), **{"If-Match": "new"}).status_code == 400
    stale = door.patch(f"{PATH}{pk}/", entry(reason="b"), **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")
    assert row_counts() == before


def test_an_action_that_says_what_was_read_applies_to_that_only(door: Door) -> None:
    pk = written(door)["id"]
    before = row_counts()
    stale = door.post(f"{PATH}{pk}/post/", **{"If-Match": '"77"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")
    assert door.post(f"{PATH}{pk}/post/", **{"If-Match": "new"}).status_code == 400
    assert row_counts() == before
    assert door.post(f"{PATH}{pk}/post/", **{"If-Match": '"1"'}).json()["state"] == "posted"


# ---- too many ---------------------------------------------------------------------------------------------------------


def test_f147_a_token_that_asks_too_often_waits_and_others_do_not(door: Door, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.api.throttles import TokenRateThrottle

    monkeypatch.setattr(TokenRateThrottle, "THROTTLE_RATES", {"token": "3/min"})
    answers = [door.get(PATH) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) > 0
    assert door_for(factory, factory.ada).get(PATH).status_code == 200


# ---- tokens -----------------------------------------------------------------------------------------------------------


def only_token() -> ApiToken:
    return ApiToken.objects.get()


def refused_token(door: Door) -> None:
    before = row_counts()
    answer = door.post(PATH, entry())
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert row_counts() == before


def test_f115_an_expired_token(door: Door) -> None:
    token = only_token()
    ApiToken.objects.update(expires_at=token.created_at)
    refused_token(door)


def test_f115_a_revoked_token(door: Door) -> None:
    ApiToken.objects.update(revoked_at=only_token().created_at)
    refused_token(door)


def test_f115_the_token_of_somebody_who_is_gone(door: Door, factory: Factory) -> None:
    User.objects.filter(pk=factory.nora.pk).update(is_active=False)
    refused_token(door)


def test_the_token_of_somebody_who_works_here_no_more(door: Door, factory: Factory) -> None:
    Membership.objects.filter(user=factory.nora).update(is_active=False)
    refused_token(door)


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Bearer bhn_x y", "Bearer " + "x" * 5000, "Basic bm9yYTp4", "bhn_x", "Bearer ü"])
def test_no_token_at_all(header: str, db: None) -> None:
    refused_token(Door(Authorization=header))


def test_f117_a_token_in_the_address_is_not_read(door: Door) -> None:
    plain = door.headers["Authorization"].split()[1]
    anonymous = Door()
    for name in ("token", "access_token", "authorization", "api_key"):
        assert anonymous.client.get(f"/api/v1/{PATH}?{name}={plain}").status_code == 401


def test_the_plain_token_is_kept_nowhere(door: Door) -> None:
    plain = door.headers["Authorization"].split()[1]
    token = only_token()
    assert plain not in {token.digest, token.name, token.prefix} and plain.startswith(token.prefix)
    assert len(plain) > 40


def test_scopes_narrow_what_the_person_may(factory: Factory) -> None:
    reader = door_for(factory, scopes=["inventory.read"])
    assert reader.get(PATH).status_code == 200
    assert reader.get("vouchers/").status_code == 403
    before = row_counts()
    assert reader.post(PATH, entry()).status_code == 403
    assert row_counts() == before


def test_p18_no_token_approves_whatever_its_person_may(factory: Factory) -> None:
    seller = door_for(factory)
    User.objects.filter(pk=factory.nora.pk).update(is_superuser=True)
    order = seller.post(
        "sales-orders/",
        {
            "customer": "C1",
            "document_date": "2026-03-10",
            "due_date": "2026-03-20",
            "warehouse": "MAIN",
            "lines": [{"item": "FRAME", "quantity": "1", "unit_price": "100"}],
        },
    )
    assert order.status_code == 201, order.content
    before = row_counts()
    answer = seller.post(f"sales-orders/{order.json()['id']}/approve/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_by_token")
    assert row_counts() == before


# ---- the answer to everything else ------------------------------------------------------------------------------------


def test_an_address_that_is_none(door: Door) -> None:
    for path in ("", "nothing/", "stock-entries", "users/", "stock-entries/1/explode/"):
        answer = door.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_what_nobody_foresaw_is_told_without_its_inside(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.api import documents

    def break_down(*_args: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(documents, "ordered", break_down)
    answer = door.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"secret" not in answer.content


@override_settings(LANGUAGE_CODE="zh-hans")
def test_a_refusal_speaks_the_language_asked_for(door: Door) -> None:
    assert door.get(f"{PATH}?page=9", **{"Accept-Language": "en"}).json()["detail"].startswith("This does not exist")


def test_whoever_guesses_tokens_is_slowed_down(factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenRateThrottle, "THROTTLE_RATES", {"token": "3/min"})
    guesser = Door(Authorization="Bearer bhn_guess")
    answers = [guesser.get("items/") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].has_header("Retry-After")


def test_what_is_hidden_can_be_neither_sorted_nor_filtered_by(factory: Factory) -> None:
    keeper = door_for(factory, rights=["view_salesorder"])
    answer = keeper.get("sales-orders/?sort=gross_amount")
    assert (answer.status_code, codes(answer)) == (400, {"sort": "unknown_sort"})
    assert door_for(factory, rights=["view_salesorder", "see_prices"]).get("sales-orders/?sort=gross_amount").status_code == 200

"""The same five questions at the pages of every kind of document: works / wrong method / stranger / twice / refused and nothing changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.documents import Action, DocumentType
from core.errors import InvalidInputs
from core.inputs import validated
from core.models import AuditEntry, Job, Membership, State
from erp.documents import DOCUMENT_TYPES
from production.inputs import MaterialReturnInput
from production.models import MaterialReturn
from tests.factory import build_factory
from tests.proof import stories
from tests.proof.house import House
from tests.proof.stories import STORIES
from tests.web.browsing import at_page, form_of, row_counts, shows

DRAFTS: dict[str, Callable[[House], Any]] = {
    **stories._DRAFTS,
    "sales_order": stories.sales_draft,
    "requisition": stories.requisition,
    "purchase_order": stories.purchase_draft,
    "work_order": stories.work_order,
    "inspection": stories.incoming_inspection,
}
KINDS = {kind.kind: kind for kind in DOCUMENT_TYPES}
MADE_BY_HAND = [kind for kind in DOCUMENT_TYPES if kind.draft and kind.input]
EDITABLE = [kind for kind in DOCUMENT_TYPES if kind.edit and kind.input]
ACTIONS = [case for case in STORIES if case[0] in KINDS]


def named(kind: DocumentType) -> str:
    return kind.kind


def action_of(case: tuple[str, str, str]) -> tuple[DocumentType, Action]:
    kind = KINDS[case[0]]
    return kind, next(action for action in kind.actions if action.name == case[1])


# ---- reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DOCUMENT_TYPES, ids=named)
def test_list_detail_print_and_export_show_the_document(kind: DocumentType, house: House, ada: Any) -> None:
    document = DRAFTS[kind.kind](house)
    for name, args in (("list", []), ("detail", [document.pk]), ("print", [document.pk]), ("related", [document.pk])):
        answer = ada.get(reverse(f"{kind.kind}-{name}", args=args))
        assert answer.status_code == 200, name
        assert shows(answer, document.number), name
    assert ada.get(reverse(f"{kind.kind}-export")).content[:2] == b"PK"
    assert ada.get(reverse("document-by-number", args=[kind.kind, document.number])).url == reverse(
        f"{kind.kind}-detail", args=[document.pk]
    )


@pytest.mark.parametrize("kind", DOCUMENT_TYPES, ids=named)
def test_a_stranger_finds_nothing(kind: DocumentType, house: House, stranger: Any) -> None:
    document = DRAFTS[kind.kind](house)
    names = ["detail", "print", "related", *(["edit"] if kind.edit else [])]
    addresses = [reverse(f"{kind.kind}-{name}", args=[document.pk]) for name in names]
    addresses.append(reverse("document-by-number", args=[kind.kind, document.number]))
    assert [stranger.get(address).status_code for address in addresses] == [404] * len(addresses)
    assert not shows(stranger.get(reverse(f"{kind.kind}-list")), document.number)
    before = row_counts()
    posts = [reverse(f"{kind.kind}-{action.name}", args=[document.pk]) for action in kind.actions]
    assert {stranger.post(address, {"reason": "mine"}).status_code for address in posts} == {404}
    assert row_counts() == before


@pytest.mark.parametrize("kind", DOCUMENT_TYPES, ids=named)
def test_whoever_lacks_the_right_is_refused(kind: DocumentType, house: House) -> None:
    document = DRAFTS[kind.kind](house)
    nobody = at_page(house.factory.ada, house.factory.company, rights=[])
    addresses = [reverse(f"{kind.kind}-list"), reverse(f"{kind.kind}-detail", args=[document.pk])]
    assert [nobody.get(address).status_code for address in addresses] == [403, 403]
    before = row_counts()
    for action in kind.actions:
        assert nobody.post(reverse(f"{kind.kind}-{action.name}", args=[document.pk])).status_code == 403
    assert row_counts() == before


@pytest.mark.parametrize("kind", DOCUMENT_TYPES, ids=named)
def test_wrong_methods_are_refused(kind: DocumentType, house: House, ada: Any) -> None:
    document = DRAFTS[kind.kind](house)
    assert ada.post(reverse(f"{kind.kind}-list")).status_code == 405
    assert ada.get(reverse(f"{kind.kind}-chosen")).status_code == 405
    for action in kind.actions:
        if not action.input:
            assert ada.get(reverse(f"{kind.kind}-{action.name}", args=[document.pk])).status_code == 405
    document.refresh_from_db()
    assert document.state == State.DRAFT


@pytest.mark.parametrize("kind", DOCUMENT_TYPES, ids=named)
def test_a_list_costs_the_same_however_long_it_is(kind: DocumentType, house: House, ada: Any) -> None:
    document = DRAFTS[kind.kind](house)
    address = reverse(f"{kind.kind}-list")
    ada.get(address)
    with CaptureQueriesContext(connection) as with_one:
        ada.get(address)
    for serial in range(2, 12):
        document.pk, document.number = None, f"X-{serial}"
        if hasattr(document, "invoice_number"):
            document.invoice_number = f"X-{serial}"
        document._state.adding = True
        document.save()
    with CaptureQueriesContext(connection) as with_many:
        assert shows(ada.get(address), "X-11")
    assert len(with_many) == len(with_one)


# ---- making and changing --------------------------------------------------------------------------------------------------


def filled_form(kind: DocumentType, house: House, client: Any) -> dict[str, Any]:
    """A form filled like one of the stories' drafts: the copy of it, to be saved as a new document."""
    document = DRAFTS[kind.kind](house)
    data = form_of(client.get(f"{reverse(f'{kind.kind}-new')}?copy={document.pk}")).data(document_date="2026-03-10")
    if "invoice_number" in data:
        data["invoice_number"] = "FP-2"
        document.state = State.CANCELLED
        document.save()
    return data


@pytest.mark.parametrize("kind", MADE_BY_HAND, ids=named)
def test_a_form_makes_a_draft_like_the_one_it_was_copied_from(kind: DocumentType, house: House, ada: Any) -> None:
    data = filled_form(kind, house, ada)
    original: Any = kind.model._default_manager.order_by("-id").first()
    answer = ada.post(reverse(f"{kind.kind}-new"), data)
    made: Any = kind.model._default_manager.order_by("-id").first()
    assert answer.status_code == 302, answer.content.decode()[:20000]
    assert answer.url == reverse(f"{kind.kind}-detail", args=[made.pk])
    assert (made.state, made.created_by) == (State.DRAFT, house.factory.ada)
    if hasattr(made, "lines"):
        assert made.lines.count() == original.lines.count()
    assert AuditEntry.objects.filter(action="create", object_id=made.pk, user=house.factory.ada).exists()


@pytest.mark.parametrize("kind", MADE_BY_HAND, ids=named)
def test_a_double_click_makes_one_document(kind: DocumentType, house: House, ada: Any) -> None:
    data = filled_form(kind, house, ada)
    first = ada.post(reverse(f"{kind.kind}-new"), data)
    count = kind.model._default_manager.count()
    second = ada.post(reverse(f"{kind.kind}-new"), data)
    assert (first.status_code, second.status_code, second.url) == (302, 302, first.url)
    assert kind.model._default_manager.count() == count


@pytest.mark.parametrize("kind", MADE_BY_HAND, ids=named)
def test_a_refused_form_keeps_what_was_typed_and_writes_nothing(kind: DocumentType, house: House, ada: Any) -> None:
    data = filled_form(kind, house, ada)
    wrong = next(name for name in data if name.endswith("quantity") or name.endswith("amount") or name == "good" or name.endswith("good"))
    data |= {wrong: "12,5", "note": "keep me <b>", "document_date": "2026-02-30"}
    before = row_counts()
    answer = ada.post(reverse(f"{kind.kind}-new"), data)
    assert answer.status_code == 400
    assert row_counts() == before
    assert shows(answer, "keep me <b>")
    assert "<b>" not in answer.content.decode().split("keep me")[1][:10]
    assert 'value="12,5"' in answer.content.decode()
    assert shows(answer, "Use a point for decimals")
    assert shows(answer, "There is no such day.")


@pytest.mark.parametrize("kind", MADE_BY_HAND, ids=named)
def test_a_closed_period_is_refused_in_words(kind: DocumentType, house: House, ada: Any) -> None:
    data = filled_form(kind, house, ada) | {"document_date": "1999-01-01"}
    answer = ada.post(reverse(f"{kind.kind}-new"), data)
    assert answer.status_code == 400
    assert shows(answer, "The books of this company start on 2026-01-01.")


@pytest.mark.parametrize("kind", EDITABLE, ids=named)
def test_a_draft_is_changed(kind: DocumentType, house: House, ada: Any) -> None:
    document = DRAFTS[kind.kind](house)
    address = reverse(f"{kind.kind}-edit", args=[document.pk])
    answer = ada.post(address, form_of(ada.get(address)).data(note="changed by Ada"))
    assert answer.status_code == 302, answer.content.decode()[:20000]
    document.refresh_from_db()
    assert (document.note, document.version, document.updated_by) == ("changed by Ada", 2, house.factory.ada)


@pytest.mark.parametrize("kind", EDITABLE, ids=named)
def test_of_two_tabs_the_second_sees_what_the_first_has_changed(kind: DocumentType, house: House, ada: Any) -> None:
    document = DRAFTS[kind.kind](house)
    address = reverse(f"{kind.kind}-edit", args=[document.pk])
    opened = form_of(ada.get(address))
    ada.post(address, opened.data(note="first tab"))
    answer = ada.post(address, opened.data(note="second tab"))
    assert answer.status_code == 409
    assert shows(answer, "was changed by") and shows(answer, "first tab") and shows(answer, "second tab")
    document.refresh_from_db()
    assert document.note == "first tab"
    # Having compared, the second tab saves again – on top of what it has seen.
    assert ada.post(address, form_of(answer).data()).status_code == 302
    document.refresh_from_db()
    assert document.note == "second tab"


# ---- doing --------------------------------------------------------------------------------------------------------------


def sent(case: tuple[str, str, str], house: House, client: Any, document: Any) -> dict[str, Any]:
    """What the button or the form of an action sends."""
    kind, action = action_of(case)
    if action.input is None:
        page = client.get(reverse(f"{kind.kind}-detail", args=[document.pk]))
        assert shows(page, reverse(f"{kind.kind}-{action.name}", args=[document.pk])), "the button is there"
        return {
            "version": document.version,
            "idempotency_key": page.context["key"],
            **({"reason": "because"} if action.wants_reason else {}),
        }
    data = STORIES[case][1] | ({"warehouse": "MAIN", "document_date": "2026-03-10"} if action.name == "order" else {})
    page = client.get(reverse(f"{kind.kind}-{action.name}", args=[document.pk]))
    assert page.status_code == 200
    return form_of(page).data(
        **{name: str(value) for name, value in data.items()}, **({"reason": "because"} if action.wants_reason else {})
    )


@pytest.mark.parametrize("case", ACTIONS, ids="-".join)
def test_each_action_works_once_and_only_once(case: tuple[str, str, str], house: House, ada: Any) -> None:
    kind, action = action_of(case)
    document = STORIES[case][0](house)
    document.refresh_from_db()
    data = sent(case, house, ada, document)
    address = reverse(f"{kind.kind}-{action.name}", args=[document.pk])

    first = ada.post(address, data)
    assert first.status_code == 302, first.content.decode()[:20000]
    after = row_counts()
    assert AuditEntry.objects.filter(object_id=document.pk, kind=document._meta.label_lower, user=house.factory.ada).exists()

    second = ada.post(address, data)
    assert (second.status_code, second.url) == (302, first.url)
    assert row_counts() == after
    # A third click from an old page, without the key: refused in words, on the page of the document.
    third = ada.post(address, {name: value for name, value in data.items() if name not in ("idempotency_key", "version")})
    assert third.status_code == 409
    assert row_counts() == after


@pytest.mark.parametrize("case", [case for case in ACTIONS if action_of(case)[1].wants_reason], ids="-".join)
def test_what_wants_a_reason_is_not_done_without(case: tuple[str, str, str], house: House, ada: Any) -> None:
    kind, action = action_of(case)
    document = STORIES[case][0](house)
    before = row_counts()
    answer = ada.post(reverse(f"{kind.kind}-{action.name}", args=[document.pk]), {"reason": "  "})
    assert answer.status_code == 400
    assert shows(answer, "Say why in a few words.")
    assert row_counts() == before


@pytest.mark.parametrize("case", ACTIONS, ids="-".join)
def test_what_was_changed_since_it_was_read_is_not_approved(case: tuple[str, str, str], house: House, ada: Any) -> None:
    kind, action = action_of(case)
    document = STORIES[case][0](house)
    data = sent(case, house, ada, document) | {"version": 77}
    before = row_counts()
    answer = ada.post(reverse(f"{kind.kind}-{action.name}", args=[document.pk]), data)
    assert answer.status_code == 409
    assert shows(answer, "while you were editing it")
    assert row_counts() == before


def test_who_made_an_order_sees_why_it_can_not_be_approved(house: House) -> None:
    order = stories.sales_draft(house)
    nora = at_page(house.factory.nora, house.factory.company)
    page = nora.get(reverse("sales_order-detail", args=[order.pk]))
    assert shows(page, "somebody else than its maker has to do it")
    answer = nora.post(reverse("sales_order-approve", args=[order.pk]))
    assert answer.status_code == 403
    assert shows(answer, "somebody else has to approve it")


def test_many_chosen_drafts_are_approved_and_the_refused_one_is_named(house: House, ada: Any) -> None:
    orders = [stories.sales_draft(house) for _ in range(3)]
    mine = orders[2]
    mine.created_by = house.factory.ada
    mine.save()
    answer = ada.post(reverse("sales_order-chosen"), {"action": "approve", "ids": [order.pk for order in orders]}, follow=True)
    assert shows(answer, "Approve: 2 documents done.")
    assert shows(answer, f"{mine.number}: {mine.number} was made by you")
    assert [type(order).objects.get(pk=order.pk).state for order in orders] == ["approved", "approved", "draft"]


def test_after_acting_on_many_the_list_is_filtered_as_before(house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    sent = {"action": "approve", "ids": [order.pk], "back": "?state=draft"}
    answer = ada.post(reverse("sales_order-chosen"), sent)
    assert (answer.status_code, answer.url) == (302, reverse("sales_order-list") + "?state=draft")
    elsewhere = ada.post(reverse("sales_order-chosen"), sent | {"back": "https://evil.example/"})
    assert elsewhere.url == reverse("sales_order-list")


def test_a_member_of_two_companies_sees_the_one_chosen(house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    other = build_factory("OTHER")
    Membership.objects.create(user=house.factory.ada, company=other.company)
    give_all = at_page(house.factory.ada, other.company)
    give_all.post(reverse("choose-company"), {"company": other.company.pk})
    assert give_all.get(reverse("sales_order-detail", args=[order.pk])).status_code == 404


# ---- what is hidden stays hidden ------------------------------------------------------------------------------------------


def test_paper_shows_the_amount_to_who_may_see_prices(house: House) -> None:
    order = stories.sales_draft(house)
    address = reverse("sales_order-print", args=[order.pk])
    seller = at_page(house.factory.ada, house.factory.company, rights=["view_salesorder"])
    assert not shows(seller.get(address), "Amount in words")
    boss = at_page(house.factory.ada, house.factory.company, rights=["view_salesorder", "see_prices"])
    assert shows(boss.get(address), "Amount in words")


def costs_in(answer: Any) -> list[str]:
    """The costs in the lines of a form, the empty lines left out."""
    return [value for name, values in form_of(answer).fields.items() if name.endswith("unit_cost") for value in values if value]


def test_a_copy_shows_no_more_than_the_document(house: House) -> None:
    entry = DRAFTS["stock_entry"](house)
    address = f"{reverse('stock_entry-new')}?copy={entry.pk}"
    adder = at_page(house.factory.ada, house.factory.company, rights=["add_stockentry"])
    assert adder.get(address).status_code == 403
    keeper = at_page(house.factory.ada, house.factory.company, rights=["add_stockentry", "view_stockentry"])
    assert costs_in(keeper.get(address)) == []
    boss = at_page(house.factory.ada, house.factory.company, rights=["view_cost"])
    assert costs_in(boss.get(address)) != []


def test_looking_up_an_item_tells_its_price_to_who_may_see_prices(house: House) -> None:
    item = house.factory.bolt
    item.list_price = 7
    item.save()
    address = f"{reverse('lookup-items')}?q={item.code}"
    keeper = at_page(house.factory.ada, house.factory.company, rights=[])
    assert "unit_price" not in keeper.get(address).json()["results"][0]["fill"]
    seller = at_page(house.factory.ada, house.factory.company, rights=["see_prices"])
    assert seller.get(address).json()["results"][0]["fill"]["unit_price"] == "7"


# ---- bad input, busy databases, other tabs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/documents/sales_order/a%00b/",
        "/sales/shipments/new/?order=a%00",
        "/purchasing/orders/new/?requisition=%00",
        "/finance/supplier-invoices/new/?supplier=%00",
        "/finance/customer-receipts/new/?customer=a%00",
    ],
)
def test_an_address_with_a_null_in_it_names_nothing(address: str, house: House, ada: Any) -> None:
    assert ada.get(address).status_code in (200, 404)


@pytest.mark.parametrize("reason", ["a\x00b", "a\u202eb", "x" * 501], ids=["null", "direction", "long"])
def test_a_reason_is_a_text_like_any_other(reason: str, house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    before = row_counts()
    answer = ada.post(reverse("sales_order-cancel", args=[order.pk]), {"reason": reason})
    assert answer.status_code == 400
    assert row_counts() == before


def test_a_draft_that_was_approved_meanwhile_keeps_what_was_typed(house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    address = reverse("sales_order-edit", args=[order.pk])
    opened = form_of(ada.get(address))
    ada.post(reverse("sales_order-approve", args=[order.pk]))
    answer = ada.post(address, opened.data(note="typed in vain"))
    assert answer.status_code == 409
    assert shows(answer, "typed in vain") and shows(answer, "this needs Draft")


def test_a_form_of_another_company_makes_nothing_in_this_one(house: House, ada: Any) -> None:
    sent = filled_form(KINDS["sales_order"], house, ada) | {"note": "for Acme"}
    other = build_factory("OTHER")
    Membership.objects.create(user=house.factory.ada, company=other.company)
    both = at_page(house.factory.ada, other.company)
    both.post(reverse("choose-company"), {"company": other.company.pk})
    before = row_counts()
    answer = both.post(reverse("sales_order-new"), sent)
    assert answer.status_code == 409
    assert shows(answer, "This form was opened in") and shows(answer, "for Acme")
    assert form_of(answer).fields["for_company"] == [str(house.factory.company.pk)]
    assert row_counts() == before
    both.post(reverse("choose-company"), {"company": house.factory.company.pk})
    assert both.post(reverse("sales_order-new"), form_of(answer).data()).status_code == 302


def test_a_draft_of_another_company_is_kept_until_one_has_changed_back(house: House, ada: Any) -> None:
    order = stories.sales_draft(house)
    address = reverse("sales_order-edit", args=[order.pk])
    sent = form_of(ada.get(address)).data(note="for Acme")
    other = build_factory("OTHER").company
    Membership.objects.create(user=house.factory.ada, company=other)
    both = at_page(house.factory.ada, other)
    both.post(reverse("choose-company"), {"company": other.pk})
    answer = both.post(address, sent)
    assert answer.status_code == 409
    assert shows(answer, "This form was opened in")
    both.post(reverse("choose-company"), {"company": house.factory.company.pk})
    assert both.post(address, form_of(answer).data()).status_code == 302
    order.refresh_from_db()
    assert order.note == "for Acme"


def return_form(house: House, client: Any) -> dict[str, Any]:
    """The form of a return as the order's page opens it: a line for each of both materials, how many is not said."""
    order = stories.running_order(house)
    data = form_of(client.get(f"{reverse('material_return-new')}?work_order={order.pk}")).data(document_date="2026-03-10")
    assert [data[f"lines[{index}]{name}"] for index in (0, 1) for name in ("material", "quantity")] == [["1"], [""], ["2"], [""]]
    return data


def test_of_the_materials_proposed_those_come_back_of_which_somebody_said_how_many(house: House, ada: Any) -> None:
    answer = ada.post(reverse("material_return-new"), return_form(house, ada) | {"lines[1]quantity": "1"})
    assert answer.status_code == 302, answer.content.decode()[:20000]
    assert list(MaterialReturn.objects.get().lines.values_list("material__line_no", "quantity")) == [(2, 1)]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "This list may not be empty."),
        ({"lines[0]note": "bent"}, "This field is needed."),
        ({"lines[1]note": "bent"}, "This field is needed."),
        ({"lines[1]quantity": "0"}, "Enter a number above zero."),
    ],
    ids=["nothing", "note", "note of the second", "none"],
)
def test_a_return_that_does_not_say_how_many_is_refused_and_shown_as_it_was(
    typed: dict[str, str], told: str, house: House, ada: Any
) -> None:
    data = return_form(house, ada) | typed
    before = row_counts()
    answer = ada.post(reverse("material_return-new"), data)
    assert answer.status_code == 400
    assert shows(answer, told)
    again = form_of(answer).fields
    assert sorted(again[f"lines[{index}]material"][0] for index in (0, 1)) == ["1", "2"]
    assert all([value] in again.values() for value in typed.values())
    assert row_counts() == before


def test_away_from_the_pages_every_line_of_a_return_counts(house: House) -> None:
    order = stories.running_order(house)
    lines = [{"material": 1, "quantity": ""}, {"material": 2, "quantity": "1"}]
    with pytest.raises(InvalidInputs) as refusal:
        validated(MaterialReturnInput, {"work_order": order.number, "document_date": "2026-03-10", "lines": lines}, company=order.company)
    assert [problem.field for problem in refusal.value.problems()] == ["lines[0].quantity"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError("canceling statement due to statement timeout"), 503), (IntegrityError("CHECK"), 409), (DataError("too long"), 400)],
    ids=["busy", "rule", "value"],
)
def test_what_the_database_refuses_is_told_in_words(
    error: Exception, status: int, house: House, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr("core.web.lists.page_of", refuse)
    answer = ada.get(reverse("sales_order-list"))
    assert answer.status_code == status
    assert answer.has_header("Retry-After") == (status == 503)


def test_an_amount_that_could_not_be_summed_is_refused(house: House, ada: Any) -> None:
    sent = filled_form(KINDS["sales_order"], house, ada)
    before = row_counts()
    sent |= {name: "1000000" for name, values in sent.items() if name.endswith(("quantity", "unit_price")) and any(values)}
    answer = ada.post(reverse("sales_order-new"), sent)
    assert answer.status_code == 400
    assert shows(answer, "This amount is too large.")
    assert row_counts() == before


def test_a_job_is_started_with_the_day_as_it_was_understood(house: House, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs._send", lambda _job_id: None)
    assert ada.post(reverse("job-start-mrp"), {"plan_date": "２０２６-０３-１０", "horizon_days": "６０"}).status_code == 302
    assert Job.objects.get().params == {"plan_date": "2026-03-10", "horizon_days": 60}

"""The administration: configuration of one's own company, with rules and history; what was posted is only shown."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from core.admin_base import ReadOnlyAdmin, keeps_history
from core.documents import document_types
from core.models import ApiToken, Company, Membership, User, Webhook
from erp.roles import set_up_roles
from finance.models import Account, VoucherLine
from inventory.models import Bin, StockMove, Warehouse
from masterdata.models import Item
from production.models import Bom
from tests.api.door import row_counts
from tests.factory import Factory, build_factory


@pytest.fixture
def ruth(factory: Factory) -> User:
    """The administrator of ACME: staff, with the role of the house, no superuser."""
    roles = {group.name: group for group in set_up_roles()}
    user = User.objects.create_user("ruth", is_staff=True, language="en")
    Membership.objects.create(user=user, company=factory.company).roles.add(roles["admin"])
    return user


@pytest.fixture
def desk(ruth: User) -> Client:
    """Ruth's browser."""
    client = Client()
    client.force_login(ruth, backend="django.contrib.auth.backends.ModelBackend")
    return client


def new_item(factory: Factory, **changes: Any) -> dict[str, Any]:
    common = {
        "name": "螺母",
        "name_en": "Nut",
        "category": factory.bolt.category_id,
        "unit": factory.bolt.unit_id,
        "supply_type": "purchased",
    }
    rest = {
        "lead_time_days": 3,
        "lot_sizing": "L4L",
        "lot_size": 0,
        "min_order_quantity": 0,
        "supply_period_days": 0,
        "safety_stock": "2.5",
    }
    return {"code": "NUT", **common, **rest, "reorder_point": 0, "standard_cost": "0.25", "list_price": 0, **changes}


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)  # type: ignore[attr-defined]


def test_an_item_is_added_to_one_s_own_company_and_its_history_is_kept(desk: Client, factory: Factory, ruth: User) -> None:
    assert desk.post("/admin/masterdata/item/add/", new_item(factory)).status_code == 302
    nut = Item.objects.get(code="NUT")
    assert (nut.company, nut.pinyin) == (factory.company, "lm")
    assert desk.post(f"/admin/masterdata/item/{nut.pk}/change/", new_item(factory, name_en="Hexagon nut")).status_code == 302
    assert [(row.name_en, row.history_user) for row in nut.history.order_by("history_id")] == [("Nut", ruth), ("Hexagon nut", ruth)]
    assert b"Hexagon nut" in desk.get(f"/admin/masterdata/item/{nut.pk}/history/").content


CODES = {
    "C47 the same": "BOLT",
    "C49 full-width": "ＢＯＬＴ",
    "C51 zero-width": "BO\u200bLT",
    "C53 blanks": " BOLT ",
    "C51 direction": "\u202eTLOB",
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_code_is_given_once(desk: Client, factory: Factory, code: str) -> None:
    before = row_counts()
    answer = desk.post("/admin/masterdata/item/add/", new_item(factory, code=code))
    assert answer.status_code == 200
    assert errors(answer)
    assert row_counts() == before


@pytest.mark.parametrize("value", ["NaN", "1e5", "1_000", "1,5", "-1", "0.123456789"])
def test_numbers_are_read_as_strictly_as_everywhere(desk: Client, factory: Factory, value: str) -> None:
    before = row_counts()
    assert desk.post("/admin/masterdata/item/add/", new_item(factory, standard_cost=value)).status_code == 200
    assert row_counts() == before


def test_nothing_of_another_company_can_be_chosen_or_opened(desk: Client, factory: Factory) -> None:
    other = build_factory("OTHER")
    answer = desk.post("/admin/masterdata/item/add/", new_item(factory, unit=other.bolt.unit_id))
    assert "unit" in errors(answer)
    assert desk.get(f"/admin/masterdata/item/{other.bolt.pk}/change/").status_code == 302
    assert desk.post("/admin/masterdata/item/add/", new_item(factory, company=other.company.pk, code="NUT2")).status_code == 302
    assert Item.objects.get(code="NUT2").company == factory.company


HISTORIES = [(model, shown) for model, shown in site._registry.items() if keeps_history(model)]


def test_the_history_of_another_company_can_not_be_read(desk: Client, factory: Factory) -> None:
    other = build_factory("OTHER")
    assert HISTORIES
    for model, shown in HISTORIES:
        theirs = model._default_manager.filter(**{shown.company_path: other.company}).first()
        if theirs is not None:
            theirs.save()
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{theirs.pk}/history/"
            version = theirs.history.first().pk
            assert [desk.get(base).status_code, desk.get(f"{base}{version}/").status_code] == [404, 404], base


def test_the_history_of_one_s_own_is_read(desk: Client, factory: Factory) -> None:
    factory.bolt.save()
    base = f"/admin/masterdata/item/{factory.bolt.pk}/history/"
    assert [desk.get(base).status_code, desk.get(f"{base}{factory.bolt.history.first().pk}/").status_code] == [200, 200]


def bom(item: Item, *components: tuple[Item, str]) -> dict[str, Any]:
    lines: dict[str, Any] = {"lines-TOTAL_FORMS": len(components), "lines-INITIAL_FORMS": 0}
    for index, (component, quantity) in enumerate(components):
        lines |= {f"lines-{index}-line_no": index + 1, f"lines-{index}-component": component.pk, f"lines-{index}-quantity": quantity}
        lines |= {f"lines-{index}-scrap_percent": "0"}
    return {"item": item.pk, "version": "1", "base_quantity": "1", "valid_from": "2026-01-01", "is_active": "on", **lines}


def test_a_bill_of_materials_is_saved_with_its_lines(desk: Client, factory: Factory) -> None:
    assert desk.post("/admin/production/bom/add/", bom(factory.frame, (factory.bolt, "4"), (factory.plate, "2"))).status_code == 302
    assert [(line.component, line.quantity) for line in Bom.objects.get().lines.all()] == [(factory.bolt, 4), (factory.plate, 2)]


def test_d81_d83_no_item_contains_itself(desk: Client, factory: Factory) -> None:
    desk.post("/admin/production/bom/add/", bom(factory.frame, (factory.plate, "2")))
    before = row_counts()
    for circle in (bom(factory.bolt, (factory.bolt, "1")), bom(factory.plate, (factory.frame, "1"))):
        answer = desk.post("/admin/production/bom/add/", circle)
        assert answer.status_code in (200, 400, 409)
        assert row_counts() == before


def test_a_warehouse_gets_bins_of_its_own_company(desk: Client, factory: Factory) -> None:
    lines = {"bins-TOTAL_FORMS": 1, "bins-INITIAL_FORMS": 0, "bins-0-code": "B-01"}
    answer = desk.post("/admin/inventory/warehouse/add/", {"code": "YARD", "name": "料场", **lines})
    assert answer.status_code == 302
    assert Bin.objects.get(code="B-01").company == factory.company == Warehouse.objects.get(code="YARD").company


def test_what_an_account_is_does_not_change(desk: Client, factory: Factory) -> None:
    cash = Account.objects.get(company=factory.company, code="1001")
    answer = desk.post(f"/admin/finance/account/{cash.pk}/change/", {"name": "现金", "name_en": "Cash", "code": "9999", "is_leaf": ""})
    assert answer.status_code == 302
    cash.refresh_from_db()
    assert (cash.name, cash.code, cash.is_leaf) == ("现金", "1001", True)


LEDGERS = [StockMove, VoucherLine, *(kind.model for kind in document_types().values())]


def test_documents_and_ledgers_are_only_shown() -> None:
    for model in LEDGERS:
        shown = site._registry.get(model)
        assert shown is None or isinstance(shown, ReadOnlyAdmin), model


def test_no_door_of_the_administration_writes_a_ledger(desk: Client, factory: Factory, ruth: User) -> None:
    User.objects.filter(pk=ruth.pk).update(is_superuser=True)
    before = row_counts()
    for model, shown in site._registry.items():
        if isinstance(shown, ReadOnlyAdmin):
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert desk.get(base).status_code == 200, base
            assert desk.get(f"{base}add/").status_code == 403, base
            assert desk.post(f"{base}add/", {}).status_code == 403, base
            assert desk.post(base, {"action": "delete_selected", "_selected_action": ["1"]}).status_code in (200, 302, 403), base
    assert row_counts() == before


def test_every_page_of_the_administration_opens(desk: Client, factory: Factory) -> None:
    for model in site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for address in (base, f"{base}add/", f"{base}?q=x"):
            assert desk.get(address).status_code in (200, 302, 403), address


def test_nobody_makes_themselves_more_than_they_are(desk: Client, ruth: User, factory: Factory) -> None:
    page = {"username": "ruth", "language": "en", "theme": "auto", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    desk.post(f"/admin/core/user/{ruth.pk}/change/", page)
    mine = Membership.objects.get(user=ruth)
    assert desk.post(f"/admin/core/membership/{mine.pk}/change/", {"roles": [], "is_active": "on"}).status_code == 403
    ruth.refresh_from_db()
    assert (ruth.is_superuser, mine.roles.count()) == (False, 1)


def test_a_superuser_and_people_of_other_companies_are_out_of_reach(desk: Client, factory: Factory) -> None:
    root = User.objects.create_superuser("root")
    elsewhere = build_factory("OTHER").nora
    for user in (root, elsewhere):
        assert desk.get(f"/admin/core/user/{user.pk}/password/").status_code in (302, 403, 404)
        desk.post(f"/admin/core/user/{user.pk}/password/", {"password1": "Xy-12345-zz", "password2": "Xy-12345-zz"})
        user.refresh_from_db()
        assert not user.check_password("Xy-12345-zz")


def token_form(user: User, scopes: str = '["read"]') -> dict[str, Any]:
    end = timezone.localtime() + dt.timedelta(days=9)
    return {"user": user.pk, "name": "MES", "scopes": scopes, "expires_at_0": f"{end:%Y-%m-%d}", "expires_at_1": "12:00:00"}


def test_p18_nobody_makes_a_token_that_acts_for_a_colleague_or_a_superuser(desk: Client, factory: Factory, ruth: User) -> None:
    factory.nora.set_password("nora-logs-in")
    factory.nora.save()
    root = User.objects.create_superuser("root")
    Membership.objects.create(user=root, company=factory.company)
    for user in (factory.nora, root, build_factory("OTHER").nora):
        assert "user" in errors(desk.post("/admin/core/apitoken/add/", token_form(user))), user
    assert not ApiToken.objects.exists()
    assert desk.post("/admin/core/apitoken/add/", token_form(ruth)).status_code == 302
    assert ApiToken.objects.get().user == ruth


@pytest.mark.parametrize("scopes", ["5", "[5]", '[["a"]]', "null", '"read"', "{}", "[]", '["everything"]'])
def test_scopes_that_are_none_are_named(desk: Client, factory: Factory, scopes: str) -> None:
    assert "scopes" in errors(desk.post("/admin/core/apitoken/add/", token_form(factory.nora, scopes)))
    assert not ApiToken.objects.exists()


def test_a_new_person_belongs_to_the_company_that_added_them(desk: Client, factory: Factory) -> None:
    sent = {"username": "pia", "password1": "Xy-12345-zz", "password2": "Xy-12345-zz", "usable_password": "true"}
    assert desk.post("/admin/core/user/add/", sent).status_code == 302
    assert Membership.objects.get(user__username="pia").company == factory.company


def test_people_without_a_company_and_of_others_are_nobody_s(desk: Client, factory: Factory) -> None:
    loose = User.objects.create_user("loose", "loose@example.com", "Old-pass-1")
    build_factory("OTHER")
    desk.post(f"/admin/core/user/{loose.pk}/password/", {"password1": "Xy-12345-zz", "password2": "Xy-12345-zz"})
    loose.refresh_from_db()
    assert loose.check_password("Old-pass-1")
    assert desk.post("/admin/core/membership/add/", {"user": loose.pk, "is_active": "on"}).status_code == 403
    offered = desk.get("/admin/core/apitoken/add/").context["adminform"].form.fields["user"].queryset
    assert {user.memberships.get().company for user in offered} == {factory.company}


def test_a_token_is_shown_once(desk: Client, factory: Factory) -> None:
    form = token_form(factory.nora)
    answer = desk.post("/admin/core/apitoken/add/", form, follow=True)
    token = ApiToken.objects.get()
    assert token.company == factory.company
    assert f"{token.prefix}".encode() in answer.content
    told = [str(message) for message in answer.context["messages"]]
    assert any(len(text) > 40 and token.prefix in text for text in told)
    desk.post("/admin/core/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None


@override_settings(WEBHOOK_HOSTS=["mes.example.com"])
def test_a_webhook_goes_to_allowed_hosts_only(desk: Client, factory: Factory) -> None:
    form = {"name": "MES", "kinds": "[]", "is_active": "on"}
    assert desk.post("/admin/core/webhook/add/", {**form, "url": "https://169.254.169.254/"}).status_code == 200
    assert not Webhook.objects.exists()
    assert desk.post("/admin/core/webhook/add/", {**form, "url": "https://mes.example.com/hook"}).status_code == 302
    assert Webhook.objects.get().company == factory.company


@override_settings(WEBHOOK_HOSTS=["mes.example.com"])
@pytest.mark.parametrize("kinds", ["5", "null", '"shipment.posted"', '{"a": 1}', "[1]", '[""]'])
def test_kinds_of_events_are_a_list_of_names(desk: Client, factory: Factory, kinds: str) -> None:
    form = {"name": "MES", "url": "https://mes.example.com/hook", "kinds": kinds, "is_active": "on"}
    assert "kinds" in errors(desk.post("/admin/core/webhook/add/", form))
    assert not Webhook.objects.exists()


def test_a_company_s_books_stay_what_they_are(desk: Client, factory: Factory) -> None:
    page = {"name": "艾克", "name_en": "Acme", "over_receipt_percent": 5, "start_date": "2020-01-01", "currency": "USD"}
    assert desk.post(f"/admin/core/company/{factory.company.pk}/change/", page).status_code == 302
    company = Company.objects.get(pk=factory.company.pk)
    assert (company.over_receipt_percent, company.currency, company.start_date) == (5, "CNY", factory.company.start_date)
    assert desk.get("/admin/core/company/add/").status_code == 403

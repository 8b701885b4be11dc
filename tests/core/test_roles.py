"""The roles of the house: every right exists, maker and checker are different people, and no token can do what a person has to."""

import pytest
from django.core.management import call_command

from core.api.tokens import passes
from core.documents import document_types
from erp.demo_logins import DEMO_LOGINS
from erp.roles import ROLES, rights_of, set_up_roles

MUST_NOT_MEET = [
    ("sales.add_salesorder", "sales.approve_salesorder"),
    ("purchasing.add_purchaseorder", "purchasing.approve_purchaseorder"),
    ("purchasing.add_purchaseorder", "purchasing.post_purchasereceipt"),
    ("purchasing.post_purchasereceipt", "finance.post_supplierinvoice"),
    ("masterdata.change_supplier", "finance.post_supplierpayment"),
    ("masterdata.add_supplier", "purchasing.approve_purchaseorder"),
    ("finance.add_supplierpayment", "finance.post_supplierpayment"),
    ("finance.close_period", "finance.reopen_period"),
    ("production.post_operationreport", "inventory.post_inspection"),
    ("production.change_bom", "production.post_materialissue"),
    ("masterdata.change_customer", "sales.approve_salesorder"),
]
"""RELIABILITY section 5: pairs that no one role may hold together."""


@pytest.mark.parametrize("pair", MUST_NOT_MEET, ids=lambda pair: " × ".join(pair))
@pytest.mark.parametrize("role", ROLES)
def test_duties_that_are_kept_apart(role: str, pair: tuple[str, str]) -> None:
    assert not set(pair) <= set(rights_of(role))


def test_an_administrator_of_people_posts_nothing() -> None:
    verbs = ("post_", "approve_", "review_", "release_", "close_", "reverse_")
    assert [right for right in rights_of("admin") if right.partition(".")[2].startswith(verbs)] == []


def test_every_right_exists_and_a_second_run_changes_nothing(db: None) -> None:
    first = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in set_up_roles()}
    call_command("set_up_roles", verbosity=0)
    assert {group.name: set(group.permissions.values_list("pk", flat=True)) for group in set_up_roles()} == first
    assert set(first) == set(ROLES)


def test_every_log_in_of_the_demo_has_its_role() -> None:
    assert {login.role for login in DEMO_LOGINS} <= set(ROLES)


def test_every_action_of_every_document_can_be_done_by_somebody() -> None:
    held = {right for role in ROLES for right in rights_of(role)}
    wanted = {action.permission for kind in document_types().values() for action in kind.actions}
    wanted |= {kind.permission("add") for kind in document_types().values() if kind.draft}
    assert sorted(wanted - held) == []


def test_p18_what_a_person_decides_is_closed_to_tokens() -> None:
    open_doors = [
        f"{kind.kind}.{action.name}"
        for kind in document_types().values()
        for action in kind.actions
        if action.name.startswith(("approve", "review")) and action.by_token
    ]
    assert open_doors == []


SCOPES = {
    "read lets see": (["read"], "sales.view_salesorder", True),
    "read lets nothing else": (["read"], "sales.add_salesorder", False),
    "write lets make": (["write"], "sales.add_salesorder", True),
    "a room": (["sales.write"], "sales.post_shipment", True),
    "another room": (["sales.write"], "finance.view_voucher", False),
    "reading a room": (["sales.read"], "sales.view_shipment", True),
    "one right": (["inventory.view_stockbalance"], "inventory.view_stockbalance", True),
    "not its neighbour": (["inventory.view_stockbalance"], "inventory.view_stockmove", False),
    "nothing": ([], "sales.view_salesorder", False),
    "never approve": (["write"], "sales.approve_salesorder", False),
    "never approve by name": (["sales.approve_salesorder"], "sales.approve_salesorder", False),
    "never review": (["write"], "finance.review_voucher", False),
    "never close the month": (["write"], "finance.close_period", False),
    "never make tokens": (["write"], "core.manage_tokens", False),
}


@pytest.mark.parametrize(("scopes", "right", "lets_through"), SCOPES.values(), ids=SCOPES)
def test_how_far_a_token_reaches(scopes: list[str], right: str, lets_through: bool) -> None:
    assert passes(scopes, right) is lets_through

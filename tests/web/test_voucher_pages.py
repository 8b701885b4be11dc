"""Vouchers at the pages: by hand from draft to posting and red reversal, automatic ones only shown."""

import io
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from core.models import AuditEntry, Membership, State
from finance import manual_vouchers
from finance.models import Voucher
from tests.factory import build_factory
from tests.proof import stories
from tests.proof.house import House
from tests.web.browsing import Forms, at_page, form_of, row_counts, shows

RENT = {
    "date": "2026-03-10",
    "attachments_count": "2",
    "lines[0]summary": "三月房租",
    "lines[0]account": "560201",
    "lines[0]debit": "5000",
    "lines[1]summary": "三月房租",
    "lines[1]account": "1002",
    "lines[1]credit": "5000",
}


def typed(client: Any, **changes: Any) -> dict[str, Any]:
    """The form of a new voucher, filled with the rent."""
    return form_of(client.get(reverse("voucher-new"))).data(**RENT) | changes


def a_draft(client: Any) -> Voucher:
    """A voucher entered at the page."""
    answer = client.post(reverse("voucher-new"), typed(client))
    assert answer.status_code == 302, answer.content.decode()[:15000]
    return Voucher.objects.latest("id")


def test_a_version_that_is_no_number_is_an_old_one(house: House, nora: Any) -> None:
    voucher = a_draft(nora)
    address = reverse("voucher-edit", args=[voucher.pk])
    form = form_of(nora.get(address))
    for version in ("²", "9" * 5000, ""):
        assert nora.post(address, form.data(version=version)).status_code == 409


def do(client: Any, voucher: Voucher, step: str, **data: Any) -> Any:
    return client.post(reverse(f"voucher-{step}", args=[voucher.pk]), data)


def test_a_voucher_is_entered_reviewed_posted_and_reversed(house: House, nora: Any, ada: Any) -> None:
    voucher = a_draft(nora)
    assert (voucher.state, voucher.number, voucher.total, voucher.attachments_count) == (State.DRAFT, None, 5000, 2)
    page = nora.get(reverse("voucher-detail", args=[voucher.pk]))
    assert shows(page, "伍仟元整") and shows(page, "somebody else than its maker has to do it")

    assert do(nora, voucher, "review").status_code == 403
    assert do(ada, voucher, "review").status_code == 302
    assert do(ada, voucher, "unreview").status_code == 302
    assert do(ada, voucher, "review").status_code == 302
    assert do(nora, voucher, "post").status_code == 302
    voucher.refresh_from_db()
    assert (voucher.state, str(voucher), voucher.reviewed_by) == (State.POSTED, "记-0001", house.factory.ada)

    assert do(ada, voucher, "reverse").status_code == 400
    assert do(ada, voucher, "reverse", reason="twice").status_code == 302
    red = Voucher.objects.get(reversal_of=voucher)
    assert [(line.debit, line.credit) for line in red.lines.all()] == [(-5000, 0), (0, -5000)]
    assert shows(ada.get(reverse("voucher-detail", args=[voucher.pk])), str(red))


def test_one_that_does_not_balance_is_refused_and_kept(house: House, nora: Any) -> None:
    before = row_counts()
    answer = nora.post(reverse("voucher-new"), typed(nora, **{"lines[1]credit": "4999.99"}))
    assert answer.status_code == 400
    assert shows(answer, "The voucher does not balance")
    assert 'value="4999.99"' in answer.content.decode() and shows(answer, "三月房租")
    assert row_counts() == before


def test_a_control_account_is_refused_at_its_cell(house: House, nora: Any) -> None:
    answer = nora.post(reverse("voucher-new"), typed(nora, **{"lines[0]account": "140301"}))
    assert answer.status_code == 400
    assert shows(answer, "takes no entries by hand")


def test_a_double_click_makes_one_voucher(house: House, nora: Any) -> None:
    data = typed(nora)
    first, second = nora.post(reverse("voucher-new"), data), nora.post(reverse("voucher-new"), data)
    assert (first.url, Voucher.objects.count()) == (second.url, 1)


def test_a_draft_is_changed_and_two_tabs_are_told_apart(house: House, nora: Any) -> None:
    voucher = a_draft(nora)
    address = reverse("voucher-edit", args=[voucher.pk])
    opened = form_of(nora.get(address))
    assert nora.post(address, opened.data(attachments_count="3")).status_code == 302
    assert nora.post(address, opened.data(attachments_count="4")).status_code == 409
    voucher.refresh_from_db()
    assert voucher.attachments_count == 3


def waiting_for(step: str, nora: Any, ada: Any) -> Voucher:
    """A voucher with which `step` can be done next."""
    voucher = a_draft(nora)
    for before in {"post": ("review",), "unreview": ("review",), "reverse": ("review", "post")}.get(step, ()):
        assert do(ada, voucher, before).status_code == 302
    voucher.refresh_from_db()
    return voucher


def button(client: Any, voucher: Voucher, step: str) -> dict[str, Any]:
    """What the button of `step` on the voucher's page sends; the question for a reason is answered."""
    page = client.get(reverse("voucher-detail", args=[voucher.pk]))
    address = reverse(f"voucher-{step}", args=[voucher.pk])
    form = next(one for one in Forms(page.content.decode()).forms if one.action == address)
    return form.data(reason="because") if "reason" in form.fields else form.data()


STEPS = ("review", "unreview", "post", "cancel", "reverse")


@pytest.mark.parametrize("step", STEPS)
def test_what_was_changed_since_it_was_read_is_not_approved(step: str, house: House, nora: Any, ada: Any) -> None:
    voucher = waiting_for(step, nora, ada)
    sent = button(ada, voucher, step)
    before = row_counts()
    for changed in ({"version": "77"}, {"version": "77", "idempotency_key": ""}, {"version": "²"}):
        answer = do(ada, voucher, step, **sent | changed)
        assert answer.status_code == 409
        assert shows(answer, "while you were editing it")
    assert row_counts() == before


@pytest.mark.parametrize("step", ["review", "unreview", "post", "cancel"])
def test_a_change_saved_just_before_the_lock_is_noticed(
    step: str, house: House, nora: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = waiting_for(step, nora, ada)
    sent = button(ada, voucher, step)
    claim = manual_vouchers._claim

    def claim_after_a_change(*args: Any, **kwargs: Any) -> Voucher:
        Voucher.objects.filter(pk=voucher.pk).update(version=voucher.version + 1)
        return claim(*args, **kwargs)

    monkeypatch.setattr(manual_vouchers, "_claim", claim_after_a_change)
    answer = do(ada, voucher, step, **sent)
    assert answer.status_code == 409
    assert shows(answer, "while you were editing it")
    assert Voucher.objects.get().state == voucher.state


@pytest.mark.parametrize("reason", ["a\x00b", "a\u202eb", "x" * 501], ids=["null", "direction", "long"])
@pytest.mark.parametrize("step", ["cancel", "reverse"])
def test_a_reason_is_a_text_like_any_other(step: str, reason: str, house: House, nora: Any, ada: Any) -> None:
    voucher = waiting_for(step, nora, ada)
    before = row_counts()
    assert do(ada, voucher, step, reason=reason).status_code == 400
    assert row_counts() == before


def test_a_long_reason_is_kept_whole(house: House, nora: Any, ada: Any) -> None:
    voucher = a_draft(nora)
    assert do(ada, voucher, "cancel", reason=" " + "错" * 500).status_code == 302
    assert AuditEntry.objects.get(object_id=voucher.pk, action="cancel").reason == "错" * 500


def goes_over_to_another_company(house: House) -> Any:
    """Ada works for two companies; in another tab she changes over to the second."""
    other = build_factory("OTHER").company
    Membership.objects.create(user=house.factory.ada, company=other)
    both = at_page(house.factory.ada, other)
    both.post(reverse("choose-company"), {"company": other.pk})
    return both


def test_a_voucher_of_another_company_is_not_made_in_this_one(house: House, ada: Any) -> None:
    sent = typed(ada)
    both = goes_over_to_another_company(house)
    before = row_counts()
    answer = both.post(reverse("voucher-new"), sent)
    assert answer.status_code == 409
    assert shows(answer, "This form was opened in") and shows(answer, "三月房租")
    assert row_counts() == before
    both.post(reverse("choose-company"), {"company": house.factory.company.pk})
    assert both.post(reverse("voucher-new"), form_of(answer).data()).status_code == 302


@pytest.mark.parametrize("step", ["edit", *STEPS])
def test_what_was_opened_in_another_company_is_kept_until_one_has_changed_back(step: str, house: House, nora: Any, ada: Any) -> None:
    voucher = waiting_for(step, nora, ada)
    address = reverse(f"voucher-{step}", args=[voucher.pk])
    sent = form_of(ada.get(address)).data(**{"lines[0]summary": "三月仓库"}) if step == "edit" else button(ada, voucher, step)
    both = goes_over_to_another_company(house)
    before = row_counts()
    answer = both.post(address, sent)
    assert answer.status_code == 409
    assert shows(answer, "This form was opened in")
    assert row_counts() == before
    both.post(reverse("choose-company"), {"company": house.factory.company.pk})
    kept = form_of(answer)
    assert kept.action == address
    assert both.post(address, kept.data()).status_code == 302
    told = AuditEntry.objects.filter(object_id=voucher.pk, action=step).latest("id")
    assert told.reason == ("because" if step in ("cancel", "reverse") else "")
    assert step != "edit" or voucher.lines.filter(summary="三月仓库").exists()


def test_a_stranger_finds_no_voucher(house: House, nora: Any, stranger: Any) -> None:
    voucher = a_draft(nora)
    for name in ("detail", "print", "edit"):
        assert stranger.get(reverse(f"voucher-{name}", args=[voucher.pk])).status_code == 404
    for step in STEPS:
        assert do(stranger, voucher, step, reason="mine").status_code == 404
        assert nora.get(reverse(f"voucher-{step}", args=[voucher.pk])).status_code == 405
    voucher.refresh_from_db()
    assert voucher.state == State.DRAFT


def test_an_automatic_voucher_leads_to_its_document_and_is_not_touched(house: House, ada: Any) -> None:
    shipment = stories.posted_shipment(house)
    voucher = Voucher.objects.filter(origin_number=shipment.number).earliest("id")
    page = ada.get(reverse("voucher-detail", args=[voucher.pk]))
    assert shows(page, reverse("document-by-number", args=["shipment", shipment.number]))
    assert not shows(page, reverse("voucher-reverse", args=[voucher.pk]))
    answer = do(ada, voucher, "reverse", reason="no")
    assert answer.status_code == 409 and shows(answer, "reverse that document instead")
    assert shows(ada.get(reverse("voucher-print", args=[voucher.pk])), "Accounting voucher")


def test_the_list_is_filtered_and_exported_with_real_numbers(house: House, ada: Any) -> None:
    shipment = stories.posted_shipment(house)
    page = ada.get(reverse("voucher-list"), {"q": shipment.number})
    assert page.content.decode().count(f">{shipment.number}<") == 2
    assert shows(ada.get(reverse("voucher-list"), {"account": "5401"}), shipment.number)
    assert not shows(ada.get(reverse("voucher-list"), {"account": "2001"}), shipment.number)

    content = ada.get(reverse("voucher-list"), {"q": shipment.number, "export": "xlsx"}).content
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    debit, credit = rows[-1][6], rows[-1][7]
    assert debit == credit == float(sum(v.total for v in Voucher.objects.filter(origin_number=shipment.number)))

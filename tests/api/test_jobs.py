"""Long work through the API: started under its right, asked for, stopped."""

from typing import Any

import pytest
from celery import current_app

from core.jobs import run_job
from core.models import Job
from inventory.models import PlanRun
from tests.api.door import Door, codes, door_for, row_counts, token_for
from tests.factory import NOW, Factory, build_factory

PLAN = {"kind": "mrp", "params": {"plan_date": "2026-03-10", "horizon_days": 60}}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *_args: None)


@pytest.fixture
def planner(factory: Factory) -> Door:
    return door_for(factory, rights=["run_mrp"])


@pytest.mark.django_db(transaction=True)  # progress is written on a connection of its own
def test_a_plan_is_asked_for_made_and_read(planner: Door) -> None:
    asked = planner.post("jobs/", PLAN)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting"), asked.content
    pk = asked.json()["id"]
    assert asked["Location"] == f"/api/v1/jobs/{pk}/"
    assert run_job(pk, at=NOW, now=lambda: NOW)
    done = planner.get(f"jobs/{pk}/").json()
    assert (done["state"], done["percent"], done["result"]["plan_run"]) == ("done", 100, PlanRun.objects.get().pk)
    assert planner.get("jobs/?state=done").json()["count"] == 1


def test_one_that_waits_is_stopped(planner: Door) -> None:
    pk = planner.post("jobs/", PLAN).json()["id"]
    assert planner.post(f"jobs/{pk}/cancel/").json()["state"] == "cancelled"
    assert not run_job(pk, at=NOW, now=lambda: NOW)


REFUSED: dict[str, tuple[Any, int, dict[str, str]]] = {
    "no such kind": ({"kind": "format_disk"}, 400, {"kind": "unknown_job_kind"}),
    "a dotted path": ({"kind": "os.system"}, 400, {"kind": "unknown_job_kind"}),
    "no kind": ({}, 400, {"kind": "unknown_job_kind"}),
    "kind as a list": ({"kind": ["mrp"]}, 400, {"kind": "unknown_job_kind"}),
    "parameters as a list": ({"kind": "mrp", "params": []}, 400, {"params": "unknown_field"}),
    "unknown field": ({**PLAN, "by": 1}, 400, {"by": "unknown_field"}),
    "unknown parameter": ({"kind": "mrp", "params": {"company": 2}}, 400, {"company": "unknown_field"}),
    "a day that is none": ({"kind": "mrp", "params": {"plan_date": "soon"}}, 400, {"plan_date": "invalid_date"}),
    "a horizon of ages": ({"kind": "mrp", "params": {"horizon_days": 10**6}}, 400, {"horizon_days": "too_large"}),
    "a horizon with underscores": ({"kind": "mrp", "params": {"horizon_days": "1_8_0"}}, 400, {"horizon_days": "invalid_number"}),
    "half a day": ({"kind": "mrp", "params": {"horizon_days": "1.5"}}, 400, {"horizon_days": "too_many_decimals"}),
    "the last day there is": ({"kind": "mrp", "params": {"plan_date": "9999-12-31"}}, 400, {"plan_date": "too_far"}),
}


@pytest.mark.parametrize(("body", "status", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_started(planner: Door, body: Any, status: int, expected: dict[str, str]) -> None:
    before = row_counts()
    answer = planner.post("jobs/", body)
    assert (answer.status_code, codes(answer)) == (status, expected)
    assert row_counts() == before


def test_who_has_no_right_to_a_kind_can_neither_start_nor_see_it(planner: Door, factory: Factory) -> None:
    pk = planner.post("jobs/", PLAN).json()["id"]
    other = door_for(factory, factory.ada, rights=["view_item"])
    before = row_counts()
    assert other.post("jobs/", PLAN).status_code == 403
    for answer in (other.get(f"jobs/{pk}/"), other.post(f"jobs/{pk}/cancel/")):
        assert answer.status_code == 404
    assert other.get("jobs/").json()["count"] == 0
    assert row_counts() == before
    assert Job.objects.get().state == "waiting"


def test_the_jobs_of_another_company_do_not_exist(planner: Door) -> None:
    pk = planner.post("jobs/", PLAN).json()["id"]
    stranger = door_for(build_factory("OTHER"), rights=["run_mrp"])
    assert stranger.get(f"jobs/{pk}/").status_code == 404
    assert stranger.post(f"jobs/{pk}/cancel/").status_code == 404


@pytest.mark.parametrize("horizon", ["180.0", "180", 180, "１８０"])
def test_a_job_gets_the_parameters_as_they_were_understood(planner: Door, horizon: Any) -> None:
    assert planner.post("jobs/", {"kind": "mrp", "params": {"horizon_days": horizon}}).status_code == 202
    assert Job.objects.get().params == {"horizon_days": 180}


def test_a_token_sees_the_kinds_within_its_scopes_whoever_has_asked(planner: Door, factory: Factory) -> None:
    pk = planner.post("jobs/", PLAN).json()["id"]
    seller = Door(**{"Authorization": f"Bearer {token_for(factory, factory.nora, scopes=('sales.read',))}", "Accept-Language": "en"})
    assert seller.get(f"jobs/{pk}/").status_code == 404
    assert seller.get("jobs/").json()["count"] == 0

"""P11: the same key, the same effect, the same answer – also when twenty come at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core.db import durable
from core.errors import BusinessError, InvalidInput, KeyReused
from core.idempotency import Outcome, fingerprint, once
from core.models import IdempotencyKey
from masterdata.models import Unit
from tests.factory import Factory, build_factory


@durable
def create_unit(factory: Factory, code: str) -> Unit:
    return Unit.objects.create(company=factory.company, code=code, name=code)


def asking(
    factory: Factory, code: str, *, key: str = "k-1", scope: str = "user:1", act: Callable[[], tuple[int, Any]] | None = None
) -> Outcome:
    return once(
        scope=scope,
        key=key,
        fingerprint=fingerprint("POST", "/units/", code),
        act=act or (lambda: (201, {"id": create_unit(factory, code).pk})),
    )


def test_the_second_request_gets_the_first_answer(factory: Factory) -> None:
    first = asking(factory, "KG")
    second = asking(factory, "KG")
    assert (first.status, first.replayed) == (201, False)
    assert second == Outcome(201, first.answer, replayed=True)
    assert Unit.objects.filter(code="KG").count() == 1


def test_another_body_under_the_same_key_is_refused(factory: Factory) -> None:
    asking(factory, "KG")
    with pytest.raises(KeyReused):
        asking(factory, "G")
    assert not Unit.objects.filter(code="G").exists()


def test_the_same_key_of_somebody_else_is_another_key(factory: Factory) -> None:
    asking(factory, "KG", scope="token:1")
    assert not asking(factory, "G", scope="token:2").replayed


def test_a_refusal_leaves_no_key_so_the_request_can_be_tried_again(factory: Factory) -> None:
    def refuse() -> tuple[int, Any]:
        create_unit(factory, "KG")
        raise BusinessError()

    with pytest.raises(BusinessError):
        asking(factory, "KG", act=refuse)
    assert not IdempotencyKey.objects.exists()
    assert not Unit.objects.filter(code="KG").exists()
    assert not asking(factory, "KG").replayed


@pytest.mark.parametrize("key", ["", "x" * 101, "with blank", "键", "nul\x00"], ids=["empty", "long", "blank", "not ascii", "nul"])
def test_a_key_that_is_none(factory: Factory, key: str) -> None:
    with pytest.raises(InvalidInput):
        asking(factory, "KG", key=key)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_have_one_effect(on_postgres: None) -> None:
    factory = build_factory()
    outcomes: list[Outcome] = []
    start = threading.Barrier(20)

    def ask() -> None:
        start.wait()
        try:
            outcomes.append(asking(factory, "KG"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Unit.objects.filter(code="KG").count() == 1
    assert len(outcomes) == 20
    assert [outcome.replayed for outcome in outcomes].count(False) == 1
    assert {outcome.answer["id"] for outcome in outcomes} == {Unit.objects.get(code="KG").pk}

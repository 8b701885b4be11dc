"""Every address of ours says what it takes to use it."""

import re
from typing import Any

from core.models import Job
from core.web.routes import routes
from production.models import WorkOrder
from tests.proof import stories
from tests.proof.house import House
from tests.web.browsing import row_counts

BY_THEMSELVES = ("admin/", "accounts/", "api/")
"""Parts that ask for log-in and rights in their own way; they have their own tests."""


def test_every_page_declares_its_permission() -> None:
    undeclared = [pattern for pattern, declared in routes() if declared is None and not pattern.startswith(BY_THEMSELVES)]
    assert undeclared == []


def test_names_are_given_once() -> None:
    names = [declared.name for _pattern, declared in routes() if declared]
    assert len(names) == len(set(names))


def test_asking_for_the_head_of_a_page_does_nothing(house: House, ada: Any) -> None:
    """HEAD comes without the form's protection token: link checkers and previews send it to every address they see."""
    order = stories.work_order(house)
    before = row_counts()
    for pattern, declared in routes():
        if declared and "POST" in declared.methods:
            address = "/" + re.sub(r"<slug:\w+>", "items", re.sub(r"<id:pk>", str(order.pk), pattern))
            assert ada.head(address).status_code == 405, pattern
    assert row_counts() == before
    assert WorkOrder.objects.get(pk=order.pk).state == order.state
    assert not Job.objects.exists()


def test_a_page_that_only_reads_has_a_head(house: House, ada: Any) -> None:
    assert ada.head("/jobs/").status_code == 200

"""Eight people at the embedded database at once, each a process of its own that issues materials; nobody is turned away.

DATA_DIR=… python -m tests.proof.embedded    works in a new SQLite file and prints what came of it as JSON
"""

import json
import multiprocessing
import sys
from typing import Any

import django

PEOPLE = 8
DOCUMENTS = 6


def main() -> None:
    """Set up the file, let everybody post at the same time, then check the promises."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from bench.scratch import issues, plant
    from core.models import State
    from production.models import MaterialIssue
    from reports.reconcile import run

    assert connection.vendor == "sqlite", "unset DATABASE_URL"
    call_command("migrate", verbosity=0)
    factory, orders = plant(1, 10)
    ids = issues(factory, orders[0], PEOPLE * DOCUMENTS, 10)
    connections.close_all()
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(PEOPLE)
    with context.Pool(PEOPLE, initializer=_at_the_gate, initargs=(gate,)) as pool:
        refusals = pool.starmap(_post, [(factory.company.pk, factory.nora.pk, ids[n::PEOPLE]) for n in range(PEOPLE)], chunksize=1)
    posted = MaterialIssue.objects.filter(company=factory.company, state=State.POSTED).count()
    differences = [str(one) for result in run(factory.company) for one in result.differences]
    json.dump({"posted": posted, "refusals": [text for some in refusals for text in some], "differences": differences}, sys.stdout)


_gate: Any = None


def _at_the_gate(gate: Any) -> None:
    global _gate  # noqa: PLW0603 - how a pool hands a barrier to its processes
    _gate = gate


def _post(company_id: int, user_id: int, ids: list[int]) -> list[str]:
    from core.models import Company, User
    from production.issues import post_issue
    from tests.factory import NOW

    company, user = Company.objects.get(pk=company_id), User.objects.get(pk=user_id)
    refusals = []
    _gate.wait(timeout=60)
    for pk in ids:
        try:
            post_issue(company=company, document_id=pk, by=user, at=NOW)
        except Exception as error:  # noqa: BLE001 - handed over, not swallowed
            refusals.append(repr(error))
    return refusals


if __name__ == "__main__":
    main()

"""Telling the whole loop, and checking at the end what can be checked."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TextIO

from django.utils.translation import gettext as _

from core.models import Company
from erp.closed_loop.month_end import STEPS_OF_THE_MONTH_END
from erp.closed_loop.narrator import Narrator
from erp.closed_loop.stage import build
from erp.closed_loop.story import STEPS, Loop
from reports.reconcile import Result, run


@dataclass(frozen=True, slots=True)
class Told:
    """The loop as it went."""

    company: Company
    steps: list[dict[str, Any]]
    promises: list[Result]

    @property
    def kept(self) -> bool:
        """Whether every promise holds."""
        return all(result.ok for result in self.promises)

    def as_json(self) -> dict[str, Any]:
        """All of it for machines."""
        promises = [result.as_json() for result in self.promises]
        return {"company": self.company.code, "steps": self.steps, "promises": promises, "ok": self.kept}


def tell_the_loop(code: str, *, today: dt.date, out: TextIO | None) -> Told:
    """Create a company of that code and drive one order through it, from the customer to the closed month."""
    stage = build(code, today=today)
    loop = Loop(stage, Narrator(stage.company, out))
    for step in (*STEPS, *STEPS_OF_THE_MONTH_END):
        step(loop)
    loop.tell.step(_("The promises, checked against the data"))
    promises = run(stage.company)
    for result in promises:
        mark = "✓" if result.ok else "✗"
        loop.tell.note(f"{mark} {result.promise:<4}{result.title} ({result.checked})")
        for difference in result.differences:
            loop.tell.note(f"    {difference.where}: {difference.text} {difference.expected} / {difference.found}")
    return Told(stage.company, loop.tell.steps, promises)

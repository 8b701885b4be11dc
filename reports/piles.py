"""Documents that wait, as cards of the worktop: however many kinds and reasons there are, one statement reads them all."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Count, F, QuerySet, Value, Window
from django.db.models.functions import Coalesce, RowNumber
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.documents import DocumentType
from core.web.worktop import Line, Waiting

SHOWN_LINES = 4


@dataclass(frozen=True, slots=True)
class Pile:
    """Documents of a kind that belong on one card; the list it leads to is filtered alike."""

    kind: DocumentType
    rows: QuerySet[Any]
    what: Any
    icon: str
    query: Mapping[str, str]
    order: Sequence[str] = ("-id",)
    alarm: bool = False

    @property
    def about(self) -> str:
        """What tells a document from others: its customer, supplier or item; empty where it has none."""
        return next((name for name in ("customer", "supplier", "item") if _has_field(self.kind, name)), "")

    def first_few(self, card: int) -> QuerySet[Any]:
        """The first few documents, each with the number of its card, its place on it, and how many there are."""
        nothing = Value("", output_field=CharField())
        names = {name: F(f"{self.about}__{name}") if self.about else nothing for name in ("name", "name_en")}
        day = Coalesce("due_date", "document_date") if _has_field(self.kind, "due_date") else F("document_date")
        place = Window(RowNumber(), order_by=list(self.order))
        rows = self.rows.order_by().annotate(card=Value(card), place=place, in_all=Window(Count("pk")), day=day)
        return rows.filter(place__lte=SHOWN_LINES).values_list("card", "place", "in_all", "pk", "number", "day", *names.values())

    def line(self, pk: int, number: str, day: dt.date, name: str, name_en: str) -> Line:
        """A document with what tells it from others, and its day."""
        model: Any = self.kind.model._meta.get_field(self.about).related_model if self.about else None
        about = model(name=name, name_en=name_en).label if name else ""
        return Line(number, reverse(f"{self.kind.kind}-detail", args=[pk]), f"{about} · {day:%m-%d}" if about else f"{day:%m-%d}")


def _has_field(kind: DocumentType, name: str) -> bool:
    try:
        kind.model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def cards_of(piles: Iterable[Pile]) -> Iterator[Waiting]:
    """A card for every pile, all of them read in one statement."""
    piles = list(piles)
    if not piles:
        return
    first, *others = [pile.first_few(card) for card, pile in enumerate(piles)]
    found: dict[int, list[tuple[Any, ...]]] = {}
    for card, *row in sorted(first.union(*others, all=True)):
        found.setdefault(card, []).append(tuple(row))
    for card, pile in enumerate(piles):
        rows = found.get(card, [])
        title = format_lazy(_("{kind}: {what}"), kind=pile.kind.label_plural, what=pile.what)
        url = f"{reverse(f'{pile.kind.kind}-list')}?{urlencode(pile.query)}"
        count = rows[0][1] if rows else 0
        yield Waiting(title, count, url, pile.icon, pile.alarm, [pile.line(*row[2:]) for row in rows])

"""What a kind of document is to the doors (pages, API, search, chain): a literal description, no behaviour.

Each app offers its own in `documents.py`; `erp/documents.py` lists them all. Behaviour stays in the verbs named here:

    draft(*, company, data, by, at) -> document                 data: validated by `input`
    edit(*, company, document_id, version, data, by, at)        only in the states of `editable`
    action.verb(*, company, document_id, by, at, **data)        data: validated by `action.input`, plus `reason` if wanted
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from rest_framework.serializers import Serializer

from core.models import Document, State

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a document or line, shown in lists and on the detail page.

    path: attribute path from the row ("customer", "item.code"); lookups of master data show their label.
    kind: text | date | quantity | money | price | percent | state | person | document.
    sort: the ORM field to sort by, empty if it can't be sorted; total: summed below a list.
    filter: may be filtered by (`?path=`); master data filters take a code.
    """

    path: str
    label: Text
    kind: str = "text"
    sort: str = ""
    total: bool = False
    filter: bool = False
    secret: str = ""
    """Permission needed to see it (prices and costs are hidden from workshop and warehouse)."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with a document in some states."""

    name: str
    label: Text
    verb: Callable[..., Any]
    permission: str
    states: Sequence[str]
    style: str = "primary"
    confirm: Text = ""
    wants_reason: bool = False
    input: type[Serializer] | None = None
    initial: Callable[[Any], Mapping[str, Any]] | None = None
    """initial(document) -> what the form of the input starts with, besides the document's own figures of the same name."""
    by_token: bool = True
    """False: a person only; no token approves (P18)."""


@dataclass(frozen=True, slots=True)
class LineSet:
    """A table of rows under a document: its lines, a work order's materials, operations, costs."""

    name: str
    label: Text
    columns: Sequence[Column]
    select: Sequence[str] = ()
    """Relations to read along (select_related)."""


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A kind of document."""

    kind: str
    model: type[Document]
    prefix: str
    section: str
    slug: str
    label: Text
    label_plural: Text
    columns: Sequence[Column]
    head: Sequence[Column]
    line_sets: Sequence[LineSet]
    actions: Sequence[Action]
    input: type[Serializer] | None = None
    draft: Callable[..., Document] | None = None
    edit: Callable[..., Document] | None = None
    editable: Sequence[str] = (State.DRAFT,)
    select: Sequence[str] = ()
    search: Sequence[str] = ("number",)
    initial: Callable[..., Mapping[str, Any]] | None = None
    """initial(*, company, params) -> what a new form is filled with (`?order=12` fills a receipt from its order)."""
    next_steps: Sequence["NextStep"] = ()

    def permission(self, verb: str) -> str:
        """The Django permission for view, add, change, approve, post, reverse … of this kind."""
        return f"{self.model._meta.app_label}.{verb}_{self.model._meta.model_name}"

    def right(self, action: "Action") -> str:
        """The Django permission that an action of this kind asks for; a short name means this kind's own."""
        return action.permission if "." in action.permission or not action.permission else self.permission(action.permission)

    def rows(self) -> QuerySet[Any]:
        """All documents of the kind with what lists and details show."""
        return self.model._default_manager.select_related("created_by", *self.select)

    @property
    def plural_slug(self) -> str:
        """Name in API addresses: sales-orders."""
        return {"y": f"{self.kind[:-1]}ies"}.get(self.kind[-1], f"{self.kind}s").replace("_", "-")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What usually follows a document: a button that opens the next kind's form filled from this one (下推)."""

    kind: str
    label: Text
    param: str
    states: Sequence[str]


@cache
def document_types() -> dict[str, DocumentType]:
    """All kinds by their name, from the literal list that settings name."""
    return {kind.kind: kind for kind in import_string(settings.DOCUMENT_TYPES)}

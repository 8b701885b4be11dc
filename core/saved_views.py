"""Lists as somebody likes to see them, kept under a name: the filter of an address, nothing more, so what it shows is always today's."""

from collections.abc import Mapping, Sequence

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.errors import InvalidInput, NotVisible
from core.models import Company, SavedView, User

MAX_VIEWS = 20
"""Of one person, for one list."""


@durable
def save_view(*, company: Company, user: User, kind: str, name: str, query: Mapping[str, Sequence[str]]) -> SavedView:
    """Keep a list under a name; a view of the same name is replaced.

    Args:
        query: the parameters of the list's address; the page number is not kept.

    Raises:
        InvalidInput: a filter that is too long, or too many views.
    """
    kept = QueryDict(mutable=True)
    for key in sorted(query):
        if key != "page":
            kept.setlist(key, [value for value in query[key] if value])
    text = kept.urlencode()
    if len(text) > 1000:
        raise InvalidInput("too_long", _("This filter is too long to be kept."), field="query")
    mine = SavedView.objects.filter(company=company, user=user, kind=kind)
    if mine.exclude(name=name).count() >= MAX_VIEWS:
        raise InvalidInput("too_many", _("You can keep {limit} views of a list; delete one first."), field="name", limit=MAX_VIEWS)
    return SavedView.objects.update_or_create(company=company, user=user, kind=kind, name=name, defaults={"query": text})[0]


@durable
def delete_view(*, company: Company, user: User, kind: str, pk: int) -> None:
    """Forget a view of one's own.

    Raises:
        NotVisible: the user has no such view.
    """
    deleted, _rows = SavedView.objects.filter(company=company, user=user, kind=kind, pk=pk).delete()
    if not deleted:
        raise NotVisible()


def views_of(company: Company, user: User, kind: str) -> list[SavedView]:
    """A person's views of a list, by name."""
    return list(SavedView.objects.filter(company=company, user=user, kind=kind).order_by("name"))

"""Search everywhere (Ctrl-K): commands and pages of the menu, and what each app finds for the words typed."""

from collections.abc import Callable, Iterable, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from core.access import Access
from core.web.http import CompanyRequest
from core.web.search import Hit
from erp.finders import find_documents, find_masters, find_vouchers
from erp.menu import MENU

Provider = Callable[[Access, str], Iterable[Hit]]

PROVIDERS: Sequence[Provider] = (find_documents, find_vouchers, find_masters)
"""What each app finds: a function (access, words) → hits, best first, few, only of what `access` may open."""

MAX_WORDS = 50
MAX_HITS = 12


@require_GET
def search(request: CompanyRequest) -> HttpResponse:
    """The hits for `q` as a fragment for the search box, or as a page of its own."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_WORDS]
    hits = [hit for provider in PROVIDERS for hit in provider(request.access, words)] if words else []
    groups = [(_("Found"), hits[:MAX_HITS]), (_("Go to"), list(commands(request.access, words))[:MAX_HITS])]
    template = "search/hits.html" if request.htmx else "search/page.html"
    return render(request, template, {"title": _("Search"), "words": words, "groups": [group for group in groups if group[1]]})


def commands(access: Access, words: str) -> Iterable[Hit]:
    """Pages and "new …" commands whose name contains the words."""
    wanted = words.casefold()
    for section in MENU:
        for entry in section.entries:
            if not access.may(entry.permission):
                continue
            if wanted in f"{section.label} {entry.label}".casefold():
                yield Hit(entry.label, reverse(entry.url_name), section.icon, section.label)
            new = format_lazy(_("New: {thing}"), thing=entry.create_label)
            if entry.create_url_name and access.may(entry.create_permission) and wanted in str(new).casefold():
                yield Hit(new, reverse(entry.create_url_name), "plus", section.label)

"""The worktop: what waits for me, what went wrong, the figures that matter, the buttons for what I do most.

Literal lists of functions; each gets the access and the day, and answers with what concerns this person.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.access import Access
from core.web.http import CompanyRequest
from core.web.worktop import Figure, Shortcut, Waiting
from reports import worktop as offers
from reports.reconcile.nightly import broken_promises

WAITING: Sequence[Callable[[Access, dt.date], Iterable[Waiting]]] = (
    offers.documents_to_move_on,
    offers.documents_to_follow_up,
    offers.proposals_to_decide,
    offers.vouchers_to_move_on,
    offers.payables_due,
)
ALARMS: Sequence[Callable[[Access, dt.date], Iterable[Waiting]]] = (
    offers.shortages,
    offers.late_documents,
    offers.overdue_receivables,
    offers.failed_jobs,
    broken_promises,
)
FIGURES: Sequence[Callable[[Access, dt.date], Iterable[Figure]]] = (offers.trade_figures, offers.money_figures, offers.work_figures)
SHORTCUTS: Sequence[Callable[[Access, dt.date], Iterable[Shortcut]]] = (offers.new_documents,)


@require_GET
def worktop(request: CompanyRequest) -> HttpResponse:
    """The start page."""
    access, today = request.access, timezone.localdate()
    context = {
        "title": _("Worktop"),
        "today": today,
        "waiting": [card for card in offers.all_of(WAITING, access, today) if card.count],
        "alarms": [card for card in offers.all_of(ALARMS, access, today) if card.count],
        "figures": offers.all_of(FIGURES, access, today),
        "shortcuts": offers.all_of(SHORTCUTS, access, today),
    }
    return render(request, "worktop.html", context)


@require_GET
def badges(request: CompanyRequest) -> HttpResponse:
    """How many alarms there are, for the bell in the top bar; asked for after the page is shown."""
    alarms = sum(card.count for card in offers.all_of(ALARMS, request.access, timezone.localdate()))
    return render(request, "frame/badges.html", {"alarms": alarms})

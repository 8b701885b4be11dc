"""The planner's pages: the workbench of proposals, messages, shortages, and what work orders cost."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.documents import Column
from core.errors import InvalidInput
from core.models import State
from core.web.cells import Link, address_of, numbered_link
from core.web.document_edit import act_once
from core.web.http import CompanyRequest
from core.web.lists import MAX_EXPORTED, page_of
from costing.work_orders import CostSheet, cost_sheets, in_process
from inventory.models import Proposal
from masterdata.models import Department, Item, Supplier
from production import proposals as making
from production.models import WorkOrder
from purchasing import requisitions as buying
from reports.planning import KitLine, coverage, kit_lines, last_run, messages_of, open_proposals, pegs_of
from reports.web.frame import COST, Sums, choice_field, lookup_field, report

MAKE, BUY = "production.add_workorder", "purchasing.add_requisition"
SHOWN_MESSAGES = 100


# ---- workbench ------------------------------------------------------------------------------------------------------------


class ProposalForm(forms.Form):
    """Which proposals."""

    kind = choice_field(_("What"), Proposal.Kind.choices)
    item = lookup_field(_("Item"), Item)
    supplier = lookup_field(_("Supplier"), Supplier)
    late = forms.BooleanField(label=_("late only"), required=False)


def workbench(request: CompanyRequest) -> HttpResponse:
    """What planning proposes: filter, look what it is for, choose, turn into work orders and requisitions."""
    form = ProposalForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = open_proposals(request.company).filter(_proposals(wanted))
    page = page_of(rows, request.GET.get("page", "1"), 100)
    found = list(page.object_list)
    pegs = pegs_of(found)
    run = last_run(request.company)
    warnings = messages_of(run) if run else []
    context = {
        "title": _("Material planning"),
        "form": form,
        "page": page,
        "rows": [(proposal, pegs.get(proposal.pk, [])) for proposal in found],
        "run": run,
        "warnings": warnings[:SHOWN_MESSAGES],
        "more_warnings": max(len(warnings) - SHOWN_MESSAGES, 0),
        "may_run": request.access.may("production.run_mrp"),
        "may_make": request.access.may(MAKE),
        "may_buy": request.access.may(BUY),
        "key": uuid.uuid4().hex,
    }
    return render(request, "reports/workbench.html", context)


def _proposals(wanted: Mapping[str, Any]) -> Q:
    where = Q()
    for name, lookup in (("kind", "kind"), ("item", "item__code"), ("supplier", "supplier__code")):
        if wanted.get(name):
            where &= Q(**{lookup: wanted[name]})
    return where & Q(is_late=True) if wanted.get("late") else where


def convert(request: CompanyRequest) -> HttpResponse:
    """Turn the chosen proposals of one kind into work orders, or into one requisition; the others stay."""
    kind = request.POST.get("kind", "")
    if kind not in Proposal.Kind.values:
        raise InvalidInput("unknown_kind", _("Choose what to make of them."), field="kind")
    request.access.require(MAKE if kind == Proposal.Kind.MAKE else BUY)
    chosen = [int(one) for one in request.POST.getlist("ids")[:1000] if one.isascii() and one.isdigit() and len(one) < 19]
    ids = list(Proposal.objects.filter(company=request.company, pk__in=chosen, kind=kind).values_list("pk", flat=True))
    if not ids:
        messages.warning(request, _("Nothing of this kind was chosen."))
        return redirect("workbench")
    numbers = act_once(request, lambda: (302, _convert(request, kind, ids)))
    text = ngettext("{count} document was made: {numbers}", "{count} documents were made: {numbers}", len(numbers))
    messages.success(request, text.format(count=len(numbers), numbers=_span(numbers)))
    return redirect("workbench")


def _convert(request: CompanyRequest, kind: str, ids: Sequence[int]) -> list[str]:
    who: dict[str, Any] = {
        "company": request.company,
        "proposal_ids": ids,
        "date": timezone.localdate(),
        "by": request.user,
        "at": timezone.now(),
    }
    if kind == Proposal.Kind.MAKE:
        return [order.number for order in making.from_proposals(**who)]
    return [buying.from_proposals(**who).number]


def _span(numbers: Sequence[str]) -> str:
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} – {numbers[-1]}"


# ---- shortages ------------------------------------------------------------------------------------------------------------


class ShortageForm(forms.Form):
    """Whose materials."""

    number = forms.CharField(label=_("Document"), required=False, max_length=40)
    item = lookup_field(_("Item"), Item)
    every = forms.BooleanField(label=_("also what is covered"), required=False)


class _Kit:
    def __init__(self, line: KitLine) -> None:
        self.line = line
        self.document = numbered_link(line.demand.origin_kind, line.demand.origin_number)
        self.coverage = coverage(line) if line.short else ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.line, name)


KIT = (
    Column("document", _("For")),
    Column("demand.due_date", _("Due date"), "date"),
    Column("item.code", _("Item")),
    Column("item.label", _("Name")),
    Column("open", _("Still needed"), "quantity"),
    Column("reserved", _("Reserved"), "quantity"),
    Column("free", _("Free"), "quantity"),
    Column("short", _("Short"), "quantity"),
    Column("item.unit", _("Unit")),
    Column("coverage", _("Next to come")),
)


def shortages(request: CompanyRequest) -> HttpResponse:
    """Which materials are short, for which document; with a document, its whole kit (齐套)."""
    form = ShortageForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    where = Q()
    for name, lookup in (("number", "origin_number"), ("item", "item__code")):
        if wanted.get(name):
            where &= Q(**{lookup: wanted[name]})
    lines = [line for line in kit_lines(request.company, where) if line.short > 0 or wanted.get("every") or wanted.get("number")]
    return report(request, title=_("Shortages"), name="shortages", columns=KIT, rows=lambda: map(_Kit, lines), form=form)


# ---- cost of work orders ----------------------------------------------------------------------------------------------------


class CostForm(forms.Form):
    """Which work orders."""

    q = forms.CharField(label=_("Work order or item"), required=False, max_length=50)
    department = lookup_field(_("Workshop"), Department)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = (State.RELEASED, State.RUNNING, State.DONE, State.CLOSED)
        self.fields["state"].choices = [("", "—"), *((state, State(state).label) for state in states)]  # type: ignore[attr-defined]


class _Sheet:
    def __init__(self, sheet: CostSheet) -> None:
        self.sheet = sheet
        self.number = Link(sheet.order.number, address_of(sheet.order))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sheet, name)


COSTS = (
    Column("number", _("Work order")),
    Column("order.item", _("Item")),
    Column("order.state", _("State"), "state"),
    Column("order.quantity", _("Quantity"), "quantity"),
    Column("order.received", _("Received"), "quantity"),
    Column("planned", _("Planned cost"), "money"),
    Column("material", _("Direct material"), "money"),
    Column("labour", _("Direct labour"), "money"),
    Column("overhead", _("Manufacturing overhead"), "money"),
    Column("collected", _("Collected"), "money"),
    Column("out", _("Received or settled"), "money"),
    Column("in_process", _("In process"), "money", total=True),
    Column("unit_cost", _("Unit cost"), "price"),
)


def work_order_costs(request: CompanyRequest) -> HttpResponse:
    """The cost sheet of work orders: planned against collected, by element, and what is still in process."""
    request.access.require(COST)
    form = CostForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = WorkOrder.objects.filter(company=request.company).exclude(state__in=[State.DRAFT, State.CANCELLED]).select_related("item")
    if wanted.get("q"):
        rows = rows.filter(Q(number__icontains=wanted["q"]) | Q(item__code__icontains=wanted["q"]) | Q(item__name__icontains=wanted["q"]))
    if wanted.get("department"):
        rows = rows.filter(department__code=wanted["department"])
    if wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    rows = rows.order_by("-id")
    page = page_of(rows, request.GET.get("page", "1"))
    return report(
        request,
        title=_("Cost of work orders"),
        name="work-order-costs",
        columns=COSTS,
        form=form,
        page=page,
        totals=Sums({"in_process": in_process(request.company, rows)}),
        rows=lambda: map(_Sheet, cost_sheets(page.object_list)),
        every_row=lambda: map(_Sheet, cost_sheets(rows[:MAX_EXPORTED])),
    )

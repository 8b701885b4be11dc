"""Vouchers as pages: the list, one voucher as it looks on paper, and vouchers made by hand from draft to posting."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.db import durable
from core.errors import BusinessError, EditedByOther, InvalidInput, NotVisible, StateConflict
from core.inputs import validated
from core.models import AuditEntry, State
from core.versions import as_read
from core.web.actions import Action
from core.web.document_actions import reason_in
from core.web.document_edit import (
    FOR_COMPANY,
    NOT_SHOWN_IN_FORM,
    act_once,
    keeps_what_belongs_elsewhere,
    require_same_company,
    version_in,
)
from core.web.document_forms import DocumentForm, as_text, blank_form, typed
from core.web.documents import MAX_PRINTED, workbook
from core.web.forms import DayField, LookupInput
from core.web.history import in_words
from core.web.http import CompanyRequest
from core.web.lists import page_of, sums_of
from core.web.lookup import lookup_address
from finance import manual_vouchers
from finance.inputs import VoucherInput
from finance.models import Account, Voucher, VoucherLine
from finance.web.sheets import voucher_list_sheet

MAX_EXPORTED = 20_000
PATH = (State.DRAFT, State.REVIEWED, State.POSTED)
_NUMBER = re.compile(r"(?:[^\W\d]-)?0*([1-9][0-9]{0,8})\Z")
"""A voucher's number as people write it: 12, 0012, 记-0012."""
DIMENSIONS = ("customer", "supplier", "department", "employee")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that can be done with a voucher."""

    name: str
    label: Any
    verb: Callable[..., Any]
    states: Sequence[str]
    icon: str = ""
    style: str = "primary"
    wants_reason: bool = False
    sources: Sequence[str] = (Voucher.Source.MANUAL,)

    @property
    def permission(self) -> str:
        """The right that it asks for; who reviews may take the review back."""
        return f"finance.{self.name.removeprefix('un')}_voucher"


STEPS: tuple[Step, ...] = (
    Step("review", gettext_lazy("Review"), manual_vouchers.review_voucher, (State.DRAFT,), "rosette-discount-check"),
    Step("unreview", gettext_lazy("Take back the review"), manual_vouchers.unreview_voucher, (State.REVIEWED,), "arrow-back-up", "plain"),
    Step("post", gettext_lazy("Post"), manual_vouchers.post_voucher, (State.REVIEWED,), "checks"),
    Step("cancel", gettext_lazy("Cancel"), manual_vouchers.cancel_voucher, (State.DRAFT,), "ban", "danger", wants_reason=True),
    Step(
        "reverse",
        gettext_lazy("Reverse"),
        manual_vouchers.reverse_voucher,
        (State.POSTED,),
        "arrow-back-up",
        "danger",
        wants_reason=True,
        sources=(Voucher.Source.MANUAL, Voucher.Source.CLOSING),
    ),
)


def visible_voucher(request: CompanyRequest, pk: int) -> Voucher:
    """A voucher of the company.

    Raises:
        NotVisible: there is none with this id.
    """
    people = ("prepared_by", "reviewed_by", "posted_by", "period", "reversal_of__period", "reversed_by__period")
    voucher = Voucher.objects.select_related(*people).filter(company=request.company, pk=pk).first()
    if voucher is None:
        raise NotVisible()
    return voucher


def lines_of(voucher: Voucher) -> list[VoucherLine]:
    """The lines with all that a voucher shows of them."""
    return list(_shown_lines().filter(voucher=voucher))


def _shown_lines() -> QuerySet[VoucherLine]:
    return VoucherLine.objects.select_related("account__parent__parent", *DIMENSIONS).order_by("line_no")


# ---- list ---------------------------------------------------------------------------------------------------------------


class VoucherFilter(forms.Form):
    """Which vouchers."""

    q = forms.CharField(
        label=gettext_lazy("Number or document"), required=False, max_length=50, widget=forms.TextInput(attrs={"type": "search"})
    )
    date_from = DayField(label=gettext_lazy("From"), required=False)
    date_to = DayField(label=gettext_lazy("to"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False, choices=[("", "—"), *Voucher.Source.choices])
    account = forms.CharField(label=gettext_lazy("Account"), required=False, max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = (State.DRAFT, State.REVIEWED, State.POSTED, State.CANCELLED)
        self.fields["state"].choices = [("", "—"), *((state, State(state).label) for state in states)]  # type: ignore[attr-defined]
        self.fields["account"].widget = LookupInput(lookup_address(Account))


def _filtered(request: CompanyRequest) -> tuple[VoucherFilter, QuerySet[Voucher]]:
    form = VoucherFilter(request.GET or None)
    rows = Voucher.objects.filter(company=request.company).select_related("period", "prepared_by", "reviewed_by", "posted_by")
    if not form.is_valid():
        return form, rows if not request.GET else rows.none()
    wanted = form.cleaned_data
    if wanted["q"]:
        match = _NUMBER.match(wanted["q"].strip())
        number = Q(number=int(match[1])) if match else Q(pk__in=[])
        rows = rows.filter(Q(origin_number__icontains=wanted["q"]) | number)
    for name, lookup in (("date_from", "date__gte"), ("date_to", "date__lte"), ("state", "state"), ("source", "source")):
        if wanted[name]:
            rows = rows.filter(**{lookup: wanted[name]})
    if wanted["account"]:
        rows = rows.filter(
            pk__in=VoucherLine.objects.filter(account__company=request.company, account__code__startswith=wanted["account"]).values(
                "voucher_id"
            )
        )
    return form, rows


def voucher_list(request: CompanyRequest) -> HttpResponse:
    """The vouchers, the newest first; `?export=xlsx` gives every line of them as a workbook."""
    form, rows = _filtered(request)
    if request.GET.get("export") == "xlsx":
        return _export(request, form, rows)
    page = page_of(rows.order_by("-date", "-number", "-id"), request.GET.get("page", "1"))
    vouchers = list(page.object_list)
    summaries: dict[int, str] = {}
    for line in VoucherLine.objects.filter(voucher__in=vouchers).order_by("-line_no").values_list("voucher_id", "summary"):
        summaries[line[0]] = line[1]
    total = sums_of(rows, ["total"]).get("total") if not page.paginator.is_cut else None  # type: ignore[attr-defined]
    context = {
        "title": _("Vouchers"),
        "form": form,
        "page": page,
        "rows": [(voucher, summaries.get(voucher.pk, "")) for voucher in vouchers],
        "total": total,
        "may_add": request.access.may("finance.add_voucher"),
    }
    return render(request, "vouchers/list.html", context)


def _export(request: CompanyRequest, form: VoucherFilter, rows: QuerySet[Voucher]) -> HttpResponse:
    if rows.order_by()[: MAX_EXPORTED + 1].count() > MAX_EXPORTED:
        raise InvalidInput("too_many_rows", _("More than {limit} rows. Narrow the filter first."), limit=MAX_EXPORTED)
    wanted = form.cleaned_data if form.is_valid() else {}
    span = " – ".join(str(wanted.get(name) or "…") for name in ("date_from", "date_to"))
    related = ["lines__account", *(f"lines__{name}" for name in DIMENSIONS)]
    vouchers = rows.order_by("date", "number", "id").prefetch_related(*related).iterator(chunk_size=500)
    return workbook(voucher_list_sheet(request.company, vouchers, span=span), "vouchers")


# ---- one voucher ----------------------------------------------------------------------------------------------------------


def voucher_page(request: CompanyRequest, pk: int) -> HttpResponse:
    """One voucher as it looks on paper, with what can be done and where it came from."""
    return _detail(request, visible_voucher(request, pk))


def _detail(request: CompanyRequest, voucher: Voucher, *, error: BusinessError | None = None) -> HttpResponse:
    lines = lines_of(voucher)
    entries = (
        AuditEntry.objects.filter(company=request.company, kind=Voucher._meta.label_lower, object_id=voucher.pk)
        .select_related("user")
        .order_by("-id")
    )
    context = {
        "title": _("Voucher {number}").format(number=voucher),
        "voucher": voucher,
        "lines": lines,
        "debit": sum(line.debit for line in lines),
        "credit": sum(line.credit for line in lines),
        "path": PATH,
        "actions": _offers(request, voucher),
        "history": in_words(entries, {step.name: step.label for step in STEPS}),
        "reversed_by": getattr(voucher, "reversed_by", None),
        "error": error,
        "key": uuid.uuid4().hex,
        "for_company": request.company.pk,
    }
    return render(request, "vouchers/detail.html", context, status=error.status if error else 200)


def _offers(request: CompanyRequest, voucher: Voucher) -> list[Action]:
    found = []
    access = request.access
    if voucher.state == State.DRAFT and voucher.source == Voucher.Source.MANUAL and access.may("finance.change_voucher"):
        found.append(Action("edit", _("Edit"), reverse("voucher-edit", args=[voucher.pk]), icon="pencil", method="get"))
    for step in STEPS:
        if voucher.source not in step.sources or voucher.state not in step.states or not access.may(step.permission):
            continue
        if step.name == "reverse" and (voucher.reversal_of_id or hasattr(voucher, "reversed_by")):
            continue
        own = step.name == "review" and voucher.prepared_by_id == access.user.pk and not access.company.allow_self_approval
        reason = _("somebody else than its maker has to do it") if own else ""
        found.append(
            Action(
                step.name,
                step.label,
                reverse(f"voucher-{step.name}", args=[voucher.pk]),
                step.icon,
                step.style,
                reason=reason,
                wants_reason=step.wants_reason,
                confirm=_("{action} {number}?").format(action=step.label, number=voucher) if step.style == "danger" else "",
            )
        )
    return found


def print_vouchers(request: CompanyRequest, pk: int | None = None) -> HttpResponse:
    """One voucher, or the chosen ones, as 记账凭证 on paper."""
    if pk is not None:
        vouchers = [visible_voucher(request, pk)]
    else:
        ids = [int(one) for one in request.GET.getlist("ids")[:MAX_PRINTED] if one.isascii() and one.isdigit() and len(one) < 19]
        found = Voucher.objects.filter(company=request.company, pk__in=ids).select_related(
            "prepared_by", "reviewed_by", "posted_by", "period"
        )
        vouchers = list(found.order_by("date", "number", "id"))
    if not vouchers:
        raise NotVisible()
    prefetch_related_objects(vouchers, Prefetch("lines", queryset=_shown_lines()))
    sheets = [_paper(voucher) for voucher in vouchers]
    return render(request, "vouchers/print.html", {"title": str(vouchers[0]), "sheets": sheets})


ROWS_ON_PAPER = 6


def _paper(voucher: Voucher) -> Mapping[str, Any]:
    lines = list(voucher.lines.all())
    blank = range(max(0, ROWS_ON_PAPER - len(lines)))
    return {
        "voucher": voucher,
        "lines": lines,
        "blank": blank,
        "debit": sum(line.debit for line in lines),
        "credit": sum(line.credit for line in lines),
    }


# ---- made by hand -----------------------------------------------------------------------------------------------------------


def create(request: CompanyRequest) -> HttpResponse:
    """A new voucher."""
    if request.method == "GET":
        return _form_page(request, blank_form(VoucherInput, Voucher, _initial(request)))
    try:
        require_same_company(request)
        data = _check(request)
        pk = act_once(request, lambda: (302, _draft(request, data)))
    except NOT_SHOWN_IN_FORM:
        raise
    except BusinessError as error:
        return _refused(request, error)
    messages.success(request, _("The voucher is saved as a draft. Another person reviews it, then it is posted."))
    return redirect("voucher-detail", pk=pk)


def _initial(request: CompanyRequest) -> dict[str, Any]:
    copied = request.GET.get("copy", "")
    values: dict[str, Any] = {}
    if copied.isascii() and copied.isdigit() and len(copied) < 19:
        values = _stored(visible_voucher(request, int(copied)))
    return {**values, "date": timezone.localdate()}


def _check(request: CompanyRequest) -> dict[str, Any]:
    return validated(VoucherInput, typed(VoucherInput, request.POST), company=request.company, today=timezone.localdate(), lenient=True)


def _draft(request: CompanyRequest, data: Mapping[str, Any]) -> int:
    return manual_vouchers.draft_voucher(company=request.company, data=data, by=request.user, at=timezone.now()).pk


def _stored(voucher: Voucher) -> dict[str, Any]:
    fields = VoucherInput().fields["lines"].child.fields  # type: ignore[attr-defined]
    lines = [{name: as_text(field, getattr(line, name) or None) for name, field in fields.items()} for line in lines_of(voucher)]
    return {"date": voucher.date, "attachments_count": voucher.attachments_count, "lines": lines}


@keeps_what_belongs_elsewhere
def edit(request: CompanyRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    voucher = visible_voucher(request, pk)
    if voucher.state != State.DRAFT or voucher.source != Voucher.Source.MANUAL:
        raise StateConflict(number=str(voucher), state=voucher.get_state_display(), wanted=State.DRAFT.label)
    if request.method == "GET":
        return _form_page(request, blank_form(VoucherInput, Voucher, _stored(voucher)), voucher=voucher)
    try:
        data = _check(request)
        manual_vouchers.edit_voucher(
            company=request.company,
            document_id=pk,
            version=version_in(request.POST),
            data=data,
            by=request.user,
            at=timezone.now(),
        )
    except NOT_SHOWN_IN_FORM:
        raise
    except BusinessError as error:
        return _refused(request, error, voucher=voucher)
    return redirect("voucher-detail", pk=pk)


def _refused(request: CompanyRequest, error: BusinessError, *, voucher: Voucher | None = None) -> HttpResponse:
    form = blank_form(VoucherInput, Voucher, typed(VoucherInput, request.POST))
    form.refuse(error)
    version = voucher.version if voucher and isinstance(error, EditedByOther) else request.POST.get("version", "")
    key = request.POST.get("idempotency_key", "")
    return _form_page(request, form, voucher=voucher, status=error.status, version=version, key=key)


def _form_page(
    request: CompanyRequest, form: DocumentForm, *, voucher: Voucher | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    defaults = {
        "title": _("Voucher {number}: edit").format(number=voucher) if voucher else _("New voucher"),
        "form": form,
        "voucher": voucher,
        "version": voucher.version if voucher else "",
        "key": uuid.uuid4().hex,
        FOR_COMPANY: request.POST.get(FOR_COMPANY) or request.company.pk,
    }
    return render(request, "vouchers/form.html", defaults | context, status=status)


@keeps_what_belongs_elsewhere
def act(request: CompanyRequest, pk: int, step: Step) -> HttpResponse:
    """Review, post, reverse …"""
    voucher = visible_voucher(request, pk)
    try:
        given = {"reason": reason_in(request)} if step.wants_reason else {}
        act_once(request, durable(lambda: (302, _act(request, voucher, step, given))))
    except NotVisible:
        raise
    except BusinessError as error:
        return _detail(request, visible_voucher(request, pk), error=error)
    messages.success(request, _("{number}: {action} – done.").format(number=voucher, action=step.label))
    return redirect("voucher-detail", pk=pk)


def _act(request: CompanyRequest, voucher: Voucher, step: Step, given: Mapping[str, str]) -> int:
    """Do it with what the page showed: a voucher that was changed since is left alone."""
    with as_read(voucher, version_in(request.POST) if request.POST.get("version") else None):
        step.verb(company=request.company, document_id=voucher.pk, by=request.user, at=timezone.now(), **given)
    return voucher.pk

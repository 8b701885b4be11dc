"""Making and changing documents: the form, its checking by the kind's serializer, and one document per click."""

import functools
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.documents import Column, DocumentType
from core.errors import BusinessError, EditedByOther, Forbidden, KeyReused, NotVisible, StateConflict
from core.idempotency import fingerprint, once
from core.inputs import validated
from core.models import Document, State
from core.web.document_forms import LINES, DocumentForm, as_shown, blank_form, differences, stored, stored_names, typed
from core.web.documents import visible_document
from core.web.errors import sent_elsewhere_page
from core.web.http import CompanyRequest

NOT_SHOWN_IN_FORM = (NotVisible, Forbidden)
FOR_COMPANY = "for_company"
View = TypeVar("View", bound=Callable[..., HttpResponse])
_NOT_PART_OF_THE_INPUT = ("csrfmiddlewaretoken", "idempotency_key")


class OpenedElsewhere(BusinessError):
    """Two tabs, two companies: the form was opened in one and sent in the other."""

    code = "other_company"
    text = _lazy("This form was opened in {opened}, but you work in {present} now. Nothing was saved.")
    hint = _lazy("Change back to {opened} in another tab, then save here again.")


def create(request: CompanyRequest, kind: DocumentType) -> HttpResponse:
    """A new document: the form (GET), or the draft it becomes (POST)."""
    assert kind.input is not None
    if request.method == "GET":
        return _form_page(request, kind, blank_form(kind.input, kind.model, _initial(request, kind)))
    try:
        require_same_company(request)
        data = check(request, kind)
        number, pk = act_once(request, lambda: _draft(request, kind, data))
    except NOT_SHOWN_IN_FORM:
        raise
    except BusinessError as error:
        return _refused(request, kind, error)
    messages.success(request, _("{number} is saved.").format(number=number))
    return redirect(f"{kind.kind}-detail", pk=pk)


def _initial(request: CompanyRequest, kind: DocumentType) -> dict[str, Any]:
    """Today, what the kind proposes for the parameters (`?order=12`), or a copy of another document (`?copy=12`)."""
    assert kind.input is not None
    values: dict[str, Any] = {"document_date": timezone.localdate()}
    copied = request.GET.get("copy", "")
    if copied.isascii() and copied.isdigit() and len(copied) < 19:
        request.access.require(kind.permission("view"))
        values = {**_visible_values(request, kind, stored(kind.input, visible_document(request, kind, int(copied)))), **values}
    if kind.initial is not None:
        # An address is typed by anybody: what can't be printed names nothing, and the database would not take it.
        params = {name: str(value) for name, value in request.GET.items() if str(value).isprintable()}
        values |= kind.initial(company=request.company, params=params)
    return values


def _visible_values(request: CompanyRequest, kind: DocumentType, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a document that its own page would show this person, too: no prices or costs by way of a copy."""

    def without(found: Mapping[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
        hidden = {column.path for column in columns if not request.access.may(column.secret)}
        return {name: value for name, value in found.items() if name not in hidden}

    kept = without(values, (*kind.columns, *kind.head))
    columns = [column for lines in kind.line_sets if lines.name == LINES for column in lines.columns]
    return kept | ({LINES: [without(line, columns) for line in kept[LINES]]} if LINES in kept else {})


def check(request: CompanyRequest, kind: DocumentType) -> dict[str, Any]:
    """What was typed, checked by the kind's serializer.

    Raises:
        InvalidInputs: all that is wrong.
    """
    assert kind.input is not None
    return validated(kind.input, typed(kind.input, request.POST), company=request.company, today=timezone.localdate(), lenient=True)


def _draft(request: CompanyRequest, kind: DocumentType, data: Mapping[str, Any]) -> tuple[int, Any]:
    assert kind.draft is not None
    document = kind.draft(company=request.company, data=data, by=request.user, at=timezone.now())
    return 302, [document.number, document.pk]


def act_once(request: CompanyRequest, act: Callable[[], tuple[int, Any]]) -> Any:
    """Run `act` once for the key in the form; a second click gets the first answer."""
    key = request.POST.get("idempotency_key", "")
    if not key:
        return act()[1]
    return once(scope=f"user:{request.user.pk}", key=key[:100], fingerprint=what_was_sent(request.path, request.POST), act=act).answer


def what_was_sent(path: str, post: QueryDict) -> str:
    """The fingerprint of a form, without what differs between two sendings of the same one."""
    fields = sorted((name, values) for name, values in post.lists() if name not in _NOT_PART_OF_THE_INPUT)
    return fingerprint("POST", path, fields)


def require_same_company(request: CompanyRequest) -> None:
    """A form belongs to the company in which it was opened: codes exist in several, and the other tab may have changed over.

    Raises:
        OpenedElsewhere: the person works in another company by now.
    """
    opened = request.POST.get(FOR_COMPANY, "")
    if opened and opened != str(request.company.pk):
        names = {str(membership.company_id): str(membership.company) for membership in request.memberships}
        raise OpenedElsewhere(opened=names.get(opened, "–"), present=str(request.company))


def keeps_what_belongs_elsewhere(view: View) -> View:
    """Decorate a view of one record: what was opened in another company is refused, and kept until the person has changed back."""

    @functools.wraps(view)
    def checked(request: CompanyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            require_same_company(request)
        except OpenedElsewhere as error:
            return sent_elsewhere_page(request, error)
        return view(request, *args, **kwargs)

    return cast(View, checked)


@keeps_what_belongs_elsewhere
def edit(request: CompanyRequest, pk: int, kind: DocumentType) -> HttpResponse:
    """Change a draft. Of two people (or tabs) the second sees what the first has changed and decides."""
    assert kind.input is not None and kind.edit is not None
    document = visible_document(request, kind, pk)
    if request.method == "GET":
        _require_editable(kind, document)
        form = blank_form(kind.input, kind.model, stored(kind.input, document), stored_names(kind.input, document))
        return _form_page(request, kind, form, document=document)
    try:
        _require_editable(kind, document)
        data = check(request, kind)
        kind.edit(
            company=request.company,
            document_id=document.pk,
            version=version_in(request.POST),
            data=data,
            by=request.user,
            at=timezone.now(),
        )
    except NOT_SHOWN_IN_FORM:
        raise
    except BusinessError as error:
        return _refused(request, kind, error, document=document)
    messages.success(request, _("{number} is saved.").format(number=document.number))
    return redirect(f"{kind.kind}-detail", pk=pk)


def _require_editable(kind: DocumentType, document: Document) -> None:
    """Only in some states a document may be changed.

    Raises:
        StateConflict: it is in another one.
    """
    if document.state not in kind.editable:
        wanted = ", ".join(str(State(state).label) for state in kind.editable)
        raise StateConflict(number=document.number, state=document.get_state_display(), wanted=wanted)


def version_in(post: QueryDict) -> int:
    """The version from which a form was made; 0, which no document has, where it is no number that could be one."""
    text = post.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _refused(request: CompanyRequest, kind: DocumentType, error: BusinessError, *, document: Document | None = None) -> HttpResponse:
    """The form again: everything that was typed, each problem at its cell."""
    assert kind.input is not None
    form = blank_form(kind.input, kind.model, _as_typed(kind, request.POST))
    form.refuse(error)
    context: dict[str, Any] = {}
    if document is not None and isinstance(error, EditedByOther):
        context["differences"] = differences(form, stored(kind.input, document))
    elif document is not None:
        context["version"] = request.POST.get("version", "")
    fresh = isinstance(error, KeyReused | EditedByOther)
    context["key"] = uuid.uuid4().hex if fresh else request.POST.get("idempotency_key", "")
    return _form_page(request, kind, form, document=document, status=error.status, **context)


def _as_typed(kind: DocumentType, post: QueryDict) -> dict[str, Any]:
    assert kind.input is not None
    try:
        return as_shown(kind.input, post)
    except BusinessError:
        return {name: value for name, value in post.items() if not name.startswith("lines[")}


def _form_page(
    request: CompanyRequest, kind: DocumentType, form: DocumentForm, *, document: Document | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    title = _("{kind} {number}: edit") if document else _("New: {kind}")
    defaults = {
        "title": title.format(kind=kind.label, number=document or ""),
        "kind": kind,
        "form": form,
        "document": document,
        "version": document.version if document else "",
        "key": uuid.uuid4().hex,
        "for_company": request.POST.get(FOR_COMPANY) or request.company.pk,
    }
    return render(request, "documents/form.html", defaults | context, status=status)

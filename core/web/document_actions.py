"""Doing something with a document – approve, post, reverse – and with many chosen in a list."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.db import durable
from core.documents import Action, DocumentType
from core.errors import BusinessError, InvalidInput, InvalidInputs, NotVisible
from core.idempotency import once
from core.inputs import ReasonSerializer, validated
from core.models import Document
from core.versions import as_read
from core.web.document_edit import version_in, what_was_sent
from core.web.document_forms import DocumentForm, blank_form, typed
from core.web.documents import detail_page, facts, rows_of, visible_document
from core.web.http import CompanyRequest

MAX_CHOSEN = 200
SHOWN_REFUSALS = 5


def act(request: CompanyRequest, pk: int, kind: DocumentType, action: Action) -> HttpResponse:
    """Do `action`; where it wants input, GET shows its form."""
    document = visible_document(request, kind, pk)
    if request.method == "GET":
        return _action_page(request, kind, action, document, blank_form(action.input, kind.model, _proposed(request, action, document)))  # type: ignore[arg-type]
    try:
        data = _data(request, action)
        _do_once(request, action, document, data)
    except NotVisible:
        raise
    except BusinessError as error:
        return _refused(request, kind, action, document, error)
    messages.success(request, _("{number}: {action} – done.").format(number=document.number, action=action.label))
    return redirect(f"{kind.kind}-detail", pk=pk)


def _data(request: CompanyRequest, action: Action) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if action.input is not None:
        data = validated(action.input, typed(action.input, request.POST), company=request.company, today=timezone.localdate(), lenient=True)
    if action.wants_reason:
        data["reason"] = reason_in(request)
    return data


def reason_in(request: CompanyRequest) -> str:
    """Why it is done, in the words of who does it.

    Raises:
        InvalidInputs: nothing was said, too much, or with characters that nobody sees.
    """
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise InvalidInputs([InvalidInput("required", _("Say why in a few words."), field="reason")])
    return str(validated(ReasonSerializer, {"reason": reason}, company=request.company)["reason"])


def _do_once(request: CompanyRequest, action: Action, document: Document, data: Mapping[str, Any]) -> None:
    """Do it with what the page showed: a document that was changed since is not approved."""
    version = version_in(request.POST) if request.POST.get("version") else None

    def run() -> tuple[int, Any]:
        with as_read(document, version):
            action.verb(company=request.company, document_id=document.pk, by=request.user, at=timezone.now(), **data)
        return 302, document.number

    key = request.POST.get("idempotency_key", "")
    if not key:
        durable(run)()
        return
    once(scope=f"user:{request.user.pk}", key=f"{key[:60]}:{action.name}", fingerprint=what_was_sent(request.path, request.POST), act=run)


def _proposed(request: CompanyRequest, action: Action, document: Document) -> dict[str, Any]:
    """What the form of an action starts with: the document's own figures of the same name."""
    fields = action.input().fields if action.input else {}
    values = {name: getattr(document, name) for name in fields if name != "lines" and hasattr(document, name)}
    if action.initial is not None:
        values |= action.initial(document)
    return {"document_date": timezone.localdate(), **values} if "document_date" in fields else values


def _refused(request: CompanyRequest, kind: DocumentType, action: Action, document: Document, error: BusinessError) -> HttpResponse:
    if action.input is None and not any(problem.field == "reason" for problem in error.problems()):
        return detail_page(request, kind, visible_document(request, kind, document.pk), error=error)
    form = blank_form(action.input, kind.model, typed(action.input, request.POST)) if action.input else None
    if form is not None:
        form.refuse(error)
    return _action_page(request, kind, action, document, form, error=error)


def _action_page(
    request: CompanyRequest,
    kind: DocumentType,
    action: Action,
    document: Document,
    form: DocumentForm | None,
    *,
    error: BusinessError | None = None,
) -> HttpResponse:
    context = {
        "title": f"{document}: {action.label}",
        "kind": kind,
        "action": action,
        "document": document,
        "facts": facts(kind, document, request) if form else [],
        "form": form,
        "reason": request.POST.get("reason", ""),
        "error": error if form is None else None,
        "version": request.POST.get("version") or document.version,
        "key": request.POST.get("idempotency_key") or uuid.uuid4().hex,
    }
    return render(request, "documents/action.html", context, status=error.status if error else 200)


def act_on_many(request: CompanyRequest, kind: DocumentType) -> HttpResponse:
    """Do an action with every chosen document, each for itself: what is refused is listed, the rest is done."""
    action = next((one for one in kind.actions if one.name == request.POST.get("action")), None)
    if action is None or action.input or action.wants_reason:
        raise NotVisible()
    request.access.require(kind.right(action))
    ids = [int(one) for one in request.POST.getlist("ids")[:MAX_CHOSEN] if one.isascii() and one.isdigit() and len(one) < 19]
    documents = list(rows_of(request, kind).filter(pk__in=ids).order_by("id"))
    refusals = []
    for document in documents:
        try:
            action.verb(company=request.company, document_id=document.pk, by=request.user, at=timezone.now())
        except BusinessError as error:
            refusals.append(f"{document.number}: {error.message()}")
    done = len(documents) - len(refusals)
    if done or not documents:
        text = ngettext("{action}: {count} document done.", "{action}: {count} documents done.", done)
        messages.success(request, text.format(action=action.label, count=done))
    for refusal in refusals[:SHOWN_REFUSALS]:
        messages.warning(request, refusal)
    if len(refusals) > SHOWN_REFUSALS:
        messages.warning(request, _("{count} more were refused.").format(count=len(refusals) - SHOWN_REFUSALS))
    query = request.POST.get("back", "")
    return HttpResponseRedirect(reverse(f"{kind.kind}-list") + (query if query.startswith("?") else ""))

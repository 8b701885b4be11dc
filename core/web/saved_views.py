"""Keeping and forgetting views of a list."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import saved_views
from core.documents import DocumentType
from core.errors import InvalidInput, InvalidInputs
from core.inputs import StrictSerializer, TextField, validated
from core.web.http import CompanyRequest


class ViewName(StrictSerializer):
    """What a view is called."""

    name = TextField(max_length=40, label=gettext_lazy("Name of this view"))


def save(request: CompanyRequest, kind: DocumentType) -> HttpResponse:
    """Keep the list as it is shown now."""
    query = QueryDict(request.POST.get("query", "").removeprefix("?")[:4000])
    back = f"{reverse(f'{kind.kind}-list')}?{query.urlencode()}"
    try:
        named = validated(ViewName, {"name": request.POST.get("name", "")}, company=request.company)
        view = saved_views.save_view(
            company=request.company, user=request.user, kind=kind.kind, name=named["name"], query=dict(query.lists())
        )
    except (InvalidInput, InvalidInputs) as error:
        messages.error(request, " ".join(problem.message() for problem in error.problems()))
        return HttpResponseRedirect(back)
    messages.success(request, _("The view “{name}” is saved.").format(name=view.name))
    return HttpResponseRedirect(back)


def delete(request: CompanyRequest, pk: int, kind: DocumentType) -> HttpResponse:
    """Forget a view."""
    saved_views.delete_view(company=request.company, user=request.user, kind=kind.kind, pk=pk)
    return redirect(f"{kind.kind}-list")

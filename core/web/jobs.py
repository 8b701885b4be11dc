"""Jobs as pages: who asked for what, how far it is, its log and result; started elsewhere, cancelled here."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotVisible
from core.inputs import validated
from core.jobs import cancel_job, job_kinds, kind_of, start_job
from core.models import Job
from core.web.document_forms import blank_form, typed
from core.web.http import CompanyRequest
from core.web.lists import page_of
from core.web.routes import ANY_MEMBER, page

OVER = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


def visible_jobs(request: CompanyRequest) -> Any:
    """The jobs of the company of a kind that the user may start; one's own in any case."""
    kinds = [name for name, kind in job_kinds().items() if request.access.may(kind.permission)]
    mine = Job.objects.filter(company=request.company).select_related("asked_by")
    return mine.filter(kind__in=kinds) | mine.filter(asked_by=request.user)


def job_list(request: CompanyRequest) -> HttpResponse:
    """The newest jobs."""
    shown = page_of(visible_jobs(request).order_by("-id"), request.GET.get("page", "1"))
    rows = [(job, label_of(job)) for job in shown.object_list]
    return render(request, "jobs/list.html", {"title": _("Jobs"), "page": shown, "rows": rows})


def job_page(request: CompanyRequest, pk: int) -> HttpResponse:
    """One job; while it runs, the part with the progress asks for itself again every second."""
    job = visible_jobs(request).filter(pk=pk).first()
    if job is None:
        raise NotVisible()
    context = {"title": label_of(job), "job": job, "is_over": job.state in OVER, "result": _result(job)}
    return render(request, "jobs/progress.html" if request.htmx else "jobs/detail.html", context)


def _result(job: Job) -> list[tuple[str, Any]]:
    if isinstance(job.result, dict):
        return [(str(name).replace("_", " "), value) for name, value in job.result.items()]
    return [] if job.result is None else [("", job.result)]


def label_of(job: Job) -> Any:
    """What a job is called."""
    kind = job_kinds().get(job.kind)
    return kind.label if kind else job.kind


def start(request: CompanyRequest, kind: str) -> HttpResponse:
    """Start a job: its form (GET) where it wants parameters, the start itself (POST)."""
    described = kind_of(kind)
    if request.method == "GET":
        form = blank_form(described.input, None, request.GET.dict()) if described.input else None
        return render(request, "jobs/start.html", {"title": described.label, "form": form})
    data: dict[str, Any] = {}
    if described.input:
        sent = typed(described.input, request.POST)
        data = validated(described.input, sent, company=request.company, today=timezone.localdate(), lenient=True)
    job = start_job(kind=kind, company=request.company, params=data, by=request.user, at=timezone.now())
    return redirect("job", pk=job.pk)


def cancel(request: CompanyRequest, pk: int) -> HttpResponse:
    """Ask a job to stop."""
    if not visible_jobs(request).filter(pk=pk).exists():
        raise NotVisible()
    cancel_job(company=request.company, job_id=pk, at=timezone.now())
    messages.info(request, _("The job stops at its next step."))
    return redirect("job", pk=pk)


def job_urls() -> list[URLPattern]:
    """The addresses of jobs; each kind is started under its own permission."""
    starts = [
        page(
            f"jobs/start/{name}/", partial(start, kind=name), name=f"job-start-{name}", permission=kind.permission, methods=["GET", "POST"]
        )
        for name, kind in job_kinds().items()
    ]
    return [
        page("jobs/", job_list, name="jobs", permission=ANY_MEMBER),
        page("jobs/<id:pk>/", job_page, name="job", permission=ANY_MEMBER),
        page("jobs/<id:pk>/cancel/", cancel, name="job-cancel", permission=ANY_MEMBER, methods=["POST"]),
        *starts,
    ]

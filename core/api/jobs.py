"""Long work through the API: start it, ask how far it is, stop it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from core.api.base import ApiRequest, ApiView
from core.api.filters import equal, one_of
from core.api.representation import represent
from core.api.schema import KEY_PARAMETER, REFUSALS, page_of, parameters, row_serializer
from core.api.tables import TableView
from core.documents import Column
from core.errors import InvalidInput, NotVisible
from core.inputs import StrictSerializer, validated
from core.jobs import cancel_job, job_kinds, kind_of, start_job
from core.models import Job

COLUMNS = (
    Column("kind", "kind"),
    Column("state", "waiting, running, done, failed or cancelled", "state"),
    Column("percent", "percent done"),
    Column("asked_by", "asked by"),
    Column("asked_at", "asked at"),
    Column("started_at", "started at"),
    Column("finished_at", "finished at"),
    Column("error", "why it failed"),
)
_ROW = row_serializer("JobRow", COLUMNS, more={"id": serializers.IntegerField()})
_WHOLE = row_serializer(
    "JobWhole", COLUMNS, more={"id": serializers.IntegerField(), "log": serializers.CharField(), "result": serializers.JSONField()}
)
_START = inline_serializer("JobStart", {"kind": serializers.CharField(), "params": serializers.DictField(required=False)})


def visible_jobs(request: ApiRequest) -> "QuerySet[Job]":
    """The jobs of the company of a kind that this person may start; one's own in any case.

    A token is not its person: it sees the kinds within its scopes, not what the person has asked for elsewhere.
    """
    may_see = Q(kind__in=[name for name, kind in job_kinds().items() if request.access.may(kind.permission)])
    if not request.access.by_token:
        may_see |= Q(asked_by=request.user)
    return Job.objects.filter(may_see, company=request.company).select_related("asked_by")


def whole(job: Job) -> dict[str, Any]:
    """A job with its log and result."""
    return {"id": job.pk} | represent(job, COLUMNS) | {"log": job.log, "result": job.result}


def find_job(request: ApiRequest, job_id: str) -> Job:
    """A job that this person may see.

    Raises:
        NotVisible: there is none with this id.
    """
    job = visible_jobs(request).filter(pk=int(job_id)).first()
    if job is None:
        raise NotVisible()
    return job


class JobsView(TableView):
    """Jobs, newest first. Everybody sees the kinds that they may start."""

    permissions = {"GET": "", "POST": ""}
    columns = COLUMNS
    filters = (equal("kind"), equal("state", read=one_of(Job.State.values)))

    def rows(self, request: ApiRequest) -> "QuerySet[Job]":
        return visible_jobs(request)

    @extend_schema(
        operation_id="jobs_list",
        tags=["jobs"],
        responses=REFUSALS | {200: page_of("Job", _ROW)},
        parameters=parameters(filters, ("page", "page_size")),
    )
    def get(self, request: ApiRequest) -> Response:
        """List and filter."""
        return super().get(request)

    @extend_schema(operation_id="jobs_start", tags=["jobs"], request=_START, responses=REFUSALS | {202: _WHOLE}, parameters=[KEY_PARAMETER])
    def post(self, request: ApiRequest) -> Response:
        """Start a job; ask for its state at the address in Location."""
        body: dict[str, Any] = request.data if isinstance(request.data, dict) else {}
        name, params = str(body.get("kind", "")), body.get("params", {})
        kind = kind_of(name)
        request.access.require(kind.permission)
        unknown = set(body) - {"kind", "params"}
        if unknown or not isinstance(params, dict):
            raise InvalidInput("unknown_field", _("A job has a kind and params."), field=", ".join(sorted(unknown))[:60] or "params")
        data = validated(kind.input or StrictSerializer, params, company=request.company, today=timezone.localdate())

        def act() -> tuple[int, Any]:
            job = start_job(kind=name, company=request.company, params=data, by=request.user, at=self.now())
            return 202, whole(job)

        answer = self.answer_once(request, act)
        answer["Location"] = f"{request.path}{answer.data['id']}/"
        return answer


class JobView(ApiView):
    """One job."""

    permissions = {"GET": ""}

    @extend_schema(operation_id="jobs_read", tags=["jobs"], responses=REFUSALS | {200: _WHOLE})
    def get(self, request: ApiRequest, job_id: str) -> Response:
        """How far it is, its log and its result."""
        return Response(whole(find_job(request, job_id)))


class JobCancelView(ApiView):
    """Stopping a job."""

    permissions = {"POST": ""}

    @extend_schema(operation_id="jobs_cancel", tags=["jobs"], request=None, responses=REFUSALS | {200: _WHOLE})
    def post(self, request: ApiRequest, job_id: str) -> Response:
        """Ask it to stop: one that waits ends at once, one that runs at its next sign of life."""
        find_job(request, job_id)
        self.read_body(request, None)
        return Response(whole(cancel_job(company=request.company, job_id=int(job_id), at=self.now())))

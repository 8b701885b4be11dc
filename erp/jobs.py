"""All kinds of jobs: what may run in the background, who may start it, and with which parameters."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from core.jobs import JobKind
from production.inputs import PlanInput

JOB_KINDS: Mapping[str, JobKind] = {
    "mrp": JobKind("production.planning.mrp_job", _("Material planning"), "production.run_mrp", PlanInput),
    "reconcile": JobKind("reports.reconcile.nightly.reconcile_job", _("Check of the books"), "finance.close_period"),
}

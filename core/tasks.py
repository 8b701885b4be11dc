"""What the kernel runs in the background. Tasks are triggers: they take ids, may come twice, and look at the rows."""

from celery import shared_task
from django.utils import timezone

from core import idempotency, jobs, uploads, webhooks


@shared_task(name=jobs.TASK)
def run_job(job_id: int) -> bool:
    """Run one job."""
    return jobs.run_job(job_id, at=timezone.now(), now=timezone.now)


@shared_task
def resend_waiting_jobs() -> int:
    """Send jobs again whose message was lost or whose worker died."""
    return jobs.resend_waiting_jobs(at=timezone.now())


@shared_task
def deliver_outbox() -> int:
    """Hand events out to the webhooks that want them."""
    return webhooks.deliver_outbox(at=timezone.now())


@shared_task
def forget_old_keys() -> int:
    """Forget request keys that nobody will repeat any more, and uploads that nobody has confirmed."""
    return idempotency.forget_old(at=timezone.now()) + uploads.forget_old(at=timezone.now())

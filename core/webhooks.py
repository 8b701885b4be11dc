"""Handing events to other systems, at least once: outbox → one delivery per webhook → tried until it is taken.

Each request is signed: `Bihuan-Signature: sha256=<HMAC of the body>` with the webhook's own secret, which is derived from
SECRET_KEY and so lies in no table. `Bihuan-Event` is the event's id: the receiver forgets what it has seen before.
"""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import logging
from collections.abc import Sequence

from django.conf import settings
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core.db import durable
from core.errors import InvalidInput
from core.models import Company, OutboxEvent, Webhook, WebhookDelivery
from core.outgoing import check_url, post_json

logger = logging.getLogger(__name__)

AT_ONCE = 200
MAX_ATTEMPTS = 12
LONGEST_PAUSE = dt.timedelta(hours=6)
_SALT = "core.webhooks"


@durable
def save_webhook(
    *, company: Company, name: str, url: str, kinds: Sequence[str] = (), is_active: bool = True, webhook_id: int | None = None
) -> Webhook:
    """Create or change a webhook; it hears of what happens from now on.

    Raises:
        InvalidInput: its address may not be called, or the kinds are no list of names.
    """
    check_url(url)
    webhook = Webhook(pk=webhook_id, company=company, name=name, url=url, kinds=check_kinds(kinds), is_active=is_active)
    webhook.save()
    return webhook


def check_kinds(kinds: object) -> list[str]:
    """The kinds of events that a webhook wants; an empty list is all of them.

    Raises:
        InvalidInput: they are no list of names.
    """
    if not isinstance(kinds, list | tuple) or not all(isinstance(kind, str) and kind for kind in kinds):
        raise InvalidInput("type", _("Kinds of events are a list of names."), field="kinds")
    return list(kinds)


def _wants(webhook: Webhook, event: OutboxEvent) -> bool:
    """A row that holds something else than a list of kinds wants nothing; it must not hold up the events of everybody."""
    kinds = webhook.kinds
    return webhook.company_id == event.company_id and isinstance(kinds, list) and (not kinds or event.kind in kinds)


def secret_of(webhook: Webhook) -> str:
    """The secret that receiver and sender share."""
    return salted_hmac(_SALT, f"{webhook.company_id}:{webhook.pk}", algorithm="sha256").hexdigest()


def signature(webhook: Webhook, body: bytes) -> str:
    """What the receiver compares with."""
    return "sha256=" + hmac.new(secret_of(webhook).encode(), body, hashlib.sha256).hexdigest()


def deliver_outbox(*, at: dt.datetime) -> int:
    """Spread new events over the webhooks that want them, then try every delivery that is due.

    Returns:
        how many were taken.
    """
    while _spread(at=at) == AT_ONCE:
        pass
    due = WebhookDelivery.objects.filter(taken_at=None, next_try_at__lte=at, webhook__is_active=True)
    return sum(_try(delivery, at) for delivery in due.select_related("webhook", "event")[:AT_ONCE])


@durable
def _spread(*, at: dt.datetime) -> int:
    """Turn events into deliveries; SKIP LOCKED lets several workers share the queue."""
    events = list(OutboxEvent.objects.select_for_update(skip_locked=True).filter(delivered_at=None).order_by("id")[:AT_ONCE])
    hooks = list(Webhook.objects.filter(company__in={event.company_id for event in events}, is_active=True))
    wanted = [WebhookDelivery(webhook=hook, event=event, next_try_at=at) for event in events for hook in hooks if _wants(hook, event)]
    WebhookDelivery.objects.bulk_create(wanted, ignore_conflicts=True)
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(delivered_at=at, attempts=F("attempts") + 1)
    return len(events)


def _try(delivery: WebhookDelivery, at: dt.datetime) -> bool:
    """Send one delivery, if no other worker has just done so; nothing is locked while the other side thinks."""
    pause = min(dt.timedelta(seconds=30) * 2**delivery.attempts, LONGEST_PAUSE)
    next_try = at + pause if delivery.attempts + 1 < MAX_ATTEMPTS else None
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, taken_at=None)
    if not mine.update(attempts=delivery.attempts + 1, next_try_at=next_try):
        return False
    error = _send(delivery)
    if error:
        logger.warning("webhook %s, event %s: %s", delivery.webhook_id, delivery.event_id, error)
    outcome = {"last_error": error[:200]} if error else {"taken_at": at, "last_error": "", "next_try_at": None}
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**outcome)
    return not error


def _send(delivery: WebhookDelivery) -> str:
    """POST the event.

    Returns:
        what went wrong, empty when it was taken (2xx).
    """
    event, webhook = delivery.event, delivery.webhook
    content = {"id": event.pk, "kind": event.kind, "at": event.created_at.isoformat(), "data": event.payload}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Bihuan-Event": str(event.pk),
        "Bihuan-Signature": signature(webhook, body),
        "User-Agent": f"Bihuan/{settings.SPECTACULAR_SETTINGS['VERSION']}",
    }
    try:
        status = post_json(webhook.url, body, headers)
    except InvalidInput as refused:
        return str(refused)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    return "" if 200 <= status < 300 else f"HTTP {status}"

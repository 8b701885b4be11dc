"""The hash chain over what was posted (P12): each link ties a thing's digest to everything before it."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core import bulk
from core.models import ChainHead, ChainLink, Company
from core.prepared import Prepared


def canonical(value: Any) -> Any:
    """Turn a value into what JSON can say in exactly one way: decimals without trailing zeros, dates as ISO text, instants in UTC."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, int | str | bool) or value is None else value.isoformat()


def digest(content: Any) -> str:
    """SHA-256 over the canonical JSON of `content`."""
    text = json.dumps(canonical(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def link_hash(previous: str, sequence: int, kind: str, object_id: int, content_digest: str) -> str:
    """The hash of one link, from the hash before it and what it stands for."""
    return hashlib.sha256(f"{previous}|{sequence}|{kind}|{object_id}|{content_digest}".encode()).hexdigest()


_HEAD: Prepared[ChainHead] = Prepared(lambda company: ChainHead.objects.select_for_update().filter(company=company))


def append(company: Company, entries: Sequence[tuple[str, int, str]]) -> None:
    """Append links for (kind, object id, digest) in order; locks the company's head until commit, so it comes last of all."""
    if not entries:
        return
    heads = _HEAD(company=company.pk)
    if not heads:
        ChainHead.objects.bulk_create([ChainHead(company=company)], ignore_conflicts=True)
        heads = _HEAD(company=company.pk)
    head = heads[0]
    links = []
    for kind, object_id, content_digest in entries:
        head.sequence += 1
        head.hash = link_hash(head.hash, head.sequence, kind, object_id, content_digest)
        links.append(
            ChainLink(company=company, sequence=head.sequence, kind=kind, object_id=object_id, digest=content_digest, hash=head.hash)
        )
    bulk.together((links, ()), ([head], ("sequence", "hash")))

"""Files that were uploaded and checked, and wait for somebody to confirm them. Most are confirmed; what is forgotten is thrown away."""

import datetime as dt
import secrets
from pathlib import Path

from django.conf import settings

KEPT_FOR = dt.timedelta(days=1)


def folder() -> Path:
    """Where they wait, out of reach of the web server."""
    place = Path(settings.DATA_DIR) / "uploads"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def keep(content: bytes) -> str:
    """Keep an upload under a random name.

    Returns:
        its path.
    """
    path = folder() / secrets.token_urlsafe(24)
    path.write_bytes(content)
    return str(path)


def drop(path: str) -> None:
    """Throw an upload away; it may be gone already."""
    Path(path).unlink(missing_ok=True)


def forget_old(*, at: dt.datetime) -> int:
    """Throw away what nobody has confirmed within a day.

    Returns:
        how many files that were.
    """
    old = [path for path in folder().iterdir() if path.is_file() and path.stat().st_mtime < (at - KEPT_FOR).timestamp()]
    for path in old:
        drop(str(path))
    return len(old)

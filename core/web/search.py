"""What a search provider of an app answers with."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: its name, where it is, an icon, and a remark (kind, customer, stock …)."""

    text: str | Promise
    url: str
    icon: str = "file-text"
    detail: str | Promise = ""

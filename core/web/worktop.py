"""What an app may put on the worktop: things that wait, things that went wrong, figures, and buttons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card: a link to the thing itself."""

    text: str
    url: str
    detail: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the user, or what went wrong (`alarm`): how many, the first few, and where they all are."""

    title: str | Promise
    count: int
    url: str
    icon: str = "clock"
    alarm: bool = False
    lines: Sequence[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that matters, with what it says and where it comes from. `kind` is money, quantity, count or percent."""

    title: str | Promise
    value: Decimal | int
    url: str
    kind: str = "money"
    hint: str | Promise = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A button for what is done most."""

    title: str | Promise
    url: str
    icon: str = "plus"

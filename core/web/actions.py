"""What can be done with a document, as buttons – and why something can't be done now."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Action:
    """One button. A POST to `url`, unless `method` is "get"; with `reason` it is shown but can't be pressed.

    `confirm` is the question asked first where the action can't be undone. `style` is one of primary, danger, plain.
    `wants_reason` asks for a sentence, sent as field `reason` (cancel, reverse, send back).
    """

    name: str
    label: str | Promise
    url: str
    icon: str = ""
    style: str = "plain"
    method: str = "post"
    reason: str | Promise = ""
    confirm: str | Promise = ""
    wants_reason: bool = False

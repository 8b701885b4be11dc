"""What can go wrong, as nouns that carry facts. One place turns them into words, pages and problem documents.

Each error knows its HTTP status (RELIABILITY.md section 7: status rule) and a stable code for machines. Errors of one
business verb are declared beside that verb as subclasses of these.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class BusinessError(Exception):
    """Something the user can understand and answer. Nothing was written.

    Subclasses set `code`, `status` and `text`; the text may name the keyword facts in braces. `hint` says what to do next.
    `field` is the path of the input at fault (``lines[2].quantity``), empty where the whole document is meant.
    """

    code: str = "refused"
    status: int = 409
    text: str | Promise = _("This is not possible now.")
    hint: str | Promise = ""

    def __init__(self, *, field: str = "", **facts: Any) -> None:
        self.field = field
        self.facts = facts
        super().__init__(self.code)

    def message(self) -> str:
        """The sentence for the user, in the active language."""
        return str(self.text).format(**self.facts)

    def next_step(self) -> str:
        """What the user may do about it, in the active language; may be empty."""
        return str(self.hint).format(**self.facts)

    def problems(self) -> list["BusinessError"]:
        """The single problems this error is made of: itself, unless it gathers several."""
        return [self]

    def __str__(self) -> str:
        return f"{self.field}: {self.message()}" if self.field else self.message()


class InvalidInput(BusinessError):
    """A field that can't be accepted as written."""

    status = 400

    def __init__(self, code: str, text: str | Promise, *, field: str = "", **facts: Any) -> None:
        self.code = code
        self.text = text
        super().__init__(field=field, **facts)


class InvalidInputs(BusinessError):
    """Several fields at once: all that is wrong is shown together."""

    code = "invalid_input"
    status = 400
    text = _("Please correct the marked fields.")

    def __init__(self, errors: list[BusinessError]) -> None:
        self.errors = errors
        super().__init__()

    def problems(self) -> list[BusinessError]:
        return [problem for error in self.errors for problem in error.problems()]

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems())


class NotVisible(BusinessError):
    """The thing does not exist, or not for this user: both look alike."""

    code = "not_found"
    status = 404
    text = _("This does not exist, or you have no access to it.")


class Forbidden(BusinessError):
    """The thing is known to the user, the right is not there."""

    code = "forbidden"
    status = 403
    text = _("You don't have the right to do this ({permission}).")
    hint = _("Ask your administrator to add it to your role.")


class MakerIsChecker(BusinessError):
    """P18: who made a document does not approve it, unless the company allows it."""

    code = "maker_is_checker"
    status = 403
    text = _("{number} was made by you; somebody else has to approve it.")
    hint = _("In a small company an administrator can allow this under Company settings; it is logged.")


class PeriodClosed(BusinessError):
    """P9: the date lies in a closed period."""

    code = "period_closed"
    text = _("{date} lies in the closed period {period}.")
    hint = _("The next open date is {next_open}.")

    def next_step(self) -> str:
        """The next open date, if there is one."""
        return super().next_step() if self.facts.get("next_open") else ""


class PeriodMissing(BusinessError):
    """The date lies in no period of the company."""

    code = "no_period"
    status = 400
    text = _("{date} lies in no accounting period of this company.")
    hint = _("Open the periods of that year first, or check the date.")


class DateOrder(BusinessError):
    """Two dates of a document stand in the wrong order."""

    code = "date_order"
    status = 400
    text = _("{later} must not be before {earlier}.")


class StateConflict(BusinessError):
    """Somebody else was first, or a step was skipped."""

    code = "wrong_state"
    text = _("{number} is {state}; this needs {wanted}.")
    hint = _("Reload the page to see what has happened.")


class AlreadyDone(BusinessError):
    """The second click: it has been done, and this is its number."""

    code = "already_posted"
    text = _("{number} is already {state}.")


class EditedByOther(BusinessError):
    """Two tabs, two people: the document changed since it was opened."""

    code = "edit_conflict"
    text = _("{number} was changed by {by} while you were editing it.")
    hint = _("Your input is kept below. Compare it with the present state, then save again.")


class KeyReused(BusinessError):
    """P11: an idempotency key with another request body."""

    code = "idempotency_key_reused"
    status = 422
    text = _("This request key was used before for something else.")


class Busy(BusinessError):
    """Locks could not be had in time, even after several tries."""

    code = "busy"
    status = 503
    text = _("The system is busy with the same records. Nothing was written.")
    hint = _("Try again in a few seconds.")


class TooLarge(BusinessError):
    """R22: more than a request may hold."""

    code = "too_large"
    status = 413
    text = _("A request may hold at most {limit} bytes.")


def facts_for_machines(error: BusinessError) -> Mapping[str, str]:
    """The facts of an error as strings, for the API."""
    return {name: str(value) for name, value in error.facts.items()}

"""What a document may still name: masters that are not blocked, quantities that the item's unit can say."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.decimals import check_places
from core.errors import BusinessError, InvalidInput, InvalidInputs
from masterdata.models import Item
from masterdata.models.base import Master


class Blocked(BusinessError):
    """A master record that must not be used any more."""

    code = "blocked"
    text = _("{record} is blocked.")
    hint = _("Choose another one, or have it unblocked.")


class SomeBlocked(InvalidInputs):
    """One or more masters of a document are blocked; nothing is written."""

    code = "blocked"
    status = 409
    text = _("Something this document names is blocked.")


def refuse_blocked(records: Iterable[tuple[str, Master]]) -> None:
    """Let pass only masters that may be used; each comes with the path of the field that names it.

    Raises:
        SomeBlocked: with every one that is blocked.
    """
    blocked: list[BusinessError] = [Blocked(field=field, record=str(record)) for field, record in records if record.is_blocked]
    if blocked:
        raise SomeBlocked(blocked)


def refuse_fractions(quantities: Iterable[tuple[str, Item, Decimal]]) -> None:
    """Refuse quantities with more decimals than their item's unit has (2.5 pieces); each comes with the path of its field.

    Raises:
        InvalidInputs: with every such quantity.
    """
    wrong: list[BusinessError] = []
    for field, item, quantity in quantities:
        try:
            check_places(quantity, places=item.unit.places, field=field)
        except InvalidInput as error:
            wrong.append(error)
    if wrong:
        raise InvalidInputs(wrong)


def line_path(line_no: int, name: str) -> str:
    """The path of a field of a line, for messages: lines are numbered from 1, paths from 0."""
    return f"lines[{line_no - 1}].{name}"

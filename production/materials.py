"""Lines of issues and returns name materials of a work order: which ones, how much of them is open, what would be too much."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.decimals import ZERO
from core.errors import BusinessError, InvalidInput, InvalidInputs, StateConflict
from core.models import State
from inventory.models import Demand
from production.models import MaterialIssueLine, WorkOrder, WorkOrderMaterial

OPEN_ORDER = [State.RELEASED, State.RUNNING]
"""States of an order in which materials may be issued and work may be reported."""


class AboveNeed(BusinessError):
    """More of a material would be taken than the order lists."""

    code = "above_need"
    text = _("{item}: {wanted} to be issued, the order still needs {open}.")
    hint = _("Give a reason for the additional material.")


class IssueAboveNeed(InvalidInputs):
    """One or more lines take more than the order lists, and nobody says why; nothing is written."""

    code = "above_need"
    status = 409
    text = _("More would be issued than the order needs; a reason is wanted.")


class NothingToIssue(BusinessError):
    """All materials of the order have been issued."""

    code = "nothing_to_issue"
    text = _("Nothing is left to be issued for {number}.")


def require_open(order: WorkOrder) -> None:
    """Let pass only orders on which work may be done.

    Raises:
        StateConflict: the order is a draft still, or done.
    """
    if order.state not in OPEN_ORDER:
        raise StateConflict(field="work_order", number=order.number, state=order.get_state_display(), wanted=State.RELEASED.label)


def open_lines(order: WorkOrder, materials: Iterable[WorkOrderMaterial]) -> list[dict[str, Any]]:
    """What an order still needs, as lines of an issue.

    Raises:
        NothingToIssue: nothing.
    """
    lines = [{"material": row.line_no, "quantity": row.quantity - row.issued} for row in materials if row.quantity > row.issued]
    if not lines:
        raise NothingToIssue(number=order.number)
    return lines


def materials_named(known: Mapping[int, WorkOrderMaterial], lines: Sequence[Mapping[str, Any]]) -> list[WorkOrderMaterial]:
    """The materials of an order that lines name by line number.

    Raises:
        InvalidInputs: with every line that names none, or another item.
    """
    wrong: list[BusinessError] = []
    for index, line in enumerate(lines):
        found = known.get(line["material"])
        if found is None:
            wrong.append(
                InvalidInput("not_found", _("The order has no line {line}."), field=f"lines[{index}].material", line=line["material"])
            )
        elif line.get("item") is not None and line["item"].pk != found.item_id:
            wrong.append(
                InvalidInput(
                    "item_differs",
                    _("Line {line} of the order is about {item}."),
                    field=f"lines[{index}].item",
                    line=found.line_no,
                    item=found.item,
                )
            )
    if wrong:
        raise InvalidInputs(wrong)
    return [known[line["material"]] for line in lines]


def refuse_above_need(reason: str, lines: Sequence[MaterialIssueLine], materials: Mapping[int, WorkOrderMaterial]) -> None:
    if reason.strip():
        return
    wanted: dict[int, Decimal] = {}
    above: list[BusinessError] = []
    for line in lines:
        wanted[line.material_id] = wanted.get(line.material_id, ZERO) + line.quantity
        still_open = max(materials[line.material_id].quantity - materials[line.material_id].issued, ZERO)
        if wanted[line.material_id] > still_open:
            above.append(
                AboveNeed(
                    field=f"lines[{line.line_no - 1}].quantity",
                    item=line.item,
                    wanted=plain(wanted[line.material_id]),
                    open=plain(still_open),
                )
            )
    if above:
        raise IssueAboveNeed(above)


def carry_issued(order: WorkOrder, materials: Iterable[WorkOrderMaterial], demands: Mapping[int, Demand]) -> list[Demand]:
    """Set what the demands of some materials have got: what was issued, net of returns. Only an order on which work is done wants the rest.

    Args:
        demands: locked, by line; the caller writes `done` and `is_open`.

    Returns:
        the demands of these materials.
    """
    carried = []
    for material in materials:
        demand = demands[material.line_no]
        demand.done = material.issued
        demand.is_open = order.state in OPEN_ORDER and material.issued < demand.quantity
        carried.append(demand)
    return carried


def plain(number: Decimal) -> str:
    """A quantity as people write it."""
    return format(number.normalize(), "f") if number else "0"

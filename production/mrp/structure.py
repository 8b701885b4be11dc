"""The shape of the bills of materials: low-level codes, and the refusal of a structure that contains itself."""

import numpy as np
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from production.mrp.plant import Bom
from production.mrp.quantities import Days, Indexes


class BomCycle(BusinessError):
    """An item is, over some steps, a component of itself. `items` are the positions on the circle, first = last."""

    code = "bom_cycle"
    status = 400
    text = _("The bills of materials go round in a circle: {path}.")
    hint = _("Remove one of these components from the bill of materials that contains it.")


def children(bom: Bom, count: int) -> tuple[Indexes, Indexes]:
    """Sort the BOM lines by parent: gives (line numbers, where each parent's lines begin in them; count + 1 entries)."""
    lines = np.argsort(bom.parent, kind="stable")
    return lines, np.searchsorted(bom.parent[lines], np.arange(count + 1))


def spread(first: Indexes, after: Indexes) -> tuple[Indexes, Indexes]:
    """Write out ranges: for every range the numbers first..after-1, with the number of the range that each belongs to."""
    lengths = after - first
    owner = np.repeat(np.arange(lengths.size), lengths)
    offset = np.arange(owner.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return owner, first[owner] + offset


def low_level_codes(bom: Bom, codes: list[str]) -> Days:
    """Give each item the length of the longest way down to it: 0 for what is in no other item.

    Raises:
        BomCycle: the structure contains itself.
    """
    count = len(codes)
    lines, begin = children(bom, count)
    waiting = np.bincount(bom.component, minlength=count)
    level = np.zeros(count, np.int32)
    ready = np.flatnonzero(waiting == 0)
    done = 0
    while ready.size:
        done += ready.size
        owner, position = spread(begin[ready], begin[ready + 1])
        component = bom.component[lines[position]]
        np.maximum.at(level, component, level[ready[owner]] + 1)
        np.subtract.at(waiting, component, 1)
        below = np.unique(component)
        ready = below[waiting[below] == 0]
    if done < count:
        circle = _circle(bom, waiting > 0)
        raise BomCycle(path=" → ".join(codes[item] for item in circle), items=circle)
    return level


def _circle(bom: Bom, stuck: np.ndarray) -> list[int]:
    """Walk upwards among the items that never became ready until one comes up twice."""
    inside = stuck[bom.parent] & stuck[bom.component]
    parent_of = dict(zip(bom.component[inside].tolist(), bom.parent[inside].tolist(), strict=True))
    way = [next(iter(parent_of))]
    while (parent := parent_of[way[-1]]) not in way:
        way.append(parent)
    return [parent, *reversed(way[way.index(parent) :])]

"""The chain (联查) as a small drawing: nodes in columns from left to right, links between them; drawn on the server as SVG."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

NODE_WIDTH, NODE_HEIGHT = 168, 54
GAP_X, GAP_Y = 56, 16
MARGIN = 6


@dataclass(frozen=True, slots=True)
class Node:
    """One document in the chain. `key` is unique in the drawing; without `url` it is not a link (no right to open it)."""

    key: str
    kind: str | Promise
    number: str
    url: str = ""
    state: str = ""
    state_label: str | Promise = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with its place in the drawing."""

    node: Node
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The finished drawing, ready for the template."""

    nodes: list[Placed]
    paths: list[str]
    width: int
    height: int


def draw(nodes: Sequence[Node], links: Sequence[tuple[str, str]]) -> Drawing:
    """Place each node one column right of the last node that leads to it, and draw the links as curves.

    `links` are pairs of keys (from, to); pairs with an unknown key are left out, a link back to an earlier node is drawn
    but doesn't move anything.
    """
    known = {node.key for node in nodes}
    links = [(start, end) for start, end in links if start in known and end in known and start != end]
    column = _columns([node.key for node in nodes], links)
    rows: dict[int, int] = defaultdict(int)
    placed: dict[str, Placed] = {}
    for node in nodes:
        x = MARGIN + column[node.key] * (NODE_WIDTH + GAP_X)
        y = MARGIN + rows[column[node.key]] * (NODE_HEIGHT + GAP_Y)
        rows[column[node.key]] += 1
        placed[node.key] = Placed(node, x, y)
    width = 2 * MARGIN + (max(column.values(), default=0) + 1) * (NODE_WIDTH + GAP_X) - GAP_X
    height = 2 * MARGIN + max(rows.values(), default=1) * (NODE_HEIGHT + GAP_Y) - GAP_Y
    return Drawing(list(placed.values()), [_curve(placed[start], placed[end]) for start, end in links], width, height)


def _columns(keys: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each node; walks at most as many rounds as there are nodes, so that a circle ends too."""
    column = dict.fromkeys(keys, 0)
    for _round in keys:
        moved = False
        for start, end in links:
            if column[end] <= column[start] < len(keys) - 1:
                column[end] = column[start] + 1
                moved = True
        if not moved:
            break
    return column


def _curve(start: Placed, end: Placed) -> str:
    """The SVG path from the right edge of one node to the left edge of another."""
    x1, y1 = start.x + NODE_WIDTH, start.y + NODE_HEIGHT // 2
    x2, y2 = end.x, end.y + NODE_HEIGHT // 2
    bend = max(GAP_X // 2, abs(x2 - x1) // 3)
    return f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"

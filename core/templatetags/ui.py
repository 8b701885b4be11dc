"""The look of the house in templates: icons, numbers, state badges, fields, buttons, pages, the chain."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select, Textarea
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.models import State
from core.web.actions import Action
from core.web.graph import NODE_HEIGHT, NODE_WIDTH, Node, draw
from core.web.grid import Grid
from core.words import chinese_amount

register = template.Library()
register.filter("chinese_amount", chinese_amount)

STATE_COLOURS: Mapping[str, str] = {
    State.DRAFT: "grey",
    State.SUBMITTED: "amber",
    State.APPROVED: "blue",
    State.RELEASED: "blue",
    State.RUNNING: "teal",
    State.REVIEWED: "blue",
    State.POSTED: "green",
    State.DONE: "green",
    State.CLOSED: "green",
    State.CANCELLED: "red",
    State.REVERSED: "red",
}
OFF_THE_PATH = (State.CANCELLED, State.REVERSED)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite; decoration only, so screen readers skip it."""
    address = f"{static('vendor/icons.svg')}#{name}"
    return format_html('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', css, address)


# ---- numbers and dates ----------------------------------------------------------------------------------------------


def _grouped(number: Decimal, least: int, most: int) -> str:
    """Thousands separators, at least `least` decimals and no trailing zeros beyond them."""
    text = f"{number:,.{most}f}"
    if most > least:
        whole, _, decimals = text.partition(".")
        decimals = decimals.rstrip("0").ljust(least, "0")
        text = f"{whole}.{decimals}" if decimals else whole
    return text


def _coloured(number: Decimal, text: str) -> SafeString:
    return format_html('<span class="num neg">{}</span>' if number < 0 else '<span class="num">{}</span>', text)


@register.filter
def money(value: Decimal | int | None, option: str = "") -> SafeString | str:
    """1234.5 → 1,234.50; negative red. Option "blank" leaves zero empty, as in ledgers."""
    if value is None or (option == "blank" and value == 0):
        return ""
    number = Decimal(value)
    return _coloured(number, _grouped(number, 2, 2))


@register.filter
def qty(value: Decimal | int | None, option: str = "") -> SafeString | str:
    """A quantity without trailing zeros; option "blank" leaves zero empty."""
    if value is None or (option == "blank" and value == 0):
        return ""
    number = Decimal(value)
    return _coloured(number, _grouped(number, 0, 6))


@register.filter
def price(value: Decimal | int | None) -> SafeString | str:
    """A unit price: two decimals at least, up to eight where there are any."""
    return "" if value is None else _coloured(Decimal(value), _grouped(Decimal(value), 2, 8))


@register.filter
def percent(value: Decimal | int | None) -> SafeString | str:
    """0.1234 → 12.3 %."""
    return "" if value is None else _coloured(Decimal(value), f"{Decimal(value) * 100:,.1f} %")


@register.filter
def as_kind(value: Decimal | int, kind: str) -> SafeString | str:
    """A figure by its kind: money, quantity, percent, or a plain count."""
    writers = {"money": money, "quantity": qty, "percent": percent, "count": qty}
    return writers[kind](value)


# ---- states -----------------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/state.html")
def state_badge(state: str, label: str | Promise = "") -> dict[str, Any]:
    """A state as a coloured badge with its word; the colour alone never carries the meaning."""
    return {"colour": STATE_COLOURS.get(state, "grey"), "label": label or (State(state).label if state in State.values else state)}


@register.inclusion_tag("ui/steps.html")
def step_bar(current: str, path: Sequence[str]) -> dict[str, Any]:
    """The way of a document through its states; a cancelled or reversed one ends the bar in red."""
    steps = []
    reached = path.index(current) if current in path else -1
    for position, state in enumerate(path):
        status = "done" if position < reached else "now" if position == reached else "ahead"
        steps.append({"label": State(state).label, "status": status})
    if current in OFF_THE_PATH and reached < 0:
        steps.append({"label": State(current).label, "status": "off"})
    return {"steps": steps}


# ---- parts of a page ----------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/kpi.html")
def kpi(
    title: str | Promise, value: Any, url: str = "", hint: str | Promise = "", alarm: bool = False, kind: str = "money"
) -> dict[str, Any]:
    """One figure that matters; `kind` as in `as_kind`, or "text" for a value that is ready."""
    return {"title": title, "value": value, "url": url, "hint": hint, "alarm": alarm, "kind": kind}


@register.inclusion_tag("ui/empty.html")
def empty_state(
    title: str | Promise, text: str | Promise = "", url: str = "", action: str | Promise = "", symbol: str = "box"
) -> dict[str, Any]:
    """What a list shows when there is nothing, with the next thing to do."""
    return {"title": title, "text": text, "url": url, "action": action, "symbol": symbol}


@register.inclusion_tag("ui/action.html", takes_context=True)
def action_button(
    context: Mapping[str, Any], action: Action, version: int | None = None, key: str = "", for_company: int | None = None
) -> dict[str, Any]:
    """An action as a button; `version` and `key` (idempotency) travel with the form so that a second click has no second effect.

    `for_company` travels, too, where the page wants to know in which company the button was shown.
    """
    return {"action": action, "version": version, "key": key, "for_company": for_company, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/actions.html", takes_context=True)
def action_bar(
    context: Mapping[str, Any], actions: Sequence[Action], version: int | None = None, key: str = "", for_company: int | None = None
) -> dict[str, Any]:
    """All actions of a document as buttons, and in words why some are not possible now."""
    refused = [action for action in actions if action.reason]
    travelling = {"version": version, "key": key, "for_company": for_company, "csrf_token": context.get("csrf_token")}
    return {"actions": actions, "refused": refused, **travelling}


@register.inclusion_tag("ui/field.html")
def form_field(field: BoundField, css: str = "") -> dict[str, Any]:
    """A form field with label, help and errors in the look of the house."""
    widget = field.field.widget
    classes = widget.attrs.get("class", "")
    if isinstance(widget, CheckboxInput):
        look = "form-check-input"
    elif isinstance(widget, Select) and not isinstance(widget, RadioSelect):
        look = "form-select"
    else:
        look = "" if isinstance(widget, RadioSelect) else "form-control"
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, (classes, look, "is-invalid" if field.errors else "")))}
    if field.errors or field.help_text:
        attrs["aria-describedby"] = f"{field.auto_id}-note"
    if field.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": field,
        "input": field.as_widget(attrs=attrs),
        "is_check": isinstance(widget, CheckboxInput),
        "is_wide": isinstance(widget, Textarea | FileInput),
        "css": css,
    }


@register.inclusion_tag("ui/grid.html")
def line_grid(grid: Grid, caption: str | Promise = "") -> dict[str, Any]:
    """The line grid of a document; `grid.js` brings keyboard, paste and type-ahead."""
    return {"grid": grid, "caption": caption}


@register.inclusion_tag("ui/chain.html")
def chain_graph(nodes: Sequence[Node], links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The chain of documents (联查) as a drawing; every node a link."""
    drawing = draw(nodes, links)
    boxes = [(placed, STATE_COLOURS.get(placed.node.state, "grey")) for placed in drawing.nodes]
    return {"drawing": drawing, "boxes": boxes, "node_width": NODE_WIDTH, "node_height": NODE_HEIGHT}


# ---- lists: the address keeps filter, order and page --------------------------------------------------------------------


def _address_with(request: HttpRequest, **changes: str | int | None) -> str:
    """The present address with some parameters changed; None takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{urlencode(list(_pairs(query)), doseq=True)}"


def _pairs(query: Any) -> Sequence[tuple[str, str]]:
    return [(name, value) for name, values in query.lists() for value in values]


@register.simple_tag(takes_context=True)
def address_with(context: Mapping[str, Any], **changes: str | int | None) -> str:
    """The present address with parameters changed: `{% address_with page=2 %}`."""
    return _address_with(context["request"], **changes)


@register.inclusion_tag("ui/sort_header.html", takes_context=True)
def sort_header(context: Mapping[str, Any], name: str, label: str | Promise, css: str = "") -> dict[str, Any]:
    """A table head that sorts by `name` (parameter `sort`, a minus for descending) and says so to screen readers."""
    request = context["request"]
    present = request.GET.get("sort", "")
    direction = {name: "ascending", f"-{name}": "descending"}.get(present, "none")
    wanted = f"-{name}" if direction == "ascending" else name
    return {"label": label, "direction": direction, "address": _address_with(request, sort=wanted, page=None), "css": css}


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Mapping[str, Any], page: Page) -> dict[str, Any]:
    """Page numbers around the present one, with the filter kept in the address."""
    request = context["request"]
    numbers = [
        (number, _address_with(request, page=number) if isinstance(number, int) else "")
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    previous = _address_with(request, page=page.number - 1) if page.has_previous() else ""
    following = _address_with(request, page=page.number + 1) if page.has_next() else ""
    return {"page": page, "numbers": numbers, "previous": previous, "following": following}


@register.inclusion_tag("ui/filter_bar.html", takes_context=True)
def filter_bar(context: Mapping[str, Any], form: Any) -> dict[str, Any]:
    """A filter form (GET) whose choices stay in the address; the order is kept, the page goes back to the first."""
    request = context["request"]
    kept = [(name, value) for name, value in _pairs(request.GET) if name == "sort"]
    active = any(request.GET.get(name) for name in form.fields)
    return {"form": form, "kept": kept, "active": active, "path": request.path}

"""Small things that the document and report pages need besides the components of `ui`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from core.web.cells import numbered_link

register = template.Library()


@register.simple_tag(takes_context=True)
def same_query(context: Mapping[str, Any]) -> str:
    """The filter of the present address without the page number, to be kept by a link: `?state=draft`, or `?`."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    return f"?{query.urlencode()}"


@register.filter
def is_numeric(kind: str) -> bool:
    """Whether figures of this kind stand on the right."""
    return kind in ("quantity", "money", "price", "percent")


@register.simple_tag(takes_context=True)
def export_address(context: Mapping[str, Any]) -> str:
    """The present address as a workbook: the same filter, columns and order."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    query["export"] = "xlsx"
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def cursor_address(context: Mapping[str, Any], name: str, value: str) -> str:
    """The present address, its page given by a cursor; without a value, its first page."""
    query = context["request"].GET.copy()
    query.pop(name, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def numbered(kind: str, number: str) -> SafeString | str:
    """A document's number as a link to it."""
    return numbered_link(kind, number)


@register.filter
def negated(value: Decimal | None) -> Decimal | None:
    """A figure with the other sign: what went out stands as a positive number in its column."""
    return None if value is None else -value


@register.filter
def full_name(account: Any) -> str:
    """An account's name with those above it: 原材料—原料及主要材料."""
    names: list[str] = []
    while account is not None:
        names.insert(0, account.label)
        account = account.parent
    return "—".join(names)


@register.filter
def dimensions(line: Any) -> str:
    """The auxiliary dimensions of a voucher line in one text."""
    named = [str(one) for one in (line.customer, line.supplier, line.department, line.employee) if one]
    return " / ".join([*named, *(text for text in (line.work_order, line.project) if text)])


@register.filter
def absolute(value: Decimal | None) -> Decimal | None:
    """A figure without its sign, where a column beside it says on which side it stands."""
    return None if value is None else abs(value)

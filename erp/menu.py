"""The menu, in the order in which work flows, and the frame around every page.

A literal list: whoever adds a page adds its line. An entry shows only to those who may open it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.access import Access
from core.documents import DocumentType
from erp.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from finance.documents import CUSTOMER_RECEIPT, SUPPLIER_INVOICE, SUPPLIER_PAYMENT
from inventory.documents import INSPECTION, STOCK_ENTRY, STOCK_TRANSFER
from production.documents import FINISHED_RECEIPT, MATERIAL_ISSUE, MATERIAL_RETURN, OPERATION_REPORT, WORK_ORDER
from purchasing.documents import PURCHASE_ORDER, PURCHASE_RECEIPT, REQUISITION
from sales.documents import SALES_ORDER, SHIPMENT


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the menu. `permission` is what its view asks for; `create_url_name` offers "new `create_label`" in the search."""

    label: str | Promise
    url_name: str
    permission: str = ""
    create_url_name: str = ""
    create_permission: str = ""
    create_label: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the house, with its pages."""

    key: str
    label: str | Promise
    icon: str
    entries: Sequence[Entry]


def _documents(kind: DocumentType) -> Entry:
    """The list of a kind of document, with its "new …" where a person may begin one."""
    can_begin = kind.draft is not None and kind.input is not None
    return Entry(
        label=kind.label_plural,
        url_name=f"{kind.kind}-list",
        permission=kind.permission("view"),
        create_url_name=f"{kind.kind}-new" if can_begin else "",
        create_permission=kind.permission("add"),
        create_label=kind.label,
    )


_SALES = (_documents(SALES_ORDER), _documents(SHIPMENT))
_PLAN = (
    Entry(_("Material planning"), "workbench", "inventory.view_proposal"),
    Entry(_("Shortages"), "shortages", "inventory.view_demand"),
    Entry(_("Reservations"), "reservations", "inventory.view_reservation"),
)
_PURCHASE = (_documents(REQUISITION), _documents(PURCHASE_ORDER), _documents(PURCHASE_RECEIPT))
_PRODUCE = (
    _documents(WORK_ORDER),
    _documents(MATERIAL_ISSUE),
    _documents(MATERIAL_RETURN),
    _documents(OPERATION_REPORT),
    _documents(FINISHED_RECEIPT),
    Entry(_("Cost of work orders"), "work-order-costs", "core.view_cost"),
)
_STOCK = (
    Entry(_("Stock on hand"), "stock-on-hand", "inventory.view_stockbalance"),
    Entry(_("Stock ledger"), "stock-ledger", "inventory.view_stockmove"),
    _documents(INSPECTION),
    _documents(STOCK_ENTRY),
    _documents(STOCK_TRANSFER),
)
_FINANCE = (
    Entry(_("Vouchers"), "voucher-list", "finance.view_voucher", "voucher-new", "finance.add_voucher", _("Voucher")),
    _documents(SUPPLIER_INVOICE),
    _documents(SUPPLIER_PAYMENT),
    _documents(CUSTOMER_RECEIPT),
    Entry(_("Open items"), "open-items", "finance.view_openitem"),
    Entry(_("Ageing"), "ageing", "finance.view_openitem"),
    Entry(_("Month end"), "month-end-now", "finance.view_closingstep"),
)
_REPORTS = (
    Entry(_("Account balances"), "account-balances", "finance.view_voucher"),
    Entry(_("Detail ledger"), "detail-ledger", "finance.view_voucher"),
    Entry(_("Trial balance"), "trial-balance", "finance.view_voucher"),
    Entry(_("Balance sheet"), "balance-sheet", "finance.view_voucher"),
    Entry(_("Income statement"), "income-statement", "finance.view_voucher"),
)

MENU: tuple[Section, ...] = (
    Section("sales", _("Sales"), "shopping-cart", _SALES),
    Section("plan", _("Planning"), "calendar-stats", _PLAN),
    Section("purchase", _("Purchasing"), "truck", _PURCHASE),
    Section("produce", _("Production"), "building-factory-2", _PRODUCE),
    Section("stock", _("Stock"), "building-warehouse", _STOCK),
    Section("finance", _("Finance"), "book", _FINANCE),
    Section("reports", _("Reports"), "chart-histogram", _REPORTS),
)


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as the template needs it."""

    label: str | Promise
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section with the entries that the user may open."""

    key: str
    label: str | Promise
    icon: str
    entries: list[ShownEntry]
    is_current: bool


def menu_for(access: Access, path: str) -> list[ShownSection]:
    """The sections and entries that `access` may open; the entry that `path` lies under longest is the current one."""
    allowed = [
        (section, [(entry, reverse(entry.url_name)) for entry in section.entries if access.may(entry.permission)]) for section in MENU
    ]
    under = [address for _section, pages in allowed for _entry, address in pages if path.startswith(address)]
    current = max(under, key=len, default="")
    shown = []
    for section, pages in allowed:
        entries = [ShownEntry(entry.label, address, address == current) for entry, address in pages]
        if entries:
            shown.append(ShownSection(section.key, section.label, section.icon, entries, any(entry.is_current for entry in entries)))
    return shown


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: menu, companies, language, theme."""
    access: Access | None = getattr(request, "access", None)
    user = getattr(request, "user", None)
    theme = user.theme if user and user.is_authenticated else "auto"
    return {
        "frame": {
            "menu": menu_for(access, request.path) if access else [],
            "company": getattr(request, "company", None),
            "memberships": getattr(request, "memberships", []),
            "theme": theme,
            "languages": settings.LANGUAGES,
            "demo_logins": DEMO_LOGINS if settings.DEMO else (),
            "demo_password": DEMO_PASSWORD if settings.DEMO else "",
        }
    }

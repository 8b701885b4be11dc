"""What the search finds besides pages: documents and vouchers by number, items and partners by code, name, pinyin or barcode."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.access import Access
from core.documents import document_types
from core.models import State
from core.web.lookup import Lookup, found, lookups
from core.web.search import Hit
from finance.models import Voucher
from masterdata.models import Customer, Item, Supplier

PER_KIND = 5
_NUMBER = re.compile(r"([A-Z]{0,6})-?[0-9][0-9-]*\Z", re.ASCII)
_VOUCHER = re.compile(r"(?:(\S{1,4})-)?0*([1-9][0-9]{0,8})\Z", re.ASCII | re.IGNORECASE)

MASTERS = (
    (Item, "package", "stock-ledger", "item", "inventory.view_stockmove", _("Stock ledger")),
    (Item, "package", "stock-on-hand", "item", "inventory.view_stockbalance", _("Stock on hand")),
    (Customer, "users", "sales_order-list", "q", "sales.view_salesorder", _("Customer")),
    (Supplier, "truck", "purchase_order-list", "q", "purchasing.view_purchaseorder", _("Supplier")),
)
"""Model, icon, page, its parameter, the permission of the page, remark."""


def find_documents(access: Access, words: str) -> Iterable[Hit]:
    """Documents whose number begins with the words; digits alone fit the newest numbers that contain them."""
    number = words.upper()
    match = _NUMBER.match(number)
    if not match:
        return
    letters = match[1]
    for kind in document_types().values():
        if not access.may(kind.permission("view")) or (letters and letters != kind.prefix):
            continue
        condition = {"number__startswith": number} if letters else {"number__contains": number}
        for document in kind.model._default_manager.filter(company=access.company, **condition).order_by("-id")[:PER_KIND]:
            detail = format_lazy("{kind} · {state}", kind=kind.label, state=document.get_state_display())
            yield Hit(document.number, reverse(f"{kind.kind}-detail", args=[document.pk]), "file-text", detail)


def find_vouchers(access: Access, words: str) -> Iterable[Hit]:
    """Posted vouchers by their number, the newest period first."""
    match = _VOUCHER.match(words)
    if not match or not access.may("finance.view_voucher"):
        return
    vouchers = Voucher.objects.filter(company=access.company, number=int(match[2]), state=State.POSTED)
    for voucher in vouchers.select_related("period").order_by("-date", "-id")[:PER_KIND]:
        detail = format_lazy("{kind} · {date}", kind=_("Voucher"), date=voucher.date)
        yield Hit(str(voucher), reverse("voucher-detail", args=[voucher.pk]), "book", detail)


def find_masters(access: Access, words: str) -> Iterable[Hit]:
    """Items, customers and suppliers, each leading to the first page about them that the user may open."""
    shown: set[tuple[type, int]] = set()
    for model, icon, page, parameter, permission, remark in MASTERS:
        if not access.may(permission):
            continue
        lookup: Lookup = lookups()[(model, "code")]
        rows = found(model.objects.filter(lookup.where, company=access.company).select_related(*lookup.select), lookup, words)
        for row in rows[:PER_KIND]:
            if (model, row.pk) not in shown:
                shown.add((model, row.pk))
                yield Hit(f"{row.code} {row.label}", f"{reverse(page)}?{urlencode({parameter: row.code})}", icon, remark)

"""Lots: who needs one, finding them by code, making them when goods come in."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, DateField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput, InvalidInputs
from core.models import Company
from inventory.ledger import Origin
from inventory.models import Lot
from masterdata.models import Item, ItemCategory, Supplier

LotKey = tuple[int, str]
"""Item id and lot code."""


class LotDiffers(BusinessError):
    """A lot of this code exists with other dates."""

    code = "lot_differs"
    text = _("Lot {lot} of {item} exists already and expires on {known}, not on {given}.")
    hint = _("Use another lot code, or correct the date.")


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that comes in; an existing one of the same code is used again."""

    item: Item
    code: str
    expiry_date: dt.date | None = None
    production_date: dt.date | None = None
    supplier: Supplier | None = None
    origin: Origin | None = None
    line: int = 1


def needs_lot(item: Item) -> bool:
    """Tell whether stock of an item is kept lot by lot."""
    return item.lot_tracked or item.category.valuation_method == ItemCategory.Method.SPECIFIC


def refuse_missing(lines: Iterable[tuple[Item, object]], *, field: str = "lot") -> None:
    """Refuse lines without a lot whose item is kept by lot; lines come in order, each with its lot or lot code.

    Raises:
        InvalidInputs: with every such line.
    """
    wrong: list[BusinessError] = [
        InvalidInput("lot_needed", _("{item} is kept by lot; name the lot."), field=f"lines[{index}].{field}", item=item)
        for index, (item, lot) in enumerate(lines)
        if needs_lot(item) and not lot
    ]
    if wrong:
        raise InvalidInputs(wrong)


def find_lots(lines: Sequence[tuple[Item, object]], *, field: str = "lot") -> list[Lot | None]:
    """The lots that lines name by code, in one statement; None where a line names none.

    Raises:
        InvalidInputs: with every line that names a lot which does not exist.
    """
    wanted = {(item.pk, str(code)) for item, code in lines if code}
    known = _read(wanted)
    wrong: list[BusinessError] = [
        InvalidInput("not_found", _("There is no lot “{lot}” of {item}."), field=f"lines[{index}].{field}", lot=code, item=item)
        for index, (item, code) in enumerate(lines)
        if code and (item.pk, str(code)) not in known
    ]
    if wrong:
        raise InvalidInputs(wrong)
    return [known.get((item.pk, str(code or ""))) for item, code in lines]


def take_lots(company: Company, wishes: Sequence[NewLot]) -> dict[LotKey, Lot]:
    """Find the lots of goods that come in, and make those that are new; the number of statements does not depend on how many.

    A lot that had no expiry date takes the one that is given.

    Raises:
        LotDiffers: a lot exists with another expiry date.
    """
    named = {(wish.item.pk, wish.code): wish for wish in wishes if wish.code}
    known = _read(set(named))
    missing = [named[key] for key in sorted(set(named) - set(known))]
    if missing:
        Lot.objects.bulk_create([_new(company, wish) for wish in missing], ignore_conflicts=True)
        known |= _read({(wish.item.pk, wish.code) for wish in missing})
    _date([(known[key], wish.expiry_date) for key, wish in named.items()])
    for wish in wishes:
        if not wish.code:
            continue
        lot = known[(wish.item.pk, wish.code)]
        if wish.expiry_date and lot.expiry_date and wish.expiry_date != lot.expiry_date:
            raise LotDiffers(
                field=f"lines[{wish.line - 1}].expiry_date", lot=lot.code, item=wish.item, known=lot.expiry_date, given=wish.expiry_date
            )
    return known


def _read(keys: set[LotKey]) -> dict[LotKey, Lot]:
    if not keys:
        return {}
    rows = Lot.objects.filter(Q(item__in={item for item, _code in keys}) & Q(code__in={code for _item, code in keys}))
    return {(lot.item_id, lot.code): lot for lot in rows if (lot.item_id, lot.code) in keys}


def _date(given: Sequence[tuple[Lot, dt.date | None]]) -> None:
    """Give lots without an expiry date theirs; where somebody else was first, his stands and is read."""
    undated = {lot.pk: (lot, date) for lot, date in given if date and lot.expiry_date is None}
    if not undated:
        return
    dates = Case(*(When(pk=pk, then=Value(date)) for pk, (_lot, date) in undated.items()), output_field=DateField())
    rows = Lot.objects.filter(pk__in=undated)
    written = rows.filter(expiry_date=None).update(expiry_date=dates)
    known = dict(rows.values_list("pk", "expiry_date")) if written < len(undated) else {}
    for pk, (lot, date) in undated.items():
        lot.expiry_date = known.get(pk, date)


def _new(company: Company, wish: NewLot) -> Lot:
    return Lot(
        company=company,
        item=wish.item,
        code=wish.code,
        expiry_date=wish.expiry_date,
        production_date=wish.production_date,
        supplier=wish.supplier,
        origin_kind=wish.origin.kind if wish.origin else "",
        origin_number=wish.origin.number if wish.origin else "",
    )

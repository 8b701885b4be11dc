"""What stock was valued by may not change under it: category, valuation method, and the standard of what is valued at standard."""

from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInputs
from inventory.models import ValuationPool
from masterdata.models import Item, ItemCategory

_INPUTS: tuple[tuple[str, str | Promise], ...] = (("category_id", _("category")), ("standard_cost", _("standard cost")))


class StockIsValued(BusinessError):
    """Stock lies in the store at a value that rests on what is to be changed."""

    code = "stock_is_valued"
    text = _("{item}: the {input} can't change while there is stock that is valued by it.")
    hint = _("Change it when none is left, or make a new item.")


class StocksAreValued(InvalidInputs):
    """One or more items have stock that rests on what is to be changed; nothing is written."""

    code = "stock_is_valued"
    status = 409
    text = _("There is stock that is valued by what you want to change.")


def refuse_changed_items(items: Sequence[Item]) -> None:
    """Let items be written only if stock of theirs keeps the category, and the standard cost, at which it is valued.

    Args:
        items: as they are about to be written; new ones may be among them.

    Raises:
        StocksAreValued: with every item and what of it can't change.
    """
    known = Item.objects.select_related("category").in_bulk([item.pk for item in items if item.pk])
    wrong = [(item, name, words) for item in items if item.pk in known for name, words in _INPUTS if _differs(known[item.pk], item, name)]
    stocked = _with_stock(item.pk for item, _name, _words in wrong)
    _refuse([(item, name, words) for item, name, words in wrong if item.pk in stocked])


def _differs(before: Item, after: Item, name: str) -> bool:
    if name == "standard_cost" and before.category.valuation_method != ItemCategory.Method.STANDARD:
        return False
    return getattr(before, name) != getattr(after, name)


def refuse_changed_method(category: ItemCategory) -> None:
    """Let a category be written only if nothing of it is in stock, or it is valued as before.

    Raises:
        StocksAreValued: with every item that is in stock.
    """
    before = ItemCategory.objects.filter(pk=category.pk).values_list("valuation_method", flat=True).first()
    if before is None or before == category.valuation_method:
        return
    items = list(Item.objects.filter(category=category).order_by("code"))
    stocked = _with_stock(item.pk for item in items)
    _refuse([(item, "valuation_method", _("valuation method")) for item in items if item.pk in stocked])


def _with_stock(item_ids: Iterable[int]) -> set[int]:
    wanted = set(item_ids)
    return set(ValuationPool.objects.filter(item__in=wanted).exclude(quantity=0).values_list("item_id", flat=True)) if wanted else set()


def _refuse(wrong: Sequence[tuple[Item, str, str | Promise]]) -> None:
    if wrong:
        raise StocksAreValued([StockIsValued(field=name.removesuffix("_id"), item=item, input=words) for item, name, words in wrong])

"""The warehouse's answer to changed masters: what its stock is valued by stays as it is. Masters know nothing of the warehouse."""

from typing import Any

from django.db.models.signals import pre_save
from django.dispatch import receiver

from inventory import valued_items
from masterdata.models import Item, ItemCategory
from masterdata.signals import items_changing


@receiver(pre_save, sender=Item, dispatch_uid="inventory.one_item_changes")
def one_item_changes(sender: Any, instance: Item, raw: bool = False, **kwargs: Any) -> None:
    """Refuse a change that stock forbids, wherever the item is edited."""
    if instance.pk and not raw:
        valued_items.refuse_changed_items([instance])


@receiver(items_changing, dispatch_uid="inventory.many_items_change")
def many_items_change(sender: Any, items: list[Item], **kwargs: Any) -> None:
    """The same for many at once."""
    valued_items.refuse_changed_items(items)


@receiver(pre_save, sender=ItemCategory, dispatch_uid="inventory.category_changes")
def category_changes(sender: Any, instance: ItemCategory, raw: bool = False, **kwargs: Any) -> None:
    """Refuse another valuation method for goods in stock."""
    if instance.pk and not raw:
        valued_items.refuse_changed_method(instance)

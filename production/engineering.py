"""What an item is made of and how, on a day: bills of materials and routings read in bulk, and their explosion for one order."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.decimals import EXACT
from core.errors import BusinessError
from core.models import Company
from masterdata.models import Item
from production.models import Bom, BomLine, Routing, RoutingOperation


class NoBom(BusinessError):
    """Nothing says what an item is made of on that day."""

    code = "no_bom"
    text = _("No bill of materials of {item} is valid on {date}.")
    hint = _("Enter or activate one under Production → Bills of materials.")


@dataclass(slots=True)
class Engineering:
    """Active bills in all versions and active routings, by item id; phantoms that they contain are read along."""

    boms: dict[int, list[Bom]] = field(default_factory=dict)
    lines: dict[int, list[BomLine]] = field(default_factory=dict)
    """By bill."""
    operations: dict[int, list[RoutingOperation]] = field(default_factory=dict)

    def bom_of(self, item: Item, on: dt.date) -> Bom:
        """The bill of an item that is valid on a day; of several the newest.

        Raises:
            NoBom: none is valid.
        """
        valid = [bom for bom in self.boms.get(item.pk, ()) if bom.valid_from <= on and (bom.valid_to is None or bom.valid_to >= on)]
        if not valid:
            raise NoBom(field="item", item=str(item), date=on)
        return valid[-1]


@dataclass(frozen=True, slots=True)
class Need:
    """A component and how much of it an order takes, in its unit."""

    item: Item
    quantity: Decimal
    operation_no: int | None


def active_boms(company: Company, on: dt.date) -> QuerySet[Bom]:
    """Bills valid on a day; of several versions of an item the one that comes last is meant (the newest)."""
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    return Bom.objects.filter(valid, company=company, is_active=True, valid_from__lte=on).order_by("item_id", "valid_from", "id")


def read_engineering(company: Company, items: Iterable[Item]) -> Engineering:
    """Read the bills (through all phantoms) and routings of some items: four statements, two more for each level of phantoms."""
    book = Engineering()
    wanted = {item.pk for item in items}
    ahead = set(wanted)
    while ahead:
        found = list(Bom.objects.filter(company=company, is_active=True, item__in=ahead).order_by("item_id", "valid_from", "id"))
        for bom in found:
            book.boms.setdefault(bom.item_id, []).append(bom)
            book.lines[bom.pk] = []
        for line in BomLine.objects.filter(bom__in=found).select_related("component__unit", "component__category").order_by("line_no"):
            book.lines[line.bom_id].append(line)
        components = (line.component for bom in found for line in book.lines[bom.pk])
        ahead = {c.pk for c in components if c.supply_type == Item.Supply.PHANTOM} - set(book.boms)
    book.operations = read_operations(company, wanted)
    return book


def read_operations(company: Company, item_ids: Iterable[int] | None = None) -> dict[int, list[RoutingOperation]]:
    """The operations of the active routing of each item (of several the newest), in two statements."""
    rows = Routing.objects.filter(company=company, is_active=True).order_by("item_id", "id")
    active = {row.item_id: row.pk for row in (rows if item_ids is None else rows.filter(item__in=item_ids))}
    by_routing = {pk: item_id for item_id, pk in active.items()}
    operations: dict[int, list[RoutingOperation]] = {}
    for row in RoutingOperation.objects.filter(routing__in=by_routing).select_related("work_center").order_by("operation_no"):
        operations.setdefault(by_routing[row.routing_id], []).append(row)
    return operations


def explode(book: Engineering, item: Item, quantity: Decimal, *, on: dt.date) -> list[Need]:
    """What `quantity` of an item takes of each component, losses included; phantoms give way to what they are made of.

    Quantities are exact and rounded up once, to what the component's unit can say.

    Raises:
        NoBom: the item, or a phantom in it, has no valid bill.
    """
    amounts: dict[tuple[int, int | None], Fraction] = {}
    items: dict[int, Item] = {}

    def gather(parent: Item, pieces: Fraction, operation: int | None) -> None:
        bom = book.bom_of(parent, on)
        for line in book.lines[bom.pk]:
            needed, at = pieces * per_piece(line, Fraction(bom.base_quantity)), line.operation_no or operation
            if line.component.supply_type == Item.Supply.PHANTOM:
                gather(line.component, needed, at)
            else:
                items[line.component_id] = line.component
                amounts[(line.component_id, at)] = amounts.get((line.component_id, at), Fraction(0)) + needed

    gather(item, Fraction(quantity), None)
    return [Need(items[pk], round_up(amount, items[pk].unit.places), operation) for (pk, operation), amount in amounts.items()]


def per_piece(line: BomLine, base: Fraction) -> Fraction:
    """How much of a component goes into one piece, with what is lost: quantity / base / (1 − scrap)."""
    return Fraction(line.quantity) / base / (1 - Fraction(line.scrap_percent) / 100)


def round_up(amount: Fraction, places: int) -> Decimal:
    """Round up to so many decimals."""
    return Decimal(math.ceil(amount * 10**places)).scaleb(-places, context=EXACT)


def planned_minutes(operations: Sequence[RoutingOperation], quantity: Decimal) -> list[Decimal]:
    """Set-up and run time of each operation for a quantity, in minutes (4 decimals)."""
    return [(op.setup_minutes + EXACT.multiply(op.run_minutes, quantity)).quantize(Decimal("0.0001"), context=EXACT) for op in operations]

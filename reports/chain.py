"""The chain 联查: where a document came from and what came of it, built from rows that name both ends.

Each relation is one line of the table below: which rows tell it, and how they name the earlier and the later thing. The chain of a
document is everything that leads to it and everything that follows from it, level by level, one statement per relation and level.
A kind that starts with @ is read from the row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from core.access import Access
from core.documents import document_types
from core.models import Company
from core.web.graph import Node
from finance.models import Settlement, SupplierInvoiceLine, Voucher
from inventory.models import Inspection, ProposalPeg
from production.models import FinishedReceipt, MaterialIssue, MaterialReturn, OperationReport, WorkOrder
from purchasing.models import PurchaseOrderLine, PurchaseReceipt
from sales.models import Shipment

VOUCHER = "voucher"
MAX_LEVELS = 8
MAX_NODES = 150
MAX_LINKS = 400
DRAWN = 24
"""About as many nodes as a drawing may have and still be taken in at a glance."""
SHOWN_ALIKE = (4, 2, 1, 0)
"""How many things of one kind and level are drawn before the rest becomes "5 more"; the first that makes the drawing fit is taken."""
NEXT_DOOR = 3
"""How many direct neighbours of one kind are drawn in any case."""

Key = tuple[str, str]
"""Kind and number of a document; a voucher goes by its id."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of `model` tell that the thing (`earlier_kind`, `earlier`) led to (`later_kind`, `later`)."""

    model: type[Model]
    earlier_kind: str
    earlier: str
    later_kind: str
    later: str
    company: str = "company"


RELATIONS: tuple[Relation, ...] = (
    Relation(Shipment, "sales_order", "order__number", "shipment", "number"),
    Relation(
        ProposalPeg,
        "@demand__origin_kind",
        "demand__origin_number",
        "@proposal__became_kind",
        "proposal__became_number",
        "proposal__company",
    ),
    Relation(
        ProposalPeg,
        "@parent__became_kind",
        "parent__became_number",
        "@proposal__became_kind",
        "proposal__became_number",
        "proposal__company",
    ),
    Relation(WorkOrder, "sales_order", "source_number", "work_order", "number"),
    Relation(
        PurchaseOrderLine, "requisition", "requisition_line__document__number", "purchase_order", "document__number", "document__company"
    ),
    Relation(PurchaseReceipt, "purchase_order", "order__number", "purchase_receipt", "number"),
    Relation(Inspection, "@origin_kind", "origin_number", "inspection", "number"),
    Relation(
        SupplierInvoiceLine,
        "@received__origin_kind",
        "received__origin_number",
        "supplier_invoice",
        "document__number",
        "document__company",
    ),
    Relation(MaterialIssue, "work_order", "work_order__number", "material_issue", "number"),
    Relation(MaterialReturn, "work_order", "work_order__number", "material_return", "number"),
    Relation(OperationReport, "work_order", "work_order__number", "operation_report", "number"),
    Relation(FinishedReceipt, "work_order", "work_order__number", "finished_receipt", "number"),
    Relation(Settlement, "@open_item__origin_kind", "open_item__origin_number", "@origin_kind", "origin_number"),
    Relation(Voucher, "@origin_kind", "origin_number", VOUCHER, "pk"),
    Relation(Voucher, "@reversal_of__origin_kind", "reversal_of__origin_number", "@origin_kind", "origin_number"),
)


@dataclass(slots=True)
class Chain:
    """The things of a chain and how one led to another, ready to be drawn."""

    nodes: list[Node]
    links: list[tuple[str, str]]


@dataclass(slots=True)
class _Found:
    keys: dict[Key, int] = field(default_factory=dict)
    """What was found, with its level: below zero what came before, above what followed."""
    links: dict[tuple[Key, Key], None] = field(default_factory=dict)


def chain_of(access: Access, kind: str, number: str) -> Chain:
    """The chain around one document, with links to what `access` may open."""
    found = _Found({(kind, number): 0})
    for backwards in (True, False):
        _walk(access.company, found, {(kind, number)}, backwards=backwards)
    gathered = _gathered(found)
    stands_for, more = gathered.stands_for, [_several(*one) for one in gathered.several]
    nodes = _nodes(access, [key for key in found.keys if stands_for[key] == _name(key)], current=(kind, number))
    links = dict.fromkeys((stands_for[start], stands_for[end]) for start, end in found.links if start in stands_for and end in stands_for)
    return Chain([*nodes, *more], list(links))


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Which node each thing is drawn as, and the nodes that stand for several things (name, kind, how many, beside others)."""

    stands_for: Mapping[Key, str]
    several: Sequence[tuple[str, str, int, bool]]

    def drawn(self) -> int:
        """How many nodes there will be."""
        return len(set(self.stands_for.values()))


def _gathered(found: _Found) -> _Gathered:
    """Many things of one kind on one level become one node, so that the drawing stays small."""
    alike: dict[tuple[int, str], list[Key]] = defaultdict(list)
    for key, level in found.keys.items():
        alike[(level, key[0])].append(key)
    tries = (_gather(alike, most) for most in SHOWN_ALIKE)
    for gathered in tries:
        if gathered.drawn() <= DRAWN:
            break
    return gathered


def _gather(alike: Mapping[tuple[int, str], Sequence[Key]], most: int) -> _Gathered:
    stands_for: dict[Key, str] = {}
    several = []
    for (level, kind), keys in alike.items():
        shown = max(most, NEXT_DOOR) if abs(level) < 2 else most
        shown = len(keys) if len(keys) <= shown + 1 else shown
        stands_for |= {key: _name(key) for key in keys[:shown]}
        if len(keys) > shown:
            name = f"more:{level}:{kind}"
            stands_for |= dict.fromkeys(keys[shown:], name)
            several.append((name, kind, len(keys) - shown, shown > 0))
    return _Gathered(stands_for, several)


def _several(name: str, kind: str, count: int, beside: bool) -> Node:
    known = document_types().get(kind)
    label = _("Voucher") if kind == VOUCHER else known.label if known else kind
    return Node(key=name, kind=label, number=(_("{count} more") if beside else _("{count} documents")).format(count=count))


def _walk(company: Company, found: _Found, frontier: set[Key], *, backwards: bool) -> None:
    """Follow all relations from `frontier` in one direction, a level at a time."""
    for level in range(1, MAX_LEVELS + 1):
        place = {key: index for index, key in enumerate(found.keys)}
        links = list(_links(company, frontier, backwards=backwards))
        found.links.update(dict.fromkeys(links))
        near_first = sorted((place.get(end if backwards else start, 0), start if backwards else end) for start, end in links)
        frontier = {key for _place, key in near_first} - found.keys.keys()
        found.keys.update(dict.fromkeys((key for _place, key in near_first if key in frontier), -level if backwards else level))
        if not frontier or len(found.keys) > MAX_NODES:
            return


def _links(company: Company, frontier: Iterable[Key], *, backwards: bool) -> Iterable[tuple[Key, Key]]:
    numbers: dict[str, set[str]] = defaultdict(set)
    for kind, number in frontier:
        numbers[kind].add(number)
    for relation in (*RELATIONS, *_reversals(numbers)):
        yield from _rows(relation, company, numbers, backwards=backwards)


def _reversals(kinds: Iterable[str]) -> Iterable[Relation]:
    """What was reversed leads to its reversal."""
    for kind in kinds:
        if kind == VOUCHER:
            yield Relation(Voucher, VOUCHER, "reversal_of_id", VOUCHER, "pk")
        elif kind in document_types():
            yield Relation(document_types()[kind].model, kind, "reversal_of__number", kind, "number")


def _rows(relation: Relation, company: Company, numbers: Mapping[str, set[str]], *, backwards: bool) -> Iterable[tuple[Key, Key]]:
    kind, name = (relation.later_kind, relation.later) if backwards else (relation.earlier_kind, relation.earlier)
    if kind.startswith("@"):
        wanted: dict[str, Any] = {f"{kind[1:]}__in": list(numbers), f"{name}__in": set().union(*numbers.values())}
    elif kind in numbers:
        wanted = {f"{name}__in": [int(one) for one in numbers[kind] if one.isdigit()] if kind == VOUCHER else numbers[kind]}
    else:
        return
    names = [relation.earlier, relation.later, *(k[1:] for k in (relation.earlier_kind, relation.later_kind) if k.startswith("@"))]
    rows = relation.model._default_manager.filter(**{relation.company: company}, **wanted).order_by().values(*names).distinct()[:MAX_LINKS]
    for row in rows:
        start, end = _key(row, relation.earlier_kind, relation.earlier), _key(row, relation.later_kind, relation.later)
        if start and end and start != end:
            yield start, end


def _key(row: Mapping[str, Any], kind: str, number: str) -> Key | None:
    found_kind = row[kind[1:]] if kind.startswith("@") else kind
    return (found_kind, str(row[number])) if found_kind and row[number] else None


def _name(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


def _nodes(access: Access, keys: Sequence[Key], *, current: Key) -> list[Node]:
    numbers: dict[str, list[str]] = defaultdict(list)
    for kind, number in keys:
        numbers[kind].append(number)
    known: dict[Key, Node] = {}
    for kind, mine in numbers.items():
        known |= _vouchers(access, mine, current) if kind == VOUCHER else _documents(access, kind, mine, current)
    return [known[key] for key in keys if key in known]


def _documents(access: Access, kind: str, numbers: Sequence[str], current: Key) -> dict[Key, Node]:
    described = document_types().get(kind)
    if described is None:
        return {}
    may_open = access.may(described.permission("view"))
    rows = described.model._default_manager.filter(company=access.company, number__in=numbers).only("number", "state")
    return {
        (kind, row.number): Node(
            key=_name((kind, row.number)),
            kind=described.label,
            number=row.number,
            url=reverse(f"{kind}-detail", args=[row.pk]) if may_open else "",
            state=row.state,
            state_label=row.get_state_display(),
            current=(kind, row.number) == current,
        )
        for row in rows
    }


def _vouchers(access: Access, ids: Sequence[str], current: Key) -> dict[Key, Node]:
    may_open = access.may("finance.view_voucher")
    rows = Voucher.objects.filter(company=access.company, pk__in=[int(one) for one in ids]).select_related("period")
    return {
        (VOUCHER, str(row.pk)): Node(
            key=_name((VOUCHER, str(row.pk))),
            kind=_("Voucher"),
            number=f"{row.period.code} {row}",
            url=reverse("voucher-detail", args=[row.pk]) if may_open else "",
            state=row.state,
            state_label=row.get_state_display(),
            current=(VOUCHER, str(row.pk)) == current,
        )
        for row in rows
    }

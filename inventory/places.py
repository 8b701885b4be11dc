"""Where goods go when nobody says where, and bins named by their code."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput, InvalidInputs
from inventory.models import Bin, Warehouse


class NoDefaultBin(BusinessError):
    """A warehouse has no bin for goods without a place of their own."""

    code = "no_default_bin"
    text = _("Warehouse {warehouse} has no default bin.")
    hint = _("Mark one of its bins as the default, or name a bin in every line.")


def default_bins(warehouses: Iterable[Warehouse]) -> dict[int, Bin]:
    """The default bin of each warehouse, by warehouse id, in one statement.

    Raises:
        NoDefaultBin: a warehouse has none.
    """
    wanted = {warehouse.pk: warehouse for warehouse in warehouses}
    found = {bin.warehouse_id: bin for bin in Bin.objects.filter(warehouse__in=wanted, is_default=True)}
    for pk, warehouse in wanted.items():
        if pk not in found:
            raise NoDefaultBin(warehouse=warehouse)
    return found


def find_bins(warehouse: Warehouse, codes: Sequence[object], *, field: str = "bin") -> list[Bin | None]:
    """The bins of a warehouse that lines name by code (or as they are), in one statement; None where a line names none.

    Raises:
        InvalidInputs: with every line that names a bin which is not there or is blocked.
    """
    names = [str(code or "") for code in codes]
    wanted = {name for name in names if name}
    known = {bin.code: bin for bin in Bin.objects.filter(warehouse=warehouse, code__in=wanted)} if wanted else {}
    wrong: list[BusinessError] = []
    for index, name in enumerate(names):
        path = f"lines[{index}].{field}"
        if name and name not in known:
            wrong.append(InvalidInput("not_found", _("There is no bin “{bin}” in {warehouse}."), field=path, bin=name, warehouse=warehouse))
        elif name and known[name].is_blocked:
            wrong.append(InvalidInput("blocked", _("Bin {bin} is blocked."), field=path, bin=name))
    if wrong:
        raise InvalidInputs(wrong)
    return [known.get(name) for name in names]

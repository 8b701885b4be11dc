"""Auxiliary dimensions (辅助核算): whom or what an amount is about, besides its account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Ids of the partners and units an entry concerns; a work order and a project are named by number."""

    customer_id: int | None = None
    supplier_id: int | None = None
    department_id: int | None = None
    employee_id: int | None = None
    work_order: str = ""
    project: str = ""


NONE = Dimensions()

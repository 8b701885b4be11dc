"""Reading the records: each file as typed rows, nothing guessed, nothing changed."""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FILES = (
    "items.csv",
    "boms.csv",
    "work_centers.csv",
    "suppliers.csv",
    "supplier_prices.csv",
    "stock_on_hand.csv",
    "purchase_order_lines.csv",
    "work_orders.csv",
    "sales_order_lines.csv",
)


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A row of items.csv. Purchased parts carry no cost here; their price is the suppliers'."""

    code: str
    name: str
    made: bool
    sold: bool
    category: str
    subcategory: str
    safety_stock: Decimal
    reorder_point: Decimal
    standard_cost: Decimal
    list_price: Decimal
    days_to_make: int


@dataclass(frozen=True, slots=True)
class BomRecord:
    """A row of boms.csv, valid from a day on; `valid_to` is the last day."""

    parent: str
    component: str
    quantity: Decimal
    unit: str
    valid_from: dt.date
    valid_to: dt.date | None

    def valid_on(self, day: dt.date) -> bool:
        """Whether the component belongs to the parent on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class WorkCenterRecord:
    """A location; one with a cost per hour is a work centre, any other a storage place."""

    name: str
    cost_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """What a supplier asks for an item."""

    item: str
    supplier: str
    lead_days: int
    price: Decimal
    min_quantity: Decimal


@dataclass(frozen=True, slots=True)
class StockRecord:
    """A counted quantity of an item at a place."""

    item: str
    location: str
    shelf: str
    bin: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PurchaseRecord:
    """A line of a purchase order, with what came of it: received, of which rejected and stocked."""

    order: int
    ordered_on: dt.date
    shipped_on: dt.date
    due_on: dt.date
    supplier: str
    item: str
    ordered: Decimal
    unit_price: Decimal
    received: Decimal
    rejected: Decimal


@dataclass(frozen=True, slots=True)
class WorkOrderRecord:
    """A work order, with what came of it."""

    order: int
    item: str
    ordered: Decimal
    stocked: Decimal
    scrapped: Decimal
    scrap_reason: str
    start: dt.date
    end: dt.date | None
    due: dt.date


@dataclass(frozen=True, slots=True)
class SaleRecord:
    """A line of a sales order, shipped on its day."""

    order: int
    line: int
    day: dt.date
    item: str
    quantity: Decimal
    unit_price: Decimal


class Records:
    """The folder with the files."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError with the names of the files that are missing."""
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise FileNotFoundError(f"{folder}: {', '.join(missing)}")
        self.folder = folder

    def _rows(self, name: str) -> Iterator[Mapping[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def items(self) -> list[ItemRecord]:
        return [
            ItemRecord(
                code=row["item_no"],
                name=row["name"],
                made=row["made_in_house"] == "1",
                sold=row["sold"] == "1",
                category=row["category"],
                subcategory=row["subcategory"],
                safety_stock=Decimal(row["safety_stock"]),
                reorder_point=Decimal(row["reorder_point"]),
                standard_cost=Decimal(row["standard_cost"]),
                list_price=Decimal(row["list_price"]),
                days_to_make=int(row["days_to_manufacture"]),
            )
            for row in self._rows("items.csv")
        ]

    def boms(self) -> list[BomRecord]:
        return [
            BomRecord(
                row["parent_no"],
                row["component_no"],
                Decimal(row["quantity"]),
                row["unit"],
                _day(row["valid_from"]),
                _day_or_none(row["valid_to"]),
            )
            for row in self._rows("boms.csv")
        ]

    def work_centers(self) -> list[WorkCenterRecord]:
        return [WorkCenterRecord(row["name"], Decimal(row["cost_per_hour"])) for row in self._rows("work_centers.csv")]

    def suppliers(self) -> list[tuple[str, str]]:
        """Number and name of each."""
        return [(row["supplier_no"], row["name"]) for row in self._rows("suppliers.csv")]

    def prices(self) -> list[PriceRecord]:
        return [
            PriceRecord(
                row["item_no"], row["supplier_no"], int(row["lead_time_days"]), Decimal(row["price"]), Decimal(row["min_order_qty"])
            )
            for row in self._rows("supplier_prices.csv")
        ]

    def stock(self) -> list[StockRecord]:
        return [
            StockRecord(row["item_no"], row["location"], row["shelf"], row["bin"], Decimal(row["quantity"]))
            for row in self._rows("stock_on_hand.csv")
        ]

    def purchases(self) -> list[PurchaseRecord]:
        return [
            PurchaseRecord(
                order=int(row["order_no"]),
                ordered_on=_day(row["order_date"]),
                shipped_on=_day(row["ship_date"]),
                due_on=_day(row["due_date"]),
                supplier=row["supplier_no"],
                item=row["item_no"],
                ordered=Decimal(row["ordered"]),
                unit_price=Decimal(row["unit_price"]),
                received=Decimal(row["received"]),
                rejected=Decimal(row["rejected"]),
            )
            for row in self._rows("purchase_order_lines.csv")
        ]

    def work_orders(self) -> list[WorkOrderRecord]:
        return [
            WorkOrderRecord(
                order=int(row["order_no"]),
                item=row["item_no"],
                ordered=Decimal(row["ordered"]),
                stocked=Decimal(row["stocked"]),
                scrapped=Decimal(row["scrapped"]),
                scrap_reason=row["scrap_reason"],
                start=_day(row["start_date"]),
                end=_day_or_none(row["end_date"]),
                due=_day(row["due_date"]),
            )
            for row in self._rows("work_orders.csv")
        ]

    def sales(self) -> list[SaleRecord]:
        return [
            SaleRecord(
                int(row["order_no"]),
                int(row["line_no"]),
                _day(row["date"]),
                row["item_no"],
                Decimal(row["quantity"]),
                Decimal(row["unit_price"]),
            )
            for row in self._rows("sales_order_lines.csv")
        ]


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _day_or_none(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None

"""Loading the records' masters and opening stock into a company of its own.

What the records don't say is assumed here, in one place each:
* no customers are recorded, so one house customer buys everything;
* no routings are recorded, so each item made has one operation, `MINUTES_PER_PIECE` long, at the work centre that its kind suggests;
* purchased parts carry no cost, so the lowest supplier price is taken, and items made without a cost are rolled up from their parts;
* of the bills of materials the lines that are valid on the first day of the books are taken; earlier versions are history.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from core.decimals import ZERO, round_half_up
from core.models import Company, Membership, User
from core.periods import open_year
from erp.adventureworks.records import BomRecord, ItemRecord, Records
from finance.setup import set_up_books
from inventory.models import Bin, Warehouse
from masterdata.models import Currency, Customer, Department, Item, ItemCategory, Supplier, SupplierPrice, TaxRate, Unit
from production.bom import save_boms
from production.models import Routing, RoutingOperation, WorkCenter

HOUSE_CUSTOMER = "HOUSE"
WAREHOUSE = "MAIN"
WORKSHOP = "PLANT"
DOCK = "DOCK"
MINUTES_PER_PIECE = Decimal(3)
_UNITS = {"EA": "each", "OZ": "ounce", "IN": "inch"}
_CATEGORIES = {
    "raw": ("外购零件", "Purchased parts"),
    "merchandise": ("外购商品", "Merchandise"),
    "semi": ("自制件", "Made parts"),
    "finished": ("产成品", "Finished goods"),
}
_CENTERS = {
    "Bikes": "Final Assembly",
    "Mountain Frames": "Frame Welding",
    "Road Frames": "Frame Welding",
    "Touring Frames": "Frame Welding",
    "": "Frame Forming",
}
_OTHER_CENTER = "Subassembly"


class CompanyExists(Exception):
    """The company has been imported before; the records are taken in once."""


@dataclass(slots=True)
class Imported:
    """The new company, with what opening stock and replay need, and what was left out."""

    company: Company
    clerk: User
    checker: User
    at: dt.datetime
    items: dict[str, Item] = field(default_factory=dict)
    cost: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def import_masters(records: Records, *, code: str, start: dt.date, at: dt.datetime) -> Imported:
    """Create the company with its books from `start` on, and all its masters.

    Raises:
        CompanyExists: there is a company of this code.
    """
    if Company.objects.filter(code=code).exists():
        raise CompanyExists(code)
    imported = _company(code, start, at)
    company = imported.company
    categories = {
        name: ItemCategory.objects.create(company=company, code=name, name=zh, name_en=en) for name, (zh, en) in _CATEGORIES.items()
    }
    set_up_books(company)
    suppliers = _suppliers(records, company)
    boms = _boms_on(records, start, imported)
    rows = {row.code: row for row in records.items()}
    imported.cost = _costs(records, rows, boms)
    imported.items = _items(company, rows, boms, categories, imported.cost)
    _prices(records, imported, suppliers, start)
    _engineering(records, imported, rows, boms, start)
    Warehouse.objects.create(company=company, code=WAREHOUSE, name="总仓", name_en="Main store")
    rate = TaxRate.objects.create(company=company, code="T0", name="0%", percent=ZERO)
    Customer.objects.create(company=company, code=HOUSE_CUSTOMER, name="市场零售", name_en="House customer", tax_rate=rate)
    imported.counts |= {"items": len(rows), "bills of materials": len(boms), "suppliers": len(suppliers)}
    return imported


def _company(code: str, start: dt.date, at: dt.datetime) -> Imported:
    company = Company.objects.create(
        code=code,
        name="AdventureWorks 自行车",
        name_en="AdventureWorks Bicycles",
        currency="USD",
        standard=Company.Standard.ENTERPRISE,
        start_date=start,
    )
    Currency.objects.get_or_create(code="USD", defaults={"name": "美元"})
    for year in (start.year, start.year + 1):
        open_year(company, year)
    people = [
        User.objects.create_user(f"{code.lower()}-{role}", password=None, first_name=role.capitalize()) for role in ("clerk", "checker")
    ]
    everybody = [*people, *User.objects.filter(is_superuser=True)]
    Membership.objects.bulk_create([Membership(user=user, company=company) for user in everybody])
    clerk, checker = people
    return Imported(company, clerk, checker, at)


def _suppliers(records: Records, company: Company) -> dict[str, Supplier]:
    rate = TaxRate.objects.create(company=company, code="T0P", name="0% (purchases)", percent=ZERO)
    return {
        code: Supplier.objects.create(company=company, code=code, name=name, name_en=name, tax_rate=rate)
        for code, name in records.suppliers()
    }


def _boms_on(records: Records, day: dt.date, imported: Imported) -> dict[str, list[BomRecord]]:
    boms: dict[str, list[BomRecord]] = defaultdict(list)
    old = 0
    for row in records.boms():
        if row.valid_on(day):
            boms[row.parent].append(row)
        else:
            old += 1
    imported.left_out.append(f"{old} bill of materials lines that are not valid on {day} (earlier versions)")
    return boms


def _costs(records: Records, rows: dict[str, ItemRecord], boms: dict[str, list[BomRecord]]) -> dict[str, Decimal]:
    """The cost of every item at the start: recorded, else lowest price, else rolled up."""
    prices: dict[str, list[Decimal]] = defaultdict(list)
    for row in records.prices():
        prices[row.item].append(row.price)

    @cache
    def cost(code: str) -> Decimal:
        if prices[code]:
            return min(prices[code])
        if rows[code].standard_cost or not boms.get(code):
            return rows[code].standard_cost
        return round_half_up(sum((cost(line.component) * line.quantity for line in boms[code]), ZERO), 4)

    return {code: cost(code) for code in rows}


def _items(
    company: Company,
    rows: dict[str, ItemRecord],
    boms: dict[str, list[BomRecord]],
    categories: dict[str, ItemCategory],
    cost: dict[str, Decimal],
) -> dict[str, Item]:
    units = {code: Unit.objects.create(company=company, code=code, name=name, name_en=name, places=2) for code, name in _UNITS.items()}
    unit_of = {line.component: line.unit for lines in boms.values() for line in lines}
    items = {}
    for row in rows.values():
        category = ("finished" if row.sold else "semi") if row.made else ("merchandise" if row.sold else "raw")
        items[row.code] = Item.objects.create(
            company=company,
            code=row.code,
            name=row.name,
            name_en=row.name,
            category=categories[category],
            unit=units[unit_of.get(row.code, "EA")],
            supply_type=Item.Supply.MANUFACTURED if row.made else Item.Supply.PURCHASED,
            is_sold=row.sold,
            inspect_on_receipt=not row.made,
            lead_time_days=row.days_to_make,
            safety_stock=row.safety_stock,
            reorder_point=row.reorder_point,
            standard_cost=cost[row.code],
            list_price=row.list_price,
        )
    return items


def _prices(records: Records, imported: Imported, suppliers: dict[str, Supplier], start: dt.date) -> None:
    prices = records.prices()
    SupplierPrice.objects.bulk_create(
        [
            SupplierPrice(
                company=imported.company,
                supplier=suppliers[row.supplier],
                item=imported.items[row.item],
                price=row.price,
                min_quantity=row.min_quantity,
                lead_time_days=row.lead_days,
                valid_from=start,
            )
            for row in prices
        ]
    )
    cheapest = {row.item: row for row in sorted(prices, key=lambda row: row.price, reverse=True)}
    for code, price in cheapest.items():
        item = imported.items[code]
        item.default_supplier, item.lead_time_days = suppliers[price.supplier], price.lead_days
    Item.objects.bulk_update([imported.items[code] for code in cheapest], ["default_supplier", "lead_time_days"])
    imported.counts["supplier prices"] = len(prices)


def _engineering(
    records: Records, imported: Imported, rows: dict[str, ItemRecord], boms: dict[str, list[BomRecord]], start: dt.date
) -> None:
    """Work centres, bills of materials and the assumed routings."""
    company = imported.company
    plant = Department.objects.create(company=company, code=WORKSHOP, name="工厂", name_en="Plant", is_workshop=True)
    centers = {}
    for number, center in enumerate((center for center in records.work_centers() if center.cost_per_hour), start=1):
        centers[center.name] = WorkCenter.objects.create(
            company=company,
            code=f"WC{number:02d}",
            name=center.name,
            name_en=center.name,
            department=plant,
            labour_rate=center.cost_per_hour,
        )
    save_boms(
        company=company,
        rows=[
            {
                "item": imported.items[parent],
                "valid_from": start,
                "lines": [{"component": imported.items[line.component], "quantity": line.quantity} for line in lines],
            }
            for parent, lines in boms.items()
        ],
        by=imported.clerk,
        at=imported.at,
    )
    made = [row for row in rows.values() if row.made]
    routings = Routing.objects.bulk_create([Routing(company=company, item=imported.items[row.code]) for row in made])
    RoutingOperation.objects.bulk_create(
        [
            RoutingOperation(
                routing=routing, operation_no=10, name=center.name, name_en=center.name, work_center=center, run_minutes=MINUTES_PER_PIECE
            )
            for routing, center in zip(routings, (_center_of(row, centers) for row in made), strict=True)
        ]
    )
    imported.counts["work centres"] = len(centers)


def _center_of(row: ItemRecord, centers: dict[str, WorkCenter]) -> WorkCenter:
    name = _CENTERS.get(row.category) or _CENTERS.get(row.subcategory) or _OTHER_CENTER
    return centers[name]


def create_bins(records: Records, company: Company) -> dict[tuple[str, str, str], Bin]:
    """One bin for each counted place, and the dock as the warehouse's default; the bins by (location, shelf, bin)."""
    warehouse = Warehouse.objects.get(company=company, code=WAREHOUSE)
    Bin.objects.create(company=company, warehouse=warehouse, code=DOCK, is_default=True)
    places = sorted({(row.location, row.shelf, row.bin) for row in records.stock()})
    initials = {location: "".join(word[:2] for word in location.split()) for location, _shelf, _bin in places}
    rows = Bin.objects.bulk_create(
        [Bin(company=company, warehouse=warehouse, code=f"{initials[location]}-{shelf}-{bin}".upper()) for location, shelf, bin in places]
    )
    return dict(zip(places, rows, strict=True))

"""The company and its master data: units, tax, people's departments, items, bills of materials, routings, partners, prices."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.models import Company, User
from core.periods import open_year
from erp.demo import costs
from erp.demo.calendar import at
from erp.demo.people import People, hire
from erp.demo.tables import number, read
from erp.roles import set_up_roles
from finance.models import Account, BankAccount
from finance.setup import set_up_books
from inventory.models import Bin, Warehouse
from masterdata.models import Currency, Customer, Department, Employee, Item, ItemCategory, Supplier, SupplierPrice, TaxRate, Unit
from production.bom import save_boms
from production.models import Routing, RoutingOperation, WorkCenter

CODE = "HC"
RECEIVING_BIN = "R-00"


@dataclass(slots=True)
class Factory:
    """The demo company with what the desks look up again and again."""

    company: Company
    people: People
    items: dict[str, Item]
    home: dict[str, Bin]
    """where an item is kept, by its code"""
    customers: list[Customer]
    suppliers: dict[str, Supplier]
    warehouses: dict[str, Warehouse]
    departments: dict[str, Department]
    employees: list[Employee]
    banks: dict[str, BankAccount]
    price: dict[tuple[int, int], Decimal]
    """what a supplier asks for an item, by (supplier id, item id)"""


def create_factory(*, start: dt.date, today: dt.date) -> Factory:
    """Create the company, its books from `start` on, its users and all masters."""
    company = Company.objects.create(
        code=CODE,
        name="衡川泵业传动有限公司",
        name_en="Hengchuan Pump & Drive Co., Ltd.",
        tax_number="91990100000998879Q",
        start_date=start,
        over_receipt_percent=5,
    )
    for year in range(start.year, (today + dt.timedelta(days=45)).year + 1):
        open_year(company, year)
    set_up_roles()
    people = hire(company)
    Currency.objects.get_or_create(code="CNY", defaults={"name": "人民币"})
    categories = _categories(company)
    set_up_books(company)
    banks = _banks(company)
    departments = _departments(company)
    suppliers = _suppliers(company, _tax_rates(company))
    warehouses, bins = _places(company)
    items = _items(company, categories, suppliers)
    _engineering(company, items, departments, by=people.admin, valid_from=start)
    return Factory(
        company=company,
        people=people,
        items=items,
        home={row["code"]: bins[row["warehouse"], row["bin"]] for row in read("items") if row["warehouse"]},
        customers=list(Customer.objects.filter(company=company).select_related("tax_rate").order_by("code")),
        suppliers=suppliers,
        warehouses=warehouses,
        departments=departments,
        employees=list(Employee.objects.filter(company=company).select_related("department").order_by("code")),
        banks=banks,
        price=_prices(company, items, suppliers, valid_from=start),
    )


def _categories(company: Company) -> dict[str, ItemCategory]:
    return {row["code"]: ItemCategory.objects.create(company=company, **row) for row in read("categories")}


def _banks(company: Company) -> dict[str, BankAccount]:
    """Bank accounts, each on its own sub-account of 1002."""
    parent = Account.objects.get(company=company, code="1002")
    parent.is_leaf = False
    parent.save()
    banks = {}
    for row in read("bank_accounts"):
        code = row.pop("account")
        account = Account.objects.filter(company=company, code=code).first() or Account.objects.create(
            company=company,
            code=code,
            name=row["name"],
            name_en=row["name_en"],
            parent=parent,
            category=parent.category,
            normal_side=parent.normal_side,
        )
        banks[row["code"]] = BankAccount.objects.create(company=company, account=account, **row)
    return banks


def _departments(company: Company) -> dict[str, Department]:
    departments = {}
    for row in read("departments"):
        departments[row["code"]] = Department.objects.create(
            company=company, code=row["code"], name=row["name"], name_en=row["name_en"], is_workshop=bool(row["is_workshop"])
        )
    for row in read("employees"):
        row["department"] = departments[row["department"]]  # type: ignore[assignment]
        Employee.objects.create(company=company, **row)
    return departments


def _tax_rates(company: Company) -> dict[str, TaxRate]:
    return {
        row["code"]: TaxRate.objects.create(company=company, code=row["code"], name=row["name"], percent=number(row["percent"]))
        for row in read("tax_rates")
    }


def _suppliers(company: Company, rates: dict[str, TaxRate]) -> dict[str, Supplier]:
    """Customers and suppliers; the suppliers by code."""
    for row in read("customers"):
        limit, rate, days = number(row.pop("credit_limit")), rates[row.pop("tax_rate")], int(row.pop("payment_days"))
        Customer.objects.create(company=company, credit_limit=limit, tax_rate=rate, payment_days=days, **row)
    suppliers = {}
    for row in read("suppliers"):
        rate, days = rates[row.pop("tax_rate")], int(row.pop("payment_days"))
        suppliers[row["code"]] = Supplier.objects.create(company=company, tax_rate=rate, payment_days=days, **row)
    return suppliers


def _places(company: Company) -> tuple[dict[str, Warehouse], dict[tuple[str, str], Bin]]:
    """Warehouses by code; bins by warehouse code and bin code. Each warehouse has a receiving bin as its default."""
    warehouses = {row["code"]: Warehouse.objects.create(company=company, **row) for row in read("warehouses")}
    names = dict.fromkeys((row["warehouse"], row["bin"]) for row in read("items") if row["bin"])
    wanted = [*((code, RECEIVING_BIN) for code in warehouses), *names]
    rows = Bin.objects.bulk_create(
        [Bin(company=company, warehouse=warehouses[warehouse], code=code, is_default=code == RECEIVING_BIN) for warehouse, code in wanted]
    )
    return warehouses, dict(zip(wanted, rows, strict=True))


def _items(company: Company, categories: dict[str, ItemCategory], suppliers: dict[str, Supplier]) -> dict[str, Item]:
    units = {
        row["code"]: Unit.objects.create(
            company=company, code=row["code"], name=row["name"], name_en=row["name_en"], places=int(row["places"])
        )
        for row in read("units")
    }
    cost = costs.roll_up()
    items = {}
    for row in read("items"):
        is_sold = row["category"] == "finished"
        items[row["code"]] = Item.objects.create(
            company=company,
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            specification=row["specification"],
            category=categories[row["category"]],
            unit=units[row["unit"]],
            supply_type=row["supply_type"],
            is_sold=is_sold,
            lot_tracked=bool(row["lot_tracked"]),
            inspect_on_receipt=bool(row["inspect_on_receipt"]),
            lead_time_days=int(row["lead_time_days"]),
            lot_sizing=row["lot_sizing"],
            lot_size=number(row["lot_size"]),
            min_order_quantity=number(row["min_order_quantity"]),
            supply_period_days=int(row["supply_period_days"] or 0),
            safety_stock=number(row["safety_stock"]),
            standard_cost=cost[row["code"]],
            list_price=number(row["price"]) if is_sold else Decimal(0),
            default_supplier=suppliers.get(row["supplier"]),
        )
    return items


def _prices(
    company: Company, items: dict[str, Item], suppliers: dict[str, Supplier], *, valid_from: dt.date
) -> dict[tuple[int, int], Decimal]:
    """The price of each usual supplier, and of second sources."""
    usual = [
        SupplierPrice(
            company=company,
            supplier=suppliers[row["supplier"]],
            item=items[row["code"]],
            price=number(row["price"]),
            min_quantity=number(row["min_order_quantity"]),
            lead_time_days=int(row["lead_time_days"]),
            valid_from=valid_from,
        )
        for row in read("items")
        if row["supplier"]
    ]
    others = [
        SupplierPrice(
            company=company,
            supplier=suppliers[row["supplier"]],
            item=items[row["item"]],
            price=number(row["price"]),
            min_quantity=number(row["min_quantity"]),
            lead_time_days=int(row["lead_time_days"]),
            valid_from=valid_from,
        )
        for row in read("supplier_prices")
    ]
    SupplierPrice.objects.bulk_create([*usual, *others])
    return {(price.supplier_id, price.item_id): price.price for price in (*usual, *others)}


def _engineering(company: Company, items: dict[str, Item], departments: dict[str, Department], *, by: User, valid_from: dt.date) -> None:
    """Work centres, bills of materials and routings."""
    centers = {}
    for row in read("work_centers"):
        centers[row["code"]] = WorkCenter.objects.create(
            company=company,
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            department=departments[row["department"]],
            labour_rate=number(row["labour_rate"]),
            machine_rate=number(row["machine_rate"]),
            hours_per_day=number(row["hours_per_day"]),
        )
    _boms(company, items, by, valid_from)
    _routings(company, items, centers)


def _boms(company: Company, items: dict[str, Item], by: User, valid_from: dt.date) -> None:
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read("boms"):
        lines[row["parent"]].append(
            {"component": items[row["component"]], "quantity": number(row["quantity"]), "scrap_percent": number(row["scrap_percent"])}
        )
    rows = [{"item": items[parent], "valid_from": valid_from, "lines": its_lines} for parent, its_lines in lines.items()]
    save_boms(company=company, rows=rows, by=by, at=at(valid_from, 8))


def _routings(company: Company, items: dict[str, Item], centers: dict[str, WorkCenter]) -> None:
    operations = defaultdict(list)
    for row in read("routings"):
        operations[row["item"]].append(row)
    for code, rows in operations.items():
        routing = Routing.objects.create(company=company, item=items[code])
        RoutingOperation.objects.bulk_create(
            [
                RoutingOperation(
                    routing=routing,
                    operation_no=int(row["operation_no"]),
                    name=row["name"],
                    name_en=row["name_en"],
                    work_center=centers[row["work_center"]],
                    setup_minutes=number(row["setup_minutes"]),
                    run_minutes=number(row["run_minutes"]),
                )
                for row in rows
            ]
        )

"""The cast and the small factory of the tests: ACME makes FRAME from BOLT and PLATE. Everything is made by the real services."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.models import Company, Membership, User
from core.periods import open_year
from finance.setup import set_up_books
from inventory.models import Bin, Warehouse
from masterdata.models import Customer, Department, Item, ItemCategory, Supplier, Unit

START = dt.date(2026, 1, 1)
TODAY = dt.date(2026, 3, 10)
NOW = dt.datetime(2026, 3, 10, 9, 30, tzinfo=dt.UTC)


@dataclass
class Factory:
    """A company with books, a store, two suppliers' goods and one product."""

    company: Company
    nora: User
    """the storekeeper, who makes documents"""
    ada: User
    """the accountant, who approves and closes"""
    store: Warehouse
    shelf: Bin
    bolt: Item
    plate: Item
    frame: Item
    customer: Customer
    supplier: Supplier
    workshop: Department


def build_factory(code: str = "ACME") -> Factory:
    """A company ready to work, its books empty."""
    company = Company.objects.create(code=code, name="艾克机械", name_en="Acme Machinery", start_date=START)
    open_year(company, 2026)
    nora = User.objects.create_user(f"nora-{code}", password=None, first_name="Nora")
    ada = User.objects.create_user(f"ada-{code}", password=None, first_name="Ada")
    for user in (nora, ada):
        Membership.objects.create(user=user, company=company)
    pcs = Unit.objects.create(company=company, code="PCS", name="件", name_en="pcs")
    raw = ItemCategory.objects.create(company=company, code="raw", name="原材料", name_en="Raw materials")
    finished = ItemCategory.objects.create(company=company, code="finished", name="产成品", name_en="Finished goods")
    set_up_books(company)
    store = Warehouse.objects.create(company=company, code="MAIN", name="主仓", name_en="Main store")
    shelf = Bin.objects.create(company=company, warehouse=store, code="A-01", is_default=True)
    common = {"company": company, "unit": pcs}
    return Factory(
        company=company,
        nora=nora,
        ada=ada,
        store=store,
        shelf=shelf,
        bolt=Item.objects.create(**common, code="BOLT", name="螺栓", name_en="Bolt", category=raw, standard_cost=Decimal(2)),
        plate=Item.objects.create(**common, code="PLATE", name="钢板", name_en="Plate", category=raw, standard_cost=Decimal(30)),
        frame=Item.objects.create(
            **common,
            code="FRAME",
            name="机架",
            name_en="Frame",
            category=finished,
            supply_type=Item.Supply.MANUFACTURED,
            is_sold=True,
            standard_cost=Decimal(100),
        ),
        customer=Customer.objects.create(company=company, code="C1", name="客户一", name_en="Customer One"),
        supplier=Supplier.objects.create(company=company, code="S1", name="供应商一", name_en="Supplier One"),
        workshop=Department.objects.create(company=company, code="W1", name="装配车间", name_en="Assembly", is_workshop=True),
    )

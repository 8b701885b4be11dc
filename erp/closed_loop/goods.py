"""What the small company of the loop has: goods, places, partners, and how a pump is made."""

from decimal import Decimal

from core.models import Company
from finance.models import Account, BankAccount
from finance.setup import set_up_books
from inventory.models import Bin, Warehouse
from masterdata.models import Customer, Department, Item, ItemCategory, Supplier, SupplierPrice, TaxRate, Unit
from production.models import Routing, RoutingOperation, WorkCenter

D = Decimal
CATEGORIES = (
    ("raw", "原材料", "Raw materials"),
    ("purchased", "外购件", "Bought-in parts"),
    ("semi", "半成品", "Semi-finished goods"),
    ("finished", "产成品", "Finished goods"),
)
WAREHOUSES = (("MAIN", "材料半成品库", "Materials store"), ("SHIP", "成品库", "Finished goods store"))
SUPPLIERS = (("S1", "云岭铸造", "Yunling Foundry"), ("S2", "东川机电", "Dongchuan Motors"), ("S3", "北港钢材", "Beigang Steel"))
BOUGHT = (
    ("BAR", "45号圆钢", "Round bar", "raw", "KG", "S3", "5.20", 100, False),
    ("IMPELLER", "叶轮铸件", "Impeller casting", "raw", "PCS", "S1", "85.00", 15, True),
    ("CASING", "泵体铸件", "Pump casing", "raw", "PCS", "S1", "210.00", 10, True),
    ("BEARING", "轴承", "Bearing", "purchased", "PCS", "S2", "38.00", 20, False),
    ("MOTOR", "电动机", "Motor", "purchased", "PCS", "S2", "780.00", 10, False),
)
"""Code, names, category, unit, supplier, price, minimum order, kept by lot and inspected."""
MADE = (
    ("ROTOR", "转子部件", "Rotor assembly", "semi", "190.00", "0", 10, False),
    ("PUMP", "离心泵", "Centrifugal pump", "finished", "1480.00", "2400.00", 0, True),
)
"""Code, names, category, standard cost, list price, minimum order, kept by lot."""
PARTS = {"ROTOR": {"BAR": "4.2", "IMPELLER": "1"}, "PUMP": {"ROTOR": "1", "CASING": "1", "BEARING": "2", "MOTOR": "1"}}
WORK_CENTERS = (("TURN", "数控车床", "CNC lathes", 46, 120), ("ASSY", "装配线", "Assembly line", 42, 55))
"""Code, names, labour and machine rate."""
OPERATIONS = (
    ("ROTOR", 10, "车削", "Turn", "TURN", 30, 25),
    ("PUMP", 10, "总装", "Assemble", "ASSY", 15, 60),
    ("PUMP", 20, "试验", "Test", "ASSY", 10, 30),
)
"""Item, operation, names, work centre, minutes to set up, minutes per piece."""


def create_masters(company: Company) -> None:
    """Create all masters of the company, its books included; bills of materials are left to the planner."""
    own = {"company": company}
    rate = TaxRate.objects.create(**own, code="V13", name="增值税13%", percent=D(13))
    categories = {code: ItemCategory.objects.create(**own, code=code, name=zh, name_en=en) for code, zh, en in CATEGORIES}
    set_up_books(company)
    account = Account.objects.get(**own, code="1002")
    BankAccount.objects.create(**own, code="BANK", name="基本户", name_en="Main account", account=account)
    for code, zh, en in WAREHOUSES:
        warehouse = Warehouse.objects.create(**own, code=code, name=zh, name_en=en)
        Bin.objects.create(**own, warehouse=warehouse, code=f"{code[0]}-00", is_default=True)
        Bin.objects.create(**own, warehouse=warehouse, code=f"{code[0]}-01")
    name = {"name": "江岸水务工程有限公司", "name_en": "Jiang'an Water Works"}
    Customer.objects.create(**own, **name, code="C1", payment_days=30, tax_rate=rate)
    suppliers = {
        code: Supplier.objects.create(**own, code=code, name=zh, name_en=en, payment_days=30, tax_rate=rate) for code, zh, en in SUPPLIERS
    }
    _items(company, categories, suppliers)
    _workshop(company)


def _items(company: Company, categories: dict[str, ItemCategory], suppliers: dict[str, Supplier]) -> None:
    own = {"company": company, "lot_sizing": Item.LotSizing.MIN_MULTIPLE, "lead_time_days": 3}
    units = {
        "PCS": Unit.objects.create(company=company, code="PCS", name="件", name_en="pcs"),
        "KG": Unit.objects.create(company=company, code="KG", name="千克", name_en="kg", places=3),
    }
    for code, zh, en, category, unit, supplier, price, minimum, looked_at in BOUGHT:
        usual = suppliers[supplier]
        kept = {"lot_tracked": looked_at, "inspect_on_receipt": looked_at, "min_order_quantity": D(minimum), "lot_size": D(5)}
        about = {"code": code, "name": zh, "name_en": en, "category": categories[category], "unit": units[unit]}
        item = Item.objects.create(**own, **about, **kept, default_supplier=usual, standard_cost=D(price))
        SupplierPrice.objects.create(
            company=company, supplier=usual, item=item, price=D(price), lead_time_days=3, valid_from=company.start_date
        )
    for code, zh, en, category, cost, price, minimum, by_lot in MADE:
        about = {"code": code, "name": zh, "name_en": en, "category": categories[category], "unit": units["PCS"]}
        made = {"supply_type": Item.Supply.MANUFACTURED, "min_order_quantity": D(minimum), "lot_tracked": by_lot}
        Item.objects.create(**own, **about, **made, is_sold=D(price) > 0, standard_cost=D(cost), list_price=D(price))


def _workshop(company: Company) -> None:
    """The workshop with its work centres, and the routings."""
    own = {"company": company}
    workshop = Department.objects.create(**own, code="W1", name="生产车间", name_en="Workshop", is_workshop=True)
    centers = {
        code: WorkCenter.objects.create(
            **own, code=code, name=zh, name_en=en, department=workshop, labour_rate=D(labour), machine_rate=D(machine)
        )
        for code, zh, en, labour, machine in WORK_CENTERS
    }
    routings = {code: Routing.objects.create(**own, item=Item.objects.get(**own, code=code)) for code in PARTS}
    for item, number, zh, en, center, setup, run in OPERATIONS:
        RoutingOperation.objects.create(
            routing=routings[item],
            operation_no=number,
            name=zh,
            name_en=en,
            work_center=centers[center],
            setup_minutes=D(setup),
            run_minutes=D(run),
        )

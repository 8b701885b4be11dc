"""Who may do what: the roles of a factory, as a literal table. Each becomes a Django group that memberships point at.

A right is written as model and verbs ("sales.salesorder": "view add approve"); a key without a model holds rights by name.
Maker and checker are different roles wherever the books ask for it (RELIABILITY.md section 5).
"""

from collections.abc import Iterator, Mapping

from django.contrib.auth.models import Group, Permission

from core.db import durable

Rights = Mapping[str, str]

_EVERYBODY: Rights = {
    "masterdata.item": "view",
    "masterdata.itemcategory": "view",
    "masterdata.unit": "view",
    "masterdata.customer": "view",
    "masterdata.supplier": "view",
    "masterdata.department": "view",
    "masterdata.employee": "view",
    "inventory.warehouse": "view",
    "inventory.bin": "view",
    "inventory.lot": "view",
    "inventory.stockbalance": "view",
}

_MAKE = "view add change cancel"
_MAKE_AND_POST = "view add change cancel post"

_STOCK_DOCUMENTS = (
    "inventory.stockentry",
    "inventory.stocktransfer",
    "inventory.inspection",
    "purchasing.purchasereceipt",
    "sales.shipment",
    "production.materialissue",
    "production.materialreturn",
    "production.finishedreceipt",
)
_ALL_DOCUMENTS = (
    *_STOCK_DOCUMENTS,
    "sales.salesorder",
    "purchasing.requisition",
    "purchasing.purchaseorder",
    "production.workorder",
    "production.operationreport",
    "finance.supplierinvoice",
    "finance.customerreceipt",
    "finance.supplierpayment",
)
_LEDGERS = (
    "inventory.stockmove",
    "inventory.stockposting",
    "inventory.valuationpool",
    "inventory.reservation",
    "inventory.demand",
    "inventory.supply",
    "inventory.planrun",
    "inventory.proposal",
    "finance.voucher",
    "finance.accountbalance",
    "finance.openitem",
    "finance.settlement",
    "finance.goodsreceived",
    "finance.closingstep",
    "finance.account",
    "finance.postingrule",
    "finance.bankaccount",
    "production.workordercost",
    "production.bom",
    "production.routing",
    "production.workcenter",
    "core.period",
    "core.auditentry",
)


def _view(*models: str) -> dict[str, str]:
    return dict.fromkeys(models, "view")


ROLES: Mapping[str, Rights] = {
    "boss": {
        **_view(*_ALL_DOCUMENTS, *_LEDGERS),
        "sales.salesorder": "view approve cancel close",
        "purchasing.requisition": "view approve cancel",
        "purchasing.purchaseorder": "view approve cancel close",
        "finance.voucher": "view review",
        "finance.supplierpayment": "view post",
        "core": "view_cost",
        "sales": "see_prices",
        "purchasing": "see_prices",
        "finance": "reopen_period",
    },
    "sales": {
        **_view("production.workorder", "inventory.reservation", "inventory.demand", "inventory.supply", "finance.openitem"),
        "masterdata.customer": "view add change",
        "sales.salesorder": f"{_MAKE} close",
        "sales.shipment": _MAKE,
        "sales": "see_prices",
    },
    "planner": {
        **_view("sales.salesorder", "purchasing.purchaseorder", "production.materialissue", "production.operationreport"),
        **_view("production.finishedreceipt", "inventory.demand", "inventory.supply", "inventory.stockmove"),
        "masterdata.item": "view add change",
        "production.bom": "view add change",
        "production.routing": "view add change",
        "production.workcenter": "view add change",
        "inventory.planrun": "view add",
        "inventory.proposal": "view change",
        "inventory.reservation": "view add change",
        "purchasing.requisition": f"{_MAKE} approve",
        "production.workorder": f"{_MAKE} release close",
        "production": "run_mrp",
    },
    "buyer": {
        **_view("inventory.proposal", "inventory.supply", "purchasing.purchasereceipt", "finance.goodsreceived"),
        "masterdata.supplier": "view add change",
        "masterdata.supplierprice": "view add change",
        "purchasing.requisition": _MAKE,
        "purchasing.purchaseorder": f"{_MAKE} close",
        "purchasing": "see_prices",
    },
    "warehouse": {
        **dict.fromkeys(_STOCK_DOCUMENTS, f"{_MAKE_AND_POST} reverse"),
        **_view("sales.salesorder", "purchasing.purchaseorder", "production.workorder", "inventory.stockmove", "inventory.demand"),
        "inventory.inspection": "view",
        "inventory.reservation": "view add change",
        "inventory.warehouse": "view change",
        "inventory.bin": "view add change",
    },
    "workshop": {
        **_view("production.bom", "production.routing", "production.workcenter", "production.finishedreceipt"),
        "production.workorder": "view release",
        "production.operationreport": f"{_MAKE_AND_POST} reverse",
        "production.materialissue": _MAKE,
        "production.materialreturn": _MAKE,
    },
    "quality": {
        **_view("purchasing.purchasereceipt", "production.workorder", "production.operationreport", "inventory.stockmove"),
        "inventory.inspection": "view add change post reverse",
    },
    "accountant": {
        **_view(*_ALL_DOCUMENTS, *_LEDGERS),
        "masterdata.taxrate": "view add change",
        "masterdata.exchangerate": "view add change",
        "finance.account": "view add change",
        "finance.postingrule": "view add change",
        "finance.bankaccount": "view add change",
        "finance.supplierinvoice": f"{_MAKE_AND_POST} reverse",
        "finance.customerreceipt": "view reverse",
        "finance.supplierpayment": "view post reverse",
        "finance.voucher": f"{_MAKE_AND_POST} review reverse",
        "inventory.stockentry": "view add change cancel post reverse",
        "finance": "close_period post_opening",
        "core": "view_cost",
        "sales": "see_prices",
        "purchasing": "see_prices",
    },
    "cashier": {
        **_view("finance.openitem", "finance.voucher", "sales.shipment", "finance.supplierinvoice", "finance.bankaccount"),
        "finance.customerreceipt": _MAKE_AND_POST,
        "finance.supplierpayment": _MAKE,
        "sales": "see_prices",
        "purchasing": "see_prices",
    },
    "admin": {
        **_view(*_ALL_DOCUMENTS, *_LEDGERS),
        **dict.fromkeys(
            (
                "masterdata.item",
                "masterdata.itemcategory",
                "masterdata.unit",
                "masterdata.customer",
                "masterdata.supplier",
                "masterdata.supplierprice",
                "masterdata.department",
                "masterdata.employee",
                "masterdata.currency",
                "masterdata.exchangerate",
                "masterdata.taxrate",
                "inventory.warehouse",
                "inventory.bin",
                "production.bom",
                "production.routing",
                "production.workcenter",
                "finance.account",
                "finance.postingrule",
                "finance.bankaccount",
                "core.user",
                "core.membership",
                "core.webhook",
            ),
            "view add change",
        ),
        **_view("auth.group", "core.job", "core.outboxevent", "core.webhookdelivery", "core.apitoken", "core.importedfile"),
        **_view("core.numbersequence", "core.chainlink", "core.chainhead"),
        "core.company": "view change",
        "core": "manage_tokens",
    },
}


def rights_of(role: str) -> Iterator[str]:
    """The permissions of a role by their full names (``sales.add_salesorder``)."""
    for key, verbs in (*_EVERYBODY.items(), *ROLES[role].items()):
        app, _dot, model = key.partition(".")
        for verb in verbs.split():
            yield f"{app}.{verb}_{model}" if model else f"{app}.{verb}"


@durable
def set_up_roles() -> list[Group]:
    """Create the groups of the table and give them exactly its rights; groups made by others stay as they are.

    Raises:
        LookupError: the table names a right that no model declares.
    """
    known = {f"{one.content_type.app_label}.{one.codename}": one for one in Permission.objects.select_related("content_type")}
    groups = []
    for role in ROLES:
        wanted = set(rights_of(role))
        unknown = sorted(wanted - known.keys())
        if unknown:
            raise LookupError(f"role {role}: no such rights: {', '.join(unknown)}")
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in wanted])
        groups.append(group)
    return groups

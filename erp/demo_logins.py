"""Who can log in to the demo factory: one person per role. Shown at start and on the login page, only where DEMO is set."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEMO_PASSWORD = "bihuan-demo"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One person of the demo factory: log-in name, role (the group's name) and how the role is called."""

    username: str
    role: str
    title: str | Promise


DEMO_LOGINS = (
    DemoLogin("boss", "boss", _("Boss")),
    DemoLogin("sales", "sales", _("Salesperson")),
    DemoLogin("planner", "planner", _("Planner")),
    DemoLogin("buyer", "buyer", _("Buyer")),
    DemoLogin("warehouse", "warehouse", _("Warehouse keeper")),
    DemoLogin("workshop", "workshop", _("Workshop clerk")),
    DemoLogin("quality", "quality", _("Quality inspector")),
    DemoLogin("accountant", "accountant", _("Accountant")),
    DemoLogin("cashier", "cashier", _("Cashier")),
    DemoLogin("admin", "admin", _("Administrator")),
)

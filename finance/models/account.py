"""The chart of accounts and the rules that turn business events into entries."""

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.models import CompanyOwned
from masterdata.models import Department, ItemCategory


class Account(CompanyOwned):
    """An account of the books. Only leaves take entries."""

    class Category(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        COST = "cost", _("Cost")
        PROFIT_LOSS = "profit_loss", _("Profit and loss")

    class Side(models.TextChoices):
        DEBIT = "debit", _("Debit")
        CREDIT = "credit", _("Credit")

    class Control(models.TextChoices):
        NONE = "", _("none")
        INVENTORY = "inventory", _("Stock")
        WORK_IN_PROCESS = "wip", _("Work in process")
        RECEIVABLE = "receivable", _("Receivables")
        PAYABLE = "payable", _("Payables")
        GOODS_RECEIVED = "goods_received", _("Goods received, not invoiced")
        CUSTOMER_ADVANCE = "customer_advance", _("Advances from customers")
        SUPPLIER_ADVANCE = "supplier_advance", _("Advances to suppliers")

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent"))
    category = models.CharField(_("category"), max_length=12, choices=Category.choices)
    normal_side = models.CharField(_("normal balance"), max_length=6, choices=Side.choices)
    is_leaf = models.BooleanField(_("takes entries"), default=True)
    control = models.CharField(
        _("kept by"),
        max_length=20,
        choices=Control.choices,
        default=Control.NONE,
        blank=True,
        help_text=_("A control account takes entries from documents only, so that it equals its sub-ledger."),
    )
    is_blocked = models.BooleanField(_("blocked"), default=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="account_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and not (get_language() or "zh").startswith("zh") else self.name


class PostingRule(CompanyOwned):
    """Which accounts an event debits and credits. The most specific rule wins; none means the posting is refused.

    An empty account means that the document names it (a payment its bank account).
    """

    event = models.CharField(_("event"), max_length=40)
    category = models.ForeignKey(ItemCategory, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("item category"))
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("department"))
    element = models.CharField(_("cost element"), max_length=20, blank=True)
    debit_account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("debit account"))
    credit_account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("credit account"))
    summary = models.CharField(_("summary"), max_length=120, help_text=_("May name {number} and {partner}."))
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("posting rule")
        verbose_name_plural = _("posting rules")
        ordering = ["event", "element", "category", "department"]
        constraints = [
            models.UniqueConstraint(
                "company", "event", "element", Coalesce("category", 0), Coalesce("department", 0), name="one_rule_per_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.element}".strip()

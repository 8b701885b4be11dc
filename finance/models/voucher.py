"""The general ledger: vouchers and their lines are append-only once posted; balances are sums of insert-only rows.

Only `finance.vouchers` writes these tables.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, PriceField, QuantityField
from core.models import Company, CompanyOwned, Period, State
from finance.models.account import Account
from inventory.models import StockMove
from masterdata.models import Customer, Department, Employee, Item, Supplier


class Voucher(CompanyOwned):
    """A 记账凭证. Automatic ones are posted with their document; manual ones are drafted, reviewed by another person, then posted.

    Once posted it does not change: what is wrong is reversed in red (负数, same side).
    """

    class Source(models.TextChoices):
        DOCUMENT = "document", _("from a document")
        MANUAL = "manual", _("by hand")
        CLOSING = "closing", _("month end")
        OPENING = "opening", _("opening balance")

    word = models.CharField(_("voucher word"), max_length=4, default="记")
    number = models.PositiveIntegerField(_("number"), null=True)
    period = models.ForeignKey(Period, models.PROTECT, related_name="vouchers", verbose_name=_("period"))
    date = models.DateField(_("date"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    origin_kind = models.CharField(_("document kind"), max_length=40, blank=True)
    origin_number = models.CharField(_("document"), max_length=40, blank=True)
    attachments_count = models.PositiveSmallIntegerField(_("attachments"), default=0)
    is_closing_entry = models.BooleanField(_("profit and loss transfer"), default=False)
    total = MoneyField(_("total"), default=0)
    version = models.PositiveIntegerField(default=1)
    reversal_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by"))
    prepared_at = models.DateTimeField(_("prepared at"))
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("reviewed by"))
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("posted by"))
    posted_at = models.DateTimeField(_("posted at"), null=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["-id"]
        permissions = [
            ("review_voucher", _("Can review vouchers")),
            ("post_voucher", _("Can post vouchers")),
            ("reverse_voucher", _("Can reverse vouchers")),
            ("cancel_voucher", _("Can cancel voucher drafts")),
            ("post_opening", _("Can enter opening balances")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "period", "word", "number"], condition=Q(number__isnull=False), name="voucher_number_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="posted") | Q(number__isnull=False, posted_at__isnull=False), name="posted_means_numbered"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "date", "id"], name="voucher_by_date"),
            models.Index(fields=["company", "origin_kind", "origin_number"], name="voucher_by_origin"),
        ]

    def __str__(self) -> str:
        return f"{self.word}-{self.number:04d}" if self.number else str(_("voucher (draft)"))


class VoucherLine(models.Model):
    """One line: a debit or a credit on a leaf account. Red means a negative amount on the same side."""

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="lines")
    line_no = models.PositiveSmallIntegerField(_("line"))
    summary = models.CharField(_("summary"), max_length=160)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    debit = MoneyField(_("debit"), default=0)
    credit = MoneyField(_("credit"), default=0)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    currency_amount = MoneyField(_("amount in currency"), default=0)
    rate = PriceField(_("rate"), default=1)
    quantity = QuantityField(_("quantity"), default=0)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, related_name="+", verbose_name=_("supplier"))
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", verbose_name=_("department"))
    employee = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+", verbose_name=_("employee"))
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", verbose_name=_("item"))
    work_order = models.CharField(_("work order"), max_length=40, blank=True)
    project = models.CharField(_("project"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("voucher line")
        verbose_name_plural = _("voucher lines")
        ordering = ["voucher", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "line_no"], name="voucher_line_once"),
            models.CheckConstraint(condition=Q(debit=0) | Q(credit=0), name="one_side_only"),
        ]
        indexes = [models.Index(fields=["account", "id"], name="line_by_account")]

    def __str__(self) -> str:
        return f"{self.line_no}: {self.debit} / {self.credit}"


class VoucherSource(models.Model):
    """Where a voucher line comes from: the document line, and the stock move if goods moved (P10, P4)."""

    line = models.ForeignKey(VoucherLine, models.PROTECT, related_name="sources")
    origin_line = models.PositiveIntegerField(_("document line"))
    move = models.ForeignKey(StockMove, models.PROTECT, null=True, related_name="voucher_sources")
    amount = MoneyField(_("amount"), help_text=_("debit positive, credit negative"))

    class Meta:
        verbose_name = _("voucher source")
        verbose_name_plural = _("voucher sources")

    def __str__(self) -> str:
        return f"{self.line_id} ← {self.origin_line}"


class AccountBalance(models.Model):
    """Turnover of an account in a period and set of dimensions, as rows to be summed.

    Every posting only inserts rows, so nobody waits for anybody; a job folds many rows into one inside a transaction,
    so their sum is exact at every moment.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    employee = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+")
    work_order = models.CharField(max_length=40, blank=True)
    project = models.CharField(max_length=40, blank=True)
    is_closing_entry = models.BooleanField(default=False)
    is_opening = models.BooleanField(default=False, help_text=_("counts as balance before the first period"))
    debit = MoneyField()
    credit = MoneyField()
    quantity = QuantityField(default=0)

    class Meta:
        verbose_name = _("account balance")
        verbose_name_plural = _("account balances")
        indexes = [models.Index(fields=["company", "account", "period"], name="balance_by_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.period_id}: {self.debit} / {self.credit}"

"""Where siblings meet: what is wanted (Demand), what will come (Supply), and what planning proposes (Proposal)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import QuantityField
from core.models import CompanyOwned
from inventory.models.places import Warehouse
from masterdata.models import Item, Supplier


class _Requirement(CompanyOwned):
    """A quantity of an item on a day, named by the document line it stands for."""

    origin_kind = models.CharField(_("document kind"), max_length=40)
    origin_number = models.CharField(_("document"), max_length=40)
    origin_line = models.PositiveIntegerField(_("document line"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("warehouse"))
    due_date = models.DateField(_("due date"))
    quantity = QuantityField(_("quantity"))
    done = QuantityField(_("done"), default=0)
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["company", "origin_kind", "origin_number", "origin_line"], name="%(class)s_once_per_line"),
            models.CheckConstraint(condition=Q(quantity__gte=0, done__gte=0), name="%(class)s_not_negative"),
        ]
        indexes = [models.Index(fields=["company", "item", "due_date"], condition=Q(is_open=True), name="open_%(class)s")]

    def __str__(self) -> str:
        return f"{self.origin_number}/{self.origin_line}"


class Demand(_Requirement):
    """Goods that a document needs: a sales order line, a material of a work order."""

    class Meta(_Requirement.Meta):
        verbose_name = _("demand")
        verbose_name_plural = _("demands")


class Supply(_Requirement):
    """Goods that a document will bring: a purchase order line, a work order."""

    class Meta(_Requirement.Meta):
        verbose_name = _("supply")
        verbose_name_plural = _("supplies")


class PlanRun(CompanyOwned):
    """One run of material planning and its figures."""

    run_at = models.DateTimeField(_("run at"))
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("run by"))
    plan_date = models.DateField(_("planned from"))
    horizon_days = models.PositiveSmallIntegerField(_("horizon (days)"))
    proposals_count = models.PositiveIntegerField(_("proposals"), default=0)
    exceptions = models.JSONField(_("messages"), default=list)

    class Meta:
        verbose_name = _("plan run")
        verbose_name_plural = _("plan runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.plan_date} #{self.pk}"


class Proposal(CompanyOwned):
    """What planning proposes: make or buy so much of an item, start and due on these days."""

    class Kind(models.TextChoices):
        MAKE = "make", _("Make")
        BUY = "buy", _("Buy")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CONVERTED = "converted", _("Turned into an order")
        DROPPED = "dropped", _("Dropped")

    run = models.ForeignKey(PlanRun, models.PROTECT, related_name="proposals", verbose_name=_("plan run"))
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    start_date = models.DateField(_("start date"))
    due_date = models.DateField(_("due date"))
    is_late = models.BooleanField(_("late"), default=False, help_text=_("should have been started before the plan date"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supplier"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    became_kind = models.CharField(max_length=40, blank=True)
    became_number = models.CharField(_("became"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["start_date", "id"]
        indexes = [models.Index(fields=["company", "kind"], condition=Q(state="open"), name="open_proposals")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0, start_date__lte=F("due_date")), name="proposal_makes_sense")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} {self.quantity}"


class ProposalPeg(models.Model):
    """What a proposal is for: a demand of the books, or another proposal one level up.

    Rows live and die with their plan run, hundreds of thousands at a time, so the database does not check each one's references.
    """

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="pegs", db_constraint=False)
    demand = models.ForeignKey(Demand, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False)
    parent = models.ForeignKey(Proposal, models.CASCADE, null=True, related_name="+", db_constraint=False)
    quantity = QuantityField()

    class Meta:
        verbose_name = _("pegging")
        verbose_name_plural = _("peggings")
        indexes = [models.Index(fields=["demand"], condition=Q(demand__isnull=False), name="peg_by_demand")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.quantity}"

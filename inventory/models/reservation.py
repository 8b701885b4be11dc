"""Holds on stock: try, confirm, cancel."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import QuantityField
from core.models import CompanyOwned
from inventory.models.ledger import StockBalance
from inventory.models.planning import Demand


class Reservation(CompanyOwned):
    """A frozen part of one stock balance, held for a demand until it is used, given back or expires."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONFIRMED = "confirmed", _("Used")
        CANCELLED = "cancelled", _("Given back")
        EXPIRED = "expired", _("Expired")

    balance = models.ForeignKey(StockBalance, models.PROTECT, related_name="reservations", verbose_name=_("stock"))
    demand = models.ForeignKey(Demand, models.PROTECT, related_name="reservations", verbose_name=_("demand"))
    quantity = QuantityField(_("quantity"), help_text=_("what is still held"))
    used = QuantityField(_("used"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("held by"))
    held_at = models.DateTimeField(_("held at"))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["balance"], condition=Q(state="held"), name="held_on_balance"),
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="held_until"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0, used__gte=0), name="reservation_not_negative"),
            models.CheckConstraint(condition=~Q(state="held") | Q(quantity__gt=0), name="held_means_something"),
        ]

    def __str__(self) -> str:
        return f"{self.demand_id}: {self.quantity}"

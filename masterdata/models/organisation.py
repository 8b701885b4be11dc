"""Departments (workshops among them) and employees."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from masterdata.models.base import Master


class Department(Master):
    """An organisational unit that collects costs; a workshop is one that produces."""

    is_workshop = models.BooleanField(_("is a workshop"), default=False)
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")


class Employee(Master):
    """A person employed by the company."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="employees", verbose_name=_("department"))
    history = HistoricalRecords()

    class Meta(Master.Meta):
        verbose_name = _("employee")
        verbose_name_plural = _("employees")

"""What the administration does that needs every floor: a company that is added gets its books at once."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import CompanyRecordAdmin
from core.decimals import MONEY_PLACES
from core.models import Company
from erp.new_company import set_up_company


class CompanyRecordForm(forms.ModelForm):
    """A company whose books start on a day that can be used, in a currency that can be kept."""

    def clean_start_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["start_date"]
        latest = timezone.localdate() + dt.timedelta(days=settings.DAYS_AHEAD)
        if day > latest:
            text = _("This day is too far in the future; the latest that can be used is {date}.").format(date=latest)
            raise ValidationError(text, code="too_far")
        return day

    def clean_currency_places(self) -> int:
        places: int = self.cleaned_data["currency_places"]
        if places > MONEY_PLACES:
            raise ValidationError(_("At most {places} decimals are possible here.").format(places=MONEY_PLACES), code="too_many_decimals")
        return places


admin.site.unregister(Company)


@admin.register(Company)
class CompanyWithBooksAdmin(CompanyRecordAdmin):
    """Companies; a new one can post as soon as it is saved."""

    form = CompanyRecordForm

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            set_up_company(obj, today=timezone.localdate())

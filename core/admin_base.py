"""The administration pages know companies: rights come from the membership, rows from the company one works in.

Configuration is edited here with its history; what was posted is only shown. Documents are made on their own pages.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import ValidationError as InputError
from simple_history.admin import SimpleHistoryAdmin

from core.inputs import clean_code, clean_text

CODES = ("code", "version")


def may(request: HttpRequest, verb: str, model: type[models.Model]) -> bool:
    """Say whether the user holds a right on `model` in the company they work in."""
    access = getattr(request, "access", None)
    if access is None:
        return bool(request.user.is_superuser)
    return access.may(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")


def sees_all(request: HttpRequest) -> bool:
    """A superuser sees every company."""
    return bool(request.user.is_superuser)


def keeps_history(model: type[models.Model]) -> bool:
    """Say whether every version of a row is kept."""
    return hasattr(model._meta, "simple_history_manager_attribute")


class CompanyForm(forms.ModelForm):
    """Texts in their one form (NFKC codes, nothing invisible), and nothing of another company."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if isinstance(value, str):
                cleaned[name] = self._clean_text(name, value)
        company = cleaned.get("company") or getattr(self.instance, "company", None)
        for name, value in list(cleaned.items()):
            if isinstance(value, models.Model) and company is not None and getattr(value, "company_id", company.pk) != company.pk:
                self.add_error(name, ValidationError(_("This belongs to another company."), code="other_company"))
        return cleaned

    def _clean_text(self, name: str, value: str) -> str:
        try:
            return clean_code(value) if name in CODES else clean_text(value)
        except InputError as error:
            self.add_error(name, ValidationError([str(detail) for detail in error.detail], code="invisible_character"))
            return value

    def _get_validation_exclusions(self) -> set[str]:
        """The company is not on the form but counts for what has to be unique, as soon as it is known."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"company"} if getattr(self.instance, "company_id", None) else excluded


class Scoped(BaseModelAdmin):
    """Rights by membership, choices out of the same company."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "view", self.model) or may(request, "change", self.model)

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return may(request, "add", self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "change", self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was ever used is blocked, not deleted."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if "queryset" not in kwargs and not sees_all(request) and any(field.name == "company" for field in related._meta.fields):
            kwargs["queryset"] = related._default_manager.filter(company=getattr(request, "company", None))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CompanyAdmin(Scoped, SimpleHistoryAdmin):
    """Rows of the company one works in (`company_path` leads to it), with the history of every change."""

    form = CompanyForm
    company_path: ClassVar[str] = "company"
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if sees_all(request) else rows.filter(**{self.company_path: getattr(request, "company", None)})

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = () if sees_all(request) else ("company",)
        return (*(super().get_exclude(request, obj) or ()), *hidden)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        company = getattr(request, "company", None)
        if obj is None and not sees_all(request) and company is not None and self.company_path == "company":
            return type(form.__name__, (form,), {"__init__": _starting_in(company)})
        return form

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The history of the record where it is kept, else what was done here."""
        self._require_here(request, object_id)
        if keeps_history(self.model):
            return super().history_view(request, object_id, extra_context)
        return admin.ModelAdmin.history_view(self, request, object_id, extra_context)

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> Any:
        """One version of a record."""
        self._require_here(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)

    def _require_here(self, request: HttpRequest, object_id: str) -> None:
        """The history of another company's record does not exist. Past versions are found by id alone, so the record itself is asked for.

        Raises:
            Http404: it is not among the rows of this company.
        """
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404

    def get_urls(self) -> Any:
        return super().get_urls() if keeps_history(self.model) else admin.ModelAdmin.get_urls(self)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"company": getattr(request, "company", None)} | super().get_changeform_initial_data(request)


def _starting_in(company: Any) -> Any:
    """A form's `__init__` that puts a new row into `company` before anything is checked."""

    def start(self: forms.ModelForm, *args: Any, **kwargs: Any) -> None:
        forms.ModelForm.__init__(self, *args, **kwargs)
        self.instance.company = company

    return start


class LinesInline(Scoped, admin.TabularInline):
    """Lines of a configuration record; who may change the record may change its lines."""

    form = CompanyForm
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "view", self.parent_model)

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return may(request, "change", self.parent_model) or may(request, "add", self.parent_model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "change", self.parent_model)


class ReadOnlyAdmin(CompanyAdmin):
    """Ledgers, documents and what belongs to them: shown, never touched here."""

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "view", self.model)

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return (
            shown
            if tuple(shown) != ("__str__",)
            else [field.name for field in self.model._meta.concrete_fields if field.name not in _UNTOLD][:9]
        )


_UNTOLD = {"company", "digest", "payload", "changes", "answer", "note"}


class ReadOnlyInline(LinesInline):
    """Lines of what is only shown."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, *_obj: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

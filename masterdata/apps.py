from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MasterdataConfig(AppConfig):
    name = "masterdata"
    verbose_name = _("Masterdata")
    default_auto_field = "django.db.models.BigAutoField"

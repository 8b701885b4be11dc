"""What people keep for themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.company import Company


class SavedView(models.Model):
    """A list as somebody likes to see it – filter, order, columns – under a name of their own."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(_("document kind"), max_length=40)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(_("filter"), max_length=1000)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [models.UniqueConstraint(fields=["company", "user", "kind", "name"], name="one_saved_view_per_name")]

    def __str__(self) -> str:
        return self.name

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance


class AccessAnnouncement(models.Model):
    """What the outside was last told of an instance's access; access itself is worked out when asked (D3). Append-only."""

    class Level(models.TextChoices):
        FULL = "full", _("full")
        READ_ONLY = "read_only", _("read-only")
        DELETED = "deleted", _("deleted")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="announcements", verbose_name=_("instance"))
    level = models.CharField(_("access"), max_length=10, choices=Level.choices)
    since = models.DateTimeField(_("since"))
    announced_at = models.DateTimeField(_("announced"))

    objects: ClassVar[models.Manager["AccessAnnouncement"]] = models.Manager()

    class Meta:
        verbose_name = _("announcement of access")
        verbose_name_plural = _("announcements of access")
        ordering = ["pk"]
        indexes = [models.Index(fields=["instance", "-id"], name="latest_announcement")]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.level}"

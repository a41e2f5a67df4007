from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance


class Relief(models.Model):
    """Full access in spite of debt, for a time of its own and with the reason kept (M16). It ends by itself."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="reliefs", verbose_name=_("instance"))
    # Written with the row by reliefs.grant_relief: the instant of the grant. Access and reports read the span.
    starts_at = models.DateTimeField(_("from"))
    # Chosen by support, at most 30 days ahead; access reads it, so that the relief ends with no job.
    ends_at = models.DateTimeField(_("until"))
    # Typed by support with the grant; shown in the admin and kept in the audit.
    reason = models.CharField(_("reason"), max_length=500)
    # The member of staff who granted it; shown in the admin and the timeline.
    granted_by = models.CharField(_("granted by"), max_length=200)
    # Written where somebody ends it before its time; read by access.
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=200, blank=True)
    # Written by the run when it has announced the end; access itself ended on time.
    end_told_at = models.DateTimeField(_("end announced"), null=True, blank=True)

    objects: ClassVar[models.Manager["Relief"]] = models.Manager()

    class Meta:
        verbose_name = _("temporary access")
        verbose_name_plural = _("temporary access")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="relief_has_an_end"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="relief_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["instance", "ends_at"], name="relief_of_instance"),
            models.Index(fields=["ends_at"], condition=models.Q(end_told_at=None), name="relief_end_to_be_told"),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} … {self.ends_at:%Y-%m-%d %H:%M}"


class AccessAnnouncement(models.Model):
    """The access of an instance as it was last announced to the outside; access itself is worked out when asked (D3). Append-only."""

    class Level(models.TextChoices):
        FULL = "full", _("full")
        READ_ONLY = "read_only", _("read-only")
        DELETED = "deleted", _("deleted")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="announcements", verbose_name=_("instance"))
    # Written by access.announce where it differs from the row before; read there and by the timeline.
    level = models.CharField(_("access"), max_length=10, choices=Level.choices)
    # The instant from which the level holds, which may lie before its announcement where the run came late.
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

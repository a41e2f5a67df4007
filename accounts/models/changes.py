from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.instances import Instance, Member
from accounts.models.products import Role


class MemberChange(models.Model):
    """One report about one person: append-only (a trigger refuses anything else). Charges are worked out from the set
    of these rows, so a duplicate or a late arrival cannot change what is owed for what really happened (M1, D5)."""

    class Source(models.TextChoices):
        API = "api", _("API")
        PORTAL = "portal", _("portal")
        STAFF = "staff", _("staff")
        REGISTRATION = "registration", _("registration")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="member_changes", verbose_name=_("instance"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="changes", verbose_name=_("member"))
    status = models.CharField(_("status"), max_length=10, choices=Member.Status.choices)
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    occurred_at = models.DateTimeField(_("happened"))
    # True where the reporter named the instant; such rows are ordered by it alone, see members.in_order.
    is_dated = models.BooleanField(_("dated by the reporter"), default=False)
    received_at = models.DateTimeField(_("received"))
    source = models.CharField(_("source"), max_length=15, choices=Source.choices)
    actor = models.CharField(_("who"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["MemberChange"]] = models.Manager()

    class Meta:
        verbose_name = _("change of a member")
        verbose_name_plural = _("changes of members")
        ordering = ["occurred_at", "pk"]
        indexes = [
            models.Index(fields=["instance", "occurred_at"], name="member_change_by_time"),
            models.Index(fields=["member", "occurred_at"], name="member_change_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.status} {self.occurred_at:%Y-%m-%d %H:%M}"

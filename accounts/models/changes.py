from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.instances import Instance, Member
from accounts.models.products import Role


class MemberChange(models.Model):
    """A change records one report about one person. Rows are append-only: a trigger refuses anything else.

    Charges are worked out from the set of these rows, so that a duplicate or a late report cannot change what is owed for
    what really happened (M1, D5).

    `accounts.members.report` alone writes rows; no row is updated or deleted. `operations.cycle.usage` reads them for
    the peak of a month, `reports.timeline` and the admin show them. A report that repeats what is known is kept too, as an
    instant of a `MemberConfirmation`.
    """

    class Source(models.TextChoices):
        API = "api", _("API")
        PORTAL = "portal", _("portal")
        STAFF = "staff", _("staff")
        REGISTRATION = "registration", _("registration")

    # The instance of the member, copied: the peak is read for an instance without a join.
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="member_changes", verbose_name=_("instance"))
    # Whom the report is about.
    member = models.ForeignKey(Member, models.PROTECT, related_name="changes", verbose_name=_("member"))
    # What the report says of the member; with the role it decides whether the member counts as a paid one.
    status = models.CharField(_("status"), max_length=10, choices=Member.Status.choices)
    # The role that the report named, else the one that was known when it arrived.
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    # False where the report named no role: the role goes on that was in force at its instant, whichever report says so
    # later. Read by members.fold_roles.
    names_role = models.BooleanField(_("names the role"), default=True)
    # From when the report holds: named by the reporter, else the instant of its arrival. The peak is reckoned by it.
    occurred_at = models.DateTimeField(_("happened"))
    # True where the reporter named an instant in the past. Read by members.order_changes: such rows are ordered by their
    # instant alone, the others by arrival.
    is_dated = models.BooleanField(_("dated by the reporter"), default=False)
    # When the report arrived. Read by reports.timeline; what is charged depends on `occurred_at` alone.
    received_at = models.DateTimeField(_("received"))
    # Through which door the report came, and who sent it (an address, "api:…" for a token; empty where nobody is named).
    # For people who ask why somebody was charged: pages show both, no decision reads them.
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


class MemberConfirmation(models.Model):
    """A confirmation gathers the reports that repeated one state of a person: when each was heard, and nothing else.

    A nightly synchronisation repeats everybody every night: it lengthens these rows and adds none. A late report reads them
    to learn how far it reaches (D5): not beyond the next instant for which the person was reported as they are now.

    `accounts.members.report` alone writes rows. ``instants`` only grows: a trigger refuses anything else.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="confirmations", verbose_name=_("member"))
    # The state that was repeated, as in `MemberChange`.
    status = models.CharField(_("status"), max_length=10, choices=Member.Status.choices)
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    # Each instant for which the state was reported once more, in the order of arrival, as members.encode_instant writes it.
    instants = models.TextField(_("instants"))

    objects: ClassVar[models.Manager["MemberConfirmation"]] = models.Manager()

    class Meta:
        verbose_name = _("confirmation of a member")
        verbose_name_plural = _("confirmations of members")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "status", "role"], name="one_confirmation_per_state_of_a_member")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.status}"

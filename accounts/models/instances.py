from collections.abc import Collection
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_instance_id
from accounts.models.customers import Customer
from accounts.models.products import Product, Role


class Instance(models.Model):
    """An instance is one installation of a product for one customer, on a domain of its own.

    `billing.operations.customers.instances` writes rows. Access is computed when it is asked for (D3) and not stored.
    """

    # Named by the API and by events; written once, at registration.
    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_instance_id, editable=False)
    # Who owes for it. Written once, at registration: a new owner takes the customer over (operations.customers.ownership).
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="instances", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="instances", verbose_name=_("product"))
    # Where people open it. Written at registration, in lower case; one living instance of a product has it.
    domain = models.CharField(_("domain"), max_length=253)
    # The representative's address at registration. Handing over ownership replaces it, erasure overwrites it.
    email = models.EmailField(_("email given at registration"))
    # True while a trial of everything runs in it (C1). Written by operations.subscriptions.trials, reset with the first paid
    # day by it and by operations.cycle.transitions; the product reads it through the API.
    is_test = models.BooleanField(_("test environment"), default=False)
    # When it was registered, as the product reports it. A subscription that begins in the same month begins on that day.
    registered_at = models.DateTimeField(_("registered"))
    # When its data was deleted (operations.customers.instances.delete_instance); None while it lives. Its domain is free then.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    objects: ClassVar[models.Manager["Instance"]] = models.Manager()

    class Meta:
        verbose_name = _("instance")
        verbose_name_plural = _("instances")
        ordering = ["domain", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("domain"), "product", condition=models.Q(deleted_at=None), name="one_living_instance_per_domain"
            )
        ]

    def __str__(self) -> str:
        return self.domain


class MemberQuerySet(models.QuerySet["Member"]):
    def present(self) -> "MemberQuerySet":
        """Filters members who are in the instance, in any status but removed; removed ones stay as history."""
        return self.exclude(status=Member.Status.REMOVED)

    def active(self) -> "MemberQuerySet":
        """Filters active members: in a paid role they are what is charged for."""
        return self.filter(status=Member.Status.ACTIVE)

    def with_emails(self, emails: Collection[str]) -> "MemberQuerySet":
        """Filters members with one of ``emails`` (in lower case) through the index over the address in lower case."""
        return self.alias(lower_email=Lower("email")).filter(lower_email__in=emails)

    def administrators(self) -> "MemberQuerySet":
        """Filters active members in an administrator's role: only they appoint and dismiss administrators (M15)."""
        return self.active().filter(role__is_administrator=True)

    def billing_owners(self) -> "MemberQuerySet":
        """Filters active members whose role is administrator or carries the billing right (M10)."""
        return self.active().filter(models.Q(role__is_administrator=True) | models.Q(role__has_billing_right=True))


class Member(models.Model):
    """A member is a person in an instance, in the state that the latest report gives; `MemberChange` holds the history.

    `accounts.members.report` writes rows, operations.customers.erasure overwrites personal data in them.
    """

    class Status(models.TextChoices):
        INVITED = "invited", _("invited")
        ACTIVE = "active", _("active")
        BLOCKED = "blocked", _("blocked")
        REMOVED = "removed", _("removed")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="members", verbose_name=_("instance"))
    # What the product calls the person; reports find the row by it. Written at the first report.
    external_id = models.CharField(_("id in the instance"), max_length=128)
    # In lower case; empty where a report of their leaving was the first one. Connects the row with a login (accounts.verified).
    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    # Role and status of the newest report: access to the portal and the seats in use are read from them, a month's peak from
    # the changes.
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    # The latest instant for which a report gave this status and role. Read by members.report: an earlier report is a late one.
    confirmed_at = models.DateTimeField(_("known until"))

    objects: ClassVar[models.Manager["Member"]] = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["instance", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["instance", "external_id"], name="one_member_per_external_id"),
            models.CheckConstraint(
                condition=models.Q(status__in=["invited", "active", "blocked", "removed"]),
                name="member_status_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["instance", "status"], name="member_by_status"),
            models.Index(Lower("email"), name="member_by_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

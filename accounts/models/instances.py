from collections.abc import Collection
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_instance_id
from accounts.models.customers import Customer
from accounts.models.products import Product, Role


class Instance(models.Model):
    """A tenant of the software on a domain. Its access is worked out when asked (D3), never kept here."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_instance_id, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="instances", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="instances", verbose_name=_("product"))
    domain = models.CharField(_("domain"), max_length=253)
    email = models.EmailField(_("email given at registration"))
    is_test = models.BooleanField(_("test environment"), default=False)
    registered_at = models.DateTimeField(_("registered"))
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
        """Those who are in the instance in any status; the removed ones stay as history."""
        return self.exclude(status=Member.Status.REMOVED)

    def active(self) -> "MemberQuerySet":
        return self.filter(status=Member.Status.ACTIVE)

    def with_emails(self, emails: Collection[str]) -> "MemberQuerySet":
        """Those who are known by one of ``emails``, given in lower case; found by the index over the address in lower case."""
        return self.alias(lower_email=Lower("email")).filter(lower_email__in=emails)

    def administrators(self) -> "MemberQuerySet":
        """Active members whose role is administrator: they alone make and unmake each other (M15)."""
        return self.active().filter(role__is_administrator=True)

    def billing_owners(self) -> "MemberQuerySet":
        """Active members whose role is administrator or carries the billing right (M10)."""
        return self.active().filter(models.Q(role__is_administrator=True) | models.Q(role__has_billing_right=True))


class Member(models.Model):
    """A person in an instance as the latest report tells it. How it came to be so is in `MemberChange`."""

    class Status(models.TextChoices):
        INVITED = "invited", _("invited")
        ACTIVE = "active", _("active")
        BLOCKED = "blocked", _("blocked")
        REMOVED = "removed", _("removed")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="members", verbose_name=_("instance"))
    external_id = models.CharField(_("id in the instance"), max_length=128)
    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    # Instant up to which a report has told us that status and role are so; written by members.report.
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

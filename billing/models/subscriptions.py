from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Instance
from billing.models.catalogue import Tariff
from billing.models.sellers import BillingAccount


def new_subscription_id() -> str:
    return new_id("sub")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self) -> "SubscriptionQuerySet":
        """Those that are not terminated."""
        return self.filter(terminated_at=None)


class Subscription(models.Model):
    """An instance on a tariff, charged to an account. It pins the version of the tariff it was bought at (E2)."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_subscription_id, editable=False)
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="subscriptions", verbose_name=_("instance"))
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="subscriptions", verbose_name=_("billing account")
    )
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="subscriptions", verbose_name=_("tariff"))
    started_at = models.DateTimeField(_("started"))
    # Instant of the termination in force; a resumption empties it (both are kept as changes).
    terminated_at = models.DateTimeField(_("terminated"), null=True, blank=True)

    objects: ClassVar[models.Manager["Subscription"]] = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance"],
                condition=models.Q(terminated_at=None),
                name="one_running_subscription_per_instance",
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    def is_running(self, as_of: datetime) -> bool:
        """Whether it is not terminated at ``as_of``."""
        return self.terminated_at is None or as_of < self.terminated_at


class SubscriptionChange(models.Model):
    """One step in a subscription's life, with who and why: append-only."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        TERMINATED = "terminated", _("terminated")
        RESUMED = "resumed", _("resumed")

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="changes", verbose_name=_("subscription")
    )
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    actor = models.CharField(_("who"), max_length=200, blank=True)
    requested_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["SubscriptionChange"]] = models.Manager()

    class Meta:
        verbose_name = _("change of a subscription")
        verbose_name_plural = _("changes of subscriptions")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.kind}"

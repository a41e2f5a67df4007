from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Customer, Product
from billing.models.events import Event


def new_endpoint_id() -> str:
    return new_id("whe")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def active(self) -> "WebhookEndpointQuerySet":
        """Those that events go to."""
        return self.filter(disabled_at=None)


class WebhookEndpoint(models.Model):
    """Where a product's backend hears of its instances' events (E9): of one product, one customer, or all."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_endpoint_id, editable=False)
    url = models.URLField(_("address"), max_length=500)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="webhooks", verbose_name=_("product"), null=True, blank=True
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="webhooks", verbose_name=_("customer"), null=True, blank=True
    )
    # Types it hears of, or beginnings of types that end in a dot ("subscription."); empty: all.
    types = models.JSONField(_("event types"), default=list, blank=True)
    # Signs what is sent; both sides have to know it, so it is kept as it is and shown once.
    secret = models.CharField(_("secret"), max_length=100, editable=False)
    created_at = models.DateTimeField(_("created"))
    created_by = models.CharField(_("created by"), max_length=200)
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    disabled_reason = models.CharField(_("why"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["WebhookEndpoint"]] = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.public_id

    def hears(self, type_: str) -> bool:
        """Whether events of ``type_`` go to it."""
        return not self.types or any(type_.startswith(one) if one.endswith(".") else type_ == one for one in self.types)


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint, written in the transaction of the event: at least once, whatever dies between."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="deliveries", verbose_name=_("webhook endpoint")
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="deliveries", verbose_name=_("event"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # What the other side answered the last time; empty where it could not be reached, and the error says why.
    last_status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    last_error = models.CharField(_("error"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["WebhookDelivery"]] = models.Manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="one_delivery_per_endpoint_and_event")
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="delivery_to_be_made")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id}"

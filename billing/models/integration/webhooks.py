from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Customer, Product
from billing.models.integration.events import Event
from billing.models.subscriptions import Subscription


def new_endpoint_id() -> str:
    return new_id("whe")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def active(self) -> "WebhookEndpointQuerySet":
        """Filters those that events go to."""
        return self.filter(disabled_at=None)


class WebhookEndpoint(models.Model):
    """An address where a product's backend hears of its instances' events (E9): of one product, one customer, or all."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_endpoint_id, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    # Typed by its owner and checked to be public when it is written and again at each call.
    url = models.URLField(_("address"), max_length=500)
    # Whose events it hears: of one product, of one customer, or both empty for all. Written at the creation.
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="webhooks", verbose_name=_("product"), null=True, blank=True
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="webhooks", verbose_name=_("customer"), null=True, blank=True
    )
    # Types it hears of, or beginnings of types that end in a dot ("subscription."); empty: all.
    types = models.JSONField(_("event types"), default=list, blank=True)
    # Signs what is sent: written at the creation and at each change of secret; both sides have to know it, so it is kept
    # sealed (`operations.outbound.encryption`) and shown once.
    secret = models.TextField(_("secret"), editable=False)
    # The secret before it, which signs as well until then: the receiver changes over without losing anything. Emptied by
    # the run once it is over.
    old_secret = models.TextField(_("secret before"), blank=True, editable=False)
    old_secret_until = models.DateTimeField(_("secret before signs until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    created_by = models.CharField(_("created by"), max_length=200)
    # Written and emptied by its owner: while it is paused, deliveries are written and wait; they go out when it goes on.
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    # Written where its owner or the staff disable it, or its address answers 410 Gone; no delivery is written from then on.
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    # The words of whoever disabled it, or of the rule that did; shown to its owner and staff.
    disabled_reason = models.CharField(_("why"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["WebhookEndpoint"]] = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.public_id

    def hears(self, type_: str) -> bool:
        """Tells whether events of ``type_`` go to the endpoint."""
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
    # Of the event, kept here as well: a delivery waits for the earlier ones of its subscription to the same endpoint.
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", verbose_name=_("subscription"), null=True, blank=True
    )
    sequence = models.PositiveIntegerField(_("sequence"), default=0)
    # Written by the dispatch: waiting until a call was taken, or given up once every attempt has failed.
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # Counted up when a call is claimed; a replay begins at 0 again.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # Written when it is claimed and after a failure; the dispatch takes what has come due.
    next_attempt_at = models.DateTimeField(_("next attempt"))
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # What the other side answered the last time; empty where it could not be reached, and the error says why.
    last_status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    last_error = models.CharField(_("error"), max_length=500, blank=True)
    # Written where somebody asks for it once more, delivered or not.
    replays = models.PositiveIntegerField(_("sent again"), default=0)
    replayed_at = models.DateTimeField(_("last sent again"), null=True, blank=True)
    replayed_by = models.CharField(_("sent again by"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["WebhookDelivery"]] = models.Manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="one_delivery_per_endpoint_and_event")
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="delivery_to_be_made"),
            models.Index(
                fields=["endpoint", "subscription", "sequence"],
                condition=models.Q(state="waiting"),
                name="delivery_waits_its_turn",
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id}"


class WebhookAttempt(models.Model):
    """One call of an endpoint: what was sent and what came back, kept for some weeks so that both sides can look."""

    delivery = models.ForeignKey(
        WebhookDelivery, models.CASCADE, related_name="tries", verbose_name=_("webhook delivery")
    )
    # Counts the calls of one delivery; the row is written by the dispatch after the call.
    number = models.PositiveIntegerField(_("attempt"))
    at = models.DateTimeField(_("when"))
    # In real time, which the signature carries as well; a sandbox's clock stands elsewhere.
    sent_at = models.DateTimeField(_("sent"))
    took_ms = models.PositiveIntegerField(_("took, ms"))
    # As they were sent, signature included; shown beside the answer to staff and to the endpoint's owner.
    headers = models.JSONField(_("headers sent"), default=dict)
    # Empty where nobody answered, and the error says why.
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    answer_headers = models.JSONField(_("headers of the answer"), default=dict)
    answer = models.TextField(_("body of the answer"), blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["WebhookAttempt"]] = models.Manager()

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], name="webhook_attempt_by_age")]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.number}"

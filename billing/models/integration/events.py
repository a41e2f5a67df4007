from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.ids import new_id
from accounts.models import Instance
from billing.models.customers.offers import Offer
from billing.models.invoices import Invoice
from billing.models.sellers import BillingAccount
from billing.models.subscriptions import Subscription


def new_event_id() -> str:
    return new_id("evt")


class Event(models.Model):
    """Something that happened and that the outside may want to know, written in the transaction of the fact. Append-only."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_event_id, editable=False)
    # One of operations.events.event_types; endpoints choose by it.
    type = models.CharField(_("type"), max_length=40)
    at = models.DateTimeField(_("when"))
    # Whose it is: each is filled in where the fact has one; endpoints and tokens get only what is theirs by these.
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="events", verbose_name=_("billing account"), null=True, blank=True
    )
    instance = models.ForeignKey(
        Instance, models.PROTECT, related_name="events", verbose_name=_("instance"), null=True, blank=True
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="events", verbose_name=_("subscription"), null=True, blank=True
    )
    # Counts 1, 2, 3 … within a subscription: written with the event, so that its receiver can tell a gap; 0 where there is
    # none.
    sequence = models.PositiveIntegerField(_("sequence"), default=0)
    # The business fact where it must be announced only once, however often the job runs that finds it.
    fact = models.CharField(_("about"), max_length=200, null=True, blank=True, unique=True)
    # What the receiver reads, frozen in the transaction of the fact.
    data = models.JSONField(_("data"))
    # Its place in the stream, given after the commit and under a lock (`operations.events.stream`): a reader who has seen a place
    # has seen every one before it. Empty until then.
    position = models.PositiveBigIntegerField(_("place in the stream"), null=True, blank=True, unique=True)

    objects: ClassVar[models.Manager["Event"]] = models.Manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "sequence"],
                condition=models.Q(subscription__isnull=False),
                name="one_event_per_number_of_a_subscription",
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="event_of_account"),
            models.Index(fields=["instance", "position"], name="event_of_instance_in_order"),
            models.Index(fields=["id"], condition=models.Q(position=None), name="event_without_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class Notice(models.Model):
    """One email or short message to one recipient about one fact: unique, so it goes out once; what was said is kept.

    Written in the transaction of the fact, sent afterwards; ``state`` tells support and owner whether it arrived.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", pgettext_lazy("channel", "email")
        MESSAGE = "message", pgettext_lazy("channel", "short message")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    # Which mail it is, and the business fact it is about: together with the recipient they make it go out once.
    kind = models.CharField(_("kind"), max_length=40)
    fact = models.CharField(_("about"), max_length=200)
    channel = models.CharField(_("sent by"), max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    # An email address; of a message the phone number (+79991234567) or the name within the messenger.
    recipient = models.CharField(_("recipient"), max_length=254)
    # Of a message: the service of MESSAGE_URLS that carries it.
    service = models.CharField(_("service"), max_length=30, blank=True)
    # Which sending of it: a resend asked for by somebody is a row of its own.
    edition = models.PositiveIntegerField(_("sending"), default=1)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="notices", verbose_name=_("billing account")
    )
    # The invoice or the offer that it is about; the mail that announces one has it attached as a PDF.
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="notices", verbose_name=_("invoice"), null=True, blank=True
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, related_name="notices", verbose_name=_("offer"), null=True, blank=True
    )
    # The language it was written in; subject, text and html are frozen with the fact and sent as they are.
    locale = models.CharField(_("language"), max_length=2)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    # Empty for a message.
    html = models.TextField(_("page"), blank=True)
    # Who asked for a resend; empty for what goes out by itself.
    requested_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("written"))
    # Written by the delivery: waiting, sent, or failed once every attempt has; shown to support and owner.
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # Counted up before each sending, so that one which kills its worker is seen.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # Written by the delivery when it claims the notice and after a failure; the next run takes what has come due.
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # What the mail server or the messenger said the last time; shown to support.
    last_error = models.TextField(_("error"), blank=True)

    objects: ClassVar[models.Manager["Notice"]] = models.Manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "fact", "channel", "recipient", "edition"], name="each_notice_goes_out_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sent", "failed"]), name="notice_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(channel="email", service="") | (models.Q(channel="message") & ~models.Q(service="")),
                name="message_names_its_service",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="notice_to_be_sent")
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"

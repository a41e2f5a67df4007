import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from moneyed import Money

from accounts.ids import new_id
from billing.models.customers.offers import Offer
from billing.models.invoices import Invoice
from billing.models.payments import Payment
from billing.models.sellers import BillingAccount
from billing.pricing.money import from_minor


def new_method_id() -> str:
    return new_id("pm")


class SavedMethod(models.Model):
    """A way of paying that the customer has left with a provider, for renewals and retries. The number of the card never
    comes here: ``title`` is what the customer recognises it by."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_method_id, editable=False)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="saved_methods", verbose_name=_("billing account")
    )
    # Written with the row by method_store: who keeps the method, and its id there. A charge of it names both.
    provider = models.CharField(_("provider"), max_length=20)
    external_id = models.CharField(_("id at the provider"), max_length=100)
    # As the provider names it (a card's last digits); pages and mails show it.
    title = models.CharField(_("what it is"), max_length=60)
    # As the provider says, empty where it says none; the portal warns when it is near, nothing is refused by it.
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    saved_at = models.DateTimeField(_("saved"))
    # The address of whoever left it; mails and pages name them.
    saved_by = models.EmailField(_("by"))
    # Written where the owner or the provider removes it, or another takes its place; a removed method is never charged.
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    removed_by = models.CharField(_("removed by"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["SavedMethod"]] = models.Manager()

    class Meta:
        verbose_name = _("saved payment method")
        verbose_name_plural = _("saved payment methods")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(removed_at=None), name="one_saved_method_per_account"
            ),
            models.UniqueConstraint(fields=["provider", "external_id"], name="one_saved_method_per_provider_id"),
        ]

    def __str__(self) -> str:
        return self.title


class MethodSetUp(models.Model):
    """A customer's wish to leave a way of paying with a provider without paying anything now: written before the provider is
    called, settled by what the provider says when it is asked."""

    class Status(models.TextChoices):
        CREATED = "created", _("begun")
        PENDING = "pending", _("waiting for the provider")
        REQUIRES_ACTION = "requires_action", _("waiting for the payer")
        SUCCEEDED = "succeeded", _("saved")
        FAILED = "failed", _("failed")
        CANCELED = "canceled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="method_set_ups", verbose_name=_("billing account")
    )
    provider = models.CharField(_("provider"), max_length=20)
    # Written with the provider's first answer; empty until then, and where it never answered.
    external_id = models.CharField(_("id at the provider"), max_length=100, blank=True)
    # Written from what the provider answers when it is asked; final once settled_at is set.
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.CREATED)
    # Written with the outcome: why it failed, in the provider's words.
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # The provider's page for the payer, written with its first answer; the portal sends the payer there.
    redirect_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(_("begun"))
    # The address of whoever asked for it; written to the method as `saved_by`.
    created_by = models.EmailField(_("by"))
    # Written once the outcome is final; the sweep asks the provider about all that have none.
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    # Written when the provider keeps it, in the transaction that saves the method.
    method = models.OneToOneField(
        SavedMethod, models.PROTECT, related_name="set_up", verbose_name=_("saved method"), null=True, blank=True
    )

    objects: ClassVar[models.Manager["MethodSetUp"]] = models.Manager()

    class Meta:
        verbose_name = _("saving of a payment method")
        verbose_name_plural = _("savings of payment methods")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_set_up_per_provider_id",
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(settled_at=None), name="set_up_to_be_settled")
        ]

    def __str__(self) -> str:
        return str(self.id)


class PaymentAttempt(models.Model):
    """A customer's try to pay through a provider: written before the provider is called, settled by what the provider says
    when it is asked, whoever asks (return page, webhook, sweep)."""

    class Status(models.TextChoices):
        CREATED = "created", _("begun")
        PENDING = "pending", _("waiting for the provider")
        REQUIRES_ACTION = "requires_action", _("waiting for the payer")
        SUCCEEDED = "succeeded", pgettext_lazy("offer", "paid")
        FAILED = "failed", _("failed")
        CANCELED = "canceled", _("cancelled")
        PARKED = "parked", _("to be looked at: the sum differs")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="payment_attempts", verbose_name=_("billing account")
    )
    provider = models.CharField(_("provider"), max_length=20)
    # Written with the provider's first answer; empty until then, and where it never answered.
    external_id = models.CharField(_("id at the provider"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    # What the payer chose to pay, invoice or offer: written with the attempt, passed on to its payment; both empty for a
    # top-up.
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="payment_attempts", verbose_name=_("invoice"), null=True, blank=True
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, related_name="payment_attempts", verbose_name=_("offer"), null=True, blank=True
    )
    # Set where nobody is at the screen: the saved method is charged for a renewal or an open invoice (E8, D17).
    method = models.ForeignKey(
        SavedMethod, models.PROTECT, related_name="attempts", verbose_name=_("saved method"), null=True, blank=True
    )
    # Whether the payer wants the method kept for the next time.
    saves_method = models.BooleanField(_("keep the method"), default=False)
    # What it is for where nobody is at the screen, so that one fact is charged once: "invoice:U-2026-000001".
    fact = models.CharField(_("about"), max_length=200, null=True, blank=True, unique=True)
    # Written from what the provider answers when it is asked; final once settled_at is set.
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.CREATED)
    # Why it failed, in the provider's words; shown to the payer and to staff.
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # The provider's page for the payer, written with its first answer; the portal sends the payer there.
    redirect_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(_("begun"))
    # The address of whoever pays, empty where the run charges the saved method. The payment's actor; mails about a failure
    # go there.
    created_by = models.EmailField(_("by"))
    # Written once the outcome is final; the sweep asks the provider about all that have none.
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    # Written each time the provider has been asked; staff see it beside the attempt.
    checked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    # Written in the transaction that records the money of a successful attempt.
    payment = models.OneToOneField(
        Payment, models.PROTECT, related_name="attempt", verbose_name=_("payment"), null=True, blank=True
    )

    objects: ClassVar[models.Manager["PaymentAttempt"]] = models.Manager()

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_attempt_per_provider_id",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_attempt_is_positive"),
            models.CheckConstraint(
                condition=models.Q(status="succeeded", payment__isnull=False)
                | (~models.Q(status="succeeded") & models.Q(payment=None)),
                name="succeeded_attempt_has_its_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(settled_at=None), name="attempt_to_be_settled")
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def amount(self) -> Money:
        return Money(from_minor(self.amount_minor, self.currency), self.currency)


class ProviderEvent(models.Model):
    """A report of a provider that must have its effect once, however often it is delivered: a method removed there, a plan
    cancelled there. Written with its effect in one transaction, append-only."""

    provider = models.CharField(_("provider"), max_length=20)
    # The provider's id of the message: written with its effect, read to pass over the same one delivered again.
    event_id = models.CharField(_("id of the message"), max_length=100)
    type = models.CharField(_("what happened"), max_length=60)
    # The id of what it is about, at the provider or, of a plan, ours.
    subject = models.CharField(_("about"), max_length=100)
    heard_at = models.DateTimeField(_("heard"))
    # Why it changed nothing, where it did not: the code of the refusal.
    refusal = models.CharField(_("refused"), max_length=60, blank=True)

    objects: ClassVar[models.Manager["ProviderEvent"]] = models.Manager()

    class Meta:
        verbose_name = _("message of a provider")
        verbose_name_plural = _("messages of providers")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="one_effect_per_provider_event")]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from moneyed import Money

from billing.models.invoices import Invoice
from billing.models.offers import Offer
from billing.models.payments import Payment
from billing.models.sellers import BillingAccount
from billing.pricing.money import from_minor


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
    external_id = models.CharField(_("id at the provider"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="payment_attempts", verbose_name=_("invoice"), null=True, blank=True
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, related_name="payment_attempts", verbose_name=_("offer"), null=True, blank=True
    )
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.CREATED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    redirect_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(_("begun"))
    created_by = models.EmailField(_("by"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
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


class SampleCharge(models.Model):
    """The sample provider's own books: what a bank would keep on its side. Only `billing.gateways.sample` touches it."""

    external_id = models.CharField(max_length=100, primary_key=True)
    idempotency_key = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    description = models.CharField(max_length=200)
    return_url = models.CharField(max_length=500)
    status = models.CharField(max_length=20, default="pending")
    reason = models.CharField(max_length=100, blank=True)

    objects: ClassVar[models.Manager["SampleCharge"]] = models.Manager()

    class Meta:
        verbose_name = _("charge at the sample provider")
        verbose_name_plural = _("charges at the sample provider")

    def __str__(self) -> str:
        return self.external_id

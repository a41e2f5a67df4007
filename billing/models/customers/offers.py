from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from moneyed import Money

from billing.models.payments import Credit, Payment
from billing.models.sellers import BillingAccount
from billing.models.subscriptions import Subscription
from billing.pricing.money import from_minor


class Offer(models.Model):
    """An individual sum for a year up front, worked out by support (M11). Its figures never change once it is sent; what
    becomes of it are the dates below."""

    # Series, year and sequence joined: taken without a gap when it is sent (operations.ledger.numbering).
    number = models.CharField(_("number"), max_length=30, unique=True)
    series = models.CharField(_("series"), max_length=6)
    year = models.PositiveSmallIntegerField(_("year"))
    sequence = models.PositiveIntegerField(_("sequence"))
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="offers", verbose_name=_("billing account")
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="offers", verbose_name=_("subscription")
    )
    currency = models.CharField(_("currency"), max_length=3)
    # Typed by support. All figures below follow from it (pricing.yearly), written when it is sent and printed on its PDF.
    people = models.PositiveIntegerField(_("expected people"))
    months = models.PositiveSmallIntegerField(_("months"), default=12)
    unit_price = models.DecimalField(_("price of one"), max_digits=19, decimal_places=4)
    month_minor = models.BigIntegerField(_("a month, in minor units"))
    # What the account is credited with once it is paid: the sum paid and the bonus.
    full_minor = models.BigIntegerField(_("value credited, in minor units"))
    discount_percent = models.DecimalField(_("discount in percent"), max_digits=5, decimal_places=2)
    discount_minor = models.BigIntegerField(_("discount, in minor units"))
    # `full_minor` less the discount (a constraint); the payment has to cover it.
    pay_minor = models.BigIntegerField(_("to be paid, in minor units"))
    # The last day, whole, on which it can be accepted or paid (D12); written when it is sent.
    valid_until = models.DateField(_("valid until"))
    # Typed by support; printed on the PDF and in the mail.
    note = models.CharField(_("note for the customer"), max_length=500, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.CharField(_("sent by"), max_length=200)
    # Written where the owner accepts; the offer is paid later.
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.CharField(_("accepted by"), max_length=200, blank=True)
    # Written in the transaction of the payment that covers it, emptied where that payment is taken back.
    paid_at = models.DateTimeField(pgettext_lazy("offer", "paid"), null=True, blank=True)
    # Written where support takes it back before it is paid.
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects: ClassVar[models.Manager["Offer"]] = models.Manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="one_offer_per_number"),
            models.CheckConstraint(
                condition=models.Q(pay_minor=models.F("full_minor") - models.F("discount_minor")),
                name="offer_asks_for_its_value_less_the_discount",
            ),
            models.CheckConstraint(
                condition=models.Q(pay_minor__gt=0, discount_minor__gte=0), name="offer_asks_for_something"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def pay(self) -> Money:
        return Money(from_minor(self.pay_minor, self.currency), self.currency)

    def is_open(self, today: date) -> bool:
        """Tells whether it can still be accepted or paid: neither paid nor withdrawn, its last day counted whole (D12)."""
        return self.paid_at is None and self.withdrawn_at is None and today <= self.valid_until


class OfferPayment(models.Model):
    """The payment of an offer, with the bonus that came with it: taking the payment back takes back both.
    Append-only."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="paid_by", verbose_name=_("offer"))
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="offer_payment", verbose_name=_("payment"))
    # The discount as credit; empty where the offer had none. Taking the payment back takes it back as well.
    bonus = models.OneToOneField(
        Credit, models.PROTECT, related_name="offer_payment", verbose_name=_("bonus"), null=True, blank=True
    )
    at = models.DateTimeField(_("when"))

    objects: ClassVar[models.Manager["OfferPayment"]] = models.Manager()

    class Meta:
        verbose_name = _("payment of an offer")
        verbose_name_plural = _("payments of offers")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.offer_id} ← {self.payment_id}"


class OfferDocument(models.Model):
    """The offer's PDF as it was first rendered. Append-only."""

    offer = models.OneToOneField(Offer, models.PROTECT, related_name="document", verbose_name=_("offer"))
    # Written by the mail or the download that asks first; served ever after, `sha256` proves the bytes.
    content = models.BinaryField(_("PDF"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    rendered_at = models.DateTimeField(_("rendered"))

    objects: ClassVar[models.Manager["OfferDocument"]] = models.Manager()

    class Meta:
        verbose_name = _("document of an offer")
        verbose_name_plural = _("documents of offers")

    def __str__(self) -> str:
        return self.sha256[:12]

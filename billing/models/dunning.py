from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.checkout import PaymentAttempt
from billing.models.subscriptions import Subscription


class Collection(models.Model):
    """One try to take the money for a period that begins soon (E8): at most one a day. Append-only."""

    class Outcome(models.TextChoices):
        FROM_BALANCE = "from_balance", _("taken from the balance")
        FROM_CARD = "from_card", _("taken from the saved method")
        NO_METHOD = "no_method", _("the balance is too low and no method is saved")
        DECLINED = "declined", _("the saved method was declined")
        SILENT = "silent", _("the payment service did not answer")

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="collections", verbose_name=_("subscription")
    )
    # First day of the period that is to be paid for; its tries are found by it.
    period_start = models.DateField(_("for the period from"))
    # The business date of the try; with the subscription and the period it makes the try unique.
    day = models.DateField(_("day of the try"))
    at = models.DateTimeField(_("when"))
    currency = models.CharField(_("currency"), max_length=3)
    # The price of the period at that try; what the card had to pay is this less `balance_minor`.
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    # How much of it the balance covered at that moment.
    balance_minor = models.BigIntegerField(_("from the balance, in minor units"))
    # Written with the row, after the balance and the saved method have been tried; read by the mail, the plan's page and
    # support's lists.
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome.choices)
    # Why the method was declined, in the provider's words; shown to the owner and to support.
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # The charge of the saved method, where the try came so far; written with the row.
    attempt = models.OneToOneField(
        PaymentAttempt,
        models.PROTECT,
        related_name="collection",
        verbose_name=_("payment attempt"),
        null=True,
        blank=True,
    )

    objects: ClassVar[models.Manager["Collection"]] = models.Manager()

    class Meta:
        verbose_name = _("try to collect")
        verbose_name_plural = _("tries to collect")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "period_start", "day"], name="one_collection_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.day} {self.outcome}"

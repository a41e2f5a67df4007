from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from billing.models.catalogue import Tariff
from billing.models.sellers import BillingAccount
from billing.models.subscriptions import Subscription
from billing.pricing.money import from_minor
from billing.pricing.periods import Span


class BillingPeriod(models.Model):
    """A stretch of a subscription that is charged together; at most a calendar month (M5).

    ``start`` and ``end`` are business dates, half-open. ``opened_at`` and ``ended_at`` are the metered instants, half-open
    too: they differ from the dates' midnights where a subscription was terminated or resumed within a day.
    """

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="periods", verbose_name=_("subscription")
    )
    # The version whose terms price the period: written when it is opened; moving the subscription to another does not reach
    # back (D5).
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="periods", verbose_name=_("tariff"))
    # Counts 1, 2, 3 … within the subscription; written when the period is opened.
    number = models.PositiveIntegerField(_("number"))
    start = models.DateField(_("from"))
    end = models.DateField(_("to, not included"))
    # Written at the opening; a termination moves the second. The peak is taken between the two instants.
    opened_at = models.DateTimeField(_("metered from"))
    ended_at = models.DateTimeField(_("metered to"))
    # Prepaid: how many units the period was opened with; written then, read when units or terms change within it.
    quantity = models.PositiveIntegerField(_("units at its start"), default=0)
    # The last report about people that was known when it was opened within a day; 0 where it was opened at midnight.
    # Written at the opening, read when a late report may reach back to it.
    counted_to = models.BigIntegerField(default=0, editable=False)
    # What is known of the peak so far (M1): written by metering while the period is open, final once it is closed; read by
    # charges and pages.
    peak = models.PositiveIntegerField(_("peak"), default=0)
    peak_at = models.DateTimeField(_("peak reached"), null=True, blank=True)
    # When it became final: written once, by the close of the month, a renewal or a termination; read to find open periods.
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects: ClassVar[models.Manager["BillingPeriod"]] = models.Manager()

    class Meta:
        verbose_name = _("billing period")
        verbose_name_plural = _("billing periods")
        ordering = ["subscription", "number"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "number"], name="one_period_per_number_of_a_subscription"),
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="period_ends_after_it_starts"),
            models.CheckConstraint(
                condition=models.Q(ended_at__gte=models.F("opened_at")), name="metered_time_does_not_run_backwards"
            ),
        ]
        indexes = [models.Index(fields=["end"], condition=models.Q(closed_at=None), name="open_period_by_end")]

    def __str__(self) -> str:
        return f"{self.start} – {self.end}"

    def close(self, as_of: datetime) -> None:
        """Makes the period final: from now on a trigger refuses to change it, corrections are charges of their own (D5)."""
        self.closed_at = as_of
        self.save(update_fields=["closed_at", "end", "ended_at"])

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class ChargeQuerySet(models.QuerySet["Charge"]):
    def uncollected(self) -> "ChargeQuerySet":
        """Filters the charges that an invoice still has to collect: not what was given back as credit at once (B6)."""
        return self.filter(line=None).exclude(kind__in=Charge.AS_CREDIT)


class Charge(models.Model):
    """An amount the customer owes (or is given back, where it is negative), posted the moment it arises (M4).

    Append-only; only ``line`` is filled in, once, when an invoice collects it.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", _("start of the period")
        PEAK_RAISED = "peak_raised", _("peak risen")
        CORRECTION = "correction", _("corrected report")
        LATE = "late", _("late report for a closed period")
        # Below zero, given back as credit at once (D21): by a credit note, whose entry it shares, where an invoice charged it.
        LATE_CREDITED = "late_credited", _("late report credited")
        ADJUSTMENT = "adjustment", _("adjustment")
        START = "start", _("start of the paid time")
        RENEWAL = "renewal", _("renewal")
        TERMS = "terms", _("terms changed")
        SEAT_ADDED = "seat_added", _("seat added")
        # Given back as credit at once (B6): no invoice collects it.
        SEAT_REMOVED = "seat_removed", _("seat removed")
        # The same day's opposite (B7): the one cancels its line, the other takes its credit back.
        SEAT_NOT_ADDED = "seat_not_added", _("seat added and removed on one day")
        SEAT_NOT_REMOVED = "seat_not_removed", _("seat removed and added on one day")
        PURCHASE = "purchase", _("one-off purchase")

    # Kinds that moved credit on the account and are on no invoice.
    AS_CREDIT = (Kind.SEAT_REMOVED, Kind.SEAT_NOT_REMOVED, Kind.LATE_CREDITED)

    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="charges", verbose_name=_("billing account")
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="charges", verbose_name=_("subscription"), null=True, blank=True
    )
    # The period whose use is charged; empty for what belongs to none (an adjustment).
    period = models.ForeignKey(
        BillingPeriod, models.PROTECT, related_name="charges", verbose_name=_("period"), null=True, blank=True
    )
    # Written by whoever charges; decides how invoices group it and how pages word it.
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Gross, below zero where something is given back; written once, the entry posts the same sum.
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    # What the amount was worked out from (G8); read by billing.pricing.explanations.explanation.
    explanation = models.JSONField(_("how it was worked out"))
    # When what is charged happened; may lie before the posting where a report came late.
    occurred_at = models.DateTimeField(_("arose"))
    # When the charge was made, which is when the balance moved.
    posted_at = models.DateTimeField(_("posted"))
    # First day of the month whose invoice collects it: the account's open month at the posting (D5); read by the issue of
    # invoices.
    billing_month = models.DateField(_("collected with"))
    entry = models.OneToOneField("billing.Entry", models.PROTECT, related_name="charge", verbose_name=_("entry"))
    # Written once, by the issue of the invoice that collects it; empty until then, read to find what is still to be
    # invoiced.
    line = models.ForeignKey(
        "billing.InvoiceLine",
        models.PROTECT,
        related_name="charges",
        verbose_name=_("invoice line"),
        null=True,
        blank=True,
    )

    objects: ClassVar[models.Manager["Charge"]] = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="charge_is_not_zero")]
        indexes = [
            models.Index(
                fields=["account", "billing_month"], condition=models.Q(line=None), name="charge_to_be_invoiced"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(from_minor(self.amount_minor, self.currency), self.currency)

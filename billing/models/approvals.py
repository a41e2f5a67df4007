from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.sellers import BillingAccount
from billing.pricing.money import from_minor


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def waiting(self) -> "ApprovalQuerySet":
        """Filters those that a second person has still to look at, the oldest first."""
        return self.filter(decided_at=None).order_by("pk")


class Approval(models.Model):
    """An act on money above the limit: written down by one person, done when another says yes (D15)."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("record a payment")
        PAYMENT_REVERSAL = "payment_reversal", _("take a payment back")
        ADJUSTMENT = "adjustment", _("adjust the balance")
        CREDIT_NOTE = "credit_note", _("issue a credit note")

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    # The act that waits: written with the request, read to carry it out.
    kind = models.CharField(_("act"), max_length=20, choices=Kind.choices)
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="approvals", verbose_name=_("billing account")
    )
    # The size of the act, written with the request: staff see it, an adjustment takes its sum from it (its sign is in
    # `payload`).
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    # The act's arguments as plain values: written with the request, read by the act alone once it is approved.
    payload = models.JSONField(_("particulars"))
    # Typed by the first person; recorded with the act once it is approved.
    reason = models.CharField(_("reason"), max_length=500)
    # The first person, who can never decide (a constraint); written with the request.
    requested_by = models.CharField(_("asked for by"), max_length=200)
    requested_at = models.DateTimeField(_("asked"))
    # Written once, with who decided and when; empty while it waits.
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    # Written with the decision, in the transaction of the act where that is approved; empty while it waits.
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    # The second person's words with the decision; shown in the admin.
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["Approval"]] = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("requested_by")), name="nobody_approves_their_own_act"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decision="", decided_by="")
                | (models.Q(decided_at__isnull=False) & ~models.Q(decision="") & ~models.Q(decided_by="")),
                name="decided_approval_names_who_decided",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="approval_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {from_minor(self.amount_minor, self.currency)} {self.currency}"

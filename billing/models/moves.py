from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import Tariff
from billing.models.subscriptions import Subscription


class TariffMove(models.Model):
    """A decision to bring the subscribers of one version to another: listed, dated, announced beforehand (E2)."""

    # Written at the decision (operations.catalogue.subscriber_moves); the change of each subscriber points back to the
    # move.
    source = models.ForeignKey(Tariff, models.PROTECT, related_name="moves_away", verbose_name=_("from"))
    target = models.ForeignKey(Tariff, models.PROTECT, related_name="moves_here", verbose_name=_("to"))
    # From when on the next period of each subscriber is on the target: written at the decision, read by the announcement.
    effective_date = models.DateField(_("takes effect"))
    # Typed by the product manager; shown on both tariffs' pages.
    reason = models.CharField(_("reason"), max_length=500)
    decided_at = models.DateTimeField(_("decided"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    objects: ClassVar[models.Manager["TariffMove"]] = models.Manager()

    class Meta:
        verbose_name = _("move to another tariff")
        verbose_name_plural = _("moves to other tariffs")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="move_leads_somewhere_else")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class TermsChangeQuerySet(models.QuerySet["TermsChange"]):
    def waiting(self) -> "TermsChangeQuerySet":
        """Filters those that have neither taken effect nor been called off."""
        return self.filter(applied_at=None, cancelled_at=None)


class TermsChange(models.Model):
    """Other terms that a subscription takes on with the first period that begins on ``effective_date`` or later (D7).

    What was decided never changes; the two instants at the end say what became of it.
    """

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="terms_changes", verbose_name=_("subscription")
    )
    # The terms to come: written at the decision by the owner, or by a move; read by the transition and by quotes.
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="terms_changes", verbose_name=_("tariff"))
    # Of what the customer buys; empty where the tariff counts by itself, or the quantity stays.
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    # Written at the decision; read when the next period begins.
    effective_date = models.DateField(_("takes effect"))
    # Whose decision it was: the operator's for many subscriptions, else the owner's.
    move = models.ForeignKey(
        TariffMove, models.PROTECT, related_name="changes", verbose_name=_("move"), null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"))
    decided_by = models.CharField(_("by"), max_length=200)
    # Written by the transition that puts the subscription on the new terms.
    applied_at = models.DateTimeField(_("took effect"), null=True, blank=True)
    # Written where the owner or the operator calls the change off.
    cancelled_at = models.DateTimeField(_("called off"), null=True, blank=True)
    cancelled_by = models.CharField(_("called off by"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["TermsChange"]] = TermsChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled change of terms")
        verbose_name_plural = _("scheduled changes of terms")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=models.Q(applied_at=None, cancelled_at=None),
                name="one_scheduled_change_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(applied_at=None) | models.Q(cancelled_at=None),
                name="change_is_applied_or_called_off",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} → {self.tariff_id} {self.effective_date}"

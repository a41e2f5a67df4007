from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.models import Instance
from billing.models.catalogue import Tariff
from billing.models.sellers import BillingAccount
from billing.pricing.periods import start_of_day


def new_subscription_id() -> str:
    return new_id("sub")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self) -> "SubscriptionQuerySet":
        """Filters those that are not terminated."""
        return self.filter(terminated_at=None)


class Subscription(models.Model):
    """An instance on a tariff, charged to an account. It pins the version of the tariff it was bought at (E2)."""

    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_subscription_id, editable=False)
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="subscriptions", verbose_name=_("instance"))
    account = models.ForeignKey(
        BillingAccount, models.PROTECT, related_name="subscriptions", verbose_name=_("billing account")
    )
    # The version that prices it: written at the start and by every change of terms, read by all that charges. Empty where
    # the product is free: it needs none (E1).
    tariff = models.ForeignKey(
        Tariff, models.PROTECT, related_name="subscriptions", verbose_name=_("tariff"), null=True, blank=True
    )
    # How many units the customer has bought: written with the tariff, read when a period is opened; empty where the tariff
    # counts by itself or nothing.
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    # Written once, at the creation; read where something is counted from the start, such as a trial's reminders.
    started_at = models.DateTimeField(_("started"))
    # The day whose number its periods keep: the 31st stays the 31st (E5). Written when paid time begins, read to find the
    # next period; empty where periods begin on the 1st.
    anchor_date = models.DateField(_("periods counted from"), null=True, blank=True)
    # The first day of paid time: written when it begins or something is bought once, read wherever a trial is told from
    # paid time; empty while it is a trial, or was one that nothing followed.
    paid_from = models.DateField(_("paid from"), null=True, blank=True)
    # The trial's last day, whole (D12): written at the start and when support extends the trial, read by access and the
    # run. It stays when the trial is over, so that nobody gets a second one (B2).
    trial_ends_on = models.DateField(_("trial ends on"), null=True, blank=True)
    # The day on which it ends by the owner's wish, the end of what is paid (C4): written by the cancellation, emptied where
    # that is taken back; read by access and the run.
    cancel_date = models.DateField(_("cancelled for"), null=True, blank=True)
    # The next day on which a transition happens by itself (a trial ends, paid time begins, is renewed or ends): written by
    # every act that moves that day, read by the run to find its work.
    next_transition_date = models.DateField(_("next transition"), null=True, blank=True)
    # Instant of the termination in force: written by the termination, emptied by a resumption (both are kept as changes);
    # read by all that looks for running subscriptions.
    terminated_at = models.DateTimeField(_("terminated"), null=True, blank=True)

    objects: ClassVar[models.Manager["Subscription"]] = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance"],
                condition=models.Q(terminated_at=None),
                name="one_running_subscription_per_instance",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_transition_date"],
                condition=models.Q(terminated_at=None),
                name="subscription_by_transition",
            ),
            models.Index(fields=["account", "next_transition_date"], name="subscription_of_account"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def priced_by(self) -> Tariff:
        """The version it is on, where it is known to have one: all but the subscriptions of a free product."""
        assert self.tariff is not None
        return self.tariff

    @property
    def is_metered(self) -> bool:
        """Tells whether use is measured and paid afterwards (M1), so that once ended it can be resumed (M13); what is free or
        paid in advance is not."""
        return self.tariff is not None and self.tariff.is_metered

    @property
    def ends_at(self) -> datetime | None:
        """The instant at which it ends or has ended: of its termination, else of the owner's wish (C4)."""
        if self.terminated_at is None and self.cancel_date is not None:
            return start_of_day(self.cancel_date, self.account.zone)
        return self.terminated_at

    def is_running(self, as_of: datetime) -> bool:
        """Tells whether it has not ended at ``as_of``, also where no job has noticed the end yet (D3)."""
        return self.ends_at is None or as_of < self.ends_at


class SubscriptionChange(models.Model):
    """One step in a subscription's life, with who and why: append-only."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        TRIAL_EXTENDED = "trial_extended", _("trial extended")
        TRIAL_ENDED = "trial_ended", _("trial ended")
        CHOSEN = "chosen", _("tariff chosen")
        STARTED = "started", _("paid time started")
        RENEWED = "renewed", _("renewed")
        TERMS_CHANGED = "terms_changed", _("terms changed")
        CHANGE_SCHEDULED = "change_scheduled", _("change scheduled")
        CHANGE_CALLED_OFF = "change_called_off", _("scheduled change called off")
        UNDONE = "undone", _("change undone")
        CANCELLED = "cancelled", _("cancelled for the end of what is paid")
        CANCEL_UNDONE = "cancel_undone", _("cancellation taken back")
        TERMINATED = "terminated", _("terminated")
        RESUMED = "resumed", _("resumed")

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="changes", verbose_name=_("subscription")
    )
    # Which step it was; written with the act. Undoing, reports and the timeline read it.
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # What it was on before, for the acts that put it on other terms: so that a change can be undone on its day (D6).
    from_tariff = models.ForeignKey(
        Tariff, models.PROTECT, related_name="+", verbose_name=_("from"), null=True, blank=True
    )
    from_quantity = models.PositiveIntegerField(_("quantity before"), null=True, blank=True)
    to_tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="+", verbose_name=_("to"), null=True, blank=True)
    to_quantity = models.PositiveIntegerField(_("quantity after"), null=True, blank=True)
    # The key of the invoice that the change was billed with: written by the change, read where it is undone.
    invoice_key = models.CharField(_("billed with"), max_length=200, blank=True)
    # The change that this one takes back: written where a change is undone, so that a change is undone once (D6).
    undoes = models.OneToOneField(
        "self", models.PROTECT, related_name="undone_by", verbose_name=_("undoes"), null=True, blank=True
    )
    at = models.DateTimeField(_("when"))
    # Who did it: an address, "api:…", "provider:…", or empty for the run.
    actor = models.CharField(_("who"), max_length=200, blank=True)
    # Who asked for it, where somebody else carried it out (M12).
    requested_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    # Typed where the act asks why; shown to staff.
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["SubscriptionChange"]] = models.Manager()

    class Meta:
        verbose_name = _("change of a subscription")
        verbose_name_plural = _("changes of subscriptions")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.kind}"

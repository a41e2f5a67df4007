"""Lists of subscriptions for the staff, as queries: by status, and those that somebody should look at now. Nothing here writes.

The dates are each seller's own. A status here is that of the rows; what nobody has noticed yet since a job died, the page of
the subscription works out (`operations.cycle.subscription_status`).
"""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing.models import Collection, Credit, SavedMethod, Subscription, TermsChange
from billing.operations.cycle import due
from billing.pricing.quantity import price
from billing.pricing.terms import Metric
from billing.reports.usage import paid_counts
from billing.reports.worklists import workload

STATUSES = ("trialing", "trial_ended", "active", "past_due", "cancelling", "terminated")
# A renewal that nothing will pay is worth a call on its date and the day before.
RENEWAL_WARNING_DAYS = 1
FAILED = (Collection.Outcome.NO_METHOD, Collection.Outcome.DECLINED, Collection.Outcome.SILENT)


def has_overdue_invoice(as_of: datetime) -> Exists:
    """Tells whether the account of a subscription has an overdue invoice (M8, D17)."""
    return Exists(workload.overdue_invoices(as_of).filter(account=OuterRef("account")))


def _has_ended(today: date) -> Q:
    return Q(terminated_at__isnull=False) | Q(cancel_date__lte=today)


TRIAL = Q(paid_from=None, trial_ends_on__isnull=False)


def filter_by_status(subscriptions: "QuerySet[Subscription]", status: str, as_of: datetime) -> "QuerySet[Subscription]":
    """Narrows ``subscriptions`` to those whose status at ``as_of`` is ``status``, one of `STATUSES`."""
    if status == "terminated":
        return subscriptions.filter(due.on_each_calendar(as_of, _has_ended))
    if status == "trialing":
        return subscriptions.filter(
            due.on_each_calendar(as_of, lambda today: ~_has_ended(today) & TRIAL & Q(trial_ends_on__gte=today))
        )
    if status == "trial_ended":
        return subscriptions.filter(
            due.on_each_calendar(as_of, lambda today: ~_has_ended(today) & TRIAL & Q(trial_ends_on__lt=today))
        )
    running = subscriptions.filter(due.on_each_calendar(as_of, lambda today: ~_has_ended(today) & ~TRIAL))
    if status == "past_due":
        return running.filter(has_overdue_invoice(as_of))
    return running.filter(~has_overdue_invoice(as_of), cancel_date__isnull=status == "active")


def trial_days() -> int:
    """Returns within how many days a trial that ends without a choice is worth a call: as many as its owners are reminded before."""
    return max(due.trial_reminder_days())


def ending_trials(as_of: datetime) -> "QuerySet[Subscription]":
    """Trials that end within `trial_days` and that no choice and no cancellation follows (B2)."""
    return due.coming_rows(due.Kind.TRIAL_REMINDER, as_of=as_of, days=trial_days())


def _uncollected_renewals(as_of: datetime, days: int, *, has_failed: bool = False) -> "QuerySet[Subscription]":
    """Selects collected renewals (E8) that are not paid and whose date is today or within ``days`` days; ``has_failed``: and
    that somebody has tried to collect in vain."""

    rows = due.coming_rows(due.Kind.COLLECTION, as_of=as_of, days=days)
    tries = Collection.objects.filter(
        subscription=OuterRef("pk"), outcome__in=FAILED, period_start__gte=OuterRef("renews_on")
    )
    return rows.filter(Exists(tries)) if has_failed else rows


def failing_collections(as_of: datetime) -> "QuerySet[Subscription]":
    """Renewals of which a try to collect them has failed and that are not paid yet (E8)."""
    return _uncollected_renewals(as_of, max(due.collection_days()), has_failed=True)


def uncovered_renewals(as_of: datetime) -> list[int]:
    """Returns the keys of subscriptions whose renewal of today or tomorrow nothing will pay: too little on the account, and no saved
    method (E8). A handful of queries, however many there are."""
    saved = SavedMethod.objects.filter(account=OuterRef("account"), removed_at=None)
    rows = list(
        _uncollected_renewals(as_of, RENEWAL_WARNING_DAYS)
        .filter(~Exists(saved))
        .select_related("tariff", "instance", "account")
        .order_by("pk")
    )
    accounts = {row.account_id for row in rows}
    money = dict(
        Credit.objects.unapplied()
        .filter(account__in=accounts)
        .order_by()
        .values_list("account")
        .annotate(sum=Sum("unapplied_minor"))
    )
    changes = {
        row.subscription_id: row
        for row in TermsChange.objects.waiting().filter(subscription__in=rows).select_related("tariff")
    }
    seats = paid_counts(row.instance for row in rows)
    return [row.pk for row in rows if money.get(row.account_id, 0) < _next_price(row, changes.get(row.pk), seats)]


def _next_price(subscription: Subscription, change: TermsChange | None, seats: dict[int, int]) -> int:
    """Returns what the next period costs at the units of now, on the terms that are scheduled for it."""
    tariff, bought = subscription.priced_by, subscription.quantity
    if (
        change is not None
        and subscription.next_transition_date is not None
        and change.effective_date < subscription.next_transition_date
    ):
        tariff, bought = change.tariff, change.quantity or bought
    units = seats.get(subscription.instance_id, 0) if tariff.metric == Metric.PAID_MEMBERS else bought or 1
    return price(tariff.terms(), units)

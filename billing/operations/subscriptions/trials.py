"""Trials: days without a price and without a card, then a choice (B2, C1, D12, D18)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.members import Report
from accounts.models import Customer, Instance, Member, Product
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import Invoice, Subscription, SubscriptionChange, Tariff, TermsChange
from billing.operations import audit
from billing.operations.cycle import access, offered_tariffs, scheduled_changes, subscription_status, transitions
from billing.operations.cycle.locking import lock_subscription
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.subscriptions import quotes
from billing.pricing import due_dates
from billing.pricing.periods import business_date
from billing.pricing.terms import PriceModel

TRIAL_USED = _("The trial of this product has been used already: choose a tariff that is paid.")
NO_TRIAL = _("There is no trial to be ended by a choice: change the terms instead.")

Kind = SubscriptionChange.Kind
LONGEST_EXTENSION = 365


def has_used_trial(customer: Customer, product: Product) -> bool:
    """Tells whether the customer has used their trial of the product (B2); somebody who is no customer yet has not."""
    if customer._state.adding:
        return False
    return Subscription.objects.filter(
        instance__customer=customer, instance__product=product, trial_ends_on__isnull=False
    ).exists()


def check_trial(tariff: Tariff, instance: Instance, trial: bool | None) -> bool:
    """Decides whether a subscription to ``tariff`` begins with its trial (D18). Refuses one asked for that cannot be had.

    ``trial``: what was asked for; None for the tariff's own way.
    """
    if not tariff.trial_days:
        if trial:
            raise BadInput(_("This tariff has no trial period: leave the trial out."), field="trial")
        return False
    used = has_used_trial(instance.customer, instance.product)
    only_trial = tariff.price_model == PriceModel.TRIAL
    if used and (trial or only_trial):
        raise BillingError(TRIAL_USED, code="trial_used", rule="B2")
    if only_trial and trial is False:
        raise BadInput(_("This tariff is a trial: choose another to pay at once."), field="trial", rule="C1")
    return trial is not False and not used


def start_trial(subscription: Subscription, *, as_of: datetime) -> None:
    """Starts the trial of ``subscription`` today, for the tariff's days: its last day counts whole (D12)."""
    today = business_date(as_of, subscription.account.zone)
    subscription.trial_ends_on = due_dates.trial_end(today, subscription.priced_by.trial_days)
    subscription.save(update_fields=["trial_ends_on"])
    if subscription.priced_by.price_model == PriceModel.TRIAL:
        mark_test(subscription.instance, is_test=True)
    notices.queue_trial_started(subscription=subscription, at=as_of)
    transitions.set_next_date(subscription)


def mark_test(instance: Instance, *, is_test: bool) -> None:
    """Marks ``instance`` as a test environment, which a trial of everything runs in until the first paid day (C1)."""
    if instance.is_test != is_test:
        instance.is_test = is_test
        instance.save(update_fields=["is_test"])


@transaction.atomic
def choose_tariff(
    *,
    subscription: Subscription,
    tariff_id: str,
    as_of: datetime,
    actor: str,
    quantity: int | None = None,
    reason: str = "",
) -> Subscription:
    """Ends a trial by the choice of a tariff (B2): charged from the day after its last day, from today where it is over (D12).

    A second choice during the trial replaces the first. ``reason``: why support does it (D15).
    """
    subscription = lock_subscription(subscription, as_of=as_of)
    refuse_without_trial(subscription, as_of)
    tariff = offered_tariffs.paid_tariff(subscription.instance.product, tariff_id)
    quantity = quotes.check_quantity(tariff, quantity, subscription.quantity)
    if subscription.cancel_date is None and _is_same_choice(subscription, tariff, quantity):
        return subscription  # the same request once more
    for scheduled in subscription.terms_changes.waiting():
        scheduled_changes.call_off(scheduled, as_of=as_of, actor=actor)
    SubscriptionChange.objects.create(
        subscription=subscription,
        kind=Kind.CHOSEN,
        at=as_of,
        actor=actor,
        from_tariff=subscription.tariff,
        to_tariff=tariff,
        to_quantity=quantity,
        reason=reason,
    )
    subscription.cancel_date = None
    subscription.save(update_fields=["cancel_date"])
    if subscription_status.is_trialing(subscription, as_of):
        _schedule_choice(subscription, tariff, quantity, as_of, actor)
    else:
        start_paid_time(subscription, tariff, quantity, as_of=as_of, actor=actor)
    transitions.set_next_date(subscription)
    audit.record(
        actor=actor,
        action="subscription.tariff_chosen",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"tariff": str(tariff), "quantity": quantity},
    )
    return subscription


def refuse_without_trial(subscription: Subscription, as_of: datetime) -> None:
    """Refuses where there is no trial to end: there was none, paid time has begun, or the subscription has ended."""
    if subscription.trial_ends_on is None or subscription.paid_from is not None or not subscription.is_running(as_of):
        raise BillingError(NO_TRIAL, code="no_trial", rule="D18")


def _is_same_choice(subscription: Subscription, tariff: Tariff, quantity: int | None) -> bool:
    """Tells whether this very choice is scheduled for the trial's end already."""
    scheduled = list(subscription.terms_changes.waiting())
    return [(row.tariff_id, row.quantity, row.move_id) for row in scheduled] == [(tariff.pk, quantity, None)]


def _schedule_choice(
    subscription: Subscription, tariff: Tariff, quantity: int | None, as_of: datetime, actor: str
) -> TermsChange:
    assert subscription.trial_ends_on is not None
    starts_on = subscription.trial_ends_on + timedelta(days=1)
    notices.queue_plan_chosen(subscription=subscription, tariff=tariff, starts_on=starts_on, at=as_of)
    return TermsChange.objects.create(
        subscription=subscription,
        tariff=tariff,
        quantity=quantity,
        effective_date=starts_on,
        decided_at=as_of,
        decided_by=actor,
    )


def start_paid_time(
    subscription: Subscription, tariff: Tariff, quantity: int | None, *, as_of: datetime, actor: str
) -> Invoice | None:
    """Starts paid time today and invoices it at once (D17); returns the invoice. The caller holds the locks."""
    # A choice is announced also where it is the trial's own tariff: the product hears that paid time has begun (E9).
    if subscription.trial_ends_on is not None or subscription.quantity != quantity:
        scheduled_changes.put_on(subscription, tariff, quantity, as_of=as_of, actor=actor)
    today = business_date(as_of, subscription.account.zone)
    transitions.start_paid_time(subscription, today, as_of=as_of, within_day=True, actor=actor)
    invoice = issuing.issue_prepaid(
        account=subscription.account,
        subscriptions=[subscription],
        key=f"start:{subscription.public_id}:{today}",
        as_of=as_of,
        kind=Invoice.Kind.PURCHASE,
    )
    access.announce_changes(subscription.account, as_of=as_of)
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return invoice


@transaction.atomic
def extend_trial(
    *, subscription: Subscription, days: int, reason: str, as_of: datetime, actor: str, ends_on: date | None = None
) -> Subscription:
    """Extends the trial of ``subscription`` by ``days``; one that is over is extended from today (B2).

    ``ends_on``: the last day as the caller knows it; where it is another meanwhile nothing is added, so that a request that is
    sent twice counts once.
    """
    if not reason.strip():
        raise BadInput(_("Say why the trial is extended: the reason stays with it."), field="reason", rule="D15")
    if not 1 <= days <= LONGEST_EXTENSION:
        raise BadInput(_("Enter 1 to 365 days."), field="days")
    subscription = lock_subscription(subscription, as_of=as_of)
    if subscription.trial_ends_on is None or subscription.paid_from is not None or not subscription.is_running(as_of):
        raise BillingError(_("There is no trial to be extended."), code="no_trial", rule="B2")
    if ends_on is not None and ends_on != subscription.trial_ends_on:
        raise BillingError(
            _("The trial ends on %(day)s and not on the day you named: look at it and ask again.")
            % {"day": subscription.trial_ends_on.isoformat()},
            code="trial_moved",
            rule="B2",
            extra={"trial_ends_on": subscription.trial_ends_on.isoformat()},
        )
    today = business_date(as_of, subscription.account.zone)
    subscription.trial_ends_on = max(subscription.trial_ends_on, today) + timedelta(days=days)
    subscription.save(update_fields=["trial_ends_on"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TRIAL_EXTENDED, at=as_of, actor=actor, reason=reason
    )
    _move_choice(subscription, as_of, actor)
    if subscription.cancel_date is not None:
        subscription.cancel_date = subscription.trial_ends_on + timedelta(days=1)
        subscription.save(update_fields=["cancel_date"])
    notices.queue_trial_extended(subscription=subscription, days=days, at=as_of)
    transitions.set_next_date(subscription)
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    audit.record(
        actor=actor,
        action="subscription.trial_extended",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"ends_on": subscription.trial_ends_on.isoformat()},
    )
    return subscription


def _move_choice(subscription: Subscription, as_of: datetime, actor: str) -> None:
    """Moves the scheduled choice to the day after the new last day."""
    scheduled = scheduled_changes.waiting_change(subscription)
    if scheduled is not None:
        scheduled_changes.call_off(scheduled, as_of=as_of, actor=actor)
        _schedule_choice(subscription, scheduled.tariff, scheduled.quantity, as_of, actor)


def refuse_over_limit(instance: Instance, report: Report, as_of: datetime) -> None:
    """Refuses a person beyond the number who may take part in the trial: invited and active, the first one included (B2)."""
    if report.status not in (Member.Status.INVITED, Member.Status.ACTIVE):
        return
    subscription = Subscription.objects.running().filter(instance=instance, trial_ends_on__isnull=False).first()
    if subscription is None or subscription.tariff is None or not subscription.tariff.trial_people:
        return
    if not subscription_status.is_trialing(subscription, as_of):
        return
    others = Member.objects.filter(instance=instance, status__in=[Member.Status.INVITED, Member.Status.ACTIVE])
    limit = subscription.tariff.trial_people
    if others.exclude(external_id=report.external_id).count() >= limit:
        raise BillingError(
            _("Up to %(most)s people can take part in the trial: choose a tariff to add more.") % {"most": limit},
            code="trial_seat_limit",
            rule="B2",
            extra={"most": limit},
        )


def reminder_fact(subscription: Subscription, days_left: int) -> str:
    """Returns the business fact of a reminder, so that it is sent once."""
    return f"trial_ending:{subscription.public_id}:{subscription.trial_ends_on}:{days_left}"


def remind_of_trial_end(*, subscription: Subscription, days_left: int, as_of: datetime) -> None:
    """Announces that the trial ends in ``days_left`` days, once for each number of days."""
    with transaction.atomic():
        outbox.emit(
            "subscription.trial_ending",
            at=as_of,
            subscription=subscription,
            data={
                **outbox.subscription_data(subscription),
                "trial_ends_on": str(subscription.trial_ends_on),
                "days_left": days_left,
            },
            fact=reminder_fact(subscription, days_left),
        )
        notices.queue_trial_ending(subscription=subscription, days_left=days_left, at=as_of)

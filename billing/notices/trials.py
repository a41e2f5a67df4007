"""Mails about a trial and the choice at its end (B2, C1, D12, D18)."""

from datetime import date, datetime
from typing import Any

from billing.models import Notice, Subscription, Tariff
from billing.notices.letters import about
from billing.pricing.periods import business_date
from billing.pricing.terms import PriceModel
from billing.wording import formats


def _trial_context(subscription: Subscription) -> dict[str, Any]:
    """Collects what every mail about a trial says: its last day, what follows without a choice, what can be chosen."""
    last_day = _last_day(subscription)
    return {
        "last_day": formats.date_text(last_day),
        "next_day": formats.date_text(last_day + about.ONE_DAY),
        "lock_at": about.midnight_text(subscription, last_day + about.ONE_DAY),
        "choices": about.choices(subscription),
    }


def _last_day(subscription: Subscription) -> date:
    assert subscription.trial_ends_on is not None
    return subscription.trial_ends_on


def queue_trial_started(*, subscription: Subscription, at: datetime) -> list[Notice]:
    """Tells owners that the trial has begun: until when, for how many, what it costs (nothing) and what comes after."""
    tariff = subscription.priced_by

    def context(locale: str) -> dict[str, Any]:
        in_test = tariff.price_model == PriceModel.TRIAL and subscription.instance.is_test
        return {**_trial_context(subscription), "people": tariff.trial_people, "is_test": in_test}

    fact = f"trial:{subscription.public_id}"
    return about.queue_to_owners(kind="trial_started", fact=fact, subscription=subscription, at=at, context=context)


def queue_trial_ending(*, subscription: Subscription, days_left: int, at: datetime) -> list[Notice]:
    """Tells owners that the trial ends soon and nothing has been chosen yet. ``days_left`` is 0 on its last day."""

    def context(locale: str) -> dict[str, Any]:
        return {**_trial_context(subscription), "left": about.left_text(days_left)}

    fact = f"trial:{subscription.public_id}:{_last_day(subscription)}:{days_left}"
    return about.queue_to_owners(kind="trial_ending", fact=fact, subscription=subscription, at=at, context=context)


def queue_trial_ended(*, subscription: Subscription, at: datetime) -> list[Notice]:
    """Tells owners that the trial is over without a choice: read-only, nothing charged, nothing lost; how it goes on."""
    fact = f"trial:{subscription.public_id}:{_last_day(subscription)}"
    return about.queue_to_owners(
        kind="trial_ended",
        fact=fact,
        subscription=subscription,
        at=at,
        context=lambda locale: _trial_context(subscription),
    )


def queue_trial_extended(*, subscription: Subscription, days: int, at: datetime) -> list[Notice]:
    """Tells owners that support has extended the trial by ``days``; its new last day stands in the subscription."""

    def context(locale: str) -> dict[str, Any]:
        return {**_trial_context(subscription), "days": days}

    fact = f"trial:{subscription.public_id}:{_last_day(subscription)}"
    return about.queue_to_owners(kind="trial_extended", fact=fact, subscription=subscription, at=at, context=context)


def queue_plan_chosen(*, subscription: Subscription, tariff: Tariff, starts_on: date, at: datetime) -> list[Notice]:
    """Confirms that ``tariff`` follows the trial: paid from ``starts_on`` on, which is today where the trial has lapsed."""
    today = business_date(at, subscription.account.zone)

    def context(locale: str) -> dict[str, Any]:
        return {
            "plan": about.plan_text(tariff, None, locale),
            "starts_on": formats.date_text(starts_on),
            "in_trial": today < starts_on,
            "prices": about.prices(tariff),
        }

    fact = f"choice:{subscription.public_id}:{tariff}:{at.isoformat()}"
    return about.queue_to_owners(kind="plan_chosen", fact=fact, subscription=subscription, at=at, context=context)

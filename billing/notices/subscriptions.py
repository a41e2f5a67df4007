"""Mails about paid time: it begins, is renewed, is cancelled, ends (B4, C4, E8, E9)."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import ngettext

from billing.models import Charge, Notice, Subscription
from billing.notices.letters import about
from billing.pricing import due_dates
from billing.pricing.periods import add_months, business_date, start_of_day
from billing.pricing.terms import Metric, Renewal
from billing.wording import formats


def _payment_context(subscription: Subscription, charge: Charge) -> dict[str, Any]:
    """Collects what was charged, for which days, and what comes next."""
    return {
        "amount": about.money(subscription, charge.amount_minor),
        "period": about.paid_days(charge),
        "rows": about.charge_rows(subscription, charge),
        "next_date": about.next_date_text(subscription),
        "is_collected": subscription.priced_by.renewal == Renewal.COLLECTED,
        "collection_note": _collection_note(subscription),
    }


def _collection_note(subscription: Subscription) -> str:
    """Says from when on the next period is collected (E8); empty where it is not."""
    if subscription.priced_by.renewal != Renewal.COLLECTED:
        return ""
    days = due_dates.COLLECTION_DAYS
    text = ngettext(
        "From %(days)s day before, the money is taken from the balance, then from the saved card; each time is announced.",
        "From %(days)s days before, the money is taken from the balance, then from the saved card; each time is announced.",
        days,
    )
    return text % {"days": days}


def queue_started(*, subscription: Subscription, charge: Charge, at: datetime) -> list[Notice]:
    """Tells owners that the paid time has begun, or something was bought once: what ``charge`` is, when the next one comes."""
    return about.queue_to_owners(
        kind="started",
        fact=f"charge:{charge.entry_id}",
        subscription=subscription,
        at=at,
        context=lambda locale: _payment_context(subscription, charge),
    )


def renewal_fact(subscription: Subscription, renews_on: date, days_left: int) -> str:
    """Returns the business fact of announcing a yearly charge, so that each number of days is announced once."""
    return f"renewal:{subscription.public_id}:{renews_on}:{days_left}"


def queue_renewal_coming(
    *, subscription: Subscription, renews_on: date, amount_minor: int, days_left: int, at: datetime
) -> list[Notice]:
    """Tells owners that a yearly charge comes in ``days_left`` days (B4): how much at today's units, and how to do without it."""
    terms = subscription.priced_by.terms()
    last_day = add_months(renews_on, terms.interval_months or 1) - about.ONE_DAY

    def context(locale: str) -> dict[str, Any]:
        return {
            "renews_on": formats.date_text(renews_on),
            "amount": about.money(subscription, amount_minor),
            "period": formats.span_text(renews_on, last_day),
            "left": about.left_text(days_left),
            "by_seats": terms.metric == Metric.PAID_MEMBERS,
            "payment_days": terms.payment_days,
        }

    fact = renewal_fact(subscription, renews_on, days_left)
    return about.queue_to_owners(kind="renewal_coming", fact=fact, subscription=subscription, at=at, context=context)


def queue_renewed(*, subscription: Subscription, charge: Charge, at: datetime) -> list[Notice]:
    """Tells owners that the next period has begun and is charged."""
    return about.queue_to_owners(
        kind="renewed",
        fact=f"charge:{charge.entry_id}",
        subscription=subscription,
        at=at,
        context=lambda locale: _payment_context(subscription, charge),
    )


def queue_cancelled(*, subscription: Subscription, cancel_date: date, at: datetime) -> list[Notice]:
    """Confirms to owners that it is cancelled: everything works until 00:00 of ``cancel_date``, the end of what is paid (C4)."""
    return about.queue_to_owners(
        kind="cancelled",
        fact=f"cancel:{subscription.public_id}:{at.isoformat()}",
        subscription=subscription,
        at=at,
        context=lambda locale: {"ends_at": about.midnight_text(subscription, cancel_date)},
    )


def queue_cancel_undone(*, subscription: Subscription, at: datetime) -> list[Notice]:
    """Tells owners that the cancellation has been taken back before its day."""
    return about.queue_to_owners(
        kind="cancel_undone",
        fact=f"cancel:{subscription.public_id}:{at.isoformat()}",
        subscription=subscription,
        at=at,
        context=lambda locale: {"next_date": about.next_date_text(subscription)},
    )


def queue_ended(*, subscription: Subscription, reason: str, at: datetime) -> list[Notice]:
    """Tells owners that the subscription is over. ``reason`` is ``cancelled`` (the end of what was paid), ``unpaid`` (E8) or ``terminated``
    (asked of support, M12)."""
    account, last = subscription.account, subscription.periods.order_by("-number").first()
    ended_at = subscription.terminated_at or at

    def context(locale: str) -> dict[str, Any]:
        owed = about.open_invoices_minor(subscription)
        instant = formats.instant_text(ended_at, account.zone)
        return {
            "reason": reason,
            "ended_at": instant,
            "ended_on": formats.date_text(_last_whole_day(ended_at, account.zone)),
            "period_from": formats.date_text(last.end) if last is not None else instant,
            "was_paid": last is not None,
            "open_sum": about.money(subscription, owed) if owed else "",
            "may_resume": subscription.is_metered,
        }

    fact = f"ended:{subscription.public_id}:{ended_at.isoformat()}"
    return about.queue_to_owners(kind="ended", fact=fact, subscription=subscription, at=at, context=context)


def _last_whole_day(instant: datetime, zone: str) -> date:
    """Returns the day on which something ended, as people say it: what ends at 00:00 ended the day before."""
    day = business_date(instant, zone)
    return day - about.ONE_DAY if instant == start_of_day(day, zone) else day

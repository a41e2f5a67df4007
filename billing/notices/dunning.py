"""Mails and messages while a renewal is being collected: at its beginning, and after each day that failed (E8)."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Collection, Notice, SavedMethod, Subscription
from billing.notices.letters import about
from billing.notices.letters.base import link
from billing.pricing import due_dates
from billing.wording import formats


def _sums(subscription: Subscription, amount_minor: int, balance_minor: int) -> dict[str, Any]:
    """Returns what is to be paid, what the balance covers of it, and what it does not. Money that comes pays earlier invoices first
    (G7), so that as much more has to come as they still take."""
    missing = max(0, amount_minor - max(0, balance_minor))
    open_minor = about.open_invoices_minor(subscription)
    rows = [
        about.row(_("To be paid"), about.money(subscription, amount_minor)),
        about.row(_("On the balance"), about.money(subscription, balance_minor)),
    ]
    if missing and open_minor:
        rows.append(about.row(_("Open on earlier invoices"), about.money(subscription, open_minor)))
    if missing:
        rows.append(about.row(_("Not covered"), about.money(subscription, missing + open_minor), is_total=True))
    return {
        "amount": about.money(subscription, amount_minor),
        "rest": about.money(subscription, missing) if missing else "",
        "missing": about.money(subscription, missing),
        "top_up": about.money(subscription, missing + open_minor),
        "rows": rows,
        "pay_url": link("portal:pay"),
    }


def _reason(collection: Collection) -> str:
    if collection.reason == "requires_action":
        return _("the bank wants you to confirm it on its own page")
    return formats.decline_text(collection.reason)


def queue_payment_coming(
    *,
    subscription: Subscription,
    renews_on: date,
    amount_minor: int,
    balance_minor: int,
    method: SavedMethod | None,
    at: datetime,
) -> list[Notice]:
    """Tells owners that the next period has to be paid by ``renews_on``: how much, what it is taken from, what follows if it is not there.

    ``balance_minor`` is what the account holds for it, in minor units.
    """

    def context(locale: str) -> dict[str, Any]:
        return {
            **_sums(subscription, amount_minor, balance_minor),
            "renews_on": formats.date_text(renews_on),
            "ends_at": about.midnight_text(subscription, renews_on + about.ONE_DAY),
            "method": method.title if method is not None else "",
        }

    fact = f"payment:{subscription.public_id}:{renews_on}"
    return about.queue_to_owners(kind="payment_coming", fact=fact, subscription=subscription, at=at, context=context)


def queue_collection_failed(
    *, subscription: Subscription, collection: Collection, days_left: int, at: datetime
) -> list[Notice]:
    """Tells owners that a day's try has brought no money: why, when it is tried again, what to do. ``days_left`` is 0 on the last day."""
    zone, attempt = subscription.account.zone, collection.attempt
    method = attempt.method if attempt is not None else None
    next_day = due_dates.next_collection_day(collection.period_start, collection.day)
    again = due_dates.morning_of(next_day, zone) if next_day is not None else None

    def context(locale: str) -> dict[str, Any]:
        return {
            **_sums(subscription, collection.amount_minor, collection.balance_minor),
            "why": collection.outcome,
            "reason": _reason(collection),
            "method": method.title if method is not None else _("The saved card"),
            "left": about.left_text(days_left),
            "next_try": formats.instant_text(again, zone) if again is not None else "",
            "renews_on": formats.date_text(collection.period_start),
            "ends_at": about.midnight_text(subscription, collection.period_start + about.ONE_DAY),
        }

    fact = f"collection:{collection.pk}"
    return about.queue_to_owners(kind="collection_failed", fact=fact, subscription=subscription, at=at, context=context)

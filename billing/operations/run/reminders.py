"""Reminders at ten in the morning of the billing zone (D12) of what falls due soon.

The days are in the settings and are read by `operations.cycle.due` alone.
"""

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from billing import notices
from billing.models import Event, Invoice, Notice, Subscription
from billing.operations.cycle import due, subscription_status
from billing.operations.cycle.due import Due, Kind
from billing.operations.subscriptions import trials
from billing.pricing import due_dates
from billing.pricing.periods import business_date


def invoices_to_remind_of(as_of: datetime) -> list[Invoice]:
    """Reads the open invoices that fall due soon and have no reminder yet; none before ten o'clock."""
    rows = due.rows_to_remind(Kind.INVOICE_REMINDER, as_of=as_of)
    return list(rows.select_related("account__customer", "account__seller", "seller"))


@transaction.atomic
def remind_of_invoice(*, invoice: Invoice, as_of: datetime) -> int:
    """Reminds the owners of one invoice; once, whoever calls. Returns how many notices were written."""
    return len(notices.queue_due_soon(invoice=invoice, at=as_of))


def trials_to_remind_of(as_of: datetime) -> list[Due]:
    """Reads the trials that end soon without a choice and have no reminder for this number of days yet (B2)."""
    by_fact = _reminders_by_fact(
        Kind.TRIAL_REMINDER,
        as_of,
        date_of=lambda row: row.trial_ends_on,
        fact_of=lambda row, _day, days: trials.reminder_fact(row, days),
    )
    sent = set(Event.objects.filter(fact__in=by_fact).values_list("fact", flat=True))
    return [reminder for fact, reminder in by_fact.items() if fact not in sent]


def renewals_to_remind_of(as_of: datetime) -> list[Due]:
    """Reads the yearly charges that come soon and have no reminder for this number of days yet (B4)."""
    by_fact = _reminders_by_fact(
        Kind.YEARLY_REMINDER, as_of, date_of=lambda row: row.renews_on, fact_of=notices.renewal_fact
    )
    sent = set(Notice.objects.filter(kind="renewal_coming", fact__in=by_fact).values_list("fact", flat=True))
    return [reminder for fact, reminder in by_fact.items() if fact not in sent]


def _reminders_by_fact(
    kind: Kind, as_of: datetime, *, date_of: Callable[..., date], fact_of: Callable[[Subscription, date, int], str]
) -> dict[str, Due]:
    """Reads the reminders of ``kind`` that are due at ``as_of``, by the business fact of each."""
    rows = due.rows_to_remind(kind, as_of=as_of)
    reminders: dict[str, Due] = {}
    for row in rows.select_related("instance", "tariff__product", "account__customer", "account__seller"):
        day = date_of(row)
        days = due_dates.days_before_ahead(due.RULES[kind].days_before(), day, business_date(as_of, row.account.zone))
        if days is not None:
            reminders[fact_of(row, day, days)] = Due(as_of, kind, row, day, days)
    return reminders


@transaction.atomic
def remind_of_renewal(*, subscription: Subscription, renews_on: date, days_left: int, as_of: datetime) -> int:
    """Reminds the owners of one yearly charge; once for each number of days. Returns how many notices were written."""
    amount = subscription_status.renewal_price(subscription, renews_on)
    return len(
        notices.queue_renewal_coming(
            subscription=subscription, renews_on=renews_on, amount_minor=amount, days_left=days_left, at=as_of
        )
    )

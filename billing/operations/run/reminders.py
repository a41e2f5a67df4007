"""Reminders at ten in the morning of the billing zone (D12): what falls due soon is said before it hurts.

On which days stands in the settings and is read by `operations.cycle.due` alone.
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
    """Open invoices that fall due soon and of which nobody has been reminded; none before ten o'clock."""
    rows = due.rows_to_tell(Kind.INVOICE_REMINDER, as_of=as_of)
    return list(rows.select_related("account__customer", "account__seller", "seller"))


@transaction.atomic
def remind(*, invoice: Invoice, as_of: datetime) -> int:
    """Reminds of one invoice; once, whoever calls. Returns how many mails were written."""
    return len(notices.queue_due_soon(invoice=invoice, at=as_of))


def trials_to_remind_of(as_of: datetime) -> list[Due]:
    """Trials that end soon without a choice, where nobody has been told so yet with this number of days (B2)."""
    by_fact = _announced(
        Kind.TRIAL_REMINDER,
        as_of,
        date_of=lambda row: row.trial_ends_on,
        fact_of=lambda row, _day, days: trials.reminder_fact(row, days),
    )
    written = set(Event.objects.filter(fact__in=by_fact).values_list("fact", flat=True))
    return [reminder for fact, reminder in by_fact.items() if fact not in written]


def renewals_to_remind_of(as_of: datetime) -> list[Due]:
    """Yearly charges that come soon, where nobody has been told so yet with this number of days (B4)."""
    by_fact = _announced(Kind.YEARLY_REMINDER, as_of, date_of=lambda row: row.renews_on, fact_of=notices.renewal_fact)
    written = set(Notice.objects.filter(kind="renewal_coming", fact__in=by_fact).values_list("fact", flat=True))
    return [reminder for fact, reminder in by_fact.items() if fact not in written]


def _announced(
    kind: Kind, as_of: datetime, *, date_of: Callable[..., date], fact_of: Callable[[Subscription, date, int], str]
) -> dict[str, Due]:
    """What ``kind`` is to be told of at ``as_of``, by the business fact of telling it."""
    rows = due.rows_to_tell(kind, as_of=as_of)
    reminders: dict[str, Due] = {}
    for row in rows.select_related("instance", "tariff__product", "account__customer", "account__seller"):
        day = date_of(row)
        days = due_dates.days_before_ahead(due.RULES[kind].days_before(), day, business_date(as_of, row.account.zone))
        if days is not None:
            reminders[fact_of(row, day, days)] = Due(as_of, kind, row, day, days)
    return reminders


@transaction.atomic
def remind_of_renewal(*, subscription: Subscription, renews_on: date, days_left: int, as_of: datetime) -> int:
    """Tells of one yearly charge; once for each number of days. Returns how many notices were written."""
    amount = subscription_status.renewal_price(subscription, renews_on)
    return len(
        notices.queue_renewal_coming(
            subscription=subscription, renews_on=renews_on, amount_minor=amount, days_left=days_left, at=as_of
        )
    )

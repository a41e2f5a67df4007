"""A collected renewal is posted with the money that pays it (E8): the invoice comes first, so that the money meets it and not an
older one."""

from datetime import date, datetime

from billing.models import BillingAccount, Invoice, Subscription
from billing.operations.cycle import month_close, prepaid_periods, subscription_status, transitions
from billing.operations.invoices import issuing

PREFIX = "renewal"


def matter(subscription: Subscription, on: date) -> str:
    """What a try to collect the period from ``on`` is about: all tries of one period are one matter."""
    return f"{PREFIX}:{subscription.public_id}:{on.isoformat()}"


def bill(subscription: Subscription, on: date, as_of: datetime) -> Invoice | None:
    """Renews from ``on`` and bills it; the caller holds the account's lock and has made sure of the money."""
    transitions.renew(subscription, on, as_of)
    transitions.set_next_date(subscription)
    return issuing.issue_prepaid(
        account=subscription.account, subscriptions=[subscription], key=matter(subscription, on), as_of=as_of
    )


def bill_with_money(fact: str, account: BillingAccount, amount_minor: int, as_of: datetime) -> str:
    """The number of the renewal's invoice where ``amount_minor``, which has just come for ``fact``, pays it with what the
    account holds; empty where it is no renewal, was renewed meanwhile, or has ended: then it is money like any other."""
    kind, _colon, rest = fact.partition("#")[0].partition(":")
    public_id, _colon, day = rest.rpartition(":")
    if kind != PREFIX or not public_id:
        return ""
    month_close.catch_up(account=account, as_of=as_of)
    found = Subscription.objects.filter(public_id=public_id, account=account).select_related(
        "tariff", "instance__customer"
    )
    subscription = found.first()
    if subscription is None or subscription.terminated_at is not None or subscription.cancel_date is not None:
        return ""
    subscription.account = account
    on, last = date.fromisoformat(day), prepaid_periods.last_period(subscription)
    if last is None or last.end != on:
        return ""
    if not subscription_status.is_covered(subscription, on, amount_minor):
        return ""
    invoice = bill(subscription, on, as_of)
    return invoice.number if invoice is not None else ""

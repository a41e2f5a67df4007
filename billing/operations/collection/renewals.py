"""Renewals that are collected before their date (E8): charge and invoice are posted with the money that pays them. The invoice
comes first, so that the money pays it and not an older one."""

from datetime import date, datetime

from billing.models import BillingAccount, Invoice, Subscription
from billing.operations.cycle import month_close, prepaid_periods, subscription_status, transitions
from billing.operations.invoices import issuing

PREFIX = "renewal"


def collection_fact(subscription: Subscription, on: date) -> str:
    """Returns the business fact of collecting the period that begins on ``on``: all attempts for one period share it."""
    return f"{PREFIX}:{subscription.public_id}:{on.isoformat()}"


def bill_renewal(subscription: Subscription, on: date, as_of: datetime) -> Invoice | None:
    """Renews ``subscription`` from ``on`` and invoices it; the caller holds the account's lock and has checked the money."""
    transitions.renew(subscription, on, as_of)
    transitions.set_next_date(subscription)
    return issuing.issue_prepaid(
        account=subscription.account, subscriptions=[subscription], key=collection_fact(subscription, on), as_of=as_of
    )


def bill_if_covered(fact: str, account: BillingAccount, amount_minor: int, as_of: datetime) -> str:
    """Renews and invoices where ``amount_minor``, which has just come for ``fact``, pays it together with the account's credit;
    returns the invoice's number. Empty where ``fact`` is no renewal, or was renewed or ended meanwhile: then it is money like
    any other."""
    kind, _colon, rest = fact.partition("#")[0].partition(":")
    public_id, _colon, day = rest.rpartition(":")
    if kind != PREFIX or not public_id:
        return ""
    month_close.catch_up(account=account, as_of=as_of)
    subscriptions = Subscription.objects.filter(public_id=public_id, account=account).select_related(
        "tariff", "instance__customer"
    )
    subscription = subscriptions.first()
    if subscription is None or subscription.terminated_at is not None or subscription.cancel_date is not None:
        return ""
    subscription.account = account
    on, last = date.fromisoformat(day), prepaid_periods.last_period(subscription)
    if last is None or last.end != on:
        return ""
    if not subscription_status.is_covered(subscription, on, amount_minor):
        return ""
    invoice = bill_renewal(subscription, on, as_of)
    return invoice.number if invoice is not None else ""

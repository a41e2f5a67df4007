"""Collecting a renewal before its date (E8): from `due_dates.COLLECTION_DAYS` before at ten o'clock, the balance first, then
the saved method, once a day until the date; unpaid when the date has passed, the subscription ends
(`operations.cycle.transitions`). Support may make the day's attempt at once (`collect_now`)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import Collection, Event, Invoice, PaymentAttempt, Subscription
from billing.operations import audit
from billing.operations.collection import checkout, payment_methods, renewals
from billing.operations.cycle import due, prepaid_periods, subscription_status
from billing.operations.cycle.locking import lock_subscription
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import posting
from billing.pricing import due_dates
from billing.pricing.periods import business_date
from billing.pricing.terms import Renewal
from billing.wording import formats

Outcome = Collection.Outcome


def renewal_date(subscription: Subscription) -> date:
    """Returns the payment date: the first day of the period that is not paid yet."""
    period = prepaid_periods.last_period(subscription)
    assert period is not None
    return period.end


def read_collectable(as_of: datetime) -> list[Subscription]:
    """Reads the subscriptions whose payment date is at most `due_dates.COLLECTION_DAYS` ahead of ``as_of`` and has not passed."""
    rows = due.coming_rows(due.Kind.COLLECTION, as_of=as_of, days=due_dates.COLLECTION_DAYS)
    return list(
        rows.select_related("account__seller", "account__customer", "tariff__product", "instance").order_by("pk")
    )


def read_to_collect_today(as_of: datetime) -> list[Subscription]:
    """Reads those of the collectable for which no attempt was made today; none before ten o'clock."""
    rows = read_collectable(as_of)
    days = {row.pk: business_date(as_of, row.account.zone) for row in rows}
    collected_today = set(
        Collection.objects.filter(subscription__in=rows, day__in=set(days.values())).values_list("subscription", "day")
    )
    return [
        row
        for row in rows
        if as_of >= due_dates.morning_of(days[row.pk], row.account.zone)
        and (row.pk, days[row.pk]) not in collected_today
    ]


def read_paid_meanwhile(as_of: datetime) -> list[Subscription]:
    """Reads those whose last attempt failed and whose balance pays the renewal now: money that has come does not wait for ten
    o'clock."""
    rows = read_collectable(as_of)
    attempted = set(Collection.objects.filter(subscription__in=rows).values_list("subscription", "period_start"))
    attempted_pks = {
        pk for pk, _start in attempted
    }  # most rows were never tried: their period need not be read each minute
    failed = [row for row in rows if row.pk in attempted_pks and (row.pk, renewal_date(row)) in attempted]
    return [row for row in failed if subscription_status.is_covered(row, renewal_date(row))]


def _is_to_be_collected(subscription: Subscription, as_of: datetime) -> bool:
    """Tells whether the renewal is still to be collected now: another run may have done it, or the owner have cancelled."""
    if subscription.terminated_at is not None or subscription.cancel_date is not None:
        return False
    today = business_date(as_of, subscription.account.zone)
    return due_dates.is_collection_day(renewal_date(subscription), today)


@transaction.atomic
def renew_from_balance(*, subscription: Subscription, as_of: datetime) -> Invoice | None:
    """Renews ``subscription`` where the account's credit pays all of it and returns the invoice; else None, and writes nothing."""
    subscription = lock_subscription(subscription, as_of=as_of)
    if not _is_to_be_collected(subscription, as_of):
        return None
    on = renewal_date(subscription)
    if not subscription_status.is_covered(subscription, on):
        return None
    return renewals.bill_renewal(subscription, on, as_of)


def collect(*, subscription: Subscription, as_of: datetime) -> Collection | None:
    """Makes today's attempt to collect the renewal and returns its record; None where it was made already.

    It makes its own transactions: the saved method is charged between them. The charge is posted with the money.
    """
    subscription.refresh_from_db()
    on, today = renewal_date(subscription), business_date(as_of, subscription.account.zone)
    made_today = Collection.objects.filter(subscription=subscription, period_start=on, day=today)
    if not _is_to_be_collected(subscription, as_of) or made_today.exists():
        return None
    amount, balance = (
        subscription_status.renewal_price(subscription, on),
        issuing.available_credit(subscription.account),
    )
    _announce_collection(subscription, on, amount, balance, as_of)
    if renew_from_balance(subscription=subscription, as_of=as_of) is not None:
        return _record_attempt(subscription, on, today, amount, amount, Outcome.FROM_BALANCE, as_of)
    balance = issuing.available_credit(subscription.account)
    if balance >= amount or not _is_still_to_be_collected(subscription, on, as_of):
        return None
    attempt = checkout.charge_saved(
        account=subscription.account,
        amount_minor=amount - balance,
        fact=f"{renewals.collection_fact(subscription, on)}#{today.isoformat()}",
        description=str(_("Renewal from %(date)s") % {"date": on.isoformat()}),
        as_of=as_of,
    )
    # The money that came has been posted with the renewal (`renewals.bill_if_covered`).
    if attempt is not None and attempt.status == PaymentAttempt.Status.SUCCEEDED and renewal_date(subscription) > on:
        return _record_attempt(subscription, on, today, amount, balance, Outcome.FROM_CARD, as_of, attempt)
    if not _is_still_to_be_collected(subscription, on, as_of):
        return None
    return _record_failure(subscription, on, today, amount, balance, as_of, attempt)


def _is_still_to_be_collected(subscription: Subscription, on: date, as_of: datetime) -> bool:
    """Tells whether the renewal on ``on`` is still to be collected, read again from the database."""
    subscription.refresh_from_db(fields=["terminated_at", "cancel_date"])
    return _is_to_be_collected(subscription, as_of) and renewal_date(subscription) == on


def _announce_collection(subscription: Subscription, on: date, amount: int, balance: int, as_of: datetime) -> None:
    """Writes the notice that the money will be taken; once, at the first attempt."""
    if not Collection.objects.filter(subscription=subscription, period_start=on).exists():
        with transaction.atomic():
            notices.queue_payment_coming(
                subscription=subscription,
                renews_on=on,
                amount_minor=amount,
                balance_minor=balance,
                method=payment_methods.active_method(subscription.account),
                at=as_of,
            )


def _record_failure(
    subscription: Subscription,
    on: date,
    today: date,
    amount: int,
    balance: int,
    as_of: datetime,
    attempt: PaymentAttempt | None,
) -> Collection | None:
    """Records that the money could not be taken, and notifies the owners what to do (E8)."""
    outcome = Outcome.NO_METHOD if attempt is None else Outcome.DECLINED
    if attempt is not None and attempt.settled_at is None and attempt.status != PaymentAttempt.Status.REQUIRES_ACTION:
        outcome = Outcome.SILENT
    with transaction.atomic():
        collection = _record_attempt(subscription, on, today, amount, balance, outcome, as_of, attempt)
        if collection is not None:
            notices.queue_collection_failed(
                subscription=subscription, collection=collection, days_left=(on - today).days, at=as_of
            )
            _report_low_balance(subscription, collection, as_of)
    return collection


def _report_low_balance(subscription: Subscription, collection: Collection, as_of: datetime) -> None:
    """Emits, once for each renewal, that the balance does not pay it and how much is missing."""
    account = posting.lock(subscription.account_id)
    fact = f"balance.low:{subscription.public_id}:{collection.period_start}"
    if Event.objects.filter(fact=fact).exists():
        return
    costs, balance = collection.amount_minor, collection.balance_minor
    data = {
        **outbox.subscription_data(subscription),
        "account": account.number,
        "renews_on": collection.period_start.isoformat(),
        "costs": outbox.money_data(costs, collection.currency),
        "balance": outbox.money_data(balance, collection.currency),
        "missing": outbox.money_data(costs - balance, collection.currency),
    }
    outbox.emit("balance.low", at=as_of, subscription=subscription, data=data, fact=fact)


def _record_attempt(
    subscription: Subscription,
    on: date,
    today: date,
    amount: int,
    balance: int,
    outcome: Collection.Outcome,
    as_of: datetime,
    attempt: PaymentAttempt | None = None,
) -> Collection | None:
    """Records today's attempt, once, whoever else makes it at the same moment; None where it is recorded already."""
    row = Collection(
        subscription=subscription,
        period_start=on,
        day=today,
        at=as_of,
        currency=subscription.account.currency,
        amount_minor=amount,
        balance_minor=min(balance, amount),
        outcome=outcome,
        reason=_reason(attempt),
        attempt=_own_attempt(attempt),
    )
    created = Collection.objects.bulk_create([row], ignore_conflicts=True)
    return Collection.objects.filter(subscription=subscription, period_start=on, day=today).first() if created else None


def _reason(attempt: PaymentAttempt | None) -> str:
    if attempt is None:
        return ""
    return "requires_action" if attempt.status == PaymentAttempt.Status.REQUIRES_ACTION else attempt.reason


def _own_attempt(attempt: PaymentAttempt | None) -> PaymentAttempt | None:
    """Returns ``attempt``, unless it is an earlier day's that is undecided and was returned instead of a new one."""
    is_recorded = attempt is not None and Collection.objects.filter(attempt=attempt).exists()
    return None if is_recorded else attempt


def is_collected(subscription: Subscription) -> bool:
    """Tells whether the next period of ``subscription`` is collected before it begins; not where it is cancelled or ended."""
    if subscription.terminated_at is not None or subscription.cancel_date is not None or subscription.paid_from is None:
        return False
    tariff = subscription.tariff
    return tariff is not None and tariff.renewal == Renewal.COLLECTED and not tariff.terms().is_one_off


def refuse_collection(subscription: Subscription, as_of: datetime) -> None:
    """Refuses where there is no renewal to be collected now, and where today's attempt has been made (E8)."""
    period = prepaid_periods.last_period(subscription)
    if period is None or not is_collected(subscription):
        raise BillingError(_("There is no renewal to be collected here."), code="nothing_to_collect", rule="E8")
    today = business_date(as_of, subscription.account.zone)
    if not due_dates.is_collection_day(period.end, today):
        first = formats.date_text(due_dates.first_collection_day(period.end))
        raise BillingError(
            ngettext(
                "The renewal is collected from %(days)s day before its date: from %(date)s on.",
                "The renewal is collected from %(days)s days before its date: from %(date)s on.",
                due_dates.COLLECTION_DAYS,
            )
            % {"days": due_dates.COLLECTION_DAYS, "date": first},
            code="not_yet_collected",
            rule="E8",
        )
    if Collection.objects.filter(subscription=subscription, period_start=period.end, day=today).exists():
        raise BillingError(
            _("Today's try has been made. Money that comes to the account renews it within a minute."),
            code="tried_today",
            rule="E8",
        )


def collect_now(*, subscription: Subscription, as_of: datetime, actor: str, reason: str) -> Collection:
    """Makes today's attempt for support, before ten o'clock or where the run has missed it; returns its record.

    It makes its own transactions, as `collect` does. Refuses without a reason (D15) and as `refuse_collection`.
    """
    if not reason.strip():
        raise BadInput(_("Say why it is tried now: the reason stays with it."), field="reason", rule="D15")
    refuse_collection(subscription, as_of)
    collection = collect(subscription=subscription, as_of=as_of)
    if collection is None:
        raise BillingError(_("There is no renewal to be collected here."), code="nothing_to_collect", rule="E8")
    audit.record(
        actor=actor,
        action="subscription.collected",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"outcome": collection.outcome},
    )
    return collection

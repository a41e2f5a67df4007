"""Collecting a renewal before its date (E8): from five days before at ten o'clock, the balance first, then the saved method,
once a day until the date; unpaid when the date has passed, the subscription ends (`operations.cycle.transitions`)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.models import Collection, Event, Invoice, PaymentAttempt, Seller, Subscription
from billing.operations.collection import checkout, payment_methods, renewals
from billing.operations.cycle import prepaid_periods, subscription_status
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import posting
from billing.operations.subscriptions import plan_changes
from billing.pricing.periods import MORNING, at_hour, business_date
from billing.pricing.terms import Renewal

DAYS_BEFORE = 5
Outcome = Collection.Outcome


def renewal_date(subscription: Subscription) -> date:
    """The payment date: the first day of the period that is not paid yet."""
    period = prepaid_periods.last_period(subscription)
    assert period is not None
    return period.end


def in_window(as_of: datetime) -> list[Subscription]:
    """The subscriptions whose payment date is at most five days ahead of ``as_of`` and has not passed."""
    found: list[Subscription] = []
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        # The turn comes the day after the payment date.
        window = (today + timedelta(days=1), today + timedelta(days=DAYS_BEFORE + 1))
        running = Subscription.objects.running().filter(
            account__seller=seller,
            turns_on__range=window,
            tariff__renewal=Renewal.COLLECTED,
            paid_from__isnull=False,
            cancel_date=None,
        )
        found += running.select_related("account__seller", "account__customer", "tariff__product", "instance").order_by(
            "pk"
        )
    return found


def to_try(as_of: datetime) -> list[Subscription]:
    """Those of the window that nobody has tried to collect today; none before ten o'clock."""
    rows = in_window(as_of)
    days = {row.pk: business_date(as_of, row.account.zone) for row in rows}
    tried = set(
        Collection.objects.filter(subscription__in=rows, day__in=set(days.values())).values_list("subscription", "day")
    )
    return [
        row
        for row in rows
        if as_of >= at_hour(days[row.pk], MORNING, row.account.zone) and (row.pk, days[row.pk]) not in tried
    ]


def paid_meanwhile(as_of: datetime) -> list[Subscription]:
    """Those whose last try failed and whose balance pays the renewal now: money that came does not wait for ten o'clock."""
    rows = in_window(as_of)
    tried = set(Collection.objects.filter(subscription__in=rows).values_list("subscription", "period_start"))
    seen = {pk for pk, _start in tried}  # most rows were never tried: their period need not be read each minute
    waiting = [row for row in rows if row.pk in seen and (row.pk, renewal_date(row)) in tried]
    return [row for row in waiting if subscription_status.is_covered(row, renewal_date(row))]


def _is_waiting(subscription: Subscription, as_of: datetime) -> bool:
    """Whether the renewal is still to be collected now: another run may have done it, or the owner have cancelled."""
    if subscription.terminated_at is not None or subscription.cancel_date is not None:
        return False
    return 0 <= (renewal_date(subscription) - business_date(as_of, subscription.account.zone)).days <= DAYS_BEFORE


@transaction.atomic
def renew_from_balance(*, subscription: Subscription, as_of: datetime) -> Invoice | None:
    """Renews where the money on the account pays all of it; None, and nothing written, where it does not."""
    subscription = plan_changes.locked(subscription, as_of)
    if not _is_waiting(subscription, as_of):
        return None
    on = renewal_date(subscription)
    if not subscription_status.is_covered(subscription, on):
        return None
    return renewals.bill(subscription, on, as_of)


def collect(*, subscription: Subscription, as_of: datetime) -> Collection | None:
    """Today's try to collect the renewal; returns what became of it, None where today's was made already.

    It makes its own transactions: the saved method is charged between them. The charge is posted with the money.
    """
    subscription.refresh_from_db()
    on, today = renewal_date(subscription), business_date(as_of, subscription.account.zone)
    tried = Collection.objects.filter(subscription=subscription, period_start=on, day=today)
    if not _is_waiting(subscription, as_of) or tried.exists():
        return None
    amount, balance = (
        subscription_status.renewal_price(subscription, on),
        issuing.available_credit(subscription.account),
    )
    _tell_beforehand(subscription, on, amount, balance, as_of)
    if renew_from_balance(subscription=subscription, as_of=as_of) is not None:
        return _keep(subscription, on, today, amount, amount, Outcome.FROM_BALANCE, as_of)
    balance = issuing.available_credit(subscription.account)
    if balance >= amount or not _is_still(subscription, on, as_of):
        return None
    attempt = checkout.charge_saved(
        account=subscription.account,
        amount_minor=amount - balance,
        fact=f"{renewals.matter(subscription, on)}#{today.isoformat()}",
        description=str(_("Renewal from %(date)s") % {"date": on.isoformat()}),
        as_of=as_of,
    )
    # The money that came has been posted with the renewal (`renewals.bill_with_money`).
    if attempt is not None and attempt.status == PaymentAttempt.Status.SUCCEEDED and renewal_date(subscription) > on:
        return _keep(subscription, on, today, amount, balance, Outcome.FROM_CARD, as_of, attempt)
    if not _is_still(subscription, on, as_of):
        return None
    return _failed(subscription, on, today, amount, balance, as_of, attempt)


def _is_still(subscription: Subscription, on: date, as_of: datetime) -> bool:
    """Whether the renewal on ``on`` is what is to be collected, as the rows are now."""
    subscription.refresh_from_db(fields=["terminated_at", "cancel_date"])
    return _is_waiting(subscription, as_of) and renewal_date(subscription) == on


def _tell_beforehand(subscription: Subscription, on: date, amount: int, balance: int, as_of: datetime) -> None:
    """The notice of five days before; once, whenever the first try is made."""
    if not Collection.objects.filter(subscription=subscription, period_start=on).exists():
        with transaction.atomic():
            notices.payment_coming(
                subscription=subscription,
                renews_on=on,
                amount_minor=amount,
                balance_minor=balance,
                method=payment_methods.active(subscription.account),
                at=as_of,
            )


def _failed(
    subscription: Subscription,
    on: date,
    today: date,
    amount: int,
    balance: int,
    as_of: datetime,
    attempt: PaymentAttempt | None,
) -> Collection | None:
    """The money could not be taken: kept, and told by mail and message with what to do (E8)."""
    outcome = Outcome.NO_METHOD if attempt is None else Outcome.DECLINED
    if attempt is not None and attempt.settled_at is None and attempt.status != PaymentAttempt.Status.REQUIRES_ACTION:
        outcome = Outcome.SILENT
    with transaction.atomic():
        kept = _keep(subscription, on, today, amount, balance, outcome, as_of, attempt)
        if kept is not None:
            notices.collection_failed(subscription=subscription, collection=kept, days_left=(on - today).days, at=as_of)
            _tell_low_balance(subscription, kept, as_of)
    return kept


def _tell_low_balance(subscription: Subscription, kept: Collection, as_of: datetime) -> None:
    """The outside hears once for each renewal that the balance does not pay it, and how much is missing."""
    account = posting.lock(subscription.account_id)
    fact = f"balance.low:{subscription.public_id}:{kept.period_start}"
    if Event.objects.filter(fact=fact).exists():
        return
    costs, balance = kept.amount_minor, kept.balance_minor
    data = {
        **outbox.about(subscription),
        "account": account.number,
        "renews_on": kept.period_start.isoformat(),
        "costs": outbox.money(costs, kept.currency),
        "balance": outbox.money(balance, kept.currency),
        "missing": outbox.money(costs - balance, kept.currency),
    }
    outbox.emit("balance.low", at=as_of, subscription=subscription, data=data, fact=fact)


def _keep(
    subscription: Subscription,
    on: date,
    today: date,
    amount: int,
    balance: int,
    outcome: Collection.Outcome,
    as_of: datetime,
    attempt: PaymentAttempt | None = None,
) -> Collection | None:
    """Writes today's try down, once, whoever else tries at the same moment."""
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
        attempt=_own(attempt),
    )
    written = Collection.objects.bulk_create([row], ignore_conflicts=True)
    return Collection.objects.filter(subscription=subscription, period_start=on, day=today).first() if written else None


def _reason(attempt: PaymentAttempt | None) -> str:
    if attempt is None:
        return ""
    return "requires_action" if attempt.status == PaymentAttempt.Status.REQUIRES_ACTION else attempt.reason


def _own(attempt: PaymentAttempt | None) -> PaymentAttempt | None:
    """The attempt, unless an earlier day's try is still undecided and was returned instead of a new one."""
    taken = attempt is not None and Collection.objects.filter(attempt=attempt).exists()
    return None if taken else attempt

"""What beginning costs, told by beginning: a choice that ends a trial, and a new subscription, rehearsed and rolled back
(G10, D12, D18)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance
from billing.errors import BillingError
from billing.models import Charge, Invoice, Subscription, Tariff
from billing.operations.cycle import prepaid_periods, scheduled_changes, subscription_status
from billing.operations.subscriptions import lifecycle, trials
from billing.pricing.evaluation import Explanation
from billing.pricing.periods import business_date
from billing.pricing.quantity import price
from billing.wording import charge_lines


@dataclass(frozen=True)
class Line:
    """One sum that is charged, at once or on the day the paid time begins, and how it comes about."""

    kind: str
    explanation: Explanation

    @property
    def amount_minor(self) -> int:
        return int(self.explanation["amount_minor"])


@dataclass(frozen=True)
class Beginning:
    """How a subscription begins, in minor units of ``currency``.

    ``starts_on`` is the first paid day, None where a trial begins that nothing follows by itself; ``first_minor`` what
    that day charges; ``due_now_minor`` what of it has to be paid after the money on the account; ``next_date`` and
    ``next_minor`` the charge after it, None where there is none.
    """

    subscription: Subscription
    tariff: Tariff
    quantity: int | None
    trial_ends_on: date | None
    starts_on: date | None
    is_now: bool
    lines: tuple[Line, ...]
    due_now_minor: int
    due_date: date | None
    next_date: date | None
    next_minor: int
    currency: str

    @property
    def first_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def token(self) -> str:
        """The figures in short: the same token, the same figures."""
        days = [day.isoformat() if day else None for day in (self.trial_ends_on, self.starts_on, self.next_date)]
        sums = [[line.amount_minor for line in self.lines], self.due_now_minor, self.next_minor]
        figures = [self.subscription.instance.public_id, self.tariff.pk, self.quantity, days, sums]
        return hashlib.sha256(json.dumps(figures).encode()).hexdigest()[:32]

    def describe(self, line: Line, locale: str) -> str:
        """What ``line`` is for, in the words that the invoice will have."""
        return charge_lines.words(line.kind, line.explanation, self.subscription, self.tariff, locale)


def begun(act: Callable[[], Subscription], as_of: datetime) -> Beginning:
    """Carries ``act`` out and tells what came of it; the caller's transaction decides whether it stays."""
    last_charge = Charge.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    known = set(Invoice.objects.filter(issued_at=as_of).values_list("pk", flat=True))
    subscription = act()
    if subscription_status.is_trialing(subscription, as_of):
        return _later(subscription, as_of)
    charges = Charge.objects.filter(subscription=subscription, pk__gt=last_charge, kind__in=charge_lines.BEGINNINGS)
    issued = Invoice.objects.filter(account=subscription.account, issued_at=as_of).exclude(pk__in=known)
    invoice = issued.order_by("-number").first()
    period = prepaid_periods.last_period(subscription)
    return Beginning(
        subscription=subscription,
        tariff=subscription.priced_by,
        quantity=subscription.quantity,
        trial_ends_on=None,
        starts_on=business_date(as_of, subscription.account.zone),
        is_now=True,
        lines=tuple(Line(charge.kind, charge.explanation) for charge in charges.order_by("pk")),
        due_now_minor=invoice.open_minor if invoice is not None else 0,
        due_date=invoice.due_date if invoice is not None else None,
        next_date=period.end if period else None,
        next_minor=subscription_status.renewal_price(subscription, period.end) if period else 0,
        currency=subscription.account.currency,
    )


def _later(subscription: Subscription, as_of: datetime) -> Beginning:
    """The trial goes on: nothing is charged before the day after it, and only what was chosen."""
    change = scheduled_changes.waiting_change(subscription)
    tariff = change.tariff if change is not None else subscription.priced_by
    quantity = change.quantity if change is not None else subscription.quantity
    starts: date | None = None
    lines: tuple[Line, ...] = ()
    next_date, next_minor = None, 0
    if change is not None:
        terms, starts = tariff.terms(), change.effective_date
        units = quantity or prepaid_periods.units_now(subscription, tariff)
        span = prepaid_periods.first_span(terms, starts)
        explanation = prepaid_periods.dated(prepaid_periods.explain_period(terms, units, span), span.start, span.end)
        lines, next_date, next_minor = (Line(Charge.Kind.START, explanation),), span.end, price(terms, units)
    return Beginning(
        subscription=subscription,
        tariff=tariff,
        quantity=quantity,
        trial_ends_on=subscription.trial_ends_on,
        starts_on=starts,
        is_now=False,
        lines=lines,
        due_now_minor=0,
        due_date=None,
        next_date=next_date,
        next_minor=next_minor,
        currency=subscription.account.currency,
    )


def _rehearsed(act: Callable[[], Subscription], as_of: datetime) -> Beginning:
    with transaction.atomic():
        found = begun(act, as_of)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def _performed(act: Callable[[], Subscription], as_of: datetime, token: str) -> Beginning:
    """Carries ``act`` out for the figures that ``token`` names; for any other nothing is written, and they are told."""
    done = begun(act, as_of)
    if done.token != token:
        raise BillingError(
            _("The figures have changed meanwhile: look at the new ones and confirm them."),
            code="quote_expired",
            rule="G10",
            extra={"beginning": done},
        )
    return done


def _choosing(
    subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime, actor: str
) -> Callable[[], Subscription]:
    return lambda: trials.choose(
        subscription=subscription, tariff_id=tariff_id, quantity=quantity, as_of=as_of, actor=actor
    )


def preview_choice(*, subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime) -> Beginning:
    """What `choose` would do now; nothing is kept. Refuses what it would refuse."""
    return _rehearsed(_choosing(subscription, tariff_id, quantity, as_of, ""), as_of)


def choose(
    *, subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime, actor: str, token: str
) -> Beginning:
    """Ends a trial by a choice (`trials.choose`) for the figures that were shown; refuses with ``quote_expired``."""
    return _performed(_choosing(subscription, tariff_id, quantity, as_of, actor), as_of, token)


def _creating(
    instance: Instance, tariff_id: str | None, quantity: int | None, trial: bool | None, as_of: datetime, actor: str
) -> Callable[[], Subscription]:
    return lambda: lifecycle.create_subscription(
        instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=as_of, actor=actor
    )


def preview_start(
    *, instance: Instance, tariff_id: str, quantity: int | None, trial: bool | None, as_of: datetime
) -> Beginning:
    """What `start` would do now; nothing is kept. Refuses what it would refuse."""
    return _rehearsed(_creating(instance, tariff_id, quantity, trial, as_of, ""), as_of)


def start(
    *,
    instance: Instance,
    tariff_id: str,
    quantity: int | None,
    trial: bool | None,
    as_of: datetime,
    actor: str,
    token: str,
) -> Beginning:
    """Takes out a subscription (`subscriptions.create_subscription`) for the figures that were shown; refuses with
    ``quote_expired``."""
    return _performed(_creating(instance, tariff_id, quantity, trial, as_of, actor), as_of, token)

"""A subscription beside what is on offer, and what more or fewer units would do to it (C3).

Every sum comes from `pricing`, which also charges it (G10). Facts only; the words are the pages'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Instance, Member
from billing.models import BillingAccount, BillingPeriod, Subscription, Tariff, TermsChange
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import business_date
from billing.pricing.quantity import exact_price, price
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Metric, Terms
from billing.reports.tariffs.plans import Bill, Variant, bill_of
from billing.reports.usage import current_period

# How many of an account's instances are named beside each other.
MOST_LISTED = 50
# How many seats that come or go are worked out line by line.
MOST_SEATS = 5_000


@dataclass(frozen=True)
class Size:
    """The size of an instance: people active now, those of them in paid roles, the peak of the running month where use is
    measured (else 0), the quantity that is bought."""

    active: int = 0
    paid: int = 0
    peak: int = 0
    quantity: int = 1

    def under(self, terms: Terms) -> int:
        """Returns how many units that is for a tariff with ``terms``."""
        if terms.metric == Metric.QUANTITY:
            return self.quantity
        return self.paid if terms.metric == Metric.PAID_MEMBERS else max(self.active, self.peak)


@dataclass(frozen=True)
class CurrentPlan:
    """A running subscription with its terms and size. ``terms`` price the running period, ``next_terms`` the one after it: others
    where a ``change`` is scheduled (D7). ``newer`` is the version offered now under the same tariff id, None where it is
    on that one or none is offered any more."""

    subscription: Subscription
    terms: Terms
    next_terms: Terms
    change: TermsChange | None
    size: Size
    newer: Tariff | None
    period: BillingPeriod | None
    today: date

    @property
    def tariff(self) -> Tariff:
        return self.subscription.priced_by

    @property
    def is_offered(self) -> bool:
        return self.newer is not None or self.tariff.status == Tariff.Status.PUBLISHED

    @property
    def trial_ends_on(self) -> date | None:
        """The last day of the trial, whole (D12), until paid time has begun; None where there is no trial."""
        return self.subscription.trial_ends_on if self.subscription.paid_from is None else None

    @property
    def is_paid(self) -> bool:
        return self.trial_ends_on is None

    @property
    def trial_is_over(self) -> bool:
        return self.trial_ends_on is not None and self.trial_ends_on < self.today

    @property
    def is_measured(self) -> bool:
        return self.terms.is_metered

    @property
    def counts_seats(self) -> bool:
        """Tells whether seats are paid in advance now, so that each that comes or goes is charged or given back (B5, B6)."""
        paid = self.subscription.paid_from is not None and self.period is not None
        return paid and self.tariff.metric == Metric.PAID_MEMBERS

    @property
    def last_day(self) -> date | None:
        """The last day, included, of the period that runs."""
        return self.period.span.last_day if self.period is not None else None

    @property
    def charged_minor(self) -> int:
        """The price of the peak so far, in minor units (M2)."""
        return price(self.terms, self.size.peak)


@dataclass(frozen=True)
class WhatIf:
    """The price of ``quantity`` units for a subscription that does not have them, in minor units.

    Where use is measured: this month in all, what of it would come on top of what is charged, and the next month. Of seats
    ``adds_minor`` is what those that came or went today would be charged, below 0 given back, to the period's end (B5, B6);
    of a one-off what more units cost beyond those paid for (E4). Else the first two are None: the period that runs is paid.
    """

    quantity: int
    this_month_minor: int | None
    adds_minor: int | None
    this_month: Explanation | None
    next: Bill | None

    @property
    def credit_minor(self) -> int:
        """The sum that would be given back, in minor units (B6)."""
        return max(0, -(self.adds_minor or 0))


def size_of(instance: Instance, subscription: Subscription | None, period: BillingPeriod | None) -> Size:
    """Returns how large ``instance`` is now: one query."""
    rows = Member.objects.active().filter(instance=instance).values_list("role__is_paid").annotate(number=Count("pk"))
    counts = dict(rows)
    measured = period is not None and period.tariff.is_metered
    return Size(
        active=sum(counts.values()),
        paid=counts.get(True, 0),
        peak=period.peak if period is not None and measured else 0,
        quantity=(subscription.quantity or 1) if subscription is not None else 1,
    )


def instances_of(account: BillingAccount) -> list[Instance]:
    """Returns the living instances that are charged to ``account`` or to none yet, the busiest of those that run first: one query."""
    charged_here = Q(subscriptions__account=account) | Q(subscriptions=None, customer=account.customer_id)
    running = Exists(Subscription.objects.filter(instance=OuterRef("pk"), terminated_at=None))
    active = Count("members", filter=Q(members__status=Member.Status.ACTIVE), distinct=True)
    living = Instance.objects.filter(charged_here, deleted_at=None).annotate(runs=running, active=active)
    return list(living.order_by("-runs", "-active", "domain")[:MOST_LISTED])


def current_plan(subscription: Subscription, offered: Iterable[Variant], as_of: datetime) -> CurrentPlan:
    """Reads the terms and the size of the running ``subscription`` (with its tariff and instance) at ``as_of``, and whether a
    newer version of its tariff is among ``offered``."""
    period = current_period(subscription, as_of)
    change = subscription.terms_changes.waiting().select_related("tariff__product").first()
    current = subscription.priced_by
    versions = [variant.tariff for variant in offered if variant.tariff.tariff_id == current.tariff_id]
    return CurrentPlan(
        subscription=subscription,
        terms=(period.tariff if period is not None else current).terms(),
        next_terms=(change.tariff if change is not None else current).terms(),
        change=change,
        size=size_of(subscription.instance, subscription, period),
        newer=next((variant for variant in versions if variant.version > current.version), None),
        period=period,
        today=business_date(as_of, subscription.account.zone),
    )


def what_if(plan: CurrentPlan, quantity: int, rest: Mapping[str, int] | None = None) -> WhatIf:
    """Prices the subscription as if ``quantity`` people were active, or so many units bought (G10).

    ``rest`` is what is left of the paid period from tomorrow on, as `explain_seat_change` takes it; for seats only.
    """
    ahead = bill_of(plan.next_terms, quantity)
    if not plan.is_measured:
        adds_minor = _seat_difference(plan, quantity, rest) if rest is not None else _one_off_difference(plan, ahead)
        return WhatIf(quantity, None, adds_minor, None, ahead)
    highest = max(plan.size.peak, quantity)
    this_month_minor = price(plan.terms, highest)
    return WhatIf(
        quantity, this_month_minor, this_month_minor - plan.charged_minor, explain_quantity(plan.terms, highest), ahead
    )


def _one_off_difference(plan: CurrentPlan, ahead: Bill | None) -> int | None:
    """Returns what a one-off for more units costs when those of before are paid for (E4)."""
    if ahead is None or not plan.terms.is_one_off or ahead.quantity <= plan.size.under(plan.terms):
        return None
    return ahead.amount_minor - price(plan.terms, plan.size.under(plan.terms))


def _seat_difference(plan: CurrentPlan, quantity: int, rest: Mapping[str, int]) -> int | None:
    """Prices the seats between now and ``quantity`` for the rest of the period, each a line of its own (B5, B6)."""
    terms, here = plan.tariff.terms(), plan.size.paid
    if abs(quantity - here) > MOST_SEATS:
        return None
    charge_by_price: dict[Fraction, int] = {}  # seats at one price have one line: it is worked out once
    total = 0
    for before in range(min(here, quantity), max(here, quantity)):
        each = exact_price(terms, before + 1) - exact_price(terms, before)
        if each not in charge_by_price:
            charge_by_price[each] = int(explain_seat_change(terms, before, before + 1, **rest)["amount_minor"])
        total += charge_by_price[each]
    return total if quantity > here else -total

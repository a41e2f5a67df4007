"""The state of one subscription as its owner sees it: a trial, paid time, what is being collected, what was decided, the end.

Facts only, in minor units and dates; the words are the pages'. Nothing here writes.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from billing.models import BillingPeriod, Charge, Collection, SavedMethod, Subscription, SubscriptionChange, TermsChange
from billing.operations.collection import payment_methods
from billing.operations.cycle import due, prepaid_periods, scheduled_changes, subscription_status
from billing.operations.cycle.locking import read_subscription
from billing.operations.invoices import issuing
from billing.operations.subscriptions import change_undo
from billing.pricing import due_dates
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.periods import business_date
from billing.pricing.quantity import price
from billing.pricing.terms import Metric, Renewal, Terms

PAID_TRIES = (Collection.Outcome.FROM_BALANCE, Collection.Outcome.FROM_CARD)


class Stage(StrEnum):
    METERED = "metered"
    FREE = "free"
    ONE_OFF = "one_off"
    TRIAL = "trial"
    TRIAL_ENDED = "trial_ended"
    PAID = "paid"
    ENDED = "ended"


@dataclass(frozen=True)
class PlanState:
    """One subscription at ``as_of``. ``units`` are the seats or bought units of now, 1 for a flat fee.

    ``next_date`` and ``next_minor`` are the first charge that comes by itself, None where none does; ``tries`` those made
    to collect it, the newest first (E8); ``available_minor`` the money on the account that it may be paid from.
    """

    subscription: Subscription
    stage: Stage
    as_of: datetime
    today: date
    units: int
    last_period: BillingPeriod | None
    next_date: date | None
    next_minor: int
    first: Explanation | None
    change: TermsChange | None
    undo: SubscriptionChange | None
    tries: tuple[Collection, ...]
    available_minor: int
    method: SavedMethod | None
    seats_minor: int
    end_reason: str

    @property
    def zone(self) -> str:
        return self.subscription.account.zone

    @property
    def currency(self) -> str:
        return self.subscription.account.currency

    @property
    def terms(self) -> Terms:
        """The terms that price it now; not to be asked of a free product."""
        return self.subscription.priced_by.terms()

    @property
    def metric(self) -> str:
        """The units that are counted; empty for a flat fee and a free product."""
        tariff = self.subscription.tariff
        return str(tariff.metric) if tariff is not None and tariff.metric != Metric.NONE else ""

    @property
    def is_running(self) -> bool:
        return self.stage not in (Stage.ENDED, Stage.TRIAL_ENDED)

    # --- The trial ---------------------------------------------------------------------------------------------------

    @property
    def days_left(self) -> int:
        """Days of the trial after today: 0 on its last day, which counts whole (D12)."""
        assert self.subscription.trial_ends_on is not None
        return (self.subscription.trial_ends_on - self.today).days

    @property
    def trial_locks_at(self) -> datetime | None:
        """The instant from which it is read-only without a choice (B2)."""
        ends = self.subscription.trial_ends_on
        return due_dates.midnight_after(ends, self.zone) if ends is not None else None

    # --- Paid time ---------------------------------------------------------------------------------------------------

    @property
    def paid_until(self) -> date | None:
        """The last day, included, of the time that has been charged."""
        return self.last_period.end - timedelta(days=1) if self.last_period is not None else None

    @property
    def is_collected(self) -> bool:
        """Tells whether a new period is collected before its date (E8), not billed on it."""
        tariff = self.subscription.tariff
        return tariff is not None and tariff.renewal == Renewal.COLLECTED

    @property
    def first_try_on(self) -> date | None:
        """The day of the first try to collect the next period; None where it is not collected."""
        return due_dates.first_collection_day(self.next_date) if self.next_date and self.is_collected else None

    @property
    def missing_minor(self) -> int:
        """The sum that the balance lacks for the next period, in minor units."""
        return max(0, self.next_minor - self.available_minor)

    @property
    def needs_card(self) -> bool:
        """Tells whether the next period will be collected with no card saved and too little on the balance (E8)."""
        return self.is_collected and self.method is None and self.missing_minor > 0

    @property
    def is_in_dunning(self) -> bool:
        """Tells whether a try for the next period has failed and the money is not there yet."""
        return bool(self.tries) and self.tries[0].outcome not in PAID_TRIES and self.missing_minor > 0

    @property
    def next_try_at(self) -> datetime | None:
        """Ten o'clock of the next day on which it is tried; None after the last (E8)."""
        if self.next_date is None or not self.tries:
            return None
        collection = due.next_collection(
            self.subscription, self.next_date, self.zone, last_try=self.tries[0].day, amount_minor=self.next_minor
        )
        return collection.at if collection is not None else None

    @property
    def ends_unpaid_at(self) -> datetime | None:
        """The instant at which it ends if the money has not come (E8)."""
        return due_dates.midnight_after(self.next_date, self.zone) if self.next_date is not None else None

    # --- What was decided --------------------------------------------------------------------------------------------

    @property
    def ends_at(self) -> datetime | None:
        return self.subscription.ends_at

    @property
    def is_cancelled(self) -> bool:
        return self.is_running and self.subscription.cancel_date is not None

    @property
    def can_be_cancelled(self) -> bool:
        return self.stage in (Stage.TRIAL, Stage.PAID) and self.subscription.cancel_date is None

    @property
    def is_paid_ahead(self) -> bool:
        """Tells whether the period after the running one has been paid already (E8)."""
        return self.last_period is not None and self.last_period.start > self.today

    @property
    def can_be_called_off(self) -> bool:
        """Tells whether the scheduled change is the owner's own, and its period is not paid yet."""
        if self.stage != Stage.PAID:
            return False  # the choice that ends a trial is taken back by another
        return self.change is not None and self.change.move_id is None and not self.is_paid_ahead

    @property
    def undo_until(self) -> datetime:
        """The midnight until which a change of today can be taken back (D6)."""
        return due_dates.midnight_after(self.today, self.zone)

    @property
    def total_minor(self) -> int:
        """The price of a one-off purchase in all (E4), in minor units."""
        return price(self.terms, self.units)


def plan_state(subscription: Subscription, as_of: datetime) -> PlanState:
    """Reads the state of ``subscription`` (with its account, tariff and instance) at ``as_of``; a dozen queries whatever its history.

    Where a midnight has passed that no job has dealt with yet, what is due since is rehearsed (D3).
    """
    today = business_date(as_of, subscription.account.zone)
    if subscription.next_transition_date is None or subscription.next_transition_date > today:
        return _state(subscription, as_of)
    return read_subscription(subscription, lambda row: _state(row, as_of), as_of=as_of)


def _state(subscription: Subscription, as_of: datetime) -> PlanState:
    today = business_date(as_of, subscription.account.zone)
    stage = _stage(subscription, as_of)
    prepaid_time = stage in (Stage.TRIAL, Stage.PAID, Stage.TRIAL_ENDED)
    change = scheduled_changes.waiting_change(subscription) if prepaid_time else None
    last = prepaid_periods.last_period(subscription) if stage in (Stage.PAID, Stage.ENDED) else None
    next_date, next_minor, first = _next_charge(subscription, stage, last, change)
    return PlanState(
        subscription=subscription,
        stage=stage,
        as_of=as_of,
        today=today,
        units=_units(subscription, stage),
        last_period=last,
        next_date=next_date,
        next_minor=next_minor,
        first=first,
        change=change,
        undo=change_undo.find_undoable_change(subscription, as_of) if stage in (Stage.PAID, Stage.ONE_OFF) else None,
        tries=_collections_for(subscription, next_date) if stage == Stage.PAID else (),
        available_minor=issuing.available_credit(subscription.account) if prepaid_time else 0,
        method=payment_methods.active_method(subscription.account) if prepaid_time else None,
        seats_minor=_seats_minor(subscription) if stage == Stage.PAID else 0,
        end_reason=_end_reason(subscription) if stage == Stage.ENDED else "",
    )


def _stage(subscription: Subscription, as_of: datetime) -> Stage:
    lapse = subscription_status.find_lapse(subscription, as_of)
    if lapse is not None:
        return Stage.TRIAL_ENDED if lapse.code == "trial_ended" else Stage.ENDED
    if subscription.tariff is None:
        return Stage.FREE
    if subscription_status.is_trialing(subscription, as_of):
        return Stage.TRIAL
    terms = subscription.tariff.terms()
    if terms.is_metered:
        return Stage.METERED
    return Stage.ONE_OFF if terms.is_one_off else Stage.PAID


def _units(subscription: Subscription, stage: Stage) -> int:
    if subscription.tariff is None or stage == Stage.METERED:
        return 0
    return prepaid_periods.units_now(subscription, subscription.tariff)


def _next_charge(
    subscription: Subscription, stage: Stage, last: BillingPeriod | None, change: TermsChange | None
) -> tuple[date | None, int, Explanation | None]:
    """Returns the first charge that comes by itself: its day, its sum, and how it comes about where a trial is followed by it."""
    if subscription.cancel_date is not None:
        return None, 0, None
    if stage == Stage.TRIAL and change is not None:
        terms, starts = change.tariff.terms(), change.effective_date
        units = change.quantity or prepaid_periods.units_now(subscription, change.tariff)
        explanation = prepaid_periods.explain_period(terms, units, prepaid_periods.first_span(terms, starts))
        return starts, int(explanation["amount_minor"]), explanation
    if stage == Stage.PAID and last is not None:
        return last.end, subscription_status.renewal_price(subscription, last.end), None
    return None, 0, None


def _collections_for(subscription: Subscription, next_date: date | None) -> tuple[Collection, ...]:
    if next_date is None:
        return ()
    collections = Collection.objects.filter(subscription=subscription, period_start=next_date)
    return tuple(collections.select_related("attempt__method").order_by("-pk"))


def _seats_minor(subscription: Subscription) -> int:
    """Seats that came or went and are on no invoice yet (B7)."""
    waiting = Charge.objects.uncollected().filter(subscription=subscription)
    return sum(waiting.values_list("amount_minor", flat=True))


def _end_reason(subscription: Subscription) -> str:
    """Returns ``cancelled``, ``unpaid``, or ``terminated`` by support; also where no job has noticed the end yet."""
    if subscription.terminated_at is None:
        return "cancelled" if subscription.cancel_date is not None else "unpaid"
    last = subscription.changes.filter(kind=SubscriptionChange.Kind.TERMINATED).order_by("-pk").first()
    return last.reason if last is not None and last.reason in ("cancelled", "unpaid") else "terminated"

"""Quotes for a start: a new subscription, or the choice of a tariff that ends a trial (D12, D18).

Preview and act use the same builder, so that what was shown is what is charged (G10).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from accounts import members
from accounts.models import Instance
from billing.models import BillingAccount, Charge, Subscription, Tariff
from billing.operations import rehearsal
from billing.operations.cycle import month_close, offered_tariffs, prepaid_periods, subscription_status, usage
from billing.operations.cycle.locking import lock_account, lock_subscription, read_subscription
from billing.operations.invoices import issuing
from billing.operations.ledger import accounts
from billing.operations.subscriptions import lifecycle, quotes, trials
from billing.pricing import due_dates
from billing.pricing import peak as peaks
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import business_date, month_start, start_of_day
from billing.pricing.quantity import price
from billing.pricing.terms import Metric
from billing.wording import charge_lines

Kind = Charge.Kind


@dataclass(frozen=True)
class Line:
    """One charge, posted at once or on the day the paid time begins, with its explanation."""

    kind: str
    explanation: Explanation

    @property
    def amount_minor(self) -> int:
        return int(self.explanation["amount_minor"])


@dataclass(frozen=True)
class StartQuote:
    """The start of a subscription and its cost in minor units of ``currency``; in a preview ``subscription`` is not stored.

    ``starts_on`` is the first paid day, None where a trial begins that nothing follows by itself; ``first_minor`` what
    that day charges; ``due_now_minor`` what of it has to be paid after the money on the account; ``next_date`` and
    ``next_minor`` the charge after it, None where there is none.
    """

    subscription: Subscription
    tariff: Tariff
    quantity: int | None
    trial_ends_on: date | None = None
    starts_on: date | None = None
    is_now: bool = False
    lines: tuple[Line, ...] = ()
    due_now_minor: int = 0
    due_date: date | None = None
    next_date: date | None = None
    next_minor: int = 0

    @property
    def currency(self) -> str:
        return self.subscription.account.currency

    @property
    def first_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def may_change_with_seats(self) -> bool:
        """Tells whether the sum may still change: seats are charged as they are when paid time begins, later (B3)."""
        return not self.is_now and self.starts_on is not None and self.tariff.metric == Metric.PAID_MEMBERS

    @property
    def token(self) -> str:
        """A digest of the figures, whatever the ids of the rows are."""
        return rehearsal.token_of(
            self.tariff.pk,
            self.quantity,
            [self.trial_ends_on, self.starts_on, self.next_date],
            [line.amount_minor for line in self.lines],
            self.due_now_minor,
            self.next_minor,
        )

    def describe(self, line: Line, locale: str) -> str:
        """Describes ``line`` in ``locale``, in the words that the invoice will have."""
        return charge_lines.describe_line(line.kind, line.explanation, self.subscription, self.tariff, locale)


# --- A new subscription ----------------------------------------------------------------------------------------------


def quote_start(
    *, instance: Instance, tariff_id: str | None, quantity: int | None, trial: bool | None, as_of: datetime
) -> StartQuote:
    """Quotes what `start_subscription` would charge now; writes nothing and refuses what it would refuse.

    ``instance`` may be one that is not registered yet: its first person is then the only one (M15).
    """
    terms = _paid_terms(instance, tariff_id, quantity, trial)
    account = accounts.prospective_account(instance.customer, terms.tariff.seller, as_of)
    return month_close.read_caught_up(account, as_of, lambda account: _build_start(instance, account, terms, as_of))


@transaction.atomic
def start_subscription(
    *, instance: Instance, tariff_id: str | None, quantity: int | None, trial: bool | None, as_of: datetime, actor: str
) -> StartQuote:
    """Takes out a subscription (`lifecycle.create_subscription`) and returns the quote that it was charged by."""
    terms = _paid_terms(instance, tariff_id, quantity, trial)
    account = lock_account(accounts.find_or_open_account(instance.customer, terms.tariff.seller, as_of), as_of=as_of)
    return _check_charges(
        _build_start(instance, account, terms, as_of),
        lambda: lifecycle.create_subscription(
            instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=as_of, actor=actor
        ),
    )


def start_subscription_as_quoted(
    *,
    instance: Instance,
    tariff_id: str,
    quantity: int | None,
    trial: bool | None,
    as_of: datetime,
    actor: str,
    token: str,
) -> StartQuote:
    """Takes out a subscription for the figures that ``token`` names; refuses others with ``quote_expired`` (G10)."""
    return _carry_out_as_quoted(
        lambda: start_subscription(
            instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=as_of, actor=actor
        ),
        token,
    )


@dataclass(frozen=True)
class _Terms:
    tariff: Tariff
    quantity: int | None
    with_trial: bool


def _paid_terms(instance: Instance, tariff_id: str | None, quantity: int | None, trial: bool | None) -> _Terms:
    tariff, quantity, with_trial = lifecycle.check_terms(instance, tariff_id, quantity, trial)
    assert tariff is not None  # what is free has no tariff, and nothing to quote (E1)
    return _Terms(tariff, quantity, with_trial)


def _build_start(instance: Instance, account: BillingAccount, terms: _Terms, as_of: datetime) -> StartQuote:
    as_of = lifecycle.not_before_open_month(account, as_of)
    if not instance._state.adding:
        lifecycle.refuse_start(instance, as_of)
    subscription = Subscription(instance=instance, account=account, tariff=terms.tariff, quantity=terms.quantity)
    if terms.with_trial:
        ends_on = due_dates.trial_end(business_date(as_of, account.zone), terms.tariff.trial_days)
        return StartQuote(subscription, terms.tariff, terms.quantity, trial_ends_on=ends_on)
    if terms.tariff.terms().is_metered:
        return _quote_metered(subscription, as_of)
    if terms.tariff.terms().is_one_off:
        return _quote_purchase(subscription, as_of)
    return _quote_paid_time(subscription, terms.tariff, terms.quantity, as_of)


def _quote_metered(subscription: Subscription, as_of: datetime) -> StartQuote:
    """Quotes the first metered month at the people of now (M5, M6); its invoice comes after the month."""
    instance, account, tariff = subscription.instance, subscription.account, subscription.priced_by
    span, opened_at = lifecycle.first_month(instance, account, as_of)
    is_registered = not instance._state.adding
    steps = usage.known_steps(instance, opened_at) if is_registered else [peaks.Step(as_of, 1, False)]
    peak = peaks.peak_between(steps, opened_at, start_of_day(span.end, account.zone))
    explanation = usage.explain_month(tariff.terms(), month_start(span.start), peak.most, peak.at)
    return StartQuote(
        subscription,
        tariff,
        subscription.quantity,
        starts_on=business_date(as_of, account.zone),
        is_now=True,
        lines=(Line(Kind.OPENING, explanation),) if explanation["amount_minor"] else (),
        next_date=span.end,
        next_minor=price(tariff.terms(), subscription.quantity or 1),
    )


def _quote_purchase(subscription: Subscription, as_of: datetime) -> StartQuote:
    """Quotes what is paid once and for good (E4)."""
    tariff, today = subscription.priced_by, business_date(as_of, subscription.account.zone)
    line = Line(Kind.PURCHASE, explain_quantity(tariff.terms(), subscription.quantity or 1))
    return _add_invoice(
        StartQuote(subscription, tariff, subscription.quantity, starts_on=today, is_now=True, lines=(line,)),
        line.amount_minor,
    )


# --- The choice that ends a trial ------------------------------------------------------------------------------------


def quote_choice(*, subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime) -> StartQuote:
    """Quotes what `choose_tariff` would charge now; writes nothing and refuses what it would refuse."""
    return read_subscription(
        subscription, lambda current: _build_choice(current, tariff_id, quantity, as_of), as_of=as_of
    )


@transaction.atomic
def choose_tariff(
    *, subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime, actor: str
) -> StartQuote:
    """Ends a trial by the choice of a tariff (`trials.choose_tariff`) and returns the quote that it was charged by."""
    return _check_charges(
        _build_choice(lock_subscription(subscription, as_of=as_of), tariff_id, quantity, as_of),
        lambda: trials.choose_tariff(
            subscription=subscription, tariff_id=tariff_id, quantity=quantity, as_of=as_of, actor=actor
        ),
    )


def choose_tariff_as_quoted(
    *, subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime, actor: str, token: str
) -> StartQuote:
    """Chooses a tariff for the figures that ``token`` names; refuses others with ``quote_expired`` (G10)."""
    return _carry_out_as_quoted(
        lambda: choose_tariff(
            subscription=subscription, tariff_id=tariff_id, quantity=quantity, as_of=as_of, actor=actor
        ),
        token,
    )


def _build_choice(subscription: Subscription, tariff_id: str, quantity: int | None, as_of: datetime) -> StartQuote:
    trials.refuse_without_trial(subscription, as_of)
    tariff = offered_tariffs.paid_tariff(subscription.instance.product, tariff_id)
    quantity = quotes.check_quantity(tariff, quantity, subscription.quantity)
    if subscription_status.is_trialing(subscription, as_of):
        return _quote_after_trial(subscription, tariff, quantity)
    return _quote_paid_time(subscription, tariff, quantity, as_of)


def _quote_after_trial(subscription: Subscription, tariff: Tariff, quantity: int | None) -> StartQuote:
    """Quotes a choice during the trial: the tariff is charged on the day after it, at the seats of now."""
    assert subscription.trial_ends_on is not None
    terms, starts_on = tariff.terms(), prepaid_periods.day_after(subscription.trial_ends_on)
    units = quantity or prepaid_periods.units_now(subscription, tariff)
    span = prepaid_periods.first_span(terms, starts_on)
    explanation = prepaid_periods.add_dates(prepaid_periods.explain_period(terms, units, span), span.start, span.end)
    return StartQuote(
        subscription,
        tariff,
        quantity,
        trial_ends_on=subscription.trial_ends_on,
        starts_on=starts_on,
        lines=(Line(Kind.START, explanation),),
        next_date=span.end,
        next_minor=price(terms, units),
    )


# --- What both have --------------------------------------------------------------------------------------------------


def _quote_paid_time(subscription: Subscription, tariff: Tariff, quantity: int | None, as_of: datetime) -> StartQuote:
    """Quotes paid time that begins today and is invoiced at once, with what was adjusted on the account (D17)."""
    account, terms = subscription.account, tariff.terms()
    span = prepaid_periods.first_span(terms, business_date(as_of, account.zone))
    explanation = prepaid_periods.explain_period(terms, _units(subscription, tariff, quantity, as_of, True), span)
    explanation = prepaid_periods.add_dates(explanation, span.start, span.end)
    next_starts_at = start_of_day(span.end, account.zone)
    quote = StartQuote(
        subscription,
        tariff,
        quantity,
        starts_on=span.start,
        is_now=True,
        lines=(Line(Kind.START, explanation),) if explanation["amount_minor"] else (),
        next_date=span.end,
        next_minor=price(terms, _units(subscription, tariff, quantity, next_starts_at, False)),
    )
    if not quote.lines:
        return quote
    return _add_invoice(quote, quote.first_minor + issuing.uncollected_minor(account, subscription))


def _units(subscription: Subscription, tariff: Tariff, bought: int | None, at: datetime, within_day: bool) -> int:
    """Returns the units of a period that is opened at ``at``; see `prepaid_periods.open_period` for ``within_day``."""
    instance = subscription.instance
    if instance._state.adding and tariff.metric == Metric.PAID_MEMBERS:
        return 1 if members.first_role(instance).is_paid else 0
    counted_to = usage.last_report(instance) if within_day and not instance._state.adding else 0
    return prepaid_periods.units(subscription, tariff, bought, at, counted_to)


def _add_invoice(quote: StartQuote, total_minor: int) -> StartQuote:
    """Adds to ``quote`` what its invoice of ``total_minor`` leaves to pay, and the due date; no invoice where that is nothing."""
    if total_minor <= 0 or quote.starts_on is None:
        return quote
    account = quote.subscription.account
    credit = issuing.available_credit(account) if not account._state.adding else 0
    due_date = due_dates.payment_date(quote.starts_on, quote.tariff.payment_days)
    return replace(quote, due_now_minor=max(0, total_minor - credit), due_date=due_date)


def _check_charges(quote: StartQuote, act: Callable[[], Subscription]) -> StartQuote:
    """Carries ``act`` out and checks that it charged the quote's lines; raises, so that nothing is stored, where not (G10)."""
    last_charge = Charge.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    subscription = act()
    charges = Charge.objects.filter(
        subscription=subscription, pk__gt=last_charge, kind__in=charge_lines.FIRST_CHARGE_KINDS
    )
    charged_lines = list(charges.order_by("pk").values_list("kind", "amount_minor"))
    if charged_lines != [(line.kind, line.amount_minor) for line in quote.lines if quote.is_now]:
        raise rehearsal.quote_expired(quote=quote)
    return replace(quote, subscription=subscription)


def _carry_out_as_quoted(act: Callable[[], StartQuote], token: str) -> StartQuote:
    return rehearsal.carry_out_as_seen(
        act, seen=token, token=lambda quote: quote.token, refusal=lambda quote: rehearsal.quote_expired(quote=quote)
    )

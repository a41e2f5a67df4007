"""Quotes for a change of terms: what it costs now, what is lost, what comes next (E6, E7, D7, B8).

Preview and act use the same builder, so that what was shown is what is charged (G10).
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from billing.errors import BadInput, BillingError
from billing.models import BillingPeriod, Charge, Subscription, Tariff
from billing.operations import rehearsal
from billing.operations.cycle import offered_tariffs, prepaid_periods, scheduled_changes, subscription_status
from billing.pricing.changes import carry_full_period, change_terms
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import business_date
from billing.pricing.quantity import exact_price, price
from billing.pricing.terms import ChangeRule, Metric, Terms
from billing.wording import charge_lines

INVALID_QUANTITY = _("Enter how many you need: 1 to 1,000,000.")
PRODUCT_IS_FREE = _("This product is free: there is nothing to change.")
TRIAL_CHOOSE = _("This is a trial: choose a tariff instead, and paid time begins after it.")
CANCELLED = _("It is cancelled, so that no period follows: take the cancellation back first, or choose now.")
NEXT_PERIOD_PAID = _(
    "The next period is paid already, on the terms that were chosen for it: choose now, or wait until it begins."
)
ONLY_AT_PERIOD_END = _("This change takes effect at the end of the period that is paid: choose period_end.")
NOTHING_CHANGES = _("These are the terms it is on: choose another tariff or quantity.")

NOW, PERIOD_END = "now", "period_end"
MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Line:
    """One charge that the change would post, with its explanation and the paid period it belongs to."""

    kind: Charge.Kind
    explanation: Explanation
    period: BillingPeriod | None

    @property
    def amount_minor(self) -> int:
        return int(self.explanation["amount_minor"])


@dataclass(frozen=True)
class Quote:
    """The cost of a change to ``quantity`` units under ``tariff``, in minor units of ``currency``.

    ``when`` is now or period_end, ``effective_date`` the first day on the new terms; ``due_now_minor`` the sum of the
    lines, ``lost_minor`` the value that is given up (E7); ``next_date`` and ``next_minor`` the next charge after it.
    """

    subscription: Subscription
    tariff: Tariff
    quantity: int | None
    when: str
    effective_date: date
    lines: tuple[Line, ...]
    lost_minor: int
    next_date: date | None
    next_minor: int
    currency: str

    @property
    def due_now_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def token(self) -> str:
        """A digest of the figures: the same token, the same figures."""
        return rehearsal.token_of(
            self.subscription.public_id,
            self.tariff.pk,
            self.quantity,
            self.when,
            self.effective_date.isoformat(),
            [line.amount_minor for line in self.lines],
            self.lost_minor,
            self.next_date.isoformat() if self.next_date else None,
            self.next_minor,
        )

    def describe(self, line: Line, locale: str) -> str:
        """Describes ``line`` in ``locale``, in the words that the invoice will have."""
        return charge_lines.describe_line(line.kind, line.explanation, self.subscription, self.tariff, locale)


@dataclass(frozen=True)
class TermsRequest:
    """The terms that are asked for; what is None stays as it is. ``when``: now, period_end, or None for the default, which is a
    dearer tariff now and a cheaper one at the period's end (D7)."""

    tariff_id: str | None = None
    quantity: int | None = None
    when: str | None = None


def check_quantity(tariff: Tariff, quantity: int | None, present_quantity: int | None = None) -> int | None:
    """Returns the number of units to be bought under ``tariff``; None where it counts by itself. Refuses any other number.

    Without ``quantity`` it is ``present_quantity``, or 1.
    """
    if tariff.metric != Metric.QUANTITY:
        if quantity is not None:
            raise BadInput(_("This tariff counts by itself: leave the quantity out."), field="quantity")
        return None
    quantity = quantity or present_quantity or 1 if quantity is None else quantity
    if not 1 <= quantity <= MOST_UNITS:
        raise BadInput(INVALID_QUANTITY, field="quantity", code="invalid_quantity")
    return quantity


def build_quote(subscription: Subscription, request: TermsRequest, as_of: datetime) -> Quote:
    """Builds the quote for ``request`` at ``as_of``; the caller has locked the account and caught it up. Refuses what the
    subscription's state or the tariff's rules do not allow."""
    _refuse_state(subscription, as_of)
    present = subscription.priced_by
    tariff = present
    if request.tariff_id not in (None, present.tariff_id):
        tariff = offered_tariffs.paid_tariff(subscription.instance.product, request.tariff_id)
    quantity = check_quantity(tariff, request.quantity, subscription.quantity)
    paid_period = scheduled_changes.period_paid_ahead(subscription)
    if tariff.pk == present.pk and quantity == subscription.quantity and paid_period is None:
        raise BadInput(NOTHING_CHANGES, field="tariff_id", code="nothing_changes")
    if present.terms().is_one_off or tariff.terms().is_one_off:
        return _quote_more_units(subscription, tariff, quantity, request, as_of)
    when = _effective_time(subscription, present, tariff, quantity, request.when, as_of)
    if when == PERIOD_END and subscription.cancel_date is not None:
        raise BillingError(CANCELLED, code="cancelled", rule="C4")
    if when == PERIOD_END and paid_period is not None:
        raise BillingError(NEXT_PERIOD_PAID, code="next_period_paid", rule="E8")
    return (_quote_now if when == NOW else _quote_at_period_end)(subscription, tariff, quantity, as_of)


def _refuse_state(subscription: Subscription, as_of: datetime) -> None:
    if subscription.tariff is None:
        raise BillingError(PRODUCT_IS_FREE, code="product_is_free", rule="E1")
    lapse = subscription_status.find_lapse(subscription, as_of)
    if subscription_status.is_trialing(subscription, as_of) or (lapse is not None and lapse.code == "trial_ended"):
        raise BillingError(TRIAL_CHOOSE, code="trial_choose", rule="D18")
    if lapse is not None:
        raise BillingError(_("This subscription has ended: take out a new one."), code="already_terminated", rule="E9")


def _monthly_price(terms: Terms, units: int) -> Fraction:
    return exact_price(terms, units) / (terms.interval_months or 1)


def _effective_time(
    subscription: Subscription,
    present: Tariff,
    tariff: Tariff,
    quantity: int | None,
    requested: str | None,
    as_of: datetime,
) -> str:
    """Decides when the change takes effect: as asked for where the rules leave the choice (B8, D7)."""
    if requested not in (None, NOW, PERIOD_END):
        raise BadInput(_("Choose now or period_end."), field="when")
    only_later = (
        ChangeRule.PERIOD_END in (present.change_rule, tariff.change_rule)
        or present.interval_months != tariff.interval_months
        or present.cycle != tariff.cycle
    )
    if only_later and requested == NOW:
        raise BadInput(ONLY_AT_PERIOD_END, field="when", code="only_at_period_end", rule="B8")
    if only_later:
        return PERIOD_END
    today = business_date(as_of, subscription.account.zone)
    old_price = _monthly_price(present.terms(), _units(subscription, present, subscription.quantity, today))
    new_price = _monthly_price(tariff.terms(), _units(subscription, tariff, quantity, today))
    return requested or (PERIOD_END if new_price < old_price else NOW)


def _units(subscription: Subscription, tariff: Tariff, quantity: int | None, today: date) -> int:
    """Returns the units under ``tariff`` today."""
    if tariff.metric == Metric.QUANTITY:
        return quantity or 1
    return prepaid_periods.units_now(subscription, tariff)


def _quote_now(subscription: Subscription, tariff: Tariff, quantity: int | None, as_of: datetime) -> Quote:
    """Quotes a change now: what is left of every paid period that is not over is carried over to the new terms (E6)."""
    today = business_date(as_of, subscription.account.zone)
    new_units = _units(subscription, tariff, quantity, today)
    lines, lost = [], 0
    for period in subscription.periods.filter(end__gt=today).order_by("start"):
        first_day = max(today, period.start)
        old_tariff, bought = scheduled_changes.terms_on(subscription, period.start)
        old_period = carry_full_period(
            old_tariff.terms(), _units(subscription, old_tariff, bought, today), period.span.days
        )
        change = change_terms(old_period, (first_day - period.start).days, tariff.terms(), new_units, period.span.days)
        lost += change.lost_minor
        if change.pay_minor:
            explanation = prepaid_periods.add_dates(change.explanation, first_day, period.end, names=tariff.names)
            lines.append(Line(Charge.Kind.TERMS, explanation, period))
    last = prepaid_periods.last_period(subscription) if subscription.cancel_date is None else None
    return Quote(
        subscription=subscription,
        tariff=tariff,
        quantity=quantity,
        when=NOW,
        effective_date=today,
        lines=tuple(lines),
        lost_minor=lost,
        next_date=last.end if last else None,
        next_minor=price(tariff.terms(), new_units) if last else 0,
        currency=subscription.account.currency,
    )


def _quote_at_period_end(subscription: Subscription, tariff: Tariff, quantity: int | None, as_of: datetime) -> Quote:
    """Quotes a change at the period's end: nothing is charged or lost, and the next period is on the new terms (D7, B8)."""
    today = business_date(as_of, subscription.account.zone)
    last = subscription.periods.order_by("-number").first()
    assert last is not None
    terms = tariff.terms()
    next_minor = 0 if terms.is_metered else price(terms, _units(subscription, tariff, quantity, today))
    return Quote(
        subscription=subscription,
        tariff=tariff,
        quantity=quantity,
        when=PERIOD_END,
        effective_date=last.end,
        lines=(),
        lost_minor=0,
        next_date=last.end,
        next_minor=next_minor,
        currency=subscription.account.currency,
    )


def _quote_more_units(
    subscription: Subscription, tariff: Tariff, quantity: int | None, request: TermsRequest, as_of: datetime
) -> Quote:
    """Quotes more units of what is paid once: they cost the difference, on the terms it was bought at (E4)."""
    bought = subscription.quantity or 0
    if tariff.pk != subscription.priced_by.pk:
        raise BadInput(
            _("What is paid once stays on its tariff: only more can be bought."), field="tariff_id", rule="E4"
        )
    if quantity is None or quantity < bought:
        raise BadInput(
            _("%(bought)s are paid for good: enter a larger number to buy more.") % {"bought": bought},
            field="quantity",
            rule="E4",
        )
    if request.when == PERIOD_END:
        raise BadInput(_("What is paid once has no period: leave it at now."), field="when", rule="E4")
    terms = tariff.terms()
    explanation = explain_quantity(terms, quantity, price(terms, bought))
    return Quote(
        subscription=subscription,
        tariff=tariff,
        quantity=quantity,
        when=NOW,
        effective_date=business_date(as_of, subscription.account.zone),
        lines=(Line(Charge.Kind.PURCHASE, explanation, None),) if explanation["amount_minor"] else (),
        lost_minor=0,
        next_date=None,
        next_minor=0,
        currency=subscription.account.currency,
    )

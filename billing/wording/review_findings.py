"""The findings of `pricing.review` as sentences that say what to do about each (E2, E3)."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.pricing.review import Contradiction, Fall, Finding
from billing.pricing.terms import Terms
from billing.wording import formats, unit_names


def finding_text(finding: Finding) -> str:
    """Writes a contradiction in the active language; sums in it are written without a currency, as their author typed them."""
    figures = {name: _number(value) for name, value in finding.numbers.items()}
    return {**_about_prices(), **_about_steps(), **_about_terms(finding)}[finding.code] % figures


def _number(value: int | Decimal) -> str:
    if isinstance(value, int):
        return formats.count_text(value)
    text = formats.plain_number(value)
    return text.replace(".", ",") if formats.language() == "ru" else text


def _about_prices() -> dict[Contradiction, str]:
    return {
        Contradiction.NO_PRICE: _(
            "Nothing costs anything. Enter a price; what is free is sold as a product of the kind “free”."
        ),
        Contradiction.UNIT_PRICE_MISSING: _("Enter the price of one: the price model needs it."),
        Contradiction.UNIT_PRICE_UNUSED: _(
            "The price of one (%(price)s) is not used by this price model: empty it, or choose “one price for each”."
        ),
        Contradiction.NEGATIVE_PRICE: _("The price %(price)s is below zero."),
        Contradiction.TOO_MANY_DECIMALS: _("The price %(price)s has more than four decimals."),
        Contradiction.PERCENT_OUT_OF_RANGE: _("A discount is from 0 to below 100 per cent, not %(percent)s."),
        Contradiction.PERCENT_TOO_FINE: _("The discount of %(percent)s per cent has more than four decimals."),
        Contradiction.UNITS_NOT_COUNTED: _(
            "Units have a price, but nothing is counted: choose what counts, or the price model “flat fee only”."
        ),
        Contradiction.TRIAL_WITH_PRICE: _("A trial is days without a price: empty its prices."),
    }


def _about_steps() -> dict[Contradiction, str]:
    return {
        Contradiction.STEPS_MISSING: _("Enter the steps: the price model needs at least one."),
        Contradiction.STEPS_UNUSED: _(
            "The steps are not used by this price model: remove them, or choose one that has steps."
        ),
        Contradiction.STEP_BELOW_ONE: _("A step begins at %(from_units)s: the first can begin at 1."),
        Contradiction.STEPS_DO_NOT_RISE: _(
            "The step from %(from_units)s stands after the step from %(below_units)s: sort them by quantity."
        ),
        Contradiction.STEP_TWICE: _("Two steps begin at %(from_units)s: keep one."),
        Contradiction.HOLE_BEFORE_FIRST_STEP: _(
            "There is no price from %(first_units)s on until the first step at %(from_units)s: let the first step begin at %(first_units)s."
        ),
        Contradiction.STEP_WITHOUT_PRICE: _(
            "The step from %(from_units)s has no price: enter a price of one or a total."
        ),
        Contradiction.STEP_WITH_BOTH: _(
            "The step from %(from_units)s has a price of one and a total: keep one of them."
        ),
        Contradiction.STEP_NEEDS_TOTAL: _("The step from %(from_units)s needs a total: a package has one sum for all."),
        Contradiction.STEP_NEEDS_UNIT_PRICE: _(
            "The step from %(from_units)s needs a price of one: each step of a graduated price prices its own units."
        ),
        Contradiction.TOTALS_WITH_ONLY_ABOVE: _(
            "Steps with totals cannot leave out the %(included_units)s units of the quota: enter prices of one, or count all above it."
        ),
    }


def _about_terms(finding: Finding) -> dict[Contradiction, str]:
    days = int(finding.numbers.get("days", 0))
    return {
        Contradiction.NEGATIVE_QUOTA: _("The free quota is below zero: %(included_units)s."),
        Contradiction.QUOTA_WITHOUT_UNITS: _(
            "A free quota of %(included_units)s means nothing where no units have a price: empty it."
        ),
        Contradiction.INTERVAL_OUT_OF_RANGE: _("An interval has 1 to 12 months, not %(months)s."),
        Contradiction.PRICE_MONTHS_DO_NOT_FIT: _(
            "The interval of %(months)s months is not a whole number of times the %(price_months)s months that the prices are for."
        ),
        Contradiction.PAYMENT_DAYS_NEGATIVE: _("The days to pay are below zero: %(days)s."),
        Contradiction.TRIAL_WITHOUT_DAYS: _("A trial needs its number of days."),
        Contradiction.TRIAL_PEOPLE_WITHOUT_DAYS: _(
            "A limit of %(people)s people in the trial means nothing without days of trial."
        ),
        Contradiction.TRIAL_NEGATIVE: _("The days or the people of the trial are below zero."),
        Contradiction.POSTPAID_WITH_TRIAL: ngettext(
            "A trial of %(days)s day does not go with paying afterwards: give a free quota instead.",
            "A trial of %(days)s days does not go with paying afterwards: give a free quota instead.",
            days,
        ),
        Contradiction.POSTPAID_WITH_DISCOUNT: _(
            "The discount of %(percent)s per cent is for paying at once: it does not go with paying afterwards."
        ),
        Contradiction.POSTPAID_ONE_OFF: _("What is paid once is paid at once: choose “prepaid”."),
        Contradiction.POSTPAID_NOT_MONTHLY: _(
            "What is paid afterwards is charged by the calendar month: the interval is 1 month, not %(months)s."
        ),
    }


def fall_text(fall: Fall, terms: Terms) -> str:
    """Writes where more costs less: 29 devices cost 2 900.00, 30 devices cost 2 500.00."""
    figures = {
        "fewer": unit_names.counted_text(terms, fall.quantity, formats.count_text(fall.quantity)),
        "more": unit_names.counted_text(terms, fall.next_quantity, formats.count_text(fall.next_quantity)),
        "price": formats.money_text(fall.price_minor, terms.currency),
        "next_price": formats.money_text(fall.next_price_minor, terms.currency),
    }
    return _("%(fewer)s: %(price)s, but %(more)s: %(next_price)s. More costs less.") % figures

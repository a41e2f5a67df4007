"""Labels of subscriptions in the admin: status, tariff, quantity, the tariffs that can be chosen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Product
from billing import clock
from billing.admin.acts.act_preview import Fact
from billing.admin.base import badge, money
from billing.admin.tariffs.terms_table import price_of
from billing.models import Charge, Subscription, Tariff
from billing.operations.cycle import subscription_status
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.terms import Metric, PriceModel
from billing.reports.plan_state import PlanState, plan_state
from billing.wording import charge_lines, formats
from billing.wording.unit_names import Counting, counted_text

STATUS: "dict[str, tuple[str, str | Promise]]" = {
    "trialing": ("info", _("trial")),
    "trial_ended": ("warn", _("trial over, nothing chosen")),
    "active": ("good", pgettext_lazy("subscription", "running")),
    "past_due": ("bad", pgettext_lazy("subscription", "payment overdue")),
    "cancelling": ("warn", pgettext_lazy("subscription", "cancelled, running out")),
    "terminated": ("plain", _("terminated")),
}


def status_badge(subscription: Subscription, *, in_debt: bool, as_of: datetime) -> SafeString:
    """Renders the status at ``as_of``; ``in_debt``: its account has an overdue invoice then."""
    tone, text = STATUS[subscription_status.status_of(subscription, in_debt=in_debt, as_of=as_of)]
    return badge(tone, text)


def state_of(subscription: Any) -> PlanState:
    """Computes the plan's state as of now, once for a page."""
    if not hasattr(subscription, "state_now"):
        subscription.state_now = plan_state(subscription, clock.now())
    state_now: PlanState = subscription.state_now
    return state_now


def tariff_name(tariff: Tariff | None) -> str:
    """Returns the tariff's name and version; a dash for a free product, which has none (E1)."""
    if tariff is None:
        return str(pgettext_lazy("subscription", "free product, no tariff"))
    return f"{tariff.name_in(formats.language())} · {tariff}"


def units_text(counting: Counting, quantity: int | None) -> str:
    """Formats the number of seats or units; a dash where nothing is counted."""
    if quantity is None or counting.metric == Metric.NONE:
        return formats.NO_VALUE
    return counted_text(counting, quantity, formats.count_text(quantity))


def choosable_tariffs(product: Product, *, with_trials: bool) -> list[Tariff]:
    """Returns the published tariffs for an instance of ``product``, in the catalogue's order."""
    tariffs = Tariff.objects.published().filter(product=product).order_by("position", "pk")
    return [tariff for tariff in tariffs if with_trials or tariff.price_model != PriceModel.TRIAL]


def choices_of(tariffs: Iterable[Tariff]) -> list[tuple[str, str]]:
    """Returns the choices of a form's field: tariff id, with name and price."""
    locale = formats.language()
    return [(row.tariff_id, " · ".join(filter(None, [row.name_in(locale), _price(row)]))) for row in tariffs]


def _price(tariff: Tariff) -> str:
    if tariff.price_model == PriceModel.TRIAL:
        return ""
    return price_of(tariff)


def is_counted_by_hand(tariffs: Iterable[Tariff]) -> bool:
    """Tells whether one of the tariffs asks how many units are bought."""
    return any(row.metric == Metric.QUANTITY for row in tariffs)


def line_fact(label: str, explanation: Explanation) -> Fact:
    """Makes a charge a row of an act's effect: what it is for, and the computation of its sum (G8)."""
    return Fact(label, formats.formula_text(explanation))


def last_charge(subscription: Subscription | None) -> int:
    """Returns the key of the newest charge before an act, for `charges_since`."""
    newest = Charge.objects.order_by("-pk").values_list("pk", flat=True)
    return (newest if subscription is None else newest.filter(subscription=subscription)).first() or 0


def charges_since(subscription: Subscription, newest: int) -> list[Fact]:
    """Returns the charges that an act made to the subscription, a row each."""
    locale = formats.language()
    posted = subscription.charges.filter(pk__gt=newest).select_related("period__tariff").order_by("pk")
    people = charge_lines.people_of(posted)
    rows = []
    for charge in posted:
        charge.subscription = subscription
        person = people.get(charge.explanation.get("member", 0), "")
        rows.append(line_fact(charge_lines.describe(charge, locale, person), charge_lines.explanation_of(charge)))
    return rows


def next_fact(state: PlanState) -> Fact:
    """Returns the row for the next charge that is due by itself."""
    if state.next_date is None:
        return Fact(_("Next charge"), pgettext_lazy("charge", "none"))
    text = f"{money(state.next_minor, state.currency)} · {formats.date_text(state.next_date)}"
    return Fact(_("Next charge"), text)

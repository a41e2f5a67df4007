"""Subscriptions in the workbench's words: how they stand, what they are on, what may be chosen for them."""

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
    """How it stands at ``as_of``; ``in_debt``: its account has an overdue invoice then."""
    tone, text = STATUS[subscription_status.status_of(subscription, in_debt=in_debt, as_of=as_of)]
    return badge(tone, text)


def state_of(subscription: Any) -> PlanState:
    """Where it stands now, worked out once a page."""
    if not hasattr(subscription, "state_now"):
        subscription.state_now = plan_state(subscription, clock.now())
    kept: PlanState = subscription.state_now
    return kept


def tariff_name(tariff: Tariff | None) -> str:
    """The tariff by its name and version; a free product has none (E1)."""
    if tariff is None:
        return str(pgettext_lazy("subscription", "free product, no tariff"))
    return f"{tariff.name_in(formats.language())} · {tariff}"


def units_text(counting: Counting, quantity: int | None) -> str:
    """So many seats or units of the product; a dash where nothing is counted."""
    if quantity is None or counting.metric == Metric.NONE:
        return formats.NO_VALUE
    return counted_text(counting, quantity, formats.count_text(quantity))


def offered(product: Product, *, with_trials: bool) -> list[Tariff]:
    """What can be chosen for an instance of ``product``, in the catalogue's order."""
    found = Tariff.objects.published().filter(product=product).order_by("position", "pk")
    return [row for row in found if with_trials or row.price_model != PriceModel.TRIAL]


def choices_of(tariffs: Iterable[Tariff]) -> list[tuple[str, str]]:
    """For a field: the outside id, with the name and the price people know it by."""
    locale = formats.language()
    return [(row.tariff_id, " · ".join(filter(None, [row.name_in(locale), _price(row)]))) for row in tariffs]


def _price(tariff: Tariff) -> str:
    if tariff.price_model == PriceModel.TRIAL:
        return ""
    return price_of(tariff)


def is_counted_by_hand(tariffs: Iterable[Tariff]) -> bool:
    """Whether one of them asks how many units are bought."""
    return any(row.metric == Metric.QUANTITY for row in tariffs)


def line_fact(label: str, explanation: Explanation) -> Fact:
    """A charge as a row of an effect: what it is for, and its sum as a person would write it (G8)."""
    return Fact(label, formats.formula_text(explanation))


def last_charge(subscription: Subscription | None) -> int:
    """The newest charge before an act, for `charges_since`."""
    newest = Charge.objects.order_by("-pk").values_list("pk", flat=True)
    return (newest if subscription is None else newest.filter(subscription=subscription)).first() or 0


def charges_since(subscription: Subscription, newest: int) -> list[Fact]:
    """What an act has charged the subscription, a row each."""
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
    """The first charge that comes by itself."""
    if state.next_date is None:
        return Fact(_("Next charge"), pgettext_lazy("charge", "none"))
    text = f"{money(state.next_minor, state.currency)} · {formats.date_text(state.next_date)}"
    return Fact(_("Next charge"), text)

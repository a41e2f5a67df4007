"""What a tariff comes to: sample bills with their computation, a chart, and what is wrong or surprising in its terms."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.charts.price_totals import PriceChart, price_chart
from billing.models import Tariff
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.quantity import thresholds
from billing.pricing.review import SAMPLES, contradictions, falls, sample_bills
from billing.pricing.terms import PriceModel, Terms
from billing.pricing.tiers import NoPrice
from billing.wording import formats
from billing.wording.review_findings import fall_text, finding_text
from billing.wording.tariff_prices import price_lines
from billing.wording.unit_names import name_of_many


@dataclass(frozen=True)
class Bill:
    """What ``quantity`` units cost, and how a person would write the working before the equals sign (G8)."""

    quantity: str
    total: str
    working: str
    is_free: bool = False


@dataclass(frozen=True)
class Panel:
    """All that stands beside the editor. ``unread``: the figures cannot be read yet."""

    period: str = ""
    counted: str = ""
    bills: list[Bill] = field(default_factory=list)
    chart: PriceChart | None = None
    findings: list[str] = field(default_factory=list)
    falls: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    unread: bool = False


def period_text(terms: Terms) -> str:
    """What one bill is for: a month, 12 months at once, once and for all."""
    if terms.interval_months is None:
        return _("paid once")
    months = ngettext("for %(count)s month", "for %(count)s months", terms.interval_months)
    text = months % {"count": terms.interval_months}
    if terms.discount_percent:
        percent = formats.percent_text(terms.discount_percent)
        return _("%(period)s, %(percent)s off") % {"period": text, "percent": percent}
    return text


def sizes_of(terms: Terms) -> list[int]:
    """The usual sample quantities, and the steps that begin beyond the largest of them."""
    try:
        starts = thresholds(terms)
    except NoPrice:
        starts = ()
    return [*SAMPLES, *(start for start in starts if start > SAMPLES[-1])]


def bills_of(terms: Terms) -> list[Bill]:
    """The bills for the sample quantities; one alone where the quantity makes no difference."""
    flat = terms.price_model == PriceModel.FLAT
    found = []
    for bill in sample_bills(terms, SAMPLES[:1] if flat else sizes_of(terms)):
        if bill.price_minor is None:
            continue
        quantity = _("any") if flat else formats.count_text(bill.quantity)
        found.append(
            Bill(
                quantity,
                formats.money_text(bill.price_minor, terms.currency),
                working_of(terms, bill.quantity),
                is_free=bill.price_minor == 0,
            )
        )
    return found


def working_of(terms: Terms, quantity: int) -> str:
    """How ``quantity`` units are priced, as a person would write it before the sum; empty where nothing is worked out."""
    try:
        return formats.formula_text(explain_quantity(terms, quantity)).rpartition(" = ")[0]
    except NoPrice:
        return ""


def panel_of(tariff: Tariff) -> Panel:
    """The panel of a tariff, saved or not."""
    terms = tariff.terms()
    trial = terms.price_model == PriceModel.TRIAL
    found = [finding_text(finding) for finding in contradictions(terms)]
    return Panel(
        period=period_text(terms),
        counted=name_of_many(terms),
        bills=[] if trial else bills_of(terms),
        chart=None if terms.price_model in {PriceModel.TRIAL, PriceModel.FLAT} else price_chart(terms),
        findings=found,
        falls=[fall_text(fall, terms) for fall in falls(terms)],
        lines=[] if found else price_lines(tariff),
    )

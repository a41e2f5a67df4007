"""The release check as a reviewer reads it, and the record of a tariff's life beside it (E2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.admin import labels
from billing.admin.base import badge, link, moment, money
from billing.admin.tariffs.sample_bills import period_text, working_of
from billing.admin.tariffs.terms_table import label_of, price_of, value_lines
from billing.charts.price_totals import PriceChart, price_chart
from billing.models import AuditRecord, Tariff
from billing.pricing.terms import PriceModel
from billing.reports.tariffs.release import Effect, ReleaseCheck, SampleBill, release_check
from billing.wording import formats
from billing.wording.unit_names import name_of_many

COLOURS = {"draft": "plain", "in_review": "warn", "published": "good", "archived": "info"}
# Whom the page lists by name; the sums above the list are of all that the check works out.
MOST_NAMED = 30


@dataclass(frozen=True)
class DifferenceRow:
    label: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True)
class BillRow:
    """``change`` is empty where there is nothing to compare; ``tone`` says whether the customer pays more or less."""

    quantity: str
    old: str
    new: str
    change: str
    working: str
    tone: str = ""


@dataclass(frozen=True)
class EffectRow:
    customer: str
    domain: str
    quantity: str
    old: str
    new: str
    change: str
    tone: str = ""


@dataclass(frozen=True)
class ReleaseView:
    """All that the template needs. ``old_total`` and ``new_total`` are of those whose price is known in both."""

    previous: Tariff | None
    previous_link: "SafeString | str"
    differences: list[DifferenceRow]
    bills: list[BillRow]
    chart: PriceChart | None
    period: str
    old_period: str
    counted: str
    subscribers: int
    customers: int
    effects: list[EffectRow]
    more: int
    old_total: str
    new_total: str
    dearer: int
    cheaper: int
    findings: list[str] = field(default_factory=list)
    falls: list[str] = field(default_factory=list)


def _change(old: int | None, new: int | None, currency: str) -> tuple[str, str]:
    if old is None or new is None:
        return "", ""
    if old == new:
        return "=", "same"
    return formats.money_text(new - old, currency, signed=True), "more" if new > old else "less"


def _bill_row(bill: SampleBill, tariff: Tariff) -> BillRow:
    currency, terms = tariff.currency, tariff.terms()
    change, tone = _change(bill.old_minor, bill.new_minor, currency)
    return BillRow(
        formats.count_text(bill.quantity),
        money(bill.old_minor, currency),
        money(bill.new_minor, currency),
        change,
        working_of(terms, bill.quantity),
        tone,
    )


def _effect_row(effect: Effect, currency: str) -> EffectRow:
    change, tone = _change(effect.old_minor, effect.new_minor, currency)
    return EffectRow(
        effect.customer,
        effect.domain,
        formats.count_text(effect.quantity),
        money(effect.old_minor, currency),
        money(effect.new_minor, currency),
        change,
        tone,
    )


def _bills(check: ReleaseCheck) -> Sequence[SampleBill]:
    """One row alone where the quantity makes no difference, neither now nor before."""
    models = {one.price_model for one in (check.tariff, check.previous) if one is not None}
    if PriceModel.TRIAL in models and len(models) == 1:
        return []
    return check.bills[:1] if models == {PriceModel.FLAT} else check.bills


def check_of(tariff: Tariff) -> ReleaseView:
    """What speaks for or against offering ``tariff``, worked out now."""
    check = release_check(tariff)
    previous, currency = check.previous, tariff.currency
    known = [(one.old_minor, one.new_minor) for one in check.at_their_size]
    pairs = [(old, new) for old, new in known if old is not None and new is not None]
    before = previous.terms() if previous is not None and previous.currency == currency else None
    return ReleaseView(
        previous=previous,
        previous_link=link(previous) if previous is not None else "",
        differences=[
            DifferenceRow(
                label_of(one.name),
                value_lines(one.name, one.before, previous or tariff),
                value_lines(one.name, one.after, tariff),
            )
            for one in check.differences
        ],
        bills=[_bill_row(one, tariff) for one in _bills(check)],
        chart=price_chart(tariff.terms(), before),
        period=period_text(tariff.terms()),
        old_period=period_text(before) if before is not None else "",
        counted=name_of_many(tariff),
        subscribers=check.subscribers,
        customers=check.customers,
        effects=[_effect_row(one, currency) for one in check.at_their_size[:MOST_NAMED]],
        more=max(0, check.subscribers - MOST_NAMED),
        old_total=money(sum(old for old, _new in pairs), currency),
        new_total=money(sum(new for _old, new in pairs), currency),
        dearer=sum(new > old for old, new in pairs),
        cheaper=sum(new < old for old, new in pairs),
        findings=check.findings,
        falls=check.falls,
    )


# --- Its life ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LifeRow:
    """One entry of the record: who did what when, and the words they left."""

    at: str
    actor: str
    act: str
    reason: str


def records_of(tariff: Tariff) -> list[AuditRecord]:
    """What was done to this version, newest first."""
    found = AuditRecord.objects.filter(object_type=Tariff.__name__, object_id=str(tariff), action__startswith="tariff.")
    return [row for row in found if row.after.get("product", tariff.product.code) == tariff.product.code]


def life_of(tariff: Tariff) -> list[LifeRow]:
    """The record of its life in words, newest first."""
    return [
        LifeRow(moment(row.at), row.actor, labels.word(labels.ACTS, row.action), row.reason)
        for row in records_of(tariff)
    ]


def comment_on(tariff: Tariff) -> LifeRow | None:
    """What the reviewer wrote when sending the draft back, until it is submitted again."""
    for row in records_of(tariff):
        if row.action == "tariff.sent_back" and tariff.status == Tariff.Status.DRAFT:
            return LifeRow(moment(row.at), row.actor, "", row.reason)
        if row.action in ("tariff.submitted", "tariff.drafted"):
            return None
    return None


@dataclass(frozen=True)
class VersionRow:
    link: "SafeString | str"
    state: SafeString
    price: str
    published: str
    is_this: bool


def state_badge(tariff: Tariff) -> SafeString:
    return badge(COLOURS[tariff.status], tariff.get_status_display())


def versions_of(tariff: Tariff) -> list[VersionRow]:
    """All versions under the same id, newest first."""
    rows = Tariff.objects.filter(product=tariff.product_id, tariff_id=tariff.tariff_id).order_by("-version")
    return [
        VersionRow(
            _("version %(number)s") % {"number": row.version} if row.pk == tariff.pk else link(row, str(row)),
            state_badge(row),
            price_of(row),
            moment(row.published_at) if row.published_at else "",
            row.pk == tariff.pk,
        )
        for row in rows
    ]

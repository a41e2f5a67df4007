"""The release check and the history of a tariff, as its reviewer reads them (E2)."""

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
    """A sample bill before and after: ``change`` is empty without a bill before; ``tone`` says whether the customer pays more."""

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
    """The release check's template reads this view. ``old_total`` and ``new_total`` sum the subscribers priced by both versions."""

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
    """Returns the sample bills: one where the quantity makes no difference in either version, none for a trial."""
    models = {tariff.price_model for tariff in (check.tariff, check.previous) if tariff is not None}
    if PriceModel.TRIAL in models and len(models) == 1:
        return []
    return check.bills[:1] if models == {PriceModel.FLAT} else check.bills


def check_of(tariff: Tariff) -> ReleaseView:
    """Computes the release check of ``tariff``, as of now."""
    check = release_check(tariff)
    previous, currency = check.previous, tariff.currency
    totals = [(effect.old_minor, effect.new_minor) for effect in check.at_their_size]
    pairs = [(old, new) for old, new in totals if old is not None and new is not None]
    before = previous.terms() if previous is not None and previous.currency == currency else None
    return ReleaseView(
        previous=previous,
        previous_link=link(previous) if previous is not None else "",
        differences=[
            DifferenceRow(
                label_of(difference.name),
                value_lines(difference.name, difference.before, previous or tariff),
                value_lines(difference.name, difference.after, tariff),
            )
            for difference in check.differences
        ],
        bills=[_bill_row(bill, tariff) for bill in _bills(check)],
        chart=price_chart(tariff.terms(), before),
        period=period_text(tariff.terms()),
        old_period=period_text(before) if before is not None else "",
        counted=name_of_many(tariff),
        subscribers=check.subscribers,
        customers=check.customers,
        effects=[_effect_row(effect, currency) for effect in check.at_their_size[:MOST_NAMED]],
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
    """An entry of the history: who did what when, and the reason they gave."""

    at: str
    actor: str
    act: str
    reason: str


def records_of(tariff: Tariff) -> list[AuditRecord]:
    """Returns the audit records of this version, newest first."""
    records = AuditRecord.objects.filter(
        object_type=Tariff.__name__, object_id=str(tariff), action__startswith="tariff."
    )
    return [record for record in records if record.after.get("product", tariff.product.code) == tariff.product.code]


def life_of(tariff: Tariff) -> list[LifeRow]:
    """Returns the version's history in words, newest first."""
    return [
        LifeRow(moment(row.at), row.actor, labels.label_for(labels.ACTS, row.action), row.reason)
        for row in records_of(tariff)
    ]


def comment_on(tariff: Tariff) -> LifeRow | None:
    """Returns the reviewer's comment on a draft that was sent back, until it is submitted again."""
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
    """Returns all versions with the tariff's id, newest first."""
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

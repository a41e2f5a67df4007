"""The release check: what a reviewer looks at before a tariff is offered (E2)."""

from dataclasses import dataclass, field
from typing import Any

from billing.models import Subscription, Tariff
from billing.pricing.quantity import price
from billing.pricing.review import SAMPLES, contradictions, falls
from billing.pricing.tiers import NoPrice
from billing.reports.tariffs.sizes import sizes
from billing.wording.review_findings import fall_text, finding_text

# The longest list of subscribers that is worked out one by one; above it the reviewer reads the number.
MOST_LISTED = 200


@dataclass(frozen=True)
class Difference:
    """One term that is another than before: its field's ``name`` and label, both values as the model knows them."""

    name: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class SampleBill:
    """The price of ``quantity`` units for one interval, in minor units; None where there was no price."""

    quantity: int
    old_minor: int | None
    new_minor: int | None


@dataclass(frozen=True)
class Effect:
    """The price that one subscriber pays at the size they have now, before and after, in minor units."""

    customer: str
    domain: str
    quantity: int
    old_minor: int | None
    new_minor: int | None


@dataclass(frozen=True)
class ReleaseCheck:
    """A tariff beside the version it replaces. ``findings`` and ``falls`` are sentences in the active language."""

    tariff: Tariff
    previous: Tariff | None
    differences: list[Difference]
    bills: list[SampleBill]
    subscribers: int
    customers: int
    at_their_size: list[Effect] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    falls: list[str] = field(default_factory=list)


def find_predecessor(tariff: Tariff) -> Tariff | None:
    """Returns the version that ``tariff`` takes the place of: the one published, else the latest before it."""
    earlier = Tariff.objects.filter(product=tariff.product_id, tariff_id=tariff.tariff_id, version__lt=tariff.version)
    statuses = [Tariff.Status.PUBLISHED, Tariff.Status.ARCHIVED]
    return earlier.filter(status__in=statuses).order_by("-version").first()


def differences(before: Tariff | None, after: Tariff) -> list[Difference]:
    """Lists every term whose value is another, in the order of the fields; all of none before."""
    if before is None:
        return []
    old, new = before.snapshot(), after.snapshot()
    labels = {field.name: str(field.verbose_name) for field in Tariff._meta.concrete_fields}
    changed = [name for name in new if old[name] != new[name] and name != "version"]
    return [Difference(name, labels.get(name, name), old[name], new[name]) for name in changed]


def bill(tariff: Tariff | None, quantity: int) -> int | None:
    """Returns the price of ``quantity`` units under ``tariff``, in minor units; None where it names none."""
    try:
        return price(tariff.terms(), quantity) if tariff is not None else None
    except NoPrice:
        return None


def effects(source: Tariff, target: Tariff, most: int = MOST_LISTED) -> list[Effect]:
    """Lists what the subscribers of ``source`` pay at their size, and would pay on ``target``; the first ``most`` of them."""
    running = Subscription.objects.running().filter(tariff=source).order_by("pk")
    listed = list(running.select_related("instance__customer", "tariff")[:most])
    quantities = sizes(listed)
    return [
        Effect(
            row.instance.customer.name,
            row.instance.domain,
            quantities[row.pk],
            bill(source, quantities[row.pk]),
            bill(target, quantities[row.pk]),
        )
        for row in listed
    ]


def release_check(tariff: Tariff) -> ReleaseCheck:
    """Collects all that speaks for or against offering ``tariff`` in place of the version before it."""
    previous = find_predecessor(tariff)
    running = Subscription.objects.running().filter(tariff=previous) if previous else Subscription.objects.none()
    terms = tariff.terms()
    return ReleaseCheck(
        tariff=tariff,
        previous=previous,
        differences=differences(previous, tariff),
        bills=[SampleBill(number, bill(previous, number), bill(tariff, number)) for number in SAMPLES],
        subscribers=running.count(),
        customers=running.values("instance__customer").distinct().count(),
        at_their_size=effects(previous, tariff) if previous else [],
        findings=[finding_text(finding) for finding in contradictions(terms)],
        falls=[fall_text(fall, terms) for fall in falls(terms)],
    )

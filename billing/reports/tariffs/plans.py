"""The plans on offer and their prices (C1).

Every sum comes from `pricing.quantity.price`, which also charges it (G10). Facts only; the words are the pages'.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from django.db.models import QuerySet

from accounts.models import Product
from billing.models import Tariff
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.money import round_to_minor
from billing.pricing.quantity import exact_price, price
from billing.pricing.terms import Metric, PriceModel, Terms
from billing.pricing.tiers import NoPrice

A_YEAR = 12
# The largest number anybody may ask a price for.
MOST_UNITS = 100_000


@dataclass(frozen=True)
class Bill:
    """The price of ``quantity`` units for one interval, in minor units, and its computation (G8).

    ``year_minor`` and ``month_minor`` are the same price over twelve months and over one, None for a one-off;
    ``month_is_exact`` tells whether a month needs no rounding.
    """

    quantity: int
    currency: str
    amount_minor: int
    year_minor: int | None
    month_minor: int | None
    month_is_exact: bool
    explanation: Explanation


@dataclass(frozen=True)
class Variant:
    """One published tariff: a way of paying for a plan."""

    tariff: Tariff
    terms: Terms

    @property
    def months(self) -> int | None:
        return self.terms.interval_months

    @property
    def has_price(self) -> bool:
        return self.terms.price_model != PriceModel.TRIAL

    @property
    def counts(self) -> bool:
        """Tells whether its price depends on a number."""
        return self.terms.metric != Metric.NONE and self.has_price

    def bill(self, quantity: int) -> Bill | None:
        """Returns the price of ``quantity`` units; None for a trial and where the terms name none."""
        return bill_of(self.terms, quantity)


@dataclass(frozen=True)
class PricedVariant:
    """A variant with its bill at some size; ``saving_minor`` where it is a year at once that costs less."""

    variant: Variant
    bill: Bill
    saving_minor: int | None


@dataclass(frozen=True)
class Plan:
    """A plan that a customer chooses; its variants differ in how they are paid, the shortest interval first."""

    code: str
    variants: tuple[Variant, ...]

    @property
    def first(self) -> Variant:
        return self.variants[0]

    def name_in(self, locale: str) -> str:
        """Returns the name of the plan: what its variants' names have before a comma alike ("Build, by the month" → "Build")."""
        names = [variant.tariff.name_in(locale) for variant in self.variants]
        heads = {name.split(",")[0].strip() for name in names}
        return heads.pop() if len(names) > 1 and len(heads) == 1 else names[0]

    @property
    def yearly(self) -> Variant | None:
        """The way of paying a year at once, where there is a shorter one too."""
        return next((variant for variant in self.variants[1:] if variant.months == A_YEAR), None)

    @property
    def flat_saving_minor(self) -> int | None:
        """The saving of a plan that counts nothing: the same at every size."""
        return self.saving_minor(0) if not any(variant.counts for variant in self.variants) else None

    def saving_minor(self, quantity: int) -> int | None:
        """Returns what a year paid at once costs less than twelve months of the shortest interval; None where it saves nothing."""
        yearly = self.yearly.bill(quantity) if self.yearly else None
        monthly = self.first.bill(quantity)
        if yearly is None or monthly is None or monthly.year_minor is None:
            return None
        saved = monthly.year_minor - yearly.amount_minor
        return saved if saved > 0 else None


@dataclass(frozen=True)
class Offer:
    """A product with what it may be bought as; a free product has no plans (E1)."""

    product: Product
    plans: tuple[Plan, ...]

    @property
    def is_free(self) -> bool:
        return self.product.kind == Product.Kind.FREE

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        return tuple(variant for plan in self.plans for variant in plan.variants)

    def price_variants(self, quantity: int, but: str = "") -> list[PricedVariant]:
        """Prices ``quantity`` units under each tariff that has a price for them, leaving out the one with the id ``but``."""
        priced = []
        for plan in self.plans:
            for variant in plan.variants:
                bill = variant.bill(quantity) if variant.tariff.tariff_id != but else None
                if bill is not None:
                    priced.append(
                        PricedVariant(variant, bill, plan.saving_minor(quantity) if variant is plan.yearly else None)
                    )
        return priced

    @property
    def counted(self) -> list[Variant]:
        """The tariffs whose price depends on a number."""
        return [variant for variant in self.variants if variant.counts]

    @property
    def metric(self) -> str:
        """The units counted by the first of its tariffs that counts any."""
        return next((str(variant.terms.metric) for variant in self.variants if variant.counts), str(Metric.NONE))

    @property
    def has_choice_of_interval(self) -> bool:
        return any(plan.yearly for plan in self.plans)


def bill_of(terms: Terms, quantity: int) -> Bill | None:
    """Prices ``quantity`` units under ``terms``; None where they name no price for it."""
    try:
        amount_minor, exact_amount = price(terms, quantity), exact_price(terms, quantity)
        explanation = explain_quantity(terms, quantity)
    except NoPrice:
        return None
    months = terms.interval_months
    month_minor = round_to_minor(exact_amount / months, terms.currency) if months else None
    return Bill(
        quantity=quantity,
        currency=terms.currency,
        amount_minor=amount_minor,
        year_minor=round_to_minor(exact_amount * Fraction(A_YEAR, months), terms.currency) if months else None,
        month_minor=month_minor,
        month_is_exact=bool(months) and month_minor is not None and month_minor * (months or 1) == amount_minor,
        explanation=explanation,
    )


def plans_of(tariffs: Iterable[Tariff]) -> tuple[Plan, ...]:
    """Returns the tariffs by plan, in the order in which the first of each comes; within it the shortest interval first."""
    by_plan: dict[str, list[Variant]] = {}
    for tariff in tariffs:
        by_plan.setdefault(tariff.plan_code, []).append(Variant(tariff, tariff.terms()))
    return tuple(
        Plan(code, tuple(sorted(variants, key=lambda variant: variant.months or 0)))
        for code, variants in by_plan.items()
    )


def offer_of(product: Product) -> Offer | None:
    """Returns the plans that ``product`` may be bought on now; None where nothing of it is on offer. Two queries, however many."""
    tariffs = () if product.kind == Product.Kind.FREE else _published_tariffs().filter(product=product)
    offer = Offer(product, plans_of(tariffs))
    return offer if offer.plans or offer.is_free else None


def offers() -> list[Offer]:
    """Lists every product that somebody could take, with its plans: two queries, however many there are."""
    by_product: dict[int, list[Tariff]] = {}
    for tariff in _published_tariffs():
        by_product.setdefault(tariff.product_id, []).append(tariff)
    all_offers = [
        Offer(product, plans_of(by_product.get(product.pk, ()) if product.kind != Product.Kind.FREE else ()))
        for product in Product.objects.order_by("name", "pk")
    ]
    return [offer for offer in all_offers if offer.plans or offer.is_free]


def _published_tariffs() -> "QuerySet[Tariff]":
    return Tariff.objects.published().select_related("product").order_by("position", "pk")

"""A tariff as the outside reads it: its terms, and what they come to."""

from decimal import Decimal

from django.utils.translation import get_language
from pydantic import BaseModel, Field

from accounts.models import Product
from billing.api.v1.fields import Money
from billing.models import Tariff
from billing.pricing.explanations.explanation import explain_quantity, plain_price
from billing.pricing.quantity import price
from billing.pricing.terms import Metric, PriceModel, Terms
from billing.pricing.tiers import NoPrice
from billing.wording import formats


class Price(BaseModel):
    """From ``from_quantity`` on: the price of one, or the total of exactly that many. One of the two is null."""

    from_quantity: int
    unit_price: Money | None
    total: Money | None


class IntervalPrice(BaseModel):
    """The price of ``quantity`` units for the whole interval, or once, the flat fee and the discount included."""

    quantity: int
    amount: Money
    explanation: str


class UnitAnswer(BaseModel):
    """The names of one unit and of several; Russian has a form for 1 and 21, for 2 to 4, and for 5 to 20."""

    one: str
    many: str
    one_ru: str
    few_ru: str
    many_ru: str


class TariffAnswer(BaseModel):
    """Prices and the flat fee are for ``price_months``; ``interval_prices`` are what is paid at once, for one unit and
    wherever another price begins. Of a trial there are none. Features and audience are in the language asked for."""

    tariff_id: str
    version: int
    product: str
    name: str
    name_ru: str
    kind: str = Field(description="free, one_off or subscription", json_schema_extra={"enum": [*Product.Kind.values]})
    interval: str | None = Field(description="month, year, or null for any other and for what is paid once")
    interval_months: int | None
    timing: str
    metric: str = Field(description="peak_active, paid_members, quantity or none")
    price_model: str = Field(description="per_unit, volume, graduated, package, flat or trial")
    currency: str
    prices: list[Price]
    price_months: int
    flat_fee: Money
    discount_percent: str
    interval_prices: list[IntervalPrice]
    included_quantity: int
    quota_mode: str
    payment_days: int
    trial_days: int
    trial_people: int
    plan: str
    audience: str
    features: list[str]
    unit: UnitAnswer | None = Field(description="what is sold by quantity; null where nothing is, or it has no name")


INTERVALS = {1: "month", 12: "year"}


def _money(amount: Decimal | None, currency: str) -> Money | None:
    """Returns a price, which may be finer than the currency's minor unit."""
    return None if amount is None else Money(amount=plain_price(amount), currency=currency)


def _prices(terms: Terms) -> list[Price]:
    if terms.price_model == PriceModel.PER_UNIT:
        return [Price(from_quantity=1, unit_price=_money(terms.unit_price, terms.currency), total=None)]
    return [
        Price(
            from_quantity=step.from_quantity,
            unit_price=_money(step.unit_price, terms.currency),
            total=_money(step.total, terms.currency),
        )
        for step in terms.steps
    ]


def _interval_prices(terms: Terms) -> list[IntervalPrice]:
    quantities = {1, *(step.from_quantity for step in terms.steps)}
    if terms.included_quantity:
        quantities |= {terms.included_quantity, terms.included_quantity + 1}
    prices = []
    for quantity in sorted(quantities):
        try:
            amount = Money.of(price(terms, quantity), terms.currency)
        except NoPrice:
            continue
        explanation = formats.plain_formula_text(explain_quantity(terms, quantity))
        prices.append(IntervalPrice(quantity=quantity, amount=amount, explanation=explanation))
    return prices


def _unit(tariff: Tariff) -> UnitAnswer | None:
    if tariff.metric != Metric.QUANTITY or not tariff.unit:
        return None
    names = tariff.unit
    return UnitAnswer(one=names.one, many=names.many, one_ru=names.one_ru, few_ru=names.few_ru, many_ru=names.many_ru)


def tariff_answer(tariff: Tariff) -> TariffAnswer:
    """Answers a published tariff."""
    terms, language = tariff.terms(), formats.language(get_language())
    return TariffAnswer(
        tariff_id=tariff.tariff_id,
        version=tariff.version,
        product=tariff.product.code,
        name=tariff.name,
        name_ru=tariff.name_ru,
        kind=tariff.product.kind,
        interval=INTERVALS.get(terms.interval_months or 0),
        interval_months=terms.interval_months,
        timing=tariff.timing,
        metric=tariff.metric,
        price_model=tariff.price_model,
        currency=tariff.currency,
        prices=_prices(terms),
        price_months=terms.price_months,
        flat_fee=Money(amount=plain_price(terms.flat_fee), currency=terms.currency),
        discount_percent=f"{terms.discount_percent.normalize():f}",
        interval_prices=_interval_prices(terms),
        included_quantity=tariff.included_quantity,
        quota_mode=tariff.quota_mode,
        payment_days=tariff.payment_days,
        trial_days=tariff.trial_days,
        trial_people=tariff.trial_people,
        plan=tariff.plan_code,
        audience=tariff.audience_in(language),
        features=tariff.features_in(language),
        unit=_unit(tariff),
    )

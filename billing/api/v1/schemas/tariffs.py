from pydantic import BaseModel, Field

from billing.api.v1.fields import Money
from billing.models import Tariff
from billing.pricing.explanation import plain


class Price(BaseModel):
    """The price of one from this quantity on."""

    from_quantity: int
    unit_price: Money


class TariffAnswer(BaseModel):
    tariff_id: str
    version: int
    product: str
    name: str
    name_ru: str
    kind: str = Field(description="free, one_off or subscription")
    interval: str | None = Field(description="month, year or null")
    interval_months: int
    timing: str
    metric: str
    price_model: str
    currency: str
    prices: list[Price]
    included_quantity: int
    quota_mode: str
    payment_days: int
    trial_days: int
    features: list[str]


INTERVALS = {1: "month", 12: "year"}


def tariff_answer(tariff: Tariff) -> TariffAnswer:
    """A published tariff as the outside reads it."""
    price = Money(amount=plain(tariff.unit_price.amount), currency=tariff.currency)
    return TariffAnswer(
        tariff_id=tariff.tariff_id,
        version=tariff.version,
        product=tariff.product.code,
        name=tariff.name,
        name_ru=tariff.name_ru,
        kind=tariff.product.kind,
        interval=INTERVALS.get(tariff.interval_months),
        interval_months=tariff.interval_months,
        timing=tariff.timing,
        metric=tariff.metric,
        price_model=tariff.price_model,
        currency=tariff.currency,
        prices=[Price(from_quantity=1, unit_price=price)],
        included_quantity=tariff.included_quantity,
        quota_mode=tariff.quota_mode,
        payment_days=tariff.payment_days,
        trial_days=0,
        features=[],
    )

"""The four descriptions' tariffs as terms."""

from dataclasses import replace
from decimal import Decimal

from billing.pricing.terms import Metric, PriceModel, QuotaMode, Step, Terms, Timing
from billing.pricing.units import UnitNames

METEOR = Terms(
    tariff_id="meteor-cloud",
    version=1,
    currency="RUB",
    timing=Timing.POSTPAID,
    metric=Metric.PEAK_ACTIVE,
    price_model=PriceModel.PER_UNIT,
    unit_price=Decimal("599.00"),
    included_quantity=9,
    quota_mode=QuotaMode.ALL_ABOVE,
    interval_months=1,
    payment_days=14,
)


PREPAID = replace(METEOR, timing=Timing.PREPAID, included_quantity=0)


BLUE = replace(
    PREPAID, currency="USD", metric=Metric.PAID_MEMBERS, unit_price=Decimal(7), trial_days=7, trial_people=20
)


TERMINAL = UnitNames("terminal", "terminals", "терминал", "терминала", "терминалов", "терминал")
STEPPED = replace(PREPAID, metric=Metric.QUANTITY, price_model=PriceModel.VOLUME, unit_price=None, unit=TERMINAL)


DRIVER = replace(
    STEPPED,
    interval_months=None,
    steps=(Step(1, Decimal(120)), Step(10, total=Decimal(1000)), Step(30, total=Decimal(2500))),
)


SCALE = replace(
    PREPAID,
    metric=Metric.PAID_MEMBERS,
    price_model=PriceModel.GRADUATED,
    unit_price=None,
    flat_fee=Decimal(49000),
    included_quantity=100,
    quota_mode=QuotaMode.ONLY_ABOVE,
    steps=(Step(1, Decimal(100)), Step(501, Decimal(80))),
)


TRIAL = replace(PREPAID, metric=Metric.NONE, price_model=PriceModel.TRIAL, unit_price=None, trial_days=30)

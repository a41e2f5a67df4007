"""Terms in one line, as docs/pricing.md writes them, and as many random ones as a test wants."""

import re
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from billing.pricing.terms import Metric, PriceModel, QuotaMode, Step, Terms, Timing

PLAIN: dict[str, Any] = {
    "tariff_id": "t",
    "version": 3,
    "currency": "RUB",
    "timing": Timing.PREPAID,
    "metric": Metric.QUANTITY,
    "price_model": PriceModel.PER_UNIT,
    "unit_price": None,
    "included_quantity": 0,
    "quota_mode": QuotaMode.ALL_ABOVE,
    "interval_months": 1,
    "payment_days": 14,
}

SAID: tuple[tuple[str, Any], ...] = (
    (r"(flat|per unit|volume|graduated|package|trial)", lambda m: {"price_model": PriceModel(m[1].replace(" ", "_"))}),
    (r"([A-Z]{3})", lambda m: {"currency": m[1]}),
    (r"one-off", lambda m: {"interval_months": None}),
    (r"every month", lambda m: {"interval_months": 1}),
    (r"every (\d+) months", lambda m: {"interval_months": int(m[1])}),
    (r"prices for (\d+) months", lambda m: {"price_months": int(m[1])}),
    (r"each ([\d.]+)", lambda m: {"unit_price": Decimal(m[1])}),
    (r"fee ([\d.]+)", lambda m: {"flat_fee": Decimal(m[1])}),
    (r"less ([\d.]+)%", lambda m: {"discount_percent": Decimal(m[1])}),
    (r"quota (\d+), above it all", lambda m: {"included_quantity": int(m[1]), "quota_mode": QuotaMode.ALL_ABOVE}),
    (r"quota (\d+), only above", lambda m: {"included_quantity": int(m[1]), "quota_mode": QuotaMode.ONLY_ABOVE}),
    (r"from (\d+): ([\d.]+) each", lambda m: Step(int(m[1]), unit_price=Decimal(m[2]))),
    (r"from (\d+): ([\d.]+) in all", lambda m: Step(int(m[1]), total=Decimal(m[2]))),
)


def tariff(text: str, **values: Any) -> Terms:
    """The terms that ``text`` names: "volume; RUB; one-off; from 1: 120.00 each; from 10: 1000.00 in all"."""
    values_of_terms, steps = dict(PLAIN), []
    for phrase in text.split("; "):
        [meant] = [make(match) for pattern, make in SAID if (match := re.fullmatch(pattern, phrase))]
        if isinstance(meant, Step):
            steps.append(meant)
        else:
            values_of_terms |= meant
    if values_of_terms["price_model"] in {PriceModel.FLAT, PriceModel.TRIAL}:
        values_of_terms["metric"] = Metric.NONE
    return Terms(**(values_of_terms | {"steps": tuple(steps)} | values))


METEOR = tariff(
    "per unit; RUB; every month; each 599.00; quota 9, above it all",
    tariff_id="meteor-cloud",
    version=1,
    timing=Timing.POSTPAID,
    metric=Metric.PEAK_ACTIVE,
)
BLUE_MONTHLY = tariff("per unit; USD; every month; each 7.00", metric=Metric.PAID_MEMBERS)
BLUE_ANNUAL = tariff("per unit; USD; every 12 months; prices for 12 months; each 70.00", metric=Metric.PAID_MEMBERS)
DRIVER = tariff("volume; RUB; one-off; from 1: 120.00 each; from 10: 1000.00 in all; from 30: 2500.00 in all")
BASE = tariff("volume; RUB; every month; from 1: 100.00 each; from 10: 90.00 each")
LIGHT, PLUS, LARGEST = (tariff(f"flat; RUB; every month; fee {fee}") for fee in ("90.00", "180.00", "360.00"))
BUILD_ANNUAL = tariff("flat; RUB; every 12 months; fee 4900.00; less 10%")
SCALE = tariff(
    "graduated; RUB; every month; fee 49000.00; from 1: 100.00 each; from 501: 80.00 each; quota 100, only above",
    metric=Metric.PAID_MEMBERS,
)
SCALE_ANNUAL = replace(SCALE, interval_months=12, discount_percent=Decimal(10))
PACKAGE = tariff("package; RUB; every month; from 1: 500.00 in all; from 10: 1000.00 in all; from 30: 2500.00 in all")
TRIAL = tariff("trial; RUB; every month", trial_days=30)


# --- Random ones ---------------------------------------------------------------------------------------------------------


def random_price(rng: Random, up_to: int = 2000) -> Decimal:
    """0 to ``up_to``, with none to four decimals."""
    decimals = rng.randrange(5)
    return Decimal(rng.randrange(up_to * 10**decimals)).scaleb(-decimals)


def random_steps(rng: Random, model: PriceModel, mode: QuotaMode, included: int) -> tuple[Step, ...]:
    """One to five steps as the model allows them; whatever would leave a hole or contradict the quota is not drawn."""
    if model in {PriceModel.FLAT, PriceModel.PER_UNIT}:
        return ()
    start = rng.randint(1, 5 if model == PriceModel.GRADUATED else included + 1)
    may_be_total = not (included and mode == QuotaMode.ONLY_ABOVE) and model != PriceModel.GRADUATED
    steps = []
    for _step in range(rng.randint(1, 5)):
        if model == PriceModel.PACKAGE or (may_be_total and rng.random() < 0.5):
            steps.append(Step(start, total=random_price(rng, 20_000)))
        else:
            steps.append(Step(start, unit_price=random_price(rng)))
        start += rng.randint(1, 15)
    return tuple(steps)


def random_terms(rng: Random) -> Terms:
    """Terms without a contradiction, of any model, quota, interval, discount and currency."""
    model = rng.choice([price_model for price_model in PriceModel if price_model != PriceModel.TRIAL])
    mode = rng.choice(list(QuotaMode))
    included = rng.choice([0, 0, 1, 9, 20]) if model != PriceModel.FLAT else 0
    if model == PriceModel.PACKAGE:
        mode = QuotaMode.ALL_ABOVE
    interval = rng.choice([None, 1, 1, 2, 3, 6, 12])
    fits = [months for months in range(1, 13) if (interval or months) % months == 0]
    least = Decimal("0.0001")
    return Terms(
        **PLAIN
        | {
            "currency": rng.choice(["RUB", "RUB", "USD", "JPY", "KWD"]),
            "price_model": model,
            "unit_price": random_price(rng) + least if model == PriceModel.PER_UNIT else None,
            "metric": Metric.NONE if model == PriceModel.FLAT else Metric.QUANTITY,
            "steps": random_steps(rng, model, mode, included),
            "included_quantity": included,
            "quota_mode": mode,
            "flat_fee": random_price(rng, 50_000) + least
            if model == PriceModel.FLAT or rng.random() < 0.3
            else Decimal(0),
            "interval_months": interval,
            "price_months": rng.choice(fits),
            "discount_percent": rng.choice([Decimal(0), Decimal(10), random_price(rng, 99)]),
        }
    )


def random_quantity(rng: Random, terms: Terms) -> int:
    """Mostly where something changes, sometimes anywhere."""
    edges = [0, terms.included_quantity, *(step.from_quantity for step in terms.steps)]
    if rng.random() < 0.6:
        return max(0, rng.choice(edges) + rng.randint(-1, 2))
    return rng.randrange(120)

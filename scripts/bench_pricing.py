#!/usr/bin/env python3
"""How many prices a second one core works out, for each price model: without and with the explanation that goes with it.

No database and no Django. Each figure is the median of several rounds over the same quantities. Beside it stands how many
times longer it takes than the plainest Python expression for the same figure, written out for that one tariff by hand.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from billing.pricing.explanations.explanation import explain_quantity, formula  # noqa: E402
from billing.pricing.quantity import price  # noqa: E402
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Step, Terms, Timing  # noqa: E402

QUANTITIES = (0, 1, 8, 9, 10, 11, 20, 29, 30, 60, 100, 101, 500, 501, 600)
ROUNDS, SECONDS = 5, 0.05
AIM = 200_000


class Case(NamedTuple):
    """A tariff and, in minor units, the plainest expression of its price."""

    title: str
    terms: Terms
    plainly: Callable[[int], int]


def terms(model: PriceModel, **values: Any) -> Terms:
    usual: dict[str, Any] = {
        "tariff_id": "bench",
        "version": 1,
        "currency": "RUB",
        "timing": Timing.PREPAID,
        "metric": Metric.QUANTITY,
        "price_model": model,
        "unit_price": None,
        "included_quantity": 0,
        "quota_mode": QuotaMode.ALL_ABOVE,
        "interval_months": 1,
        "payment_days": 14,
    }
    return Terms(**usual | values)


SCALE = terms(
    PriceModel.GRADUATED,
    flat_fee=Decimal(49_000),
    included_quantity=100,
    quota_mode=QuotaMode.ONLY_ABOVE,
    steps=(Step(1, Decimal(100)), Step(501, Decimal(80))),
)


def scale(quantity: int) -> int:
    return 4_900_000 + max(0, min(quantity, 500) - 100) * 10_000 + max(0, quantity - 500) * 8_000


def driver(quantity: int) -> int:
    if quantity < 10:
        return min(quantity * 12_000, 100_000)
    return min(quantity * 10_000, 250_000) if quantity < 30 else (quantity * 500_000 + 30) // 60


CASES = (
    Case("flat", terms(PriceModel.FLAT, flat_fee=Decimal(4900)), lambda quantity: 490_000),
    Case(
        "per unit, quota 9",
        terms(PriceModel.PER_UNIT, unit_price=Decimal(599), included_quantity=9),
        lambda quantity: quantity * 59_900 if quantity > 9 else 0,
    ),
    Case(
        "volume",
        terms(PriceModel.VOLUME, steps=(Step(1, Decimal(100)), Step(10, Decimal(90)))),
        lambda quantity: quantity * (10_000 if quantity < 10 else 9_000),
    ),
    Case(
        "volume by totals, capped",
        terms(
            PriceModel.VOLUME,
            interval_months=None,
            steps=(Step(1, Decimal(120)), Step(10, total=Decimal(1000)), Step(30, total=Decimal(2500))),
        ),
        driver,
    ),
    Case("graduated, fee, quota 100", SCALE, scale),
    Case(
        "the same, a year less 10%",
        replace(SCALE, interval_months=12, discount_percent=Decimal(10)),
        lambda quantity: scale(quantity) * 108 // 10,
    ),
    Case(
        "package",
        terms(PriceModel.PACKAGE, steps=(Step(1, total=Decimal(500)), Step(10, total=Decimal(1000)))),
        lambda quantity: 0 if quantity == 0 else 50_000 if quantity < 10 else 100_000,
    ),
)


def rate(work: Callable[[int], object]) -> float:
    """Calls a second, the median of `ROUNDS` rounds of about `SECONDS`."""

    def once(times: int) -> float:
        started = time.perf_counter()
        for _time in range(times):
            for quantity in QUANTITIES:
                work(quantity)
        return time.perf_counter() - started

    times = max(1, int(SECONDS / max(once(20) / 20, 1e-9)))
    return times * len(QUANTITIES) / median(once(times) for _round in range(ROUNDS))


def first_price(case: Case) -> Callable[[int], object]:
    """The price under terms that were only just read: their lines are worked out first."""
    return lambda quantity: price(replace(case.terms), quantity)


def main() -> int:
    slowest = None
    print(
        f"{'prices a second, one core':<27}{'price()':>11}{'plain':>12}{'ratio':>8}"
        f"{'explained':>11}{'ratio':>8}{'written':>10}{'first':>9}"
    )
    for case in CASES:
        wrong = [quantity for quantity in QUANTITIES if price(case.terms, quantity) != case.plainly(quantity)]
        if wrong:
            print(f"{case.title}: the plain expression says something else for {wrong}", file=sys.stderr)
            return 1
        priced = rate(lambda quantity, found=case.terms: price(found, quantity))  # type: ignore[misc]
        plain = rate(case.plainly)
        explained = rate(lambda quantity, found=case.terms: explain_quantity(found, quantity))  # type: ignore[misc]
        written = rate(lambda quantity, found=case.terms: formula(explain_quantity(found, quantity)))  # type: ignore[misc]
        first = rate(first_price(case))
        print(
            f"{case.title:<27}{priced:>11,.0f}{plain:>12,.0f}{plain / priced:>7.1f}×"
            f"{explained:>11,.0f}{plain / explained:>7.0f}×{written:>10,.0f}{first:>9,.0f}",
            flush=True,
        )
        slowest = min(priced, slowest or priced)
    print(f"The slowest model: {slowest:,.0f} prices a second; the aim is {AIM:,}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The terms of a tariff as one frozen value: all that pricing needs to know, and nothing that can change under it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from billing.pricing.units import UNNAMED, UnitNames


class Timing(StrEnum):
    POSTPAID = "postpaid"
    PREPAID = "prepaid"


class Metric(StrEnum):
    """The units that a tariff counts."""

    PEAK_ACTIVE = "peak_active"  # the most members active at once (M1)
    PAID_MEMBERS = "paid_members"  # active members in paid roles (B1)
    QUANTITY = "quantity"  # what the customer buys, by the name that its product gives it (E4, E5)
    NONE = "none"  # nothing: a flat fee


class PriceModel(StrEnum):
    FLAT = "flat"  # the flat fee and nothing else
    PER_UNIT = "per_unit"  # one price for each
    VOLUME = "volume"  # the step reached prices all of them
    GRADUATED = "graduated"  # each step prices its own units
    PACKAGE = "package"  # the step reached has one total
    TRIAL = "trial"  # days without a price, after which a tariff is chosen (C1, E3)


# The models whose prices stand in steps.
STEPPED = (PriceModel.VOLUME, PriceModel.GRADUATED, PriceModel.PACKAGE)


class QuotaMode(StrEnum):
    """The units that are charged once a free quota is exceeded: all of them, or those above it."""

    ALL_ABOVE = "all_above"  # above it every unit counts (M3)
    ONLY_ABOVE = "only_above"  # only the units above it count


class Cycle(StrEnum):
    """The day on which periods begin."""

    CALENDAR = "calendar"  # on the 1st (M5, B3)
    ANNIVERSARY = "anniversary"  # on the day of the start (E5)


class ChangeRule(StrEnum):
    """The time at which another tariff or quantity can take effect."""

    CARRIED = "carried"  # at once, by the value carried over, or at the period's end (E6, E7, D7)
    PERIOD_END = "period_end"  # at the period's end alone (B8)


class Renewal(StrEnum):
    """The way in which a prepaid period that begins is paid."""

    INVOICED = "invoiced"  # an invoice, due in the payment term (D17)
    COLLECTED = "collected"  # the money is taken beforehand, or the subscription ends (E8)


@dataclass(frozen=True, slots=True)
class Step:
    """From ``from_quantity`` units on: the price of one, or the total of exactly that many (E-a). One of the two."""

    from_quantity: int
    unit_price: Decimal | None = None
    total: Decimal | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the step as plain JSON values, as a tariff stores it."""
        prices = {"unit_price": self.unit_price, "total": self.total}
        return {"from": self.from_quantity, **{name: str(value) for name, value in prices.items() if value is not None}}


def steps_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Returns the steps that `Step.as_dict` wrote, lowest first."""
    steps = (
        Step(
            int(row["from"]),
            Decimal(row["unit_price"]) if row.get("unit_price") is not None else None,
            Decimal(row["total"]) if row.get("total") is not None else None,
        )
        for row in rows
    )
    return tuple(sorted(steps, key=lambda step: step.from_quantity))


@dataclass(frozen=True)
class Terms:
    """One version of a tariff, frozen.

    All prices are money of ``currency`` for ``price_months`` months, up to four decimals, never rounded by themselves (G2):
    ``unit_price`` of one unit (per unit), ``steps`` of the other models, ``flat_fee`` on top of any of them.
    ``included_quantity`` is the free quota in units, ``quota_mode`` its meaning; a step's ``from_quantity`` counts the
    units of the quota too. ``interval_months`` (1 to 12) are paid at once, less ``discount_percent``; None is a one-off
    payment (E4). ``payment_days`` are the days from issue to due date (M8); ``trial_days`` and ``trial_people`` the trial
    and how many may take part in it (B2; 0: no trial, no limit).
    """

    tariff_id: str
    version: int
    currency: str
    timing: Timing
    metric: Metric
    price_model: PriceModel
    unit_price: Decimal | None
    included_quantity: int
    quota_mode: QuotaMode
    interval_months: int | None
    payment_days: int
    steps: tuple[Step, ...] = ()
    flat_fee: Decimal = Decimal(0)
    price_months: int = 1
    discount_percent: Decimal = Decimal(0)
    trial_days: int = 0
    trial_people: int = 0
    cycle: Cycle = Cycle.CALENDAR
    change_rule: ChangeRule = ChangeRule.PERIOD_END
    renewal: Renewal = Renewal.INVOICED
    # What the product calls that which is sold by quantity: for words alone, no term, so that it may change.
    unit: UnitNames = field(default=UNNAMED, compare=False)
    # What `quantity` worked out of these terms once. Never copied: `dataclasses.replace` begins with an empty one.
    cached: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_metered(self) -> bool:
        """Tells whether use is measured and charged as it rises (M1), not bought."""
        return self.metric is Metric.PEAK_ACTIVE

    @property
    def is_one_off(self) -> bool:
        return self.interval_months is None

    @property
    def intervals(self) -> Decimal:
        """The number of times the stated prices are paid at once: 12 for a year of monthly prices."""
        return Decimal(self.interval_months or self.price_months) / self.price_months

    def as_dict(self) -> dict[str, Any]:
        """Returns the terms as plain JSON values: what a reviewer approves and an explanation is worked out from (G8)."""
        return {
            "tariff_id": self.tariff_id,
            "version": self.version,
            "currency": self.currency,
            "timing": str(self.timing),
            "metric": str(self.metric),
            "price_model": str(self.price_model),
            "unit_price": None if self.unit_price is None else str(self.unit_price),
            "steps": [step.as_dict() for step in self.steps],
            "flat_fee": str(self.flat_fee),
            "included_quantity": self.included_quantity,
            "quota_mode": str(self.quota_mode),
            "interval_months": self.interval_months,
            "price_months": self.price_months,
            "discount_percent": str(self.discount_percent),
            "payment_days": self.payment_days,
            "trial_days": self.trial_days,
            "trial_people": self.trial_people,
            "cycle": str(self.cycle),
            "change_rule": str(self.change_rule),
            "renewal": str(self.renewal),
        }

"""The terms of a tariff as one frozen value: all that pricing needs to know, and nothing that can change under it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Timing(StrEnum):
    POSTPAID = "postpaid"
    PREPAID = "prepaid"


class Metric(StrEnum):
    """What is counted."""

    PEAK_ACTIVE = "peak_active"


class PriceModel(StrEnum):
    PER_UNIT = "per_unit"


class QuotaMode(StrEnum):
    """What a free quota means once it is exceeded."""

    ALL_ABOVE = "all_above"  # above it every unit counts (M3)


@dataclass(frozen=True)
class Terms:
    """One version of a tariff, frozen.

    ``unit_price`` is money of ``currency`` for one unit and interval, up to four decimals; ``included_quantity`` is the
    free quota in units, ``quota_mode`` its meaning; ``interval_months`` 1 to 12; ``payment_days`` the days from issue to
    due date (M8).
    """

    tariff_id: str
    version: int
    currency: str
    timing: Timing
    metric: Metric
    price_model: PriceModel
    unit_price: Decimal
    included_quantity: int
    quota_mode: QuotaMode
    interval_months: int
    payment_days: int

    def as_dict(self) -> dict[str, Any]:
        """The terms as plain JSON values, for a line's explanation (G8)."""
        return {
            "tariff_id": self.tariff_id,
            "version": self.version,
            "currency": self.currency,
            "metric": str(self.metric),
            "price_model": str(self.price_model),
            "unit_price": str(self.unit_price),
            "included_quantity": self.included_quantity,
            "quota_mode": str(self.quota_mode),
        }

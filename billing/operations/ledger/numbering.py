"""Gapless numbers (G6): taken from a locked row inside the transaction that uses them, so a rollback takes them back."""

from datetime import datetime

from billing.models import NumberSeries, Seller
from billing.pricing.periods import business_date


def _take_next(key: str) -> int:
    NumberSeries.objects.bulk_create([NumberSeries(key=key)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update().get(key=key)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last


def next_document_number(seller: Seller, series: str, as_of: datetime) -> tuple[str, int, int]:
    """Takes the next number of ``series`` in the business year of ``as_of``: ("R-2026-000001", 2026, 1).

    The row stays locked until the transaction ends: take the number last, just before the document is written.
    """
    year = business_date(as_of, seller.time_zone).year
    sequence = _take_next(f"{series}-{year}")
    return f"{series}-{year}-{sequence:06d}", year, sequence


def next_account_number() -> str:
    """Takes the number of a new billing account: six digits and growing, easy to read aloud."""
    return str(100000 + _take_next("account"))

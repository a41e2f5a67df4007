"""A card of the admin's home page says what waits, how much of it, and where it is listed."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from billing.reports.worklists import workload
from billing.wording import formats


@dataclass(frozen=True)
class Card:
    """A card counts one kind of waiting work: ``tone`` is debt, warn or quiet (nothing to do)."""

    label: "str | Promise"
    figure: str
    url: str
    note: "str | Promise" = ""
    sums: tuple[str, ...] = ()
    tone: str = ""

    @property
    def needs_somebody(self) -> bool:
        return self.tone in ("debt", "warn")


def sums(totals: workload.Backlog) -> tuple[str, ...]:
    """Formats the sums of ``totals``, one for each currency."""
    return tuple(formats.money_text(total, currency) for currency, total in sorted(totals.sums.items()))


def count_card(label: "str | Promise", count: int, url: str, note: "str | Promise", tone: str, **more: Any) -> Card:
    """Makes a card with a count; a count of nothing is quiet whatever the ``tone``."""
    return Card(label, formats.count_text(count), url, note, tone=tone if count else "quiet", **more)

"""A card of the admin's first page: what waits, how much of it, and where it is listed."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from billing.reports.worklists import workload
from billing.wording import formats


@dataclass(frozen=True)
class Card:
    """One thing that waits: ``tone`` is debt, warn or quiet (nothing to do)."""

    label: "str | Promise"
    figure: str
    url: str
    note: "str | Promise" = ""
    sums: tuple[str, ...] = ()
    tone: str = ""

    @property
    def needs_somebody(self) -> bool:
        return self.tone in ("debt", "warn")


def sums(heap: workload.Heap) -> tuple[str, ...]:
    """The sums of ``heap`` as text, a currency each."""
    return tuple(formats.money_text(total, currency) for currency, total in sorted(heap.sums.items()))


def count_card(label: "str | Promise", count: int, url: str, note: "str | Promise", tone: str, **more: Any) -> Card:
    """A card with a count; one that counts nothing is quiet whatever its ``tone``."""
    return Card(label, formats.count_text(count), url, note, tone=tone if count else "quiet", **more)

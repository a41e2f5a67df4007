"""The largest number of members active at the same time in a period (M1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Peak(NamedTuple):
    """``count`` people at once, first reached at ``at`` (None: from the period's first moment)."""

    count: int
    at: datetime | None


def peak_of(opening: int, steps: Iterable[tuple[datetime, int]]) -> Peak:
    """The peak of a period that begins with ``opening`` people active and then moves by ``steps``.

    ``steps`` are (instant, +1 or −1) in the order in which they count; a peak never falls (M4).
    """
    best, level = Peak(opening, None), opening
    for instant, step in steps:
        level += step
        if level > best.count:
            best = Peak(level, instant)
    return best


def active_steps(changes: Iterable[tuple[int, datetime, bool]]) -> list[tuple[datetime, int]]:
    """Turns reports (member, instant, active or not), in the order in which they count, into steps of the number active.

    A report that repeats what is known of the member makes no step: an invited or blocked person does not count.
    """
    active: set[int] = set()
    steps: list[tuple[datetime, int]] = []
    for member, instant, is_active in changes:
        if is_active and member not in active:
            active.add(member)
            steps.append((instant, 1))
        elif not is_active and member in active:
            active.remove(member)
            steps.append((instant, -1))
    return steps

"""The largest number of members active at the same time in a period (M1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Peak(NamedTuple):
    """``most`` people at once, first reached at ``at`` (None: from the period's first moment)."""

    most: int
    at: datetime | None


class Report(NamedTuple):
    """The state of one member from ``at`` on. ``is_dated``: the reporter named the instant afterwards, so that at one
    instant leaving goes before coming (half-open intervals, D1)."""

    member: int
    at: datetime
    is_active: bool
    is_dated: bool = False


class Step(NamedTuple):
    """The number of active members changes by ``by`` at ``at``: one comes or goes; the first step may be all there were."""

    at: datetime
    by: int
    is_dated: bool


def steps_of(reports: Iterable[Report]) -> list[Step]:
    """Turns reports, in the order in which they count, into steps of the number active.

    A report that repeats what is known of the member makes no step; whoever is invited or blocked does not count (M1).
    """
    active: set[int] = set()
    steps: list[Step] = []
    for report in reports:
        if report.is_active == (report.member in active):
            continue
        (active.add if report.is_active else active.discard)(report.member)
        steps.append(Step(report.at, 1 if report.is_active else -1, report.is_dated))
    return steps


def peak_between(steps: Iterable[Step], opened_at: datetime, ended_at: datetime) -> Peak:
    """Returns the peak of ``[opened_at, ended_at)``: it starts at the number active then (M6) and never falls (M4).

    Whoever is reported to have left at the very instant of the opening was not there any more (D1).
    """
    level = 0
    best: Peak | None = None
    for step in steps:
        if step.at >= ended_at:
            break
        before = step.at < opened_at or (step.at == opened_at and step.is_dated and step.by < 0)
        if not before and best is None:
            best = Peak(level, None)
        level += step.by
        if best is not None and level > best.most:
            best = Peak(level, step.at)
    return best or Peak(level, None)

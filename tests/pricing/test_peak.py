"""The largest number of members active at the same time, from reports alone (M1, D1)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.peak import Peak, Report, peak_between, steps_of
from tests.support.people import at

APRIL, MAY = at("2026-04-01 00:00"), at("2026-05-01 00:00")


def reports(*facts: tuple[int, str, bool], dated: bool = False) -> list[Report]:
    return [Report(member, at(instant), is_active, dated) for member, instant, is_active in facts]


def test_nobody_is_a_peak_of_nobody() -> None:
    assert peak_between([], APRIL, MAY) == Peak(0, None)


def test_those_there_at_the_beginning_are_the_first_peak() -> None:
    steps = steps_of(
        reports((1, "2026-03-10 12:00", True), (2, "2026-03-11 12:00", True), (2, "2026-04-02 12:00", False))
    )
    assert peak_between(steps, APRIL, MAY) == Peak(2, None)


def test_the_peak_tells_when_it_was_first_reached() -> None:
    steps = steps_of(
        reports(
            (1, "2026-04-02 12:00", True),
            (2, "2026-04-10 14:03", True),
            (2, "2026-04-11 12:00", False),
            (3, "2026-04-12 12:00", True),
        )
    )
    assert peak_between(steps, APRIL, MAY) == Peak(2, at("2026-04-10 14:03"))


def test_a_report_that_repeats_what_is_known_makes_no_step() -> None:
    repeated = reports((1, "2026-04-02 12:00", True), (1, "2026-04-03 12:00", True), (2, "2026-04-04 12:00", False))
    assert [(step.at, step.by) for step in steps_of(repeated)] == [(at("2026-04-02 12:00"), 1)]


@pytest.mark.parametrize(("dated", "count"), [(True, 1), (False, 2)])
def test_who_is_said_afterwards_to_have_left_at_midnight_was_not_there_in_the_new_month(
    dated: bool, count: int
) -> None:
    steps = steps_of(
        [
            *reports((1, "2026-03-10 12:00", True), (2, "2026-03-11 12:00", True)),
            *reports((2, "2026-04-01 00:00", False), dated=dated),
        ]
    )
    assert peak_between(steps, APRIL, MAY) == Peak(count, None)


def test_what_happens_at_the_end_belongs_to_the_next_period() -> None:
    steps = steps_of(reports((1, "2026-04-10 12:00", True), (2, "2026-05-01 00:00", True)))
    assert peak_between(steps, APRIL, MAY).most == 1
    assert peak_between(steps, MAY, at("2026-06-01 00:00")).most == 2


FACTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60 * 24), st.booleans()), max_size=25)


@given(FACTS)
def test_the_peak_is_what_counting_heads_hour_by_hour_finds(story: list[tuple[int, int, bool]]) -> None:
    """A slow reference that knows nothing of steps: who is there in each hour of April."""
    begin = at("2026-03-01 00:00")
    hours = {hour: (member, is_active) for member, hour, is_active in story}  # one report an hour
    heard = [
        Report(member, begin + timedelta(hours=hour), is_active) for hour, (member, is_active) in sorted(hours.items())
    ]
    present: set[int] = set()
    heads = []
    for hour in range(60 * 24 + 1):
        if hour in hours:
            member, is_active = hours[hour]
            (present.add if is_active else present.discard)(member)
        now: datetime = begin + timedelta(hours=hour)
        if now < APRIL or now >= MAY:
            before = len(present)
            continue
        heads += [before, len(present)] if now == APRIL else [len(present)]
    assert peak_between(steps_of(heard), APRIL, MAY).most == max(heads)

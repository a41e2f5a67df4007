"""An instance's past is not read again: what is known from an instant on gives the same peaks and seats as everything (M1, B1)."""

import random
from datetime import datetime, timedelta

import pytest

from accounts.members import Report
from accounts.models import MemberChange
from billing.operations.cycle import usage
from billing.operations.subscriptions import metering
from billing.pricing.peak import peak_between
from tests.support import people
from tests.support.people import Party, at

START = at("2026-04-01 00:00")
PEOPLE = [f"p{number}" for number in range(9)]


def muddle(seed: int) -> tuple[Party, list[datetime]]:
    """Sixty reports about nine people in both kinds of roles over three months, a third of them told late."""
    dice = random.Random(seed)
    party = people.party(product="blue", tariff_id="blue-monthly", currency="USD", now=START, trial=False)
    now, instants = START, [START]
    for _turn in range(60):
        now += timedelta(hours=dice.randrange(1, 60))
        late = now - timedelta(hours=dice.randrange(1, 400)) if dice.random() < 0.33 else None
        who = dice.choice(PEOPLE)
        report = Report(
            external_id=who,
            status=dice.choice(["active", "active", "blocked", "invited"]),
            email=f"{who}@romashka.example",
            role=dice.choice(["team_member", "custom", "view_only"]),
            occurred_at=late,
        )
        metering.report_member(instance=party.instance, report=report, as_of=now, source="api")
        instants.append(now)
    return party, instants


@pytest.mark.parametrize("seed", range(6))
def test_peaks_and_seats_are_those_of_the_whole_history(seed: int) -> None:
    party, instants = muddle(seed)
    everything, seats = usage.known_steps(party.instance), usage.seat_steps(party.instance)
    fewer = 0
    for since in instants:
        steps, seated = usage.known_steps(party.instance, since), usage.seat_steps(party.instance, since)
        fewer += len(steps) < len(everything)
        for opened in instants[instants.index(since) :: 7]:
            ended = opened + timedelta(days=9)
            assert peak_between(steps, opened, ended) == peak_between(everything, opened, ended)
            last = MemberChange.objects.filter(instance=party.instance).latest("pk").pk
            for counted_to in (0, last):
                assert sum(step.by for step in seated if step.is_before(opened, counted_to)) == sum(
                    step.by for step in seats if step.is_before(opened, counted_to)
                )
        after = [step for step in seats if step.change.occurred_at >= since]
        assert [step for step in seated if step.change.occurred_at >= since] == after
    assert fewer > 10
    people.assert_books_are_right()


def test_two_years_of_coming_and_going_are_not_read_for_one_more_person() -> None:
    party = people.party(now=at("2024-04-01 12:00"))
    for month in range(24):
        party.activate(2, at(f"{2024 + (3 + month) // 12}-{(3 + month) % 12 + 1:02}-15 12:00"))
    steps = usage.known_steps(party.instance)
    assert (len(steps), sum(step.by for step in steps)) == (49, 49)
    recent = usage.known_steps(party.instance, at("2026-03-01 00:00"))
    assert [step.by for step in recent] == [47, 1, 1]

"""The stream of events on a real PostgreSQL: transactions end in another order than they began, and a reader who only ever asks
for what comes after the last event it has misses none of them (E9, G9)."""

import os
import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from billing.models import Event
from billing.operations import api_tokens
from billing.operations.events import outbox, stream
from tests.support import people
from tests.support.callers import Api
from tests.support.processes import at_once

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("right_books")]

NOON = people.at("2026-04-10 12:00")
WRITERS, ACTS = 5, 30


def tell(number: int) -> Event:
    """An event of no account in particular, so that nothing but the stream itself puts the writers in order."""
    return outbox.emit("payment.failed", at=NOON, data={"number": number})


class Reader:
    """An integration that polls: it keeps the id of the last event it has, and nothing else."""

    def __init__(self) -> None:
        self.api = Api(api_tokens.create_token(scope="operator", at=datetime(2026, 1, 1, tzinfo=UTC), actor="test")[1])
        self.last = ""
        self.heard: list[int] = []

    def read(self) -> list[int]:
        """The numbers of the events that are new since the last call."""
        status, answer = self.api.get(f"events?limit=200&after={self.last}")
        assert status == 200, answer
        new = [event["data"]["number"] for event in answer["items"]]
        if answer["items"]:
            self.last = answer["items"][-1]["id"]
        self.heard += new
        return new


def test_what_is_committed_later_is_read_later_although_it_was_written_first() -> None:
    reader = Reader()
    written, may_commit = os.pipe(), os.pipe()

    def slow() -> None:
        with transaction.atomic():
            tell(1)
            os.write(written[1], b".")
            os.read(may_commit[0], 1)

    def reading() -> list[list[int]]:
        os.read(written[0], 1)
        tell(2)
        first = reader.read()
        os.write(may_commit[1], b".")
        deadline, second = time.monotonic() + 20, []
        while not second and time.monotonic() < deadline:
            second = reader.read()
        return [first, second]

    assert at_once([slow, reading])[1] == [[2], [1]]
    placed = list(Event.objects.order_by("position").values_list("position", "data__number"))
    assert placed == [(1, 2), (2, 1)]
    assert list(Event.objects.order_by("pk").values_list("data__number", flat=True)) == [1, 2]


def test_a_placer_waits_for_the_one_before_it() -> None:
    placed = os.pipe()
    tell(0)
    assert stream.place_events() == 1  # the counter's row is there
    tell(1)

    def slow() -> int:
        with transaction.atomic():
            numbered = stream.place_events()
            os.write(placed[1], b".")
            time.sleep(1)
        return numbered

    def second() -> int:
        os.read(placed[0], 1)
        tell(2)
        return stream.place_events()

    assert at_once([slow, second]) == [1, 1]
    assert list(Event.objects.order_by("position").values_list("position", "data__number")) == [(1, 0), (2, 1), (3, 2)]


def write(writer: int) -> list[int]:
    """Thirty transactions of one or two events, some slow, some taken back; the numbers of those that stayed."""
    dice, stayed = random.Random(writer), []
    for act in range(ACTS):
        numbers = [writer * 1000 + act * 2 + step for step in range(dice.choice([1, 2]))]
        try:
            with transaction.atomic():
                for number in numbers:
                    tell(number)
                    time.sleep(dice.choice([0, 0, 0.002, 0.02]))
                if dice.random() < 0.2:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            continue
        stayed += numbers
    return stayed


def test_five_writers_two_readers_and_a_placer_nobody_misses_an_event() -> None:
    started = time.monotonic()

    def poll() -> list[int]:
        reader, quiet = Reader(), 0
        # Until nothing new came for a second, the writers' longest pause being a fraction of it.
        while quiet < 50 and time.monotonic() - started < 60:
            quiet = 0 if reader.read() else quiet + 1
            time.sleep(0.02)
        return reader.heard

    def placing() -> None:
        for _turn in range(200):
            stream.place_events()
            time.sleep(0.005)

    works: list[Any] = [lambda writer=writer: write(writer) for writer in range(1, WRITERS + 1)]
    results = at_once([*works, poll, poll, placing])
    stayed = sorted(number for numbers in results[:WRITERS] for number in numbers)
    assert len(stayed) > 100
    for heard in results[WRITERS : WRITERS + 2]:
        assert sorted(heard) == stayed
    reader = Reader()
    while reader.read():
        pass
    assert reader.heard == results[WRITERS] == results[WRITERS + 1]
    # No gap: whoever has seen a place can tell that nothing before it is still to come.
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, len(stayed) + 1)
    )


def test_events_of_one_subscription_stand_in_the_order_of_their_numbers() -> None:
    parties = [people.party(f"shop{number}.example.ru") for number in range(3)]

    def joins(number: int) -> None:
        parties[number].activate(12, NOON)

    at_once([lambda: joins(0), lambda: joins(1), lambda: joins(2), stream.place_events, stream.place_events])
    stream.place_events()
    rows = Event.objects.exclude(subscription=None).order_by("position").values_list("subscription_id", "sequence")
    sequences: dict[int, list[int]] = {}
    for subscription, sequence in rows:
        sequences.setdefault(subscription, []).append(sequence)
    assert [numbers == list(range(1, len(numbers) + 1)) for numbers in sequences.values()] == [True] * 3
    assert all(len(numbers) == 5 for numbers in sequences.values())

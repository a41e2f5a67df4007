"""A fresh METEOR installation for every operation, and books that are right when it is done."""

from collections.abc import Iterator

import pytest

from tests.support import people
from tests.support.cards import START


@pytest.fixture(autouse=True)
def _installation(db: None) -> Iterator[None]:
    people.installation()
    yield
    people.assert_books_are_right()


@pytest.fixture
def meteor() -> people.Party:
    """Romashka on METEOR Cloud since 1 April 2026, 9:00 in Moscow; Anna is the only one active."""
    return people.party()


@pytest.fixture
def till() -> people.Party:
    """Romashka's till on Light since noon of 10 April: 90 roubles are invoiced and open (D17)."""
    people.stand_at(START)
    return people.party(now=START, product="evotor-app", tariff_id="light")

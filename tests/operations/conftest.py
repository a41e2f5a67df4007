"""A fresh installation for every operation, and books that are right when it is done."""

import pytest

from tests.support import people
from tests.support.cards import START


@pytest.fixture(autouse=True)
def _right_books(db: None, right_books: None) -> None:
    """Every test here begins with an installation and ends with its books counted."""


@pytest.fixture
def till() -> people.Party:
    """Romashka's till on Light since noon of 10 April: 90 roubles are invoiced and open (D17)."""
    people.stand_at(START)
    return people.party(now=START, product="evotor-app", tariff_id="light")

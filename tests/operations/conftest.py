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


@pytest.fixture
def shop() -> people.Party:
    """A till on Plus since 1 April 2026, paid; its owner reads English."""
    shop = people.party("shop", product="evotor-app", tariff_id="plus", locale="en")
    shop.pay("180.00", people.at("2026-04-01 10:00"))
    return shop

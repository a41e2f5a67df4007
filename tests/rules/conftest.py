"""What every test of a rule has: a fresh METEOR installation, and books that are right at its end, whatever it did."""

from collections.abc import Iterator

import pytest

from tests.support import people


@pytest.fixture(autouse=True)
def _installation(db: None) -> Iterator[None]:
    people.installation()
    yield
    people.assert_books_are_right()


@pytest.fixture
def meteor() -> people.Party:
    """Romashka on METEOR Cloud since 1 April 2026, 9:00 in Moscow; Anna is the only one active."""
    return people.party()

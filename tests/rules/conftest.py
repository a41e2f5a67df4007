"""What every test of a rule has: a fresh installation, and books that are right at its end, whatever it did."""

import pytest


@pytest.fixture(autouse=True)
def _right_books(db: None, right_books: None) -> None:
    """Every test here begins with an installation and ends with its books counted."""

"""Search by part of a name finds it in any case and alphabet, on both databases."""

import pytest

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("clue", ["счёт-1", "СЧЁТ", "Счёт_1 ", "100%", "ИВАНОВ", "ivanov", r"a\b"])
def test_clue_in_any_case_finds_the_name(clue: str) -> None:
    for number, name in enumerate(["Счёт-1", "Счёт_1 и 100%", "Иванов", "IVANOV", r"A\B"]):
        User.objects.create(email=f"{number}@example.com", name=name)
    expected = {
        "счёт-1": ["Счёт-1"],
        "СЧЁТ": ["Счёт-1", "Счёт_1 и 100%"],
        "Счёт_1 ": ["Счёт_1 и 100%"],
        "100%": ["Счёт_1 и 100%"],
        "ИВАНОВ": ["Иванов"],
        "ivanov": ["IVANOV"],
        r"a\b": [r"A\B"],
    }
    assert (
        list(User.objects.filter(name__icontains=clue).order_by("email").values_list("name", flat=True))
        == expected[clue]
    )


def test_percent_and_underscore_typed_by_people_mean_themselves() -> None:
    User.objects.create(email="a@example.com", name="abc")
    assert not User.objects.filter(name__icontains="a_c").exists()
    assert not User.objects.filter(name__icontains="%").exists()
    assert User.objects.filter(name__iexact="ABC").exists()

"""The door: guessing is slow, the second factor is asked for, and the same words are said of known and unknown people."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

WORD = "seven-plain-words-1"


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna@example.com", WORD)


def sign_in(client: Client, word: str, email: str = "anna@example.com") -> Any:
    return client.post("/accounts/login/", {"login": email, "password": word})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_email_is_known_in_any_case(client: Client, anna: User) -> None:
    sign_in(client, WORD, email="Anna@Example.com")
    assert is_signed_in(client)


def test_blocked_person_is_out_at_once(client: Client, anna: User) -> None:
    sign_in(client, WORD)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    answer = client.get("/accounts/email/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_sixth_guess_is_not_even_looked_at(client: Client, anna: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}  # allauth's own
    cache.clear()
    for _ in range(5):
        sign_in(client, "wrong")
    answer = sign_in(client, WORD)
    assert not is_signed_in(client)
    assert answer.status_code in {200, 429}


def test_guesses_at_one_door_do_not_close_another(client: Client, anna: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    cache.clear()
    for _ in range(6):
        sign_in(client, "wrong", email="boris@example.com")
    sign_in(client, WORD)
    assert is_signed_in(client)


def test_password_alone_does_not_open_where_there_is_a_second_factor(client: Client, anna: User) -> None:
    TOTP.activate(anna, generate_totp_secret())
    answer = sign_in(client, WORD)
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_signed_in(client)


def test_lost_password_page_says_the_same_of_known_and_unknown(client: Client, anna: User) -> None:
    of_known = client.post("/accounts/password/reset/", {"email": "anna@example.com"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (of_known.status_code, of_known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])

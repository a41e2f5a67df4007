"""Which language a page speaks: the browser's cookie, else the person's own, else what the browser asks for, else Russian."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.support.story import PASSWORD


def lang(client: Client, address: str = "/accounts/login/", **headers: str) -> str:
    return re.search(r'<html lang="(\w+)"', client.get(address, headers=headers).content.decode())[1]


@pytest.fixture
def emma(db) -> Client:
    client = Client()
    user = User.objects.create_user("emma@brightside.example", PASSWORD, locale="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_russian_is_the_language_where_nothing_else_is_known(db):
    assert lang(Client()) == "ru"
    assert lang(Client(), **{"accept-language": "de"}) == "ru"


def test_a_stranger_is_answered_in_the_browsers_language(db):
    assert lang(Client(), **{"accept-language": "en-GB,en;q=0.9"}) == "en"


def test_somebody_signed_in_is_answered_in_their_own(emma):
    assert lang(emma, "/", **{"accept-language": "ru"}) == "en"


def test_the_switch_on_the_page_wins(emma):
    emma.post("/i18n/setlang/", {"language": "ru", "next": "/"})
    assert lang(emma, "/") == "ru"

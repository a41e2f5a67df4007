"""Signing in and the second factor in a real browser: in the portal's look, accessible, and under the strict content policy."""

import re
from typing import Any

import pytest

from tests.support.browser import PASSWORD, code_of, problems, sign_in
from tests.support.story import person

pytestmark = pytest.mark.browser


def confirm_that_it_is_me(page: Any) -> None:
    """Before the pages of the second factor the password is asked for once more."""
    if "/reauthenticate/" in page.url:
        page.get_by_label("Пароль").fill(PASSWORD)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_load_state()


@pytest.fixture
def anna(transactional_db: None) -> Any:
    return person("anna@romashka.example", "А. Петрова")


def test_a_wrong_password_is_told_beside_the_form_and_nothing_is_lost(anna, new_page):
    page = new_page(locale="ru-RU", viewport={"width": 320, "height": 700})
    sign_in(page, anna.email, "not the password")
    assert page.get_by_role("alert").count() == 1
    assert page.get_by_label("Адрес электронной почты").input_value() == anna.email
    assert problems(page) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 320)])
def test_a_second_factor_is_set_up_and_then_asked_for(anna, new_page, theme, width):
    options = {"locale": "ru-RU", "color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = new_page(**options)
    sign_in(page, anna.email)
    page.goto("/accounts/2fa/totp/activate/")
    confirm_that_it_is_me(page)
    assert page.locator(".qr img").evaluate("picture => picture.naturalWidth > 0")
    assert problems(page) == []
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill(code_of(secret))
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile("recovery-codes"))
    assert problems(page) == []
    for address in ("/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/", "/accounts/sessions/"):
        page.goto(address)
        confirm_that_it_is_me(page)
        assert problems(page) == []
    second_page = new_page(**options)
    sign_in(second_page, anna.email)
    assert "/accounts/2fa/authenticate/" in second_page.url
    assert problems(second_page) == []

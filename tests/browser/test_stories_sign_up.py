"""From the public prices to an instance of one's own, another beside it, and its handing over, in a real browser: without a barrier
on any page, and all of it without a script too."""

import re
from typing import Any

import pytest
from django.core import mail

from accounts.models import Instance, Member, User
from tests.support import people
from tests.support.browser import code_of, problems, set_language, sign_in, stand_at_day
from tests.support.story import PASSWORD, joins, msk, person

pytestmark = pytest.mark.browser

WORDS = "five quiet words in a row"
LOOKS = [("light", 1280, "ru", True), ("dark", 320, "en", False)]


@pytest.fixture(autouse=True)
def _prices(transactional_db: None) -> None:
    people.installation()
    stand_at_day(12)


def open_window(new_page: Any, live_server: Any, theme: str, width: int, locale: str, scripts: bool) -> Any:
    page = new_page(color_scheme=theme, viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    set_language(page, live_server, locale)
    return page


def send(page: Any, nth: int = 0) -> None:
    """Presses the button of the ``nth`` form of the page."""
    page.locator("main form.form").nth(nth).locator("button[type=submit]").first.click()
    page.wait_for_load_state()


def problems_of(page: Any, scripts: bool) -> list[str]:
    return problems(page) if scripts else []  # the looker itself is a script


@pytest.mark.parametrize(("theme", "width", "locale", "scripts"), LOOKS)
def test_a_stranger_becomes_a_customer_and_adds_another_instance(
    new_page: Any, live_server: Any, theme: str, width: int, locale: str, scripts: bool
) -> None:
    page = open_window(new_page, live_server, theme, width, locale, scripts)
    page.goto("/prices/blue/")
    faults = problems_of(page, scripts)
    page.locator("main a[href*='tariff=blue-monthly']").first.click()
    page.wait_for_load_state()
    send(page)
    assert page.get_by_role("alert").count() >= 4
    faults += problems_of(page, scripts)
    for field, value in (
        ("domain", "team.nora.example"),
        ("customer_name", "Nora & Co"),
        ("name", "Nora"),
        ("email", "n@new.example"),
    ):
        page.locator(f"#{field}").fill(value)
    send(page)
    faults += problems_of(page, scripts)
    link = re.search(r"https?://[^/\s]+(/sign-up/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    page.goto(link[1])
    faults += problems_of(page, scripts)
    page.locator("#password").fill(WORDS)
    send(page)
    instance = Instance.objects.get(domain="team.nora.example")
    assert page.url.endswith(f"/instances/{instance.public_id}/")
    page.goto(link[1])
    faults += problems_of(page, scripts)
    page.goto("/instances/")
    page.locator("main a[href^='/instances/new/']").click()
    page.locator("main a[href*='product=evotor-driver']").click()
    page.locator("#domain").fill("till.nora.example")
    page.locator("#quantity").fill("12")
    send(page)
    faults += problems_of(page, scripts)
    send(page, 1)
    assert Instance.objects.get(domain="till.nora.example").customer == instance.customer
    assert faults == []


@pytest.mark.parametrize(("theme", "width", "locale", "scripts"), LOOKS)
def test_an_administrator_hands_the_instance_over(
    new_page: Any, live_server: Any, theme: str, width: int, locale: str, scripts: bool
) -> None:
    meteor = people.party()
    joins(meteor.instance, 2, msk(5, 11), "Борис Волков")
    person("anna@romashka.example", "Anna")
    page = open_window(new_page, live_server, theme, width, "ru", scripts)
    sign_in(page, "anna@romashka.example")
    boris = Member.objects.get(instance=meteor.instance, external_id="2")
    page.goto(f"/instances/{meteor.instance.public_id}/people/{boris.pk}/")
    page.locator("main a[href*='/ownership/']").click()
    faults = problems_of(page, scripts)
    page.locator("input[name=role][value=leave]").check()
    send(page)
    faults += problems_of(page, scripts)
    send(page, 1)
    boris.refresh_from_db()
    assert boris.role.is_administrator
    assert faults == []


def test_the_second_step_opens_with_the_app_and_with_a_recovery_code(new_page: Any, live_server: Any) -> None:
    """Set up, codes kept, signed in with either: the whole way of an owner's second factor."""
    people.party()
    person("anna@romashka.example", "Anna")
    page = open_window(new_page, live_server, "light", 1280, "ru", True)
    sign_in(page, "anna@romashka.example")
    page.goto("/more/")
    page.locator("main a[href='/accounts/2fa/']").click()
    page.goto("/accounts/2fa/totp/activate/")
    page.locator("input[name=password]").fill(PASSWORD)
    send(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill("000000")
    send(page)
    assert page.get_by_role("alert").count() == 1
    assert problems(page) == []
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill(code_of(secret))
    send(page)
    codes = page.locator("#recovery_codes").input_value().split()
    assert (len(codes), problems(page)) == (10, [])
    page.goto("/accounts/2fa/recovery-codes/")
    assert page.locator("#recovery_codes").count() == 0  # shown once
    assert problems(page) == []
    for address in ("/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/totp/deactivate/"):
        page.goto(address)
        assert problems(page) == []
    second_page = open_window(new_page, live_server, "dark", 320, "ru", True)
    sign_in(second_page, "anna@romashka.example")
    assert problems(second_page) == []
    second_page.locator("input[name=code]").fill(codes[0])
    send(second_page)
    assert "/accounts/" not in second_page.url
    assert User.objects.get(email="anna@romashka.example").authenticator_set.count() == 2

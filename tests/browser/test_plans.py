"""Prices and plans in a real browser: the slider asks and is answered, by mouse, by keyboard and without a script; no barrier in
either theme, either language and at 320 pixels."""

from typing import Any

import pytest

from tests.support.browser import LOOKS, problems, set_language
from tests.support.people import Party, at, installation, party, stand_at
from tests.support.story import person

pytestmark = pytest.mark.browser

PRODUCTS = ("meteor", "blue", "evotor-driver", "evotor-app", "evotor-free", "cyberos")


@pytest.fixture
def meteor(transactional_db: None) -> Party:
    """Eleven people at the peak of May; Anna owns."""
    installation()
    person("anna@romashka.example", "Anna")
    meteor_party = party(now=at("2026-05-02 09:00"))
    meteor_party.activate(10, at("2026-05-05 10:00"))
    stand_at(at("2026-05-12 12:00"))
    return meteor_party


@pytest.fixture
def anna(meteor: Party) -> Any:
    from accounts.models import User

    return User.objects.get(email="anna@romashka.example")


def open_window(new_page: Any, live_server: Any, *, user: Any = None, locale: str = "en", **options: Any) -> Any:
    page = new_page(user=user, **options)
    set_language(page, live_server, locale)
    return page


def move(page: Any, number: int) -> None:
    """Moves the slider to ``number`` and waits for the server's answer."""
    with page.expect_response(lambda answer: f"n={number}" in answer.url and answer.status == 200):
        page.locator("input[type=range]").fill(str(number))
    page.locator("[data-answer]:not([aria-busy])").wait_for()


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_prices_and_plans_have_no_barrier_also_with_the_slider_moved(
    meteor, anna, new_page, live_server, theme, width, locale
):
    look = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    cyberos = party("cyber", product="cyberos", tariff_id="scale", now=at("2026-05-10 09:00"), customer=meteor.customer)
    guest = open_window(new_page, live_server, locale=locale, **look)
    faults: list[str] = []
    for address in ("/prices/", *(f"/prices/{product}/" for product in PRODUCTS)):
        guest.goto(address)
        assert guest.locator("html").get_attribute("lang") == locale
        if guest.locator("input[type=range]").count():
            move(guest, 60)
        if guest.locator(".toggle").count():
            guest.locator("#by-year").check(force=True)
        faults += problems(guest)
    owner = open_window(new_page, live_server, user=anna, locale=locale, **look)
    for product in (meteor, cyberos):
        owner.goto(f"/instances/{product.instance.public_id}/plans/")
        if owner.locator("input[type=range]").count():
            move(owner, 60)
        faults += problems(owner)
    assert faults == []


def test_the_slider_is_answered_with_the_sum_that_is_charged(meteor, anna, new_page, live_server):
    page = open_window(new_page, live_server, user=anna)
    page.goto(f"/instances/{meteor.instance.public_id}/plans/")
    assert page.get_by_role("button", name="Work it out").is_hidden()
    move(page, 15)
    answer = page.locator("[data-answer]")
    assert answer.locator("dd").all_inner_texts() == ["₽8,985.00", "₽8,985.00", "₽107,820.00"]
    assert "It would add ₽2,396.00 now" in answer.inner_text()
    assert page.locator("[role=status]").inner_text() == "15 people: this month ₽8,985.00, next month ₽8,985.00"
    assert page.url.endswith("?n=15")  # a link that leads back to what was seen
    page.reload()
    assert page.locator("input[type=number]").input_value() == "15"


def test_the_slider_moves_by_the_keyboard_and_the_number_can_be_typed(meteor, new_page, live_server):
    page = open_window(new_page, live_server, viewport={"width": 360, "height": 740})
    page.goto("/prices/meteor/?n=9")
    page.locator("input[type=range]").focus()
    with page.expect_response(lambda answer: "n=10" in answer.url):
        page.keyboard.press("ArrowRight")
    page.get_by_text("10 × 599.00 = ₽5,990.00").wait_for()
    with page.expect_response(lambda answer: "n=250" in answer.url):
        page.get_by_role("spinbutton").fill("250")
    page.get_by_text("250 × 599.00 = ₽149,750.00").wait_for()  # beyond the slider's end


def test_without_a_script_the_number_and_its_button_do(meteor, new_page, live_server):
    page = open_window(new_page, live_server, java_script_enabled=False)
    page.goto("/prices/evotor-driver/")
    assert page.locator("input[type=range]").is_hidden()
    page.get_by_role("spinbutton").fill("29")
    page.get_by_role("button", name="Work it out").click()
    assert page.url.endswith("/prices/evotor-driver/?n=29")
    assert page.locator("dd").all_inner_texts() == ["₽2,500.00"]


def test_where_the_server_does_not_answer_the_button_comes_back(meteor, new_page, live_server):
    page = open_window(new_page, live_server)
    page.goto("/prices/meteor/")
    page.context.route("**/bill/**", lambda route: route.abort())
    page.locator("input[type=range]").fill("30")
    button = page.get_by_role("button", name="Work it out")
    button.wait_for()
    button.click()
    page.wait_for_url("**/prices/meteor/?n=30")
    assert page.locator("dd").all_inner_texts() == ["₽17,970.00", "₽215,640.00"]


def test_month_or_year_is_one_click_for_all_plans(meteor, new_page, live_server):
    page = open_window(new_page, live_server)
    page.goto("/prices/cyberos/")
    build = page.locator("section.plan", has=page.get_by_role("heading", name="Build"))
    assert "₽4,900.00" in build.inner_text()
    assert "₽52,920.00" not in build.inner_text()
    page.get_by_text("A year at once", exact=True).click()
    assert "₽52,920.00 a year" in build.inner_text().replace("\n", " ")
    assert "₽4,900.00" not in build.inner_text()


def test_the_language_changes_without_signing_in_and_stays_from_page_to_page(meteor, new_page, live_server):
    page = new_page(locale="en-US")
    page.goto("/prices/?lang=ru")
    page.get_by_role("link", name="METEOR").click()
    assert page.url.endswith("/prices/meteor/?lang=ru")
    assert page.locator("h2").first.inner_text() == "METEOR Cloud"
    move(page, 11)
    assert "В месяц" in page.locator("[data-answer]").inner_text()
    page.get_by_role("link", name="EN English").click()
    assert "A month" in page.locator("[data-answer]").inner_text()
    page.get_by_role("link", name="Sign in").click()
    assert page.url.endswith("/accounts/login/")

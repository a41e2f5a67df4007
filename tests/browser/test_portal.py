"""The portal in a real browser: accessible in both themes and down to 320 pixels, in both languages, without a script error
or a break of the content policy, and usable with the keyboard alone."""

from typing import Any

import pytest

from tests.support import story as stories
from tests.support.browser import LOOKS, PASSWORD, find_problems, problems, set_language, stand_at_day

pytestmark = pytest.mark.browser


def inside(story: stories.Story) -> list[str]:
    """Anna's pages that have no row in `test_every_page`: of her login, and what is not there."""
    return [
        "/",
        f"/instances/{story.archive.public_id}/",
        "/no-such-page/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/accounts/logout/",
    ]


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_every_page_is_accessible_and_fits(story, new_page, live_server, theme, width, locale):
    def open_window(user: Any) -> Any:
        page = new_page(user=user, color_scheme=theme, viewport={"width": width, "height": 800})
        set_language(page, live_server, locale)
        return page

    faults = find_problems(
        open_window(None), ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
    )
    anna = open_window(story.anna)
    faults += find_problems(anna, inside(story))
    assert anna.locator("html").get_attribute("lang") == locale
    stand_at_day(20)
    faults += find_problems(anna, ["/", "/documents/R-2026-000001/"])
    faults += find_problems(open_window(story.boris), ["/", f"/instances/{story.cloud.public_id}/"])
    faults += find_problems(open_window(stories.person("new@saldo.example", "Новенький")), ["/"])
    assert faults == []


def test_the_chosen_theme_wins_over_the_device(story, new_page):
    page = new_page(user=story.anna, color_scheme="light")
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(247, 246, 243)"
    page.locator(".tools details summary").click()
    page.locator("button[name=theme][value=dark]").click()
    page.wait_for_load_state()
    assert page.evaluate(paper) == "rgb(19, 22, 25)"
    assert problems(page) == []


def test_language_switch_stays_on_the_page(story, new_page):
    page = new_page(user=story.anna, locale="ru-RU")
    page.goto("/operations/")
    page.locator("button[name=language][value=en]").click()
    page.wait_for_load_state()
    assert page.url.endswith("/operations/")
    assert page.locator("h1").inner_text() == "Operations"


def test_a_person_signs_in_reads_why_and_downloads_the_invoice(story, new_page):
    page = new_page(viewport={"width": 360, "height": 740}, locale="ru-RU")
    page.goto("/")
    page.get_by_label("Адрес электронной почты").fill(story.anna.email)
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.get_by_role("link", name="Оплатить 6 589,00 ₽").wait_for()
    page.locator("summary", has_text="Пик вырос до 11").first.click()
    assert "11\u00a0×\u00a0599,00" in page.locator(".working__formula").first.inner_text()
    page.get_by_role("link", name="Оплатить 6 589,00 ₽").click()
    page.get_by_role("heading", name="Как оплатить 6 589,00 ₽").wait_for()
    answer = page.request.get("/documents/R-2026-000001/pdf")
    assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")


def test_the_main_action_is_within_the_thumbs_reach_on_a_phone(story, new_page):
    page = new_page(user=story.anna, viewport={"width": 360, "height": 740})
    page.goto("/")
    box = page.locator(".banner .button--main").bounding_box()
    tabs = page.locator(".nav").bounding_box()
    assert box["width"] >= 320
    assert 740 - box["y"] < 200
    assert box["y"] + box["height"] <= tabs["y"]
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    foot = page.locator(".foot").bounding_box()
    assert foot["y"] + foot["height"] <= box["y"]


def test_the_keyboard_reaches_everything_and_the_focus_can_be_seen(story, new_page):
    page = new_page(user=story.anna)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    summary = page.locator("main summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("main details").first.evaluate("one => one.open")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"


def test_menus_close_on_escape_and_give_the_focus_back(story, new_page):
    page = new_page(user=story.anna)
    page.goto("/")
    menu = page.locator(".tools details")
    menu.locator("summary").click()
    assert menu.evaluate("one => one.open")
    page.keyboard.press("Escape")
    assert not menu.evaluate("one => one.open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"

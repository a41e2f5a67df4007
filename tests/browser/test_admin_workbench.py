"""The staff's workbench in a real browser: the home page and the acts, in both languages and themes, with the keyboard, and
without a script error or a break of the content policy."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from billing.models import BillingPeriod, Invoice, Payment, SandboxClock
from billing.operations import staff
from tests.admin.conftest import NOW, colleague
from tests.portal import story as stories

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture
def story(transactional_db: None) -> stories.Story:
    told = stories.tell()
    SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": NOW})
    staff.ensure_groups()
    return told


def problems(page: Any) -> list[str]:
    """What is wrong with our part of the page; the theme's frame is the theme's."""
    found = Axe().run(page, context={"include": [["#content"]]}, options=RULES).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.mark.parametrize(("language", "theme"), [("ru", "light"), ("en", "dark")])
def test_home_and_acts_are_accessible(story: stories.Story, new_page: Any, language: str, theme: str) -> None:
    invoice = Invoice.objects.get(account=story.account)
    page = new_page(
        user=colleague("superuser"), color_scheme=theme, locale=language, viewport={"width": 1280, "height": 900}
    )
    addresses = [
        "/admin/", f"/admin/billing/billingaccount/{story.account.pk}/act/record_payment/",
        f"/admin/billing/invoice/{invoice.pk}/act/issue_credit_note/", "/admin/billing/jobrun/act/run_close/",
        f"/admin/accounts/instance/{story.cloud.pk}/act/report_member/",
    ]  # fmt: skip
    found = []
    for address in addresses:
        page.goto(address)
        page.wait_for_selector("#content")
        found += problems(page)
    assert found == []


def test_payment_is_recorded_with_the_keyboard_after_its_effect_was_read(story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("finance"), viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/billing/billingaccount/{story.account.pk}/change/")
    page.click("text=Записать платёж")
    page.fill("[name=amount]", "6 589,00")
    page.fill("[name=reference]", "п/п № 118")
    page.press("[name=reference]", "Enter")
    page.wait_for_selector("#effect")
    assert "−5\u202f990,00\xa0₽" in page.inner_text("#effect")
    assert page.input_value("[name=amount]") == "6 589,00"
    assert Payment.objects.count() == 0
    page.focus("[name=confirm]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.recorded_by) == (658_900, "finance@staff.example")


def test_phone_shows_home_and_an_act_without_scrolling_sideways(story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 360, "height": 740})
    for address in ("/admin/", f"/admin/billing/billingaccount/{story.account.pk}/act/record_payment/"):
        page.goto(address)
        page.wait_for_selector("#content")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
    assert BillingPeriod.objects.exists()


def test_one_field_over_everything_opens_with_the_keyboard_and_finds_the_customer(
    story: stories.Story, new_page: Any
) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 1280, "height": 900})
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.fill("#search-input-command", "РОМАШКА")
    page.press("#search-input-command", "End")
    page.wait_for_selector("#command-results-list >> text=100001")
    assert "ООО «Ромашка»" in page.inner_text("#command-results-list")


def test_customer_of_a_new_instance_is_picked_by_typing_a_part_of_the_name(story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 1280, "height": 900})
    page.goto("/admin/accounts/instance/act/register_instance/")
    page.click(".select2-selection")
    page.fill(".select2-search__field", "РОМАШ")
    page.press(".select2-search__field", "End")
    page.click(".select2-results__option >> text=ООО «Ромашка»")
    page.fill("[name=domain]", "neu.romashka.example.ru")
    page.fill("[name=email]", "anna@romashka.example")
    page.click("[name=preview]")
    page.wait_for_selector("#effect")
    assert "neu.romashka.example.ru" in page.inner_text("#effect")
    assert "ООО «Ромашка»" in page.inner_text(".select2-selection")

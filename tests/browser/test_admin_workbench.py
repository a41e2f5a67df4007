"""The staff's workbench in a real browser: the home page and the acts, in both languages and themes, with the keyboard, and
without a script error or a break of the content policy."""

from typing import Any

import pytest

from billing.models import BillingPeriod, Invoice, Offer, Payment
from tests.support import story as stories
from tests.support.browser import staff_problems
from tests.support.staff import colleague

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "theme"), [("ru", "light"), ("en", "dark")])
def test_home_and_acts_are_accessible(staff_story: stories.Story, new_page: Any, language: str, theme: str) -> None:
    invoice = Invoice.objects.get(account=staff_story.account)
    page = new_page(
        user=colleague("superuser"), color_scheme=theme, locale=language, viewport={"width": 1280, "height": 900}
    )
    addresses = [
        "/admin/",
        f"/admin/billing/billingaccount/{staff_story.account.pk}/act/record_payment/",
        f"/admin/billing/invoice/{invoice.pk}/act/issue_credit_note/",
        "/admin/billing/jobrun/act/run_close/",
        f"/admin/accounts/instance/{staff_story.cloud.pk}/act/report_member/",
    ]
    faults = []
    for address in addresses:
        page.goto(address)
        page.wait_for_selector("#content")
        faults += staff_problems(page)
    assert faults == []


def test_payment_is_recorded_with_the_keyboard_after_its_effect_was_read(
    staff_story: stories.Story, new_page: Any
) -> None:
    page = new_page(user=colleague("finance"), viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/billing/billingaccount/{staff_story.account.pk}/change/")
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


def test_phone_shows_home_and_an_act_without_scrolling_sideways(staff_story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 360, "height": 740})
    for address in ("/admin/", f"/admin/billing/billingaccount/{staff_story.account.pk}/act/record_payment/"):
        page.goto(address)
        page.wait_for_selector("#content")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
    assert BillingPeriod.objects.exists()


def test_one_field_over_everything_opens_with_the_keyboard_and_finds_the_customer(
    staff_story: stories.Story, new_page: Any
) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 1280, "height": 900})
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.fill("#search-input-command", "РОМАШКА")
    page.press("#search-input-command", "End")
    page.wait_for_selector("#command-results-list >> text=100001")
    assert "ООО «Ромашка»" in page.inner_text("#command-results-list")


def test_customer_of_a_new_instance_is_picked_by_typing_a_part_of_the_name(
    staff_story: stories.Story, new_page: Any
) -> None:
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


def test_figures_of_an_offer_follow_what_is_typed_and_enter_does_not_send_it(
    staff_story: stories.Story, new_page: Any
) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/billing/subscription/{staff_story.cloud.subscriptions.get().pk}/act/send_offer/")
    page.fill("[name=people]", "20")
    page.locator("#effect >> text=129\u202f384,00\xa0₽").wait_for()
    page.fill("[name=discount_percent]", "20")
    page.locator("#effect >> text=115\u202f008,00\xa0₽").wait_for()
    page.press("[name=discount_percent]", "Enter")
    page.locator("#effect >> text=115\u202f008,00\xa0₽").wait_for()
    assert Offer.objects.count() == 0
    page.fill("[name=people]", "9")
    page.locator("#effect").wait_for(state="detached")
    page.fill("[name=people]", "30")
    page.locator("#effect >> text=172\u202f512,00\xa0₽").wait_for()
    page.click("[name=confirm]")
    page.wait_for_url("**/offer/**/change/")
    assert (Offer.objects.get().people, Offer.objects.get().pay_minor) == (30, 17_251_200)


def test_offer_is_worked_out_by_a_button_where_scripts_are_off(staff_story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("support"), java_script_enabled=False)
    page.goto(f"/admin/billing/subscription/{staff_story.cloud.subscriptions.get().pk}/act/send_offer/")
    page.fill("[name=people]", "20")
    page.click("[name=preview]")
    assert "129\u202f384,00\xa0₽" in page.inner_text("#effect")
    assert Offer.objects.count() == 0


def test_customer_fits_a_phone_and_lists_take_a_few_lines_a_row(staff_story: stories.Story, new_page: Any) -> None:
    page = new_page(user=colleague("support"), viewport={"width": 360, "height": 740})
    page.goto(f"/admin/accounts/customer/{staff_story.customer.pk}/change/")
    page.locator(".glance").wait_for()
    wide, tall = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert (wide, tall < 4000) == (360, True)
    assert not page.locator("[name=inn]").is_visible()
    page.goto("/admin/billing/invoice/")
    heights = page.eval_on_selector_all("#result_list tr.data-row", "rows => rows.map(row => row.offsetHeight)")
    assert heights
    assert max(heights) < 160
    assert page.locator("link[rel=icon]").get_attribute("href").endswith(".svg")

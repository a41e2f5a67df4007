"""A tariff's life in two windows, the author's and the reviewer's: drafted with live bills, published, frozen, archived and
offered again (E2). The editor without a barrier in both themes, and without a script."""

from typing import Any

import pytest

from billing.models import Tariff
from billing.operations.catalogue import tariffs
from tests.support import story as stories
from tests.support.browser import set_language, staff_problems
from tests.support.staff import NOW, colleague

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
ADD = "/admin/billing/tariff/add/"


def window(new_page: Any, live_server: Any, group: str, **options: Any) -> Any:
    page = new_page(user=colleague(group), **{"viewport": DESK, **options})
    set_language(page, live_server)
    return page


def bill(page: Any, quantity: str) -> str:
    """The row of the sample bills for ``quantity``, once the figures of what was typed are there."""
    page.wait_for_selector("#tariff-panel:not([aria-busy])")
    row = page.locator("#tariff-panel .bills tbody tr").filter(
        has=page.get_by_role("rowheader", name=quantity, exact=True)
    )
    return " ".join(str(row.inner_text()).split())


def act(page: Any, name: str, **typed: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    for field, text in typed.items():
        page.fill(f"[name={field}]", text)
    if typed:
        page.get_by_role("button", name="Show the effect").click()
    page.wait_for_selector("#effect")
    page.locator("[name=confirm]").click()
    page.wait_for_url("**/change/**")


def draft_with_steps(author: Any) -> None:
    """Terminals with a volume discount: 100.00 each, from ten on 80.00; the bills follow each figure."""
    author.goto(ADD)
    author.get_by_label("Volume discount").check()
    assert not author.locator("[name=unit_price]").is_visible()
    author.select_option("[name=product]", label="METEOR Cloud")
    author.select_option("[name=seller]", label="ООО «Метеор»")
    author.select_option("[name=metric]", "quantity")
    author.select_option("[name=timing]", "prepaid")
    author.fill("[name=steps-0-from]", "1")
    author.fill("[name=steps-0-unit_price]", "100")
    assert bill(author, "11") == "11 11 × 100.00 ₽1,100.00"
    author.press("[name=steps-0-unit_price]", "Enter")  # one row more, with the keyboard alone
    author.keyboard.type("10")
    author.keyboard.press("Tab")
    author.keyboard.type("80")
    assert bill(author, "11") == "11 11 × 80.00 ₽880.00"
    assert "More costs less here" in author.inner_text("#tariff-panel")
    author.locator("[data-rows=steps] [data-remove]").last.click()
    assert bill(author, "11") == "11 11 × 100.00 ₽1,100.00"
    assert "More costs less here" not in author.inner_text("#tariff-panel")
    author.fill("[name=tariff_id]", "terminals")
    author.fill("[name=name]", "By the terminal")
    author.locator("[name=_save]").click()
    author.wait_for_url("**/change/**")


def test_draft_is_reviewed_by_another_published_frozen_archived_and_restored(
    staff_story: stories.Story, new_page: Any, live_server: Any
) -> None:
    author, reviewer = (window(new_page, live_server, group) for group in ("product manager", "reviewer"))
    draft_with_steps(author)
    tariff = Tariff.objects.get(tariff_id="terminals")
    assert (tariff.status, tariff.steps) == ("draft", [{"from": 1, "unit_price": "100"}])
    act(author, "Submit for review")
    address = f"/admin/billing/tariff/{tariff.pk}/change/"

    reviewer.goto(address)
    reviewer.get_by_role("heading", name="Release check").wait_for()
    assert "₽8,000.00" not in reviewer.inner_text(".release")
    assert "₽10,000.00" in reviewer.inner_text(".release")
    act(reviewer, "Send back", comment="Give large shops a discount.")

    author.goto(address)
    author.get_by_text("Give large shops a discount.").first.wait_for()
    author.get_by_role("button", name="Add a step").click()
    author.keyboard.type("30")
    author.keyboard.press("Tab")
    author.keyboard.press("Tab")
    author.keyboard.type("2 999,50")
    assert bill(author, "30") == "30 ₽2,999.50"
    author.locator("[name=_save]").click()
    author.get_by_text("was changed successfully").wait_for()
    act(author, "Submit for review")

    reviewer.goto(address)
    act(reviewer, "Publish")
    tariff.refresh_from_db()
    assert (tariff.status, tariff.reviewer.email) == ("published", "reviewer@staff.example")  # type: ignore[union-attr]

    author.goto(address)
    assert author.locator("#tariff-editor, [name=unit_price]").count() == 0
    token = author.context.cookies()
    forged = author.request.post(
        address,
        form={
            "name": "Cheaper",
            "csrfmiddlewaretoken": next(field["value"] for field in token if "csrf" in field["name"]),
        },
    )
    assert forged.status == 403
    act(author, "Archive", reason="Sold out")
    tariff.refresh_from_db()
    assert tariff.status == "archived"
    act(author, "Offer again", reason="Back again")
    tariff.refresh_from_db()
    assert (tariff.status, tariff.name, tariff.version) == ("published", "By the terminal", 1)
    life = author.inner_text(".life").lower()
    for step in (
        "drafted a tariff",
        "sent a tariff back",
        "published a tariff",
        "archived a tariff",
        "offered a tariff again",
    ):
        assert step in life


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_editor_and_the_page_of_a_tariff_have_no_barrier_and_fit_a_phone(
    staff_story: stories.Story, new_page: Any, live_server: Any, theme: str
) -> None:
    published, author = Tariff.objects.get(tariff_id="meteor-cloud"), colleague("product manager")
    draft = tariffs.draft_next_version(tariff=published, user=author, as_of=NOW)
    tariffs.submit_tariff(tariff=draft, user=author, as_of=NOW)
    page = window(new_page, live_server, "product manager", color_scheme=theme)
    faults = []
    pages = [f"/admin/billing/tariff/{tariff.pk}/change/" for tariff in (published, draft)]
    for address in (f"{ADD}?preset=totals", f"{ADD}?preset=peak", *pages):
        page.set_viewport_size(DESK)
        page.goto(address)
        page.wait_for_selector("#content .panel")
        faults += staff_problems(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
    assert faults == []


def test_editor_works_without_a_script(staff_story: stories.Story, new_page: Any, live_server: Any) -> None:
    page = window(new_page, live_server, "product manager", java_script_enabled=False)
    page.goto(ADD)
    page.check("[name=price_model][value=package]")
    page.select_option("[name=product]", label="METEOR Cloud")
    page.select_option("[name=seller]", label="ООО «Метеор»")
    page.select_option("[name=metric]", "quantity")
    page.select_option("[name=timing]", "prepaid")
    for row, (start, total) in enumerate([("1", "500"), ("11", "900"), ("31", "2000")]):
        page.fill(f"[name=steps-{row}-from]", start)
        page.fill(f"[name=steps-{row}-total]", total)
    page.fill("[name=tariff_id]", "packs")
    page.fill("[name=name]", "Packs")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/change/**")
    assert Tariff.objects.get(tariff_id="packs").steps == [
        {"from": 1, "total": "500"},
        {"from": 11, "total": "900"},
        {"from": 31, "total": "2000"},
    ]
    assert "₽2,000.00" in page.inner_text("#tariff-panel")

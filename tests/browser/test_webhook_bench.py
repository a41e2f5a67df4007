"""The bench of a webhook in a real browser: staff's pages without a barrier in both themes and on a phone, and an owner's way from
the first page to the answer of a sample."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations.events import endpoints
from tests.support import story as stories
from tests.support import webhook_calls
from tests.support.browser import problems, set_language, staff_problems
from tests.support.receivers import Receiver
from tests.support.staff import NOW, colleague
from tests.support.story import PASSWORD

pytestmark = pytest.mark.browser


def staff_pages(endpoint: WebhookEndpoint) -> list[str]:
    row = WebhookDelivery.objects.filter(endpoint=endpoint, state="delivered").first()
    assert row is not None
    page = f"/admin/billing/webhookendpoint/{endpoint.pk}"
    return [
        reverse("admin:billing_webhookendpoint_changelist"),
        reverse("admin:billing_webhookendpoint_types"),
        f"{page}/change/",
        f"{page}/act/send_sample/",
        f"{page}/act/replay_range/",
        f"{page}/act/new_webhook_secret/",
        f"/admin/billing/webhookdelivery/{row.pk}/change/",
    ]


@pytest.mark.parametrize(("language", "theme", "width"), [("ru", "light", 1280), ("en", "dark", 360)])
def test_staffs_pages_have_no_barrier_and_fit(
    staff_story: stories.Story, new_page: Any, language: str, theme: str, width: int
) -> None:
    endpoint = webhook_calls.endpoint_of(staff_story, name="Warehouse", types=["invoice."])
    webhook_calls.arrives(staff_story, stories.msk(5, 12, 14), timedelta(seconds=2))
    webhook_calls.record_call(
        webhook_calls.happens(staff_story, stories.msk(5, 12, 15), "invoice.issued"), stories.msk(5, 12, 15), 502
    )
    looks = {"color_scheme": theme, "locale": language, "viewport": {"width": width, "height": 800}}
    page = new_page(user=colleague("superuser"), **looks)
    faults = []
    for address in staff_pages(endpoint):
        page.goto(address)
        page.wait_for_selector("#content")
        page.evaluate("document.querySelectorAll('#content details').forEach(one => { one.open = true })")
        faults += staff_problems(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{address} scrolls sideways")
    assert faults == []


def test_an_owner_adds_a_webhook_proves_who_they_are_and_sends_a_sample(
    staff_story: stories.Story, new_page: Any, live_server: Any, receiver: Receiver
) -> None:
    page = new_page(user=staff_story.anna, viewport={"width": 360, "height": 740})
    set_language(page, live_server)
    page.goto("/more/")
    page.get_by_role("link", name="Integration").last.click()
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_label("Address of your server").fill(receiver.url)
    page.get_by_label("Only these").check()
    page.get_by_label("invoice.paid").check()
    page.get_by_role("button", name="Add it and show its secret once").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="The secret of your webhook").wait_for()
    secret, endpoint = page.locator(".code__text").inner_text(), WebhookEndpoint.objects.get()
    assert (endpoints.secrets_of(endpoint, NOW), endpoint.types) == ([secret], ["invoice.paid"])
    assert problems(page) == []
    page.get_by_role("link", name="I have copied it: send a sample").click()
    assert page.get_by_label("Type of event").input_value() == "invoice.paid"
    page.get_by_role("button", name="Send invoice.paid").click()
    page.get_by_text("HTTP 204").wait_for()
    assert receiver.verify_payload(secret)["sample"] is True
    assert problems(page) == []

"""The stories that take two: an owner in the portal and support on the workbench, each in a window of their own (M12–M16)."""

from typing import Any

import pytest

from accounts.models import Instance
from billing.models import CustomerRequest, Invoice, Relief
from billing.operations import staff_roles
from billing.operations.cycle import access
from billing.operations.ledger import posting
from billing.operations.settlement import payments
from billing.sandbox import sandbox_clock
from tests.support import story as stories
from tests.support.browser import set_language
from tests.support.staff import colleague

pytestmark = pytest.mark.browser

WORKBENCH = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
QUEUE = "/admin/billing/customerrequest/"
PAPER = {"name": "order-417.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 payment order 417"}


@pytest.fixture
def story(story: stories.Story) -> stories.Story:
    """Romashka's spring with the groups of staff."""
    staff_roles.ensure_groups()
    return story


@pytest.fixture
def windows(story: stories.Story, new_page: Any, live_server: Any) -> tuple[Any, Any]:
    """Anna's phone and the workbench of support, both in English."""
    pages = new_page(user=story.anna, viewport=PHONE), new_page(user=colleague("support"), viewport=WORKBENCH)
    for page in pages:
        set_language(page, live_server)
    return pages


def open_request(workbench: Any, kind: str) -> CustomerRequest:
    """Finds the one request of ``kind`` in the queue and opens it."""
    request = CustomerRequest.objects.get(kind=kind)
    workbench.goto(f"{QUEUE}?state=waiting")
    workbench.locator(f"#result_list a[href*='/{request.pk}/change/']").first.click()
    workbench.get_by_text(request.requested_by).first.wait_for()
    return request


def do_act(workbench: Any, title: str, button: str, **typed: str) -> str:
    """Opens the act ``title``, reads its effect and does it; what the page promised."""
    workbench.get_by_role("link", name=title).first.click()
    for name, text in typed.items():
        workbench.fill(f"[name={name}]", text)
    workbench.get_by_role("button", name="Show the effect").click()
    workbench.wait_for_selector("#effect")
    promised = str(workbench.inner_text("#effect"))
    workbench.get_by_role("button", name=button, exact=True).click()
    workbench.wait_for_url("**/change/**")
    return promised


def pay_everything(story: stories.Story) -> None:
    """The bank brings what the account owes."""
    owed = payments.NewPayment(
        amount_minor=-posting.balance(story.account), currency="RUB", method="bank", reference="418"
    )
    payments.record_payment(account=story.account, new=owed, as_of=stories.msk(5, 12), actor="finance@staff.example")


def level(instance: Instance, day: int, hour: int = 12) -> str:
    return str(access.level(instance, as_of=stories.msk(5, day, hour)).level)


def test_support_ends_a_subscription_on_request_and_resumes_it(story: stories.Story, windows: tuple[Any, Any]) -> None:
    anna, workbench = windows
    anna.goto(f"/instances/{story.cloud.public_id}/")
    anna.get_by_role("link", name="End the subscription").click()
    anna.get_by_label("We do not use it any more.").check()
    anna.get_by_label("I have read what happens").check()
    anna.get_by_role("button", name="Ask to end the subscription").click()
    anna.get_by_text("answered by 13 May").wait_for()
    followed = anna.url
    assert level(story.cloud, 12) == "full"

    open_request(workbench, "termination")
    promised = do_act(workbench, "Carry out", "Carry it out", answer="Your subscription has ended. Come back any time.")
    assert "read-only" in promised
    workbench.get_by_text("The request is carried out and the customer is told.").wait_for()
    assert level(story.cloud, 12) == "read_only"
    assert Invoice.objects.filter(account=story.account).count() == 2

    anna.goto(followed)
    anna.get_by_text("Your subscription has ended. Come back any time.").wait_for()
    assert anna.get_by_role("button", name="Withdraw the request").count() == 0
    anna.get_by_role("link", name=story.cloud.domain).click()
    anna.get_by_text("The subscription ended on").wait_for()
    anna.get_by_role("link", name="Resume the subscription").click()
    anna.get_by_role("button", name="Ask to resume the subscription").click()
    anna.get_by_role("alert").wait_for()  # what is owed comes first
    pay_everything(story)
    anna.get_by_role("button", name="Ask to resume the subscription").click()
    anna.get_by_text("answered by 13 May").wait_for()
    followed = anna.url

    open_request(workbench, "resumption")
    assert story.cloud.domain in do_act(workbench, "Carry out", "Carry it out", answer="Welcome back.")
    anna.goto(followed)
    anna.get_by_text("Welcome back.").wait_for()
    anna.goto(f"/instances/{story.cloud.public_id}/")
    anna.get_by_text("Everything works").wait_for()
    assert level(story.cloud, 12) == "full"
    workbench.goto(f"{QUEUE}?state=waiting")
    assert workbench.locator("#result_list").count() == 0


def test_relief_runs_out_by_itself(story: stories.Story, windows: tuple[Any, Any]) -> None:
    anna, workbench = windows
    sandbox_clock.advance(to=stories.msk(5, 20))
    anna.goto("/")
    anna.get_by_text("Access is read-only: invoice R-2026-000001 is overdue.").wait_for()
    anna.goto("/requests/new/proof_of_payment/")
    anna.set_input_files("[name=file]", PAPER)
    anna.get_by_role("button", name="Send to support").click()
    anna.get_by_text("order-417.pdf").wait_for()

    open_request(workbench, "proof_of_payment")
    workbench.get_by_role("link", name="Give access for a time").first.click()
    workbench.select_option("[name=instance]", str(story.cloud.pk))
    workbench.fill("[name=reason]", "payment order 417 was shown")
    workbench.get_by_role("button", name="Show the effect").click()
    workbench.wait_for_selector("#effect")
    assert "21 May 2026" in workbench.inner_text("#effect").replace("\xa0", " ")
    workbench.get_by_role("button", name="Give access", exact=True).click()
    workbench.get_by_text("Access is given until").wait_for()

    anna.goto("/")
    anna.get_by_text(f"{story.cloud.domain} works in full until 21 May 2026").wait_for()
    assert (level(story.cloud, 20), level(story.test, 20)) == ("full", "read_only")
    sandbox_clock.advance(to=stories.msk(5, 21, 11))
    assert level(story.cloud, 21, 11) == "full"
    sandbox_clock.advance(to=stories.msk(5, 21, 13))
    anna.reload()
    anna.get_by_text("Access is read-only: invoice R-2026-000001 is overdue.").wait_for()
    assert anna.get_by_text("works in full until").count() == 0
    assert level(story.cloud, 21, 13) == "read_only"
    relief = Relief.objects.get()
    assert (relief.reason, relief.withdrawn_at) == ("payment order 417 was shown", None)
    workbench.goto("/admin/billing/relief/")
    workbench.get_by_text("no money came").first.wait_for()

"""The owner's stories of what is paid in advance, in a real browser; and each of its pages without a barrier, in every state."""

from typing import Any

import pytest

from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from billing.sandbox import sandbox_clock
from tests.support.browser import LOOKS, PHONE, find_problems, set_language
from tests.support.people import at, stand_at
from tests.support.shops import Shop, now, shop

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _here(transactional_db: None, settings: Any, live_server: Any) -> None:
    settings.BASE_URL = live_server.url


def blue_in_trial() -> Shop:
    trial_shop = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    now(trial_shop, "2026-05-12 12:00")
    return trial_shop


def test_blue_from_its_trial_to_paid_time(new_page: Any, live_server: Any) -> None:
    blue = blue_in_trial()
    page = set_language(new_page(user=blue.anna, viewport=PHONE), live_server)
    page.goto("/")
    page.get_by_text("3 days left").wait_for()
    page.get_by_role("link", name="Choose a plan").click()
    page.get_by_label("Blue, by the month").check()
    page.get_by_role("button", name="See what it costs").click()
    page.get_by_text("Nothing now, $3.61 on 16 May 2026").wait_for()
    page.get_by_role("button", name="Choose this plan").click()
    page.get_by_text("Chosen: Blue, by the month, $3.61 on 16 May 2026.").wait_for()
    assert blue.party.charges == []
    now(blue, "2026-05-16 09:00")
    page.goto("/")
    page.get_by_text("Pay invoice U-2026-000001 by 30 May").wait_for()
    page.get_by_text("The next charge: $7.00 on 1 June, at the seats of now.").wait_for()
    assert blue.party.charges == [361]


def test_evotor_upgrade_with_its_preview_and_taking_it_back(new_page: Any, live_server: Any) -> None:
    till = shop("evotor-app", "light", at("2026-04-01 12:00"))
    now(till, "2026-04-15 10:00")
    page = set_language(new_page(user=till.anna), live_server)
    page.goto(till.address)
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_label("Plus").check()
    page.get_by_role("button", name="See what it costs").click()
    page.get_by_text("Now: ₽48.00 due today").wait_for()
    page.get_by_role("button", name="Agree and change").click()
    page.get_by_text("Done: Plus from today on, ₽48.00 were charged.").wait_for()
    assert till.party.charges == [9000, 4800]
    page.get_by_text("You can take it back in full until 16 April 2026 at 00:00 Moscow time.").wait_for()
    page.get_by_role("button", name="Take the change back").click()
    page.get_by_text("Taken back: everything is as it was before the change.").wait_for()
    assert (till.party.fresh.priced_by.tariff_id, till.party.balance) == ("light", -9000)


def test_cyberos_is_cancelled_and_the_cancellation_taken_back(new_page: Any, live_server: Any) -> None:
    build = shop("cyberos", "build")
    page = set_language(new_page(user=build.anna, viewport=PHONE), live_server)
    page.goto(build.address)
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_text("Everything works to the end of 11 June 2026: that is paid for.").wait_for()
    page.get_by_role("button", name="Cancel the subscription").click()
    page.get_by_text("everything works until 12 June 2026 at 00:00 Moscow time, then it ends").wait_for()
    assert build.party.fresh.cancel_date is not None
    page.get_by_role("button", name="Take the cancellation back").click()
    page.get_by_text("Taken back: it goes on as before.").wait_for()
    assert build.party.fresh.cancel_date is None


def in_dunning() -> Shop:
    till = shop("evotor-app", "light", at("2026-04-15 12:00"))
    till.party.pay("90.00", at("2026-04-15 13:00"))
    sandbox_clock.advance(to=at("2026-05-12 12:00"))
    return till


def test_e8_the_owner_sees_the_tries_and_pays_what_is_missing(new_page: Any, live_server: Any) -> None:
    till = in_dunning()
    page = set_language(new_page(user=till.anna, viewport=PHONE), live_server)
    page.goto("/")
    page.get_by_text("We tried 3 times to take the money for the period from 15 May.").wait_for()
    assert page.get_by_text("the balance is too low, and no card is saved").count() == 3
    page.get_by_role("link", name="Pay ₽90.00").click()
    page.get_by_text("what the next period lacks: it is renewed at once").wait_for()
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("heading", name="The payment has arrived").wait_for()
    sandbox_clock.advance(to=at("2026-05-12 12:01"))
    page.goto("/")
    page.get_by_text("Paid until").wait_for()
    page.get_by_text("14 June").first.wait_for()
    assert page.get_by_text("is missing").count() == 0


def looks(new_page: Any, live_server: Any, of_shop: Shop, addresses: list[str]) -> list[str]:
    """What is wrong with ``addresses`` in both themes and languages, wide and at 320 pixels."""
    wrong: list[str] = []
    for theme, width, locale in LOOKS:
        page = new_page(user=of_shop.anna, color_scheme=theme, viewport={"width": width, "height": 800})
        set_language(page, live_server, locale)
        wrong += find_problems(page, addresses)
    return wrong


def test_the_pages_of_a_trial_are_accessible_and_fit(new_page: Any, live_server: Any) -> None:
    blue = blue_in_trial()
    own = blue.address
    addresses = [
        "/",
        own,
        f"{own}choose/",
        f"{own}choose/?tariff=blue-annual",
        f"{own}cancel/",
        f"{own}people/invite/",
        f"{own}people/",
        "/calendar/",
        "/instances/",
    ]
    wrong = looks(new_page, live_server, blue, addresses)
    trials.choose_tariff(
        subscription=blue.party.subscription, tariff_id="blue-annual", as_of=at("2026-05-12 12:00"), actor="Anna"
    )
    wrong += looks(new_page, live_server, blue, ["/", own, "/calendar/"])
    assert wrong == []


def test_the_pages_after_a_trial_are_accessible_and_fit(new_page: Any, live_server: Any) -> None:
    blue = blue_in_trial()
    now(blue, "2026-05-20 12:00")
    pages = ["/", blue.address, f"{blue.address}choose/?tariff=blue-monthly"]
    assert looks(new_page, live_server, blue, pages) == []


def test_the_pages_of_a_till_are_accessible_and_fit(new_page: Any, live_server: Any) -> None:
    till = shop("evotor-app", "base", quantity=12)
    own = till.address
    plan_changes.change_terms(
        subscription=till.party.subscription,
        request=TermsRequest(quantity=8),
        as_of=at("2026-05-12 12:00"),
        actor="Anna",
    )
    addresses = [
        "/",
        own,
        f"{own}change/",
        f"{own}change/?tariff=light",
        f"{own}change/?tariff=base&quantity=0",
        f"{own}cancel/",
        "/calendar/",
        "/pay/",
    ]
    assert looks(new_page, live_server, till, addresses) == []


def test_the_pages_of_dunning_and_after_the_end_are_accessible_and_fit(new_page: Any, live_server: Any) -> None:
    till = in_dunning()
    pay = f"/pay/?renewal={till.party.subscription.public_id}"
    wrong = looks(new_page, live_server, till, ["/", till.address, pay, "/calendar/"])
    stand_at(at("2026-05-16 12:00"))
    till.party.now_is(at("2026-05-16 12:00"))
    wrong += looks(new_page, live_server, till, ["/", till.address, f"{till.address}start/?tariff=light"])
    assert wrong == []


def test_the_pages_of_what_is_bought_for_good_or_free_are_accessible_and_fit(new_page: Any, live_server: Any) -> None:
    driver = shop("evotor-driver", "driver", quantity=10)
    pages = ["/", driver.address, f"{driver.address}change/?tariff=driver&quantity=30"]
    assert looks(new_page, live_server, driver, pages) == []

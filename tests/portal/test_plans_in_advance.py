"""The overview and the instance's page of what is paid in advance: trials, paid time, the end (B2, C1, C4, D6, D7, E1, E4, E8)."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from billing.sandbox import sandbox_clock
from tests.support.people import at, stand_at
from tests.support.shops import now, shop, text

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def test_b2_a_trial_counts_its_days_and_says_what_happens_then(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    anna = signed_in(blue.anna)
    now(blue, "2026-05-12 12:00")
    for address in ("/", blue.address):
        page = text(anna, address)
        assert "3 days left until 15 May, that day included" in page
        assert "Without a choice it becomes read-only on 16 May 2026 at 00:00 Moscow time" in page
        page = anna.get(address).content.decode()
        assert re.search(rf'href="{blue.address}choose/"\s*>\s*Choose a plan\s*</a>', page)
    now(blue, "2026-05-15 23:59")
    assert "The last day until 15 May" in text(anna, "/")


def test_b2_a_trial_without_a_choice_is_read_only_and_a_choice_restores_it(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    anna = signed_in(blue.anna)
    now(blue, "2026-05-16 00:00")
    page = text(anna, "/")
    assert "The trial of romashka.example.ru is over: it is read-only." in page
    assert "Nothing was charged and nothing is lost." in page
    assert "the trial is over, and no plan has been chosen" in text(anna, blue.address)


def test_b3_what_was_chosen_in_the_trial_is_told_with_its_day_and_sum(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    trials.choose_tariff(
        subscription=blue.party.subscription, tariff_id="blue-monthly", as_of=at("2026-05-09 12:00"), actor="Anna"
    )
    now(blue, "2026-05-12 12:00")
    page = text(signed_in(blue.anna), "/")
    assert "Then Blue, by the month: $3.61 on 16 May. Nothing is interrupted." in page  # 16 of 31 days of 7.00
    assert "Choose another plan" in page


def test_e5_paid_time_says_until_when_and_what_comes_next(signed_in: SignIn) -> None:
    till = shop("evotor-app", "base", quantity=12)
    anna = signed_in(till.anna)
    assert "Charged until 11 June By the terminal · 12 terminals" in text(anna, till.address)
    till.party.pay("1080.00", at("2026-05-12 12:00"))
    page = text(anna, "/")
    assert "Paid until romashka.example.ru 11 June" in page
    assert "The next period begins on 12 June and costs ₽1,080.00: taken from 7 June on" in page
    assert "No card is saved, and the balance lacks ₽1,080.00." in page


def test_d7_a_scheduled_change_is_told_and_called_off(signed_in: SignIn) -> None:
    till = shop("evotor-app", "base", quantity=12)
    plan_changes.change_terms(
        subscription=till.party.subscription,
        request=TermsRequest(quantity=8),
        as_of=at("2026-05-12 12:00"),
        actor="Anna",
    )
    anna = signed_in(till.anna)
    assert "From 12 June: By the terminal, 8 terminals. Until then everything works as now." in text(anna, till.address)
    assert "Call the change off" not in text(signed_in(till.anna), anna.post(f"{till.address}change/undo/")["Location"])
    assert till.party.subscription.terms_changes.waiting().count() == 0


def test_d6_a_change_of_today_is_taken_back_by_its_button(signed_in: SignIn) -> None:
    till = shop("evotor-app", "light", at("2026-05-01 12:00"))
    now(till, "2026-05-12 12:00")
    plan_changes.change_terms(
        subscription=till.party.subscription,
        request=TermsRequest(tariff_id="plus"),
        as_of=at("2026-05-12 12:00"),
        actor="Anna",
    )
    anna = signed_in(till.anna)
    assert "You can take it back in full until 13 May 2026 at 00:00 Moscow time." in text(anna, till.address)
    answer = anna.post(f"{till.address}change/undo/", follow=True)
    assert "Taken back: everything is as it was before the change." in answer.content.decode()
    assert till.party.fresh.priced_by.tariff_id == "light"
    assert till.party.balance == -9000
    stand_at(at("2026-05-13 00:00"))
    late = anna.post(f"{till.address}change/undo/", follow=True).content.decode()
    assert "There is no change to take back" in late


def test_c4_a_cancelled_plan_says_until_when_and_is_taken_back(signed_in: SignIn) -> None:
    build = shop("cyberos", "build")
    anna = signed_in(build.anna)
    page = text(anna, f"{build.address}cancel/")
    assert "Everything works to the end of 11 June 2026: that is paid for." in page
    assert "The ₽4,900.00 of 12 June 2026 will not be charged." in page
    anna.post(f"{build.address}cancel/")
    assert "everything works until 12 June 2026 at 00:00 Moscow time, then it ends" in text(anna, build.address)
    assert "Take the cancellation back" in text(anna, "/")
    anna.post(f"{build.address}cancel/undo/")
    assert build.party.fresh.cancel_date is None
    assert "The next charge: ₽4,900.00 on 12 June." in text(anna, "/")


def test_c4_after_the_end_it_can_be_started_again(signed_in: SignIn) -> None:
    build = shop("cyberos", "build", at("2026-04-10 12:00"))
    build.party.pay("4900.00", at("2026-04-10 12:30"))
    plan_changes.cancel_subscription(subscription=build.party.subscription, as_of=at("2026-04-12 12:00"), actor="Anna")
    now(build, "2026-05-12 12:00")
    page = text(signed_in(build.anna), build.address)
    assert "The subscription has ended" in page
    assert "You cancelled it, and what was paid has been used to its end." in page
    assert "Start again" in page


def test_e8_the_owner_sees_every_try_what_is_missing_and_until_when(signed_in: SignIn) -> None:
    till = shop("evotor-app", "light", at("2026-04-15 12:00"))
    till.party.pay("90.00", at("2026-04-15 13:00"))
    till.party.pay("40.00", at("2026-04-16 13:00"))
    sandbox_clock.advance(to=at("2026-05-12 12:00"))
    anna = signed_in(till.anna)
    page = text(anna, "/")
    assert "₽50.00 is missing for romashka.example.ru. We tried 3 times" in page
    assert "without the money the subscription ends on 16 May 2026 at 00:00 Moscow time" in page
    assert "We try again on 13 May 2026 at 10:00 Moscow time" in page
    for day in (10, 11, 12):
        assert f"{day} May at 10:00 the balance is too low, and no card is saved ₽90.00" in page
    pay = text(anna, f"/pay/?renewal={till.party.subscription.public_id}")
    assert "₽50.00 what the next period lacks: it is renewed at once" in pay
    till.party.pay("50.00", at("2026-05-12 12:10"))
    billing_run.run_due(as_of=at("2026-05-12 12:11"))
    assert "is missing" not in text(anna, "/")


def test_e8_unpaid_it_has_ended_and_says_why(signed_in: SignIn) -> None:
    till = shop("evotor-app", "light", at("2026-04-11 12:00"))
    till.party.pay("90.00", at("2026-04-11 13:00"))
    now(till, "2026-05-12 12:00")
    assert "The money for the next period had not come by its date." in text(signed_in(till.anna), till.address)


def test_e4_what_was_bought_for_good_and_more_of_it(signed_in: SignIn) -> None:
    driver = shop("evotor-driver", "driver", quantity=10)
    anna = signed_in(driver.anna)
    page = text(anna, driver.address)
    assert "Bought for good 10 terminals Driver, paid once" in page
    assert "Paid once, ₽1,000.00 in all. Nothing renews; more later costs the difference." in page


def test_e1_a_free_product_says_that_it_costs_nothing(signed_in: SignIn) -> None:
    notes = shop("evotor-free", "")
    for address in ("/", notes.address):
        page = text(signed_in(notes.anna), address)
        assert "Free of charge Nothing is charged, and no invoice comes." in page


def test_c1_a_test_environment_is_marked_in_the_list(signed_in: SignIn) -> None:
    lab = shop("cyberos", "trial")
    assert "Cyberos · test · trial until 11 June 2026" in text(signed_in(lab.anna), "/instances/")


def test_d3_a_midnight_that_no_job_has_dealt_with_is_shown_as_it_is(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    trials.choose_tariff(
        subscription=blue.party.subscription, tariff_id="blue-monthly", as_of=at("2026-05-09 12:00"), actor="Anna"
    )
    stand_at(at("2026-05-16 00:05"))
    page = text(signed_in(blue.anna), blue.address)
    assert "31 May Blue, by the month · 1 seat" in page
    assert "The next charge: $7.00 on 1 June" in page
    assert blue.party.charges == []


def test_m8_an_overdue_plan_says_what_restores_it_and_not_that_people_are_charged(signed_in: SignIn) -> None:
    build = shop("cyberos", "build")
    now(build, "2026-05-27 12:00")
    page = text(signed_in(build.anna), "/")
    assert "₽4,900.00 restores full access, by itself and at once." in page
    assert "Until then your plan goes on: its next period is charged on its day." in page
    assert "for those who stay active" not in page

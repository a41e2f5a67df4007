"""Plans and billing of an instance (C3): what it is on, what that costs at its size, what every other plan would, and what
more people would do to this month, the next one and the year."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from moneyed import Money

from accounts.members import Report
from accounts.models import Instance, Product, User
from billing.charts.price_curve import price_curve, slider_end, typical_quantity
from billing.models import Tariff, TermsChange
from billing.operations.catalogue import tariffs
from billing.operations.customers import instances
from tests.support.page_text import shown_text
from tests.support.people import Party, at, installation, party, publish_tariff, staff, stand_at
from tests.support.story import person
from tests.support.tariff_samples import BLUE, DRIVER, METEOR, SCALE, TRIAL

ANNA = "anna@romashka.example"


@pytest.fixture
def anna(db: None) -> User:
    installation()
    stand_at(at("2026-05-12 12:00"))
    return person(ANNA, "Anna")


@pytest.fixture
def see(signed_in, anna):
    """``see(party, "what-if/?n=15", locale="ru")``: what Anna reads of the plans of a party's instance."""

    def read(of: Party, rest: str = "", locale: str = "en") -> str:
        answer = signed_in(anna, locale).get(f"/instances/{of.instance.public_id}/plans/{rest}")
        assert answer.status_code == 200
        return shown_text(answer.content.decode())

    return read


def eleven() -> Party:
    """METEOR: eleven people at the peak of May, ten now."""
    party_ = party(now=at("2026-05-02 09:00"))
    party_.activate(10, at("2026-05-05 10:00"))
    party_.block([11], at("2026-05-08 10:00"))
    return party_


def next_version(tariff_id: str, unit_price: str) -> Tariff:
    """A new price of a published tariff, in force now."""
    author, reviewer, when = staff("author@saldo.example"), staff("reviewer@saldo.example"), at("2026-05-03 10:00")
    current = Tariff.objects.get(tariff_id=tariff_id, status="published")
    draft = tariffs.draft_next_version(tariff=current, user=author, as_of=when)
    draft.unit_price = Money(Decimal(unit_price), draft.currency)
    draft = tariffs.save_draft(draft=draft, user=author, as_of=when)
    return tariffs.publish_tariff(
        tariff=tariffs.submit_tariff(tariff=draft, user=author, as_of=when), user=reviewer, as_of=when
    )


# --- What if there were more people ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "month", "ahead", "year", "sentence"),
    [
        (9, "₽6,589.00", "₽0.00", "₽0.00", "This month stays as it is: its peak of 11 people is charged already"),
        (10, "₽6,589.00", "₽5,990.00", "₽71,880.00", "This month stays as it is"),
        (11, "₽6,589.00", "₽6,589.00", "₽79,068.00", "It would add nothing to what is charged for this month already."),
        (12, "₽7,188.00", "₽7,188.00", "₽86,256.00", "It would add ₽599.00 now to the ₽6,589.00 already charged"),
        (15, "₽8,985.00", "₽8,985.00", "₽107,820.00", "It would add ₽2,396.00 now to the ₽6,589.00 already charged"),
    ],
)
def test_more_people_add_now_and_fewer_save_next_month(see, people, month, ahead, year, sentence):
    part = see(eleven(), f"what-if/?n={people}")
    assert f"This month in all {month} Next month {ahead} Twelve such months {year}" in part
    assert sentence in part


def test_what_is_shown_is_what_is_then_charged(see):
    party_ = eleven()
    assert "It would add ₽2,396.00 now" in see(party_, "what-if/?n=15")
    before = party_.balance
    party_.activate(5, at("2026-05-12 12:00"))
    assert party_.balance - before == -239_600


def test_the_page_begins_at_the_peak_and_works_without_a_script(see):
    party_ = eleven()
    page = see(party_)
    assert "Now 10 active, the peak of this month 11." in page
    assert "This month in all ₽6,589.00" in page
    assert "11 × 599.00 = ₽6,589.00" in page
    assert "This month in all ₽8,985.00" in see(party_, "?n=15")


def test_within_the_quota_the_cliff_is_shown(see):
    part = see(party(now=at("2026-05-02 09:00")), "what-if/?n=10")
    assert "It would add ₽5,990.00 now to the ₽0.00 already charged for this month." in part


def test_the_same_in_russian(see):
    party_ = eleven()
    part = see(party_, "what-if/?n=15", "ru")
    assert "Этот месяц, всего 8 985,00 ₽ Следующий месяц 8 985,00 ₽ Двенадцать таких месяцев 107 820,00 ₽" in part
    assert "Сейчас добавилось бы 2 396,00 ₽ к уже начисленным за этот месяц 6 589,00 ₽." in part
    assert "11 человек" in see(party_, "what-if/?n=9", "ru")
    assert "Ваш тариф сейчас METEOR Cloud 599,00 ₽ за активного человека в месяц" in see(party_, locale="ru")


# --- Plans side by side ----------------------------------------------------------------------------------------------


def cyberos(tariff_id: str, members: int = 0) -> Party:
    party_ = party(product="cyberos", tariff_id=tariff_id, now=at("2026-05-10 09:00"))
    party_.activate(members, at("2026-05-11 10:00"))
    return party_


def card(see, party_: Party, signed_in, anna, number: int) -> str:
    page = signed_in(anna).get(f"/instances/{party_.instance.public_id}/plans/").content.decode()
    return shown_text(page.split(f'id="plan-{number}">')[1].split("</section>")[0])


def test_every_plan_tells_my_bill_and_what_a_year_saves(see, signed_in, anna):
    party_ = cyberos("build")
    build, scale = (card(see, party_, signed_in, anna, number) for number in (2, 3))
    assert build.startswith("Build Teams that build on Cyberos ₽4,900.00 a month")
    assert "For you: ₽4,900.00 a month your plan now" in build
    assert "For you: ₽52,920.00 a year 12 × 4,900.00 − 10% = ₽52,920.00" in build
    assert "Saves ₽5,880.00 a year against paying by the month." in build
    assert "Cancel at any time" in build
    assert "For your 0 seats: ₽49,000.00 a month" in scale
    assert "Saves ₽58,800.00 a year against paying by the month." in scale


def test_at_six_hundred_members_scale_costs_97_000(see):
    part = see(cyberos("scale", 3), "what-if/?n=600")
    assert "A month ₽97,000.00 A year ₽1,164,000.00" in part
    assert "49,000.00 + 400 × 100.00 + 100 × 80.00 = ₽97,000.00" in part
    assert "Scale, a year at once ₽1,047,600.00 a year" in part
    assert "Build, by the month ₽4,900.00 a month" in part


def test_my_size_is_what_each_plan_counts(see, signed_in, anna):
    assert "For your 3 seats: ₽49,000.00 a month" in card(see, cyberos("build", 3), signed_in, anna, 3)


def test_terminals_are_counted_as_they_were_bought(see, signed_in, anna):
    party_ = party(product="evotor-app", tariff_id="base", now=at("2026-05-10 09:00"), quantity=12)
    assert "For your 12 terminals: ₽1,080.00 a month 12 × 90.00 = ₽1,080.00" in card(see, party_, signed_in, anna, 1)
    assert "A month ₽900.00 A year ₽10,800.00" in see(party_, "what-if/?n=9")


def test_buying_more_of_a_one_off_costs_the_difference(see):
    party_ = party(product="evotor-driver", tariff_id="driver", now=at("2026-05-10 09:00"), quantity=12)
    part = see(party_, "what-if/?n=20")
    assert "Once ₽2,000.00 You have paid for a part of it: the difference is ₽800.00." in part
    assert "difference" not in see(party_, "what-if/?n=12")


@pytest.mark.parametrize(
    ("seats", "sentence"),
    [
        (2, "From tomorrow to 30 June 2026 they would add $3.50: it comes on the next invoice."),
        (11, "From tomorrow to 30 June 2026 they would add $35.00: it comes on the next invoice."),
        (0, "What is not used from tomorrow to 30 June 2026 comes back as credit: $3.50."),
    ],
)
def test_seats_that_come_or_go_today_are_shown_with_what_is_posted(see, seats, sentence):
    party_ = party(product="blue", tariff_id="blue-monthly", currency="USD", now=at("2026-06-01 09:00"), trial=False)
    stand_at(at("2026-06-15 12:00"))
    assert sentence in see(party_, f"what-if/?n={seats}")
    before = party_.balance
    if seats:
        party_.activate(seats - 1, at("2026-06-15 12:00"), role="team_member")
        assert party_.balance - before == -350 * (seats - 1)


def test_a_seat_of_a_yearly_plan_costs_whole_months_by_the_twelfth(see):
    party_ = party(product="blue", tariff_id="blue-annual", currency="USD", now=at("2026-06-01 09:00"), trial=False)
    stand_at(at("2026-06-15 12:00"))
    part = see(party_, "what-if/?n=2")
    assert "A year $140.00 A month of it ≈ $11.67" in part
    assert "they would add $" in part


def test_a_trial_says_when_it_ends_and_that_nothing_is_charged_by_itself(see):
    party_ = party(product="blue", tariff_id="blue-monthly", currency="USD", now=at("2026-05-10 09:00"), trial=True)
    assert "The trial lasts to the end of 17 May 2026. Nothing is charged by itself: choose a plan before." in see(
        party_
    )
    stand_at(at("2026-05-18 10:00"))
    assert "The trial ended on 17 May 2026, and nothing was charged. Choose a plan to go on." in see(party_)


def test_a_product_that_is_free_has_nothing_to_choose(see):
    page = see(party(product="evotor-free", tariff_id="", now=at("2026-05-10 09:00")))
    assert "No charge It costs nothing" in page
    assert "What if" not in page


def register(domain: str = "new.example.ru", product: str = "cyberos") -> Instance:
    party_ = eleven()
    return instances.register_instance(
        customer=party_.customer,
        product=Product.objects.get(code=product),
        domain=domain,
        as_of=at("2026-05-10 09:00"),
        representative=Report(external_id="u-1", status="active", email=ANNA, name="Anna"),
    )


def test_an_instance_without_a_plan_sees_them_all(signed_in, anna):
    answer = signed_in(anna).get(f"/instances/{register().public_id}/plans/")
    page = shown_text(answer.content.decode())
    assert "This instance is on no plan yet." in page
    assert "your plan now" not in page
    assert "Scale, by the month ₽54,000.00 a month" in page  # 150 seats, to begin with


def test_one_whose_subscription_ended_is_told_so(see):
    party_ = eleven()
    party_.terminate(at("2026-05-11 10:00"))
    page = see(party_)
    assert "The subscription to METEOR Cloud ended on 11 May 2026." in page
    assert "Resume the subscription" in page


# --- Which version I am on -------------------------------------------------------------------------------------------


def test_whoever_is_on_an_older_version_keeps_its_price(see):
    party_ = eleven()
    next_version("meteor-cloud", "649.00")
    page = see(party_)
    assert (
        "You are on version 1 and keep its price: ₽599.00 per active person a month. "
        "Newcomers pay ₽649.00 per active person a month." in page
    )
    assert "Next month ₽8,985.00" in see(party_, "what-if/?n=15")


def test_an_archived_plan_stays_with_those_who_are_on_it(see):
    party_ = eleven()
    tariff = Tariff.objects.get(tariff_id="meteor-cloud")
    tariffs.archive_tariff(tariff=tariff, user=staff("reviewer@saldo.example"), as_of=at("2026-05-03 10:00"))
    assert "This plan is no longer offered. You stay on it and keep its price: ₽599.00" in see(party_)
    assert "Next month ₽8,985.00" in see(party_, "what-if/?n=15")


def test_a_scheduled_change_is_told_and_prices_the_next_month(see):
    party_ = eleven()
    newer = next_version("meteor-cloud", "649.00")
    TermsChange.objects.create(
        subscription=party_.subscription,
        tariff=newer,
        effective_date=date(2026, 6, 1),
        decided_at=at("2026-05-04 10:00"),
        decided_by="staff",
    )
    page = see(party_)
    assert "With the first period that begins on 1 June 2026 or later: METEOR Cloud, ₽649.00 per active person" in page
    part = see(party_, "what-if/?n=15")
    assert "This month in all ₽8,985.00 Next month ₽9,735.00" in part
    assert "This month: 15 × 599.00 = ₽8,985.00 Next month: 15 × 649.00 = ₽9,735.00" in part


# --- Changing it -----------------------------------------------------------------------------------------------------


def links(page: str, start: str) -> list[str]:
    return [unquote(unescape(address)) for address in re.findall(f'href="({start}[^"]+)"', page)]


def test_another_plan_is_chosen_where_its_effect_is_told_first(signed_in, anna):
    party_, client = cyberos("build"), signed_in(anna)
    here = f"/instances/{party_.instance.public_id}"
    page = client.get(f"{here}/plans/").content.decode()
    addresses = links(page, f"{here}/change/")
    # A trial is no way back, and what one is on is no choice.
    assert addresses == [f"{here}/change/?tariff={link}" for link in ("build-annual", "scale", "scale-annual")]
    assert [client.get(link).status_code for link in addresses] == [200, 200, 200]


def test_a_number_that_was_tried_out_can_be_bought(signed_in, anna):
    party_ = party(product="evotor-app", tariff_id="base", now=at("2026-05-10 09:00"), quantity=12)
    client, here = signed_in(anna), f"/instances/{party_.instance.public_id}"
    page = client.get(f"{here}/plans/what-if/?n=20").content.decode()
    [address] = links(page, f"{here}/change/")
    assert address == f"{here}/change/?tariff=base&quantity=20"
    assert client.get(address).status_code == 200
    assert "Change to 20 terminals" in shown_text(page)
    assert "Change to" not in client.get(f"{here}/plans/what-if/?n=12").content.decode()


def test_an_instance_without_a_plan_begins_with_any(signed_in, anna):
    here = f"/instances/{register().public_id}"
    addresses = links(signed_in(anna).get(f"{here}/plans/").content.decode(), f"{here}/start/")
    assert [link.split("=")[1] for link in addresses] == ["trial", "build", "build-annual", "scale", "scale-annual"]


def test_of_what_is_measured_support_changes_the_plan(signed_in, anna, settings):
    party_, client = eleven(), signed_in(anna)
    publish_tariff(tariff_id="meteor-large", unit_price="499.00", included_quantity=0)
    address = f"/instances/{party_.instance.public_id}/plans/"
    page = client.get(address).content.decode()
    assert "mailto:" not in page
    assert "Support changes the plan for you." in page
    settings.SUPPORT_EMAIL = "help@saldo.example"
    [letter] = [link for link in links(client.get(address).content.decode(), "mailto:") if "subject" in link]
    assert "subject=romashka.example.ru: change the plan" in letter
    assert "Please move romashka.example.ru to the plan “meteor-large” (meteor-large)." in letter


# --- Who sees it -----------------------------------------------------------------------------------------------------


def test_an_outsider_and_a_member_without_the_right_find_nothing(story, signed_in):
    for rest in ("", "what-if/?n=10"):
        address = f"/instances/{story.cloud.public_id}/plans/{rest}"
        assert signed_in(story.anna).get(address).status_code == 200
        assert signed_in(story.vera).get(address).status_code == 404
        assert signed_in(story.boris).get(address).status_code == 404
    assert signed_in(story.anna).get("/instances/ins_nope/plans/").status_code == 404


def test_nobody_sees_it_without_signing_in(story, client):
    for address in (
        "/plans/",
        f"/instances/{story.cloud.public_id}/plans/",
        f"/instances/{story.cloud.public_id}/plans/what-if/",
    ):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_the_section_leads_to_the_busiest_instance(story, signed_in):
    answer = signed_in(story.anna).get("/plans/")
    assert answer["Location"] == f"/instances/{story.cloud.public_id}/plans/"
    page = signed_in(story.anna).get(answer["Location"]).content.decode()
    assert 'aria-current="page"' in page.split('href="/plans/"')[1].split(">")[0]
    assert "test.romashka.example.ru" in page  # the others are one step away
    assert signed_in(story.boris).get("/plans/").status_code == 404


def test_two_hundred_tariffs_are_asked_for_as_often_as_two(signed_in, anna):
    party_, client = eleven(), signed_in(anna)
    address = f"/instances/{party_.instance.public_id}/plans/"

    def queries() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    publish_tariff(tariff_id="extra", unit_price="10.00")
    two = queries()
    for number in range(198):
        publish_tariff(tariff_id=f"extra-{number}", unit_price="10.00")
    assert queries() == two
    assert two <= 25


# --- The drawing -----------------------------------------------------------------------------------------------------


def test_the_slider_ends_where_all_steps_lie_before_it():
    assert slider_end([METEOR], 11) == 100
    assert slider_end([SCALE], 0) == 1000
    assert slider_end([METEOR], 340) == 1000
    assert (typical_quantity([METEOR]), typical_quantity([SCALE]), typical_quantity([BLUE])) == (13, 150, 10)


def test_the_line_shows_the_cliff_and_the_dot_stands_on_it():
    curve = price_curve(METEOR, 11, 100)
    assert curve is not None
    assert (curve.amount_minor, curve.dot_x) == (658_900, "11.0%")
    assert "L90 1000L100 9" in curve.line  # flat up to nine, then everybody is counted
    assert [tick.quantity for tick in curve.ticks] == [0, 10, 100]
    assert price_curve(TRIAL, 1, 100) is None


def test_beyond_the_drawing_the_dot_stays_at_its_end():
    curve = price_curve(DRIVER, 500, 100)
    assert curve is not None
    assert (curve.dot_x, curve.quantity, curve.amount_minor) == ("100.0%", 500, 4_166_667)

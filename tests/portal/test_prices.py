"""The public pages of prices and quotas (C1): read by everybody, in both languages, kept by caches, the same sums that are charged."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Product
from billing.models import Tariff
from billing.operations.catalogue import tariffs
from tests.support.page_text import read, shown_text
from tests.support.people import at, installation, publish_tariff, staff
from tests.support.story import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    installation()


# --- What it costs ---------------------------------------------------------------------------------------------------


def test_everything_on_offer_is_listed_with_its_price_and_quota():
    page = read("/prices/")
    for sentence in (
        "METEOR Cloud ₽599.00 per active person a month Up to 9 people: free of charge; above that all are counted.",
        "Blue $7.00 per seat a month Or $70.00 per seat a year. Trial: 7 days, up to 20 people.",
        "₽120.00 per terminal, once 10 terminals: ₽1,000.00 in all. 30 terminals: ₽2,500.00 in all.",
        "₽100.00 per terminal a month From 10 terminals: ₽90.00 each.",
        "Build ₽4,900.00 a month Or ₽52,920.00 a year.",
        "30 days free of charge",
        "Cash register notes free No charge",
    ):
        assert sentence in page


@pytest.mark.parametrize(
    ("people", "month", "year"),
    [(9, "₽0.00", "₽0.00"), (10, "₽5,990.00", "₽71,880.00"), (11, "₽6,589.00", "₽79,068.00")],
)
def test_meteor_costs_nothing_up_to_nine_and_everybody_from_ten_on(people, month, year):
    part = read(f"/prices/meteor/bill/?n={people}")
    assert f"A month {month} A year {year}" in part
    assert f"{people if people > 9 else 0} × 599.00 = {month}" in part


@pytest.mark.parametrize(
    ("terminals", "sum_"),
    [(8, "960"), (9, "1,000"), (10, "1,000"), (20, "2,000"), (29, "2,500"), (30, "2,500"), (60, "5,000")],
)
def test_the_driver_costs_what_the_next_step_would_at_most(terminals, sum_):
    assert f"Once ₽{sum_}.00" in read(f"/prices/evotor-driver/bill/?n={terminals}")


def test_a_price_without_steps_left_to_say_has_no_formula_twice():
    part = read("/prices/evotor-driver/bill/?n=20")
    assert "20 × 100.00 = ₽2,000.00 (from 10 terminals: 100.00 each)" in part
    assert read("/prices/evotor-app/bill/?n=12").count("₽180.00") == 2  # the row and what is read out


def test_cyberos_by_the_month_and_by_the_year():
    part = read("/prices/cyberos/bill/?n=600")
    assert "Scale, by the month ₽97,000.00 a month" in part
    assert "49,000.00 + 400 × 100.00 + 100 × 80.00 = ₽97,000.00 (100 included; above 500: 80.00 each)" in part
    assert "Scale, a year at once ₽1,047,600.00 a year" in part
    assert "Build, a year at once ₽52,920.00 a year" in part
    assert "₽4,410.00 a month saves ₽5,880.00 a year" in part
    assert "saves ₽116,400.00 a year" in part


def test_a_month_of_a_yearly_price_says_where_it_is_rounded():
    assert "≈ $5.83 a month saves $14.00 a year" in read("/prices/blue/bill/?n=1")


def test_the_page_of_a_product_tells_steps_samples_features_and_free_roles():
    page = read("/prices/evotor-driver/")
    assert "10–29 ₽1,000.00 for 10 each further one at the same rate: ₽100.00" in page
    assert "1 ₽120.00 9 ₽1,000.00 10 ₽1,000.00 11 ₽1,100.00 29 ₽2,500.00 30 ₽2,500.00 100 ₽8,333.33" in page
    assert "More terminals later cost the difference" in page
    assert "Shops with their own cash registers" in page
    meteor = read("/prices/meteor/")
    assert "1–9 free 10 and more ₽599.00 each all are counted" in meteor
    assert "1 free 9 free 10 ₽5,990.00 11 ₽6,589.00 29 ₽17,371.00 30 ₽17,970.00 100 ₽59,900.00" in meteor
    assert "Nobody pays for these roles: Client, Comments only, View only." in read("/prices/blue/")


def test_both_ways_of_paying_for_a_plan_stand_on_one_card():
    page = Client().get("/prices/cyberos/", headers={"accept-language": "en"}).content.decode()
    assert page.count('class="card plan"') == 3  # Trial, Build, Scale
    build = shown_text(page.split('id="plan-2"')[1].split("</section>")[0])
    assert "Build" in build
    assert "₽4,900.00 a month" in build
    assert "₽52,920.00 a year" in build
    assert "Saves ₽5,880.00 a year against paying by the month." in build


def test_a_free_product_costs_nothing_and_has_no_calculator():
    page = Client().get("/prices/evotor-free/", headers={"accept-language": "en"}).content.decode()
    assert "No charge" in page
    assert "<form" not in page


# --- The calculator --------------------------------------------------------------------------------------------------


def test_the_calculator_works_without_a_script():
    page = read("/prices/evotor-driver/?n=29")
    assert "Once ₽2,500.00" in page
    form = Client().get("/prices/evotor-driver/?n=29").content.decode()
    assert 'method="get"' in form
    assert re.search(r'name="n"[^>]*value="29"', form)


@pytest.mark.parametrize("asked", ["", "abc", "-5", "1.5", "٣", "1e3", "999999999999"])
def test_what_is_no_number_is_answered_with_a_size_worth_beginning_with(asked):
    part = read(f"/prices/evotor-driver/bill/?n={asked}")
    assert "13 terminals" in part


def test_a_number_beyond_all_reason_is_brought_down():
    assert "100,000 people" in read("/prices/meteor/bill/?n=5000000")


@pytest.mark.parametrize("address", ["/prices/nope/", "/prices/nope/bill/", "/prices/%00/", "/prices/meteor%0A/"])
def test_what_is_not_on_offer_is_not_found(address, client):
    assert client.get(address).status_code == 404


# --- What shows, and to whom -----------------------------------------------------------------------------------------


def test_drafts_and_archived_tariffs_never_show():
    author, reviewer = staff("author@saldo.example"), staff("reviewer@saldo.example")
    old = publish_tariff(tariff_id="old-one", unit_price="10.00")
    tariffs.archive_tariff(tariff=old, user=reviewer, as_of=at("2026-01-01 00:00"))
    current = Tariff.objects.get(tariff_id="meteor-cloud")
    tariffs.draft_next_version(tariff=current, user=author, as_of=at("2026-01-01 00:00"))
    Tariff.objects.filter(tariff_id="meteor-cloud", version=2).update(name="Secret plans")
    for address in ("/prices/", "/prices/meteor/"):
        page = read(address)
        assert "old-one" not in page
        assert "Secret plans" not in page
    assert read("/prices/").count("METEOR Cloud") == 1


def test_a_product_with_nothing_published_is_not_there(client):
    Product.objects.create(code="empty", name="Not yet sold")
    assert "Not yet sold" not in read("/prices/")
    assert client.get("/prices/empty/").status_code == 404


def test_the_sign_in_page_and_every_footer_lead_there(client):
    page = client.get("/accounts/login/").content.decode()
    assert page.count('href="/prices/"') == 2
    assert 'href="/accounts/login/"' in client.get("/prices/").content.decode()


# --- Languages and caches --------------------------------------------------------------------------------------------


def test_the_language_is_chosen_by_the_reader_or_by_the_address(client):
    assert "599,00 ₽ за активного человека в месяц" in read("/prices/", "ru")
    answer = client.get("/prices/meteor/?lang=ru&n=11", headers={"accept-language": "en"})
    page = answer.content.decode()
    assert answer["Content-Language"] == "ru"
    assert '<html lang="ru"' in page
    assert 'href="?lang=en&amp;n=11"' in page
    assert 'href="/prices/?lang=ru"' in page  # its links keep the choice
    assert 'name="lang" value="ru"' in page
    assert "В месяц 6 589,00 ₽" in shown_text(page)
    assert client.get("/prices/?lang=xx").status_code == 200


def test_the_page_carries_nothing_of_its_reader_and_may_be_kept(client):
    for address in ("/prices/", "/prices/meteor/", "/prices/meteor/bill/?n=10"):
        answer = client.get(address)
        assert answer["Cache-Control"] == "public, max-age=300"
        assert not answer.cookies
        assert "csrfmiddlewaretoken" not in answer.content.decode()
        assert {"Accept-Language", "Cookie"} <= {header.strip() for header in answer["Vary"].split(",")}


def test_nothing_is_kept_of_somebody_who_has_signed_in(client):
    client.force_login(person("anna@romashka.example", "Anna"), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/prices/meteor/?lang=en")
    assert answer["Cache-Control"] == "private, no-store"
    assert ">Overview</a>" in answer.content.decode()


def queries(address: str) -> int:
    client = Client()
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_two_hundred_tariffs_are_asked_for_as_often_as_two():
    addresses = ("/prices/", "/prices/meteor/", "/prices/meteor/bill/?n=10")
    publish_tariff(tariff_id="extra", unit_price="10.00")
    two = [queries(address) for address in addresses]
    for number in range(198):
        publish_tariff(tariff_id=f"extra-{number}", unit_price="10.00")
    assert Tariff.objects.published().filter(product__code="meteor").count() == 200
    assert [queries(address) for address in addresses] == two
    assert max(two) <= 5

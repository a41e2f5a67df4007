"""Signing up in the portal: the form, the mail, the link; the same answer to everybody; brakes that say what to do (B2, C1)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Customer, Instance, User
from billing.models import SignUp
from tests.support import people
from tests.support.page_text import seen, text_of
from tests.support.people import at, stand_at
from tests.support.story import person

NOON = at("2026-05-12 12:00")
FORM = "/sign-up/?product=blue&tariff=blue-monthly"
WORDS = "five quiet words in a row"


@pytest.fixture(autouse=True)
def _prices(db: None) -> None:
    people.installation()
    stand_at(NOON)


@pytest.fixture
def guest() -> Client:
    return Client(headers={"Accept-Language": "en"})


def fill_form(**changes: str) -> dict[str, str]:
    defaults = {
        "email": "nora@new.example",
        "name": "Nora Fields",
        "customer_name": "Nora & Co",
        "kind": "company",
        "locale": "en",
        "domain": "team.nora.example",
        "website": "",
    }
    return {**defaults, **changes}


def link_of(letter: Any) -> str:
    return re.search(r"https?://[^/\s]+(/sign-up/\S+)", letter.body)[1]  # type: ignore[index]


def ask_for_link(guest: Client, address: str = FORM, **changes: str) -> str:
    """The way from the form to the link's address."""
    assert guest.post(address, fill_form(**changes)).status_code == 302
    return link_of(mail.outbox[-1])


# --- The way in ------------------------------------------------------------------------------------------------------


def test_every_public_price_leads_to_the_form_with_its_plan(guest: Client) -> None:
    page = guest.get("/prices/blue/?lang=en").content.decode()
    for tariff in ("blue-monthly", "blue-annual"):
        assert f'href="/sign-up/?product=blue&amp;tariff={tariff}&amp;lang=en"' in page
    assert "Try it 7 days free of charge" in page
    assert "Start with this plan" in guest.get("/prices/evotor-driver/?lang=en").content.decode()


def test_the_language_of_the_prices_becomes_the_browsers(guest: Client) -> None:
    answer = guest.get(FORM + "&lang=ru")
    assert answer.headers["Location"] == "/sign-up/?product=blue&tariff=blue-monthly"
    assert 'lang="ru"' in guest.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (FORM, "7 days free to the end of 19 May 2026, if you begin today"),
        ("/sign-up/?product=cyberos&tariff=trial", "30 days free to the end of 11 June 2026"),
        ("/sign-up/?product=meteor", "Nothing now ₽599.00 per active person a month"),
        ("/sign-up/?product=evotor-driver&n=12", "₽1,200.00 12 terminals, once 12 × 100.00 = ₽1,200.00"),
        ("/sign-up/?product=evotor-app&tariff=light", "₽90.00 a month Charged when you begin."),
    ],
)
def test_the_plan_is_shown_with_what_it_costs_and_when(guest: Client, address: str, words: str) -> None:
    assert words in text_of(guest.get(address))


def test_what_is_not_chosen_yet_is_chosen_among_the_prices(guest: Client) -> None:
    assert guest.get("/sign-up/").headers["Location"] == "/prices/"
    assert guest.get("/sign-up/?product=gone").headers["Location"] == "/prices/"
    assert guest.get("/sign-up/?product=blue").headers["Location"] == "/prices/blue/"
    assert guest.get("/sign-up/?product=blue&tariff=gone").headers["Location"] == "/prices/blue/"


def test_whoever_has_signed_in_is_led_to_the_page_of_a_new_instance(signed_in: Any) -> None:
    answer = signed_in(person("anna@romashka.example", "Anna")).get(FORM)
    assert answer.headers["Location"] == "/instances/new/?product=blue&tariff=blue-monthly"


def test_from_the_form_to_the_instance_and_signed_in(guest: Client) -> None:
    link = ask_for_link(guest)
    assert (User.objects.filter(email="nora@new.example").exists(), Customer.objects.count()) == (False, 0)
    page = guest.get(link)
    words = text_of(page)
    assert "Project administrator · manages people and pays" in words
    assert "Nothing now: everything works to the end of 19 May 2026" in words
    assert Customer.objects.count() == 0
    done = guest.post(link, {"password": WORDS, "seen": seen(page)})
    instance = Instance.objects.get()
    assert done.headers["Location"] == f"/instances/{instance.public_id}/"
    assert "Welcome! team.nora.example is made" in text_of(guest.get(done.headers["Location"]))
    assert guest.get("/").status_code == 200


def test_what_is_paid_at_once_shows_its_sum_before_the_button(guest: Client) -> None:
    link = ask_for_link(guest, "/sign-up/?product=evotor-driver&tariff=driver", quantity="12")
    page = guest.get(link)
    assert "Start for ₽1,200.00" in text_of(page)
    assert "An invoice comes at once, to be paid by 26 May 2026." in text_of(page)
    assert guest.post(link, {"password": WORDS, "seen": seen(page)}).status_code == 302


def test_looking_at_the_link_makes_nothing(guest: Client) -> None:
    link = ask_for_link(guest)
    for _again in range(2):
        assert guest.get(link).status_code == 200
    assert guest.head(link).status_code in (200, 405)
    assert (User.objects.filter(is_active=True).count(), Instance.objects.count()) == (0, 0)


# --- What goes wrong -------------------------------------------------------------------------------------------------


def test_everything_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(guest: Client) -> None:
    form = fill_form(email="nobody", domain="team", name="", customer_name="Nora & Co")
    answer = guest.post(FORM, form)
    assert answer.status_code == 422
    page = answer.content.decode()
    for field in ("email", "domain", "name"):
        assert f'id="{field}-error"' in page
    assert 'value="Nora &amp; Co"' in page
    assert SignUp.objects.count() == 0
    assert mail.outbox == []


def test_a_used_link_says_where_to_go(guest: Client) -> None:
    link = ask_for_link(guest)
    guest.post(link, {"password": WORDS, "seen": seen(guest.get(link))})
    for method in (guest.get, guest.post):
        used = method(link)
        assert used.status_code == 410
        assert "Everything is made. Sign in with your address" in text_of(used)


def test_an_old_link_leads_back_to_the_form_with_all_that_was_typed(guest: Client) -> None:
    link = ask_for_link(guest)
    stand_at(NOON + timedelta(hours=24))
    over = guest.get(link)
    assert over.status_code == 410
    again = re.search(r'href="(/sign-up/\?again=[^"]+)"', over.content.decode())[1]  # type: ignore[index]
    page = guest.get(again).content.decode()
    for value in ("nora@new.example", "Nora Fields", "Nora &amp; Co", "team.nora.example"):
        assert f'value="{value}"' in page
    assert guest.post(again, fill_form()).status_code == 302
    assert guest.get(link_of(mail.outbox[-1])).status_code == 200


def test_a_broken_link_says_what_to_do(guest: Client) -> None:
    broken = guest.get("/sign-up/abc:def/")
    assert broken.status_code == 410
    assert "Was it cut in two by the mail program?" in text_of(broken)


def test_a_domain_taken_meanwhile_is_put_right_on_the_page_of_the_link(guest: Client) -> None:
    link, other = ask_for_link(guest), Client(headers={"Accept-Language": "en"})
    first = ask_for_link(other, email="first@new.example")
    other.post(first, {"password": WORDS, "seen": seen(other.get(first))})
    page = guest.get(link)
    assert page.status_code == 409
    assert "This domain has an instance of this product already." in text_of(page)
    tried = guest.post(link, {"password": WORDS, "seen": "", "domain": "other.nora.example"})
    assert tried.status_code == 409
    assert "look at the new ones and confirm them" in text_of(tried)
    done = guest.post(link, {"password": WORDS, "seen": seen(tried), "domain": "other.nora.example"})
    assert done.status_code == 302
    assert Instance.objects.filter(domain="other.nora.example").exists()


def test_a_weak_password_is_told_beside_its_field(guest: Client) -> None:
    link = ask_for_link(guest)
    weak = guest.post(link, {"password": "12345", "seen": seen(guest.get(link))})
    assert weak.status_code == 422
    assert 'id="password-error"' in weak.content.decode()
    assert Instance.objects.count() == 0


# --- Nobody learns who is here ---------------------------------------------------------------------------------------


def body(answer: Any) -> tuple[int, str, str]:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return answer.status_code, answer.headers.get("Location", ""), page


def test_known_and_unknown_addresses_get_the_same_answer_to_the_byte(guest: Client) -> None:
    person("anna@romashka.example", "Anna")
    of_known = guest.post(FORM, fill_form(email="anna@romashka.example"))
    known_page = guest.get("/sign-up/sent/")
    unknown = guest.post(FORM, fill_form(email="noone@new.example", domain="two.example"))
    unknown_page = guest.get("/sign-up/sent/")
    assert body(of_known) == body(unknown)
    assert body(known_page) == body(unknown_page)
    wrong = [
        guest.post(FORM, fill_form(email=email, domain="x"))
        for email in ("anna@romashka.example", "bnna@romashka.example")
    ]
    assert body(wrong[0])[2].replace("anna@", "bnna@") == body(wrong[1])[2]
    assert [letter.to for letter in mail.outbox] == [["anna@romashka.example"], ["noone@new.example"]]
    assert SignUp.objects.count() == 2


def test_the_mail_to_somebody_known_leads_to_the_form_filled_in(guest: Client, signed_in: Any) -> None:
    anna = person("anna@romashka.example", "Anna")
    guest.post(FORM, fill_form(email=anna.email))
    assert "/sign-up/" not in mail.outbox[-1].body
    address = re.search(r"https?://[^/\s]+(/instances/new/\S+)", mail.outbox[-1].body)[1]  # type: ignore[index]
    assert guest.get(address).headers["Location"].startswith("/accounts/login/?next=/instances/new/%3Fproduct%3Dblue")
    assert 'value="team.nora.example"' in signed_in(anna).get(address).content.decode()


def test_a_field_that_no_person_sees_swallows_what_programs_send(guest: Client) -> None:
    answer = guest.post(FORM, fill_form(website="http://buy.example"))
    assert answer.headers["Location"] == "/sign-up/sent/"
    assert (SignUp.objects.count(), mail.outbox) == (0, [])


# --- Brakes ----------------------------------------------------------------------------------------------------------


def test_the_fourth_mail_to_one_mailbox_within_an_hour_is_refused(guest: Client, settings: Any) -> None:
    settings.SIGN_UP_MAILS_AN_HOUR = 3
    answers = [guest.post(FORM, fill_form(domain=f"t{number}.example")) for number in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 3600
    assert "That is enough for this hour. Nothing was sent and nothing was made" in text_of(answers[3])
    assert len(mail.outbox) == 3
    assert guest.post(FORM, fill_form(email="other@new.example", domain="t9.example")).status_code == 302


def test_the_sixth_sign_up_from_one_address_is_refused_and_another_address_is_not(guest: Client, settings: Any) -> None:
    settings.SIGN_UPS_AN_HOUR, settings.TRUSTED_PROXY_COUNT = 5, 0
    forms = [fill_form(email=f"n{number}@new.example", domain=f"t{number}.example") for number in range(7)]
    assert [guest.post(FORM, form).status_code for form in forms[:6]] == [302] * 5 + [429]
    assert guest.post(FORM, forms[5], headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 429
    assert guest.post(FORM, forms[5], REMOTE_ADDR="198.51.100.7").status_code == 302
    assert SignUp.objects.count() == 6


def test_behind_a_proxy_the_client_is_who_it_names(guest: Client, settings: Any) -> None:
    settings.SIGN_UPS_AN_HOUR, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1
    for number, (where, status) in enumerate((("192.0.2.1", 302), ("192.0.2.1", 429), ("192.0.2.2", 302))):
        form = fill_form(email=f"n{number}@new.example", domain=f"t{number}.example")
        answer = guest.post(FORM, form, headers={"X-Forwarded-For": f"10.0.0.1, {where}"})
        assert answer.status_code == status


def test_wrong_forms_are_counted_too_but_more_patiently(guest: Client, settings: Any) -> None:
    settings.SIGN_UPS_AN_HOUR = 1
    answers = [guest.post(FORM, fill_form(domain="x")).status_code for _number in range(6)]
    assert answers == [422] * 5 + [429]


def test_without_self_sign_up_nothing_of_it_is_there(guest: Client, settings: Any) -> None:
    link = ask_for_link(guest)
    settings.SELF_SIGN_UP = False
    for address in (FORM, "/sign-up/sent/", link):
        assert guest.get(address).status_code == 404
        assert guest.post(address, fill_form()).status_code in (404, 405)
    assert "/sign-up/" not in guest.get("/prices/blue/?lang=en").content.decode()
    assert "invitation" in text_of(guest.get("/accounts/login/"))

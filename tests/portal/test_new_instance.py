"""One more instance by somebody who has signed in: shown before it is made, under their customer or a new one (C3, D18, G10)."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer, Instance, User
from billing.models import BillingAccount, Invoice, Notice
from tests.support import people
from tests.support.page_text import seen, text_of
from tests.support.people import Party, at, stand_at
from tests.support.story import person

NOON = at("2026-05-12 12:00")
PAGE = "/instances/new/"


@pytest.fixture
def romashka(db: None) -> Party:
    people.installation()
    stand_at(NOON)
    return people.party()


@pytest.fixture
def owner(romashka: Party) -> User:
    return person("anna@romashka.example", "Anna")


@pytest.fixture
def anna(owner: User, signed_in: Any) -> Client:
    client: Client = signed_in(owner)
    return client


def form(**more: str) -> dict[str, str]:
    return {"product": "blue", "domain": "blue.romashka.example", "tariff": "blue-monthly:trial", **more}


def rows() -> list[int]:
    return [kind.objects.count() for kind in (Instance, Customer, BillingAccount, Invoice, Notice)]


def test_the_list_of_instances_leads_here_and_here_to_the_products(anna: Client) -> None:
    assert f'href="{PAGE}"' in anna.get("/instances/").content.decode()
    page = anna.get(PAGE).content.decode()
    for code in ("blue", "meteor", "evotor-driver", "cyberos"):
        assert f'href="?product={code}"' in page


def test_it_is_shown_before_it_is_made_and_is_then_just_that(anna: Client, romashka: Party) -> None:
    before = rows()
    page = anna.get(PAGE, form())
    assert "Nothing now: everything works to the end of 19 May 2026" in text_of(page)
    assert "Billed to Romashka. You (anna@romashka.example) are its first person" in text_of(page)
    assert rows() == before
    done = anna.post(PAGE, form(seen=seen(page)))
    instance = Instance.objects.get(domain="blue.romashka.example")
    assert done.headers["Location"] == f"/instances/{instance.public_id}/"
    assert instance.customer == romashka.customer
    assert instance.members.get().email == "anna@romashka.example"
    assert sorted(BillingAccount.objects.values_list("currency", flat=True)) == ["RUB", "USD"]
    assert "is made, and you are its administrator" in text_of(anna.get(done.headers["Location"]))


def test_the_trial_is_offered_once_for_each_customer(anna: Client) -> None:
    page = anna.get(PAGE, form())
    anna.post(PAGE, form(seen=seen(page)))
    assert "The trial of this product has been used." not in text_of(page)
    second = anna.get(PAGE, form(domain="two.romashka.example", tariff="blue-monthly"))
    assert "The trial of this product has been used." in text_of(second)
    again = anna.get(PAGE, {"product": "blue"}).content.decode()
    assert 'value="blue-monthly:trial"' not in again
    assert 'value="blue-monthly:now"' in again
    forged = anna.post(PAGE, form(domain="two.romashka.example", seen="x"))
    assert forged.status_code == 422
    assert not Instance.objects.filter(domain="two.romashka.example").exists()


def test_a_new_customer_is_no_new_trial_for_the_same_person(anna: Client) -> None:
    anna.post(PAGE, form(seen=seen(anna.get(PAGE, form()))))
    page = anna.get(PAGE, {"product": "blue", "customer": "new"}).content.decode()
    assert 'value="blue-monthly:trial"' not in page


def test_what_is_paid_at_once_is_charged_as_shown(anna: Client) -> None:
    typed = {"product": "evotor-driver", "domain": "till.romashka.example", "tariff": "driver", "quantity": "12"}
    page = anna.get(PAGE, typed)
    assert "Start for ₽1,200.00" in text_of(page)
    typed = {**typed, "tariff": "driver:now"}
    more = anna.post(PAGE, {**typed, "quantity": "13", "seen": seen(page)})
    assert more.status_code == 409
    assert "look at the new ones and confirm them" in text_of(more)
    assert anna.post(PAGE, {**typed, "seen": seen(page)}).status_code == 302
    assert [row.total_minor for row in Invoice.objects.filter(kind="purchase")] == [120_000]


def test_a_free_product_asks_for_no_plan(anna: Client) -> None:
    typed = {"product": "evotor-free", "domain": "notes.example"}
    page = anna.get(PAGE, typed)
    assert "It costs nothing" in text_of(page)
    done = anna.post(PAGE, {**typed, "seen": seen(page)})
    assert done.status_code == 302


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"domain": "team"}, 422, "Enter a domain such as team.example.com."),
        (
            {"domain": "romashka.example.ru", "product": "meteor", "tariff": "meteor-cloud"},
            409,
            "This domain has an instance",
        ),
        ({"tariff": "gone"}, 422, "Choose a plan."),
        ({"product": "evotor-driver", "tariff": "driver", "quantity": "many"}, 422, "as a whole number"),
        ({"customer": "new"}, 422, "Enter the name that invoices are made out to."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    anna: Client, typed: dict[str, str], status: int, words: str
) -> None:
    before = rows()
    for method in (anna.get, anna.post):
        answer = method(PAGE, form(**typed))
        assert answer.status_code == status
        assert words in text_of(answer)
    assert rows() == before


def test_a_customer_of_somebody_else_is_not_chosen(anna: Client, romashka: Party) -> None:
    other = people.party("lavanda")
    page = anna.get(PAGE, form(customer=other.customer.public_id))
    assert "Lavanda" not in text_of(page)
    anna.post(PAGE, form(customer=other.customer.public_id, seen=seen(page)))
    assert Instance.objects.get(domain="blue.romashka.example").customer == romashka.customer


def test_an_owner_of_two_customers_chooses(anna: Client, romashka: Party) -> None:
    second = people.party("lavanda")
    second.tell("anna", "active", at("2026-04-02 09:00"), role="billing", email="anna@romashka.example")
    page = anna.get(PAGE, form(customer=second.customer.public_id))
    assert "Billed to Lavanda." in text_of(page)
    anna.post(PAGE, form(customer=second.customer.public_id, seen=seen(page)))
    assert Instance.objects.get(domain="blue.romashka.example").customer == second.customer


def test_somebody_without_an_account_becomes_a_customer(romashka: Party, signed_in: Any) -> None:
    vera = signed_in(person("vera@lavanda.example", "Vera"))
    typed = form(customer="new", customer_name="Lavanda", kind="company")
    page = vera.get(PAGE, typed)
    assert "Billed to Lavanda." in text_of(page)
    done = vera.post(PAGE, {**typed, "seen": seen(page)})
    assert vera.get(done.headers["Location"]).status_code == 200
    customer = Customer.objects.get(name="Lavanda")
    assert (customer.email, customer.locale) == ("vera@lavanda.example", "en")


def test_without_self_sign_up_only_owners_add_and_only_to_their_own(
    anna: Client, signed_in: Any, settings: Any
) -> None:
    settings.SELF_SIGN_UP = False
    assert signed_in(person("vera@lavanda.example", "Vera")).get(PAGE).status_code == 404
    assert "a new customer" not in text_of(anna.get(PAGE, {"product": "blue"}))
    before = Customer.objects.count()
    anna.post(PAGE, form(customer="new", customer_name="More", seen="x"))
    assert Customer.objects.count() == before


def test_it_asks_who_it_is(romashka: Party, client: Client, signed_in: Any) -> None:
    assert client.get(PAGE).headers["Location"] == "/accounts/login/?next=/instances/new/"
    unproved = signed_in(person("new@romashka.example", "New", verified=False))
    assert unproved.get(PAGE).status_code == 404


def test_more_than_the_limit_within_an_hour_is_refused(anna: Client, settings: Any) -> None:
    settings.SIGN_UPS_AN_HOUR = 1
    page = anna.get(PAGE, form())
    assert anna.post(PAGE, form(seen=seen(page))).status_code == 302
    assert anna.post(PAGE, form(domain="x.example", tariff="blue-monthly:now", seen="x")).status_code == 429

"""Other terms in the portal: the quote that is shown is the one that is charged, or it is refused with the new figure (G10)."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.members import Report
from accounts.models import Product
from billing.models import Charge, Subscription
from billing.operations.customers import instances
from tests.support.page_text import words
from tests.support.people import at, stand_at
from tests.support.shops import Shop, fields, now, shop, text

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def light(start: str = "2026-04-01 12:00", when: str = "2026-04-15 10:00") -> Shop:
    """E-b: 90.00 on 1 April; it is the 15th."""
    light_shop = shop("evotor-app", "light", at(start))
    now(light_shop, when)
    return light_shop


def test_e_b_the_quote_shows_48_00_and_charges_it(signed_in: SignIn) -> None:
    till = light()
    anna = signed_in(till.anna)
    address = f"{till.address}change/?tariff=plus"
    page = text(anna, address)
    assert "Now: ₽48.00 due today" in page
    assert "romashka.example.ru: change to Plus, 15–30 April 2026 ₽48.00" in page
    assert "The next charge: ₽180.00 on 1 May 2026." in page
    assert "From 1 May 2026 on: nothing due now" in page
    before = Charge.objects.count()
    assert "Done: Plus from today on, ₽48.00 were charged." in text_of_post(anna, till, fields(anna, address))
    assert list(Charge.objects.order_by("pk").values_list("amount_minor", flat=True))[before:] == [4800]


def text_of_post(client: Client, till: Shop, sent: dict[str, str], page: str = "change") -> str:
    answer = client.post(f"{till.address}{page}/", sent, follow=True)
    assert answer.status_code == 200
    return words(answer)


def test_d7_cheaper_waits_by_itself_and_now_tells_what_is_lost(signed_in: SignIn) -> None:
    till = shop("evotor-app", "plus", at("2026-04-01 12:00"))
    now(till, "2026-04-15 10:00")
    anna = signed_in(till.anna)
    address = f"{till.address}change/?tariff=light"
    page = text(anna, address)
    assert "₽48.00 of what is paid is lost: nothing is given back for a change to something cheaper." in page
    sent = fields(anna, address)
    assert sent["when"] == "period_end"
    assert "Agreed: Light from 1 May 2026 on." in text_of_post(anna, till, sent)
    assert till.party.fresh.priced_by.tariff_id == "plus"
    text_of_post(anna, till, sent | {"when": "now"} | fields(anna, address) | {"when": "now"})
    assert till.party.fresh.priced_by.tariff_id == "light"


def test_g10_a_quote_of_yesterday_is_refused_with_the_new_figure_and_what_was_chosen_stays(signed_in: SignIn) -> None:
    till = light()
    anna = signed_in(till.anna)
    sent = fields(anna, f"{till.address}change/?tariff=plus")
    stand_at(at("2026-04-16 00:00"))
    answer = anna.post(f"{till.address}change/", sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The figures have changed meanwhile" in page
    assert "₽45.00" in page
    assert 'value="plus" checked' in page
    assert till.party.fresh.priced_by.tariff_id == "light"


def test_e6_more_terminals_and_a_number_that_is_none(signed_in: SignIn) -> None:
    till = shop("evotor-app", "base", at("2026-04-01 12:00"), quantity=5)
    now(till, "2026-04-16 12:00")
    anna = signed_in(till.anna)
    assert "Now: ₽150.00 due today" in text(anna, f"{till.address}change/?tariff=base&quantity=8")
    for typed in ("0", "abc", "-4", "99999999"):
        answer = anna.get(f"{till.address}change/", {"tariff": "base", "quantity": typed})
        assert (answer.status_code, f'value="{typed}"' in answer.content.decode()) == (422, True)


def test_e4_buying_more_costs_the_difference_and_fewer_is_refused(signed_in: SignIn) -> None:
    driver = shop("evotor-driver", "driver", quantity=10)
    anna = signed_in(driver.anna)
    address = f"{driver.address}change/?tariff=driver&quantity=30"
    assert "Now: ₽1,500.00 due today" in text(anna, address)
    text_of_post(anna, driver, fields(anna, address))
    assert (driver.party.balance, driver.party.fresh.quantity) == (-250_000, 30)
    fewer = anna.get(f"{driver.address}change/?tariff=driver&quantity=29")
    assert (fewer.status_code, "30 are paid for good" in fewer.content.decode()) == (422, True)


def test_b8_from_months_to_the_year_is_only_offered_for_the_periods_end(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), trial=False, currency="USD")
    page = text(signed_in(blue.anna), f"{blue.address}change/?tariff=blue-annual")
    assert "From 1 June 2026 on: nothing due now" in page
    assert "The next charge: $70.00 on 1 June 2026." in page
    assert "due today" not in page


def test_b3_choosing_in_the_trial_begins_the_day_after_it(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-05-08 12:00"), currency="USD")
    now(blue, "2026-05-12 12:00")
    anna = signed_in(blue.anna)
    address = f"{blue.address}choose/?tariff=blue-annual"
    page = text(anna, address)
    assert "Nothing now, $3.01 on 16 May 2026" in page  # 70/12 × 16/31
    assert "The next charge: $70.00 on 1 June 2026." in page
    assert "Chosen: Blue, by the year, $3.01 on 16 May 2026." in text_of_post(
        anna, blue, fields(anna, address), "choose"
    )
    now(blue, "2026-05-16 00:00")
    assert blue.party.charges == [301]


def test_d12_choosing_after_the_trial_charges_from_today_and_restores_at_once(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-04-10 12:00"), currency="USD")
    now(blue, "2026-04-21 15:00")
    anna = signed_in(blue.anna)
    address = f"{blue.address}choose/?tariff=blue-monthly"
    assert "$2.33 now" in text(anna, address)
    assert blue.party.charges == []
    assert "has begun: $2.33 were charged" in text_of_post(anna, blue, fields(anna, address), "choose")
    assert (blue.party.charges, blue.party.access(at("2026-04-21 15:00"))) == ([233], "full")


def test_a_choice_whose_figures_have_changed_is_refused(signed_in: SignIn) -> None:
    blue = shop("blue", "blue-monthly", at("2026-04-10 12:00"), currency="USD")
    now(blue, "2026-04-21 15:00")
    anna = signed_in(blue.anna)
    sent = fields(anna, f"{blue.address}choose/?tariff=blue-monthly")
    stand_at(at("2026-04-22 00:00"))
    answer = anna.post(f"{blue.address}choose/", sent)
    assert (answer.status_code, blue.party.charges) == (409, [])
    assert "$2.10 now" in answer.content.decode()


def register_instance_of(of_shop: Shop, product: str) -> str:
    """An instance of the same customer without a subscription; its address."""
    instance = instances.register_instance(
        customer=of_shop.party.customer,
        product=Product.objects.get(code=product),
        domain=f"{product}.example.ru",
        representative=Report("u-9", "active", email="anna@romashka.example", name="Anna"),
        as_of=at("2026-05-12 12:00"),
    )
    return f"/instances/{instance.public_id}/"


def test_d18_an_instance_without_a_subscription_is_offered_trial_and_paid_start(signed_in: SignIn) -> None:
    own_shop = shop("evotor-free", "")
    anna, address = signed_in(own_shop.anna), register_instance_of(own_shop, "blue")
    assert "No subscription has been taken yet" in text(anna, address)
    page = text(anna, f"{address}start/")
    assert (
        "Blue, by the month: try it first 7 days free of charge, then $7.00 per seat a month if you choose so" in page
    )
    assert "Nothing now: everything works to the end of 19 May 2026" in text(
        anna, f"{address}start/?tariff=blue-monthly:trial"
    )
    paid = f"{address}start/?tariff=blue-monthly"
    assert "$4.52 now" in text(anna, paid)  # 20 of 31 days
    assert Subscription.objects.filter(instance__product__code="blue").count() == 0
    anna.post(f"{address}start/", fields(anna, paid))
    assert Subscription.objects.get(instance__product__code="blue").paid_from is not None
    assert anna.get(f"{address}start/").status_code == 302


def test_e1_a_free_product_is_started_with_one_button(signed_in: SignIn) -> None:
    own_shop = shop("evotor-app", "light")
    anna, address = signed_in(own_shop.anna), register_instance_of(own_shop, "evotor-free")
    assert "Start, free of charge" in text(anna, f"{address}start/")
    anna.post(f"{address}start/")
    assert Subscription.objects.get(instance__product__code="evotor-free").tariff is None


@pytest.mark.parametrize("page", ["change/", "change/undo/", "choose/", "start/", "cancel/", "cancel/undo/"])
def test_an_outsider_finds_none_of_these_pages(signed_in: SignIn, page: str) -> None:
    till = light()
    vera = signed_in(till.vera)
    for answer in (vera.get(till.address + page), vera.post(till.address + page, {"tariff": "plus"})):
        assert answer.status_code in (404, 405), page
    assert till.party.fresh.priced_by.tariff_id == "light"
    assert Client().get(till.address + page).status_code in (302, 405)

"""People where seats are paid in advance: what each costs is told before, by the act itself, and then charged (B1, B2, B5, B6)."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from accounts.models import Member
from billing.operations.subscriptions import trials
from tests.support.people import at
from tests.support.shops import Shop, now, shop, text

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def team(start: str = "2026-04-01 00:00", when: str = "2026-04-15 16:00", *, trial: bool | None = False) -> Shop:
    team_shop = shop("blue", "blue-monthly", at(start), trial=trial, currency="USD")
    now(team_shop, when)
    return team_shop


def person_page(of_shop: Shop, who: str) -> str:
    return f"{of_shop.address}people/{Member.objects.get(instance=of_shop.party.instance, external_id=who).pk}/"


def act(client: Client, address: str, *, status: str = "", role: str = "") -> dict[str, str]:
    """The form of one act, with the price that it shows."""
    page = unescape(client.get(address).content.decode())
    form = rf'name="status" value="{status}">\s*<input type="hidden" name="role" value="{role}">\s*<input type="hidden" name="seen" value="([^"]+)"'
    seen = re.search(form, page)
    assert seen is not None
    return {"status": status, "role": role, "seen": seen[1]}


def test_b5_a_paid_role_costs_3_50_now_and_7_00_a_month_and_a_free_one_nothing(signed_in: SignIn) -> None:
    blue = team()
    page = text(signed_in(blue.anna), f"{blue.address}people/invite/")
    assert "Team member paid · sees neither sums nor documents $3.50 now: 1 × 7.00 × 15/30 = $3.50" in page
    assert "From 1 May 2026 on $7.00 a month more." in page
    assert "Client free · sees neither sums nor documents Costs nothing." in page
    assert blue.party.charges == [700]


def test_b6_what_was_shown_is_what_comes_back(signed_in: SignIn) -> None:
    blue = team(when="2026-04-01 08:00")
    blue.party.activate(1, at("2026-04-01 08:00"), "team_member")
    now(blue, "2026-04-10 18:00")
    anna, address = signed_in(blue.anna), person_page(blue, "u-2")
    page = text(anna, address)
    assert "$4.67 comes back as credit" in page
    assert "From 1 May 2026 on $7.00 a month less." in page
    before = blue.party.balance
    assert anna.post(address, act(anna, address, status="blocked")).status_code == 302
    assert blue.party.balance - before == 467


def test_b1_a_role_across_paid_and_free_shows_its_price_and_a_stale_one_is_refused(signed_in: SignIn) -> None:
    blue = team()
    blue.party.tell("boris", "active", at("2026-04-15 12:00"), role="client")
    anna, address = signed_in(blue.anna), person_page(blue, "boris")
    assert "$3.50 now" in text(anna, address)
    stale = act(anna, address, role="team_member") | {"seen": "0"}
    assert anna.post(address, stale).status_code == 409
    anna.post(address, act(anna, address, role="team_member"))
    assert blue.party.charges == [700, 350]


def test_b2_during_the_trial_nothing_is_charged_and_the_twenty_are_told(signed_in: SignIn) -> None:
    blue = team("2026-04-10 12:00", "2026-04-11 12:00", trial=None)
    anna = signed_in(blue.anna)
    page = text(anna, f"{blue.address}people/invite/")
    assert "Team member paid · sees neither sums nor documents Nothing while the trial lasts." in page
    assert "Up to 20 people can take part in the trial, the invited included." in page
    trials.choose_tariff(
        subscription=blue.party.subscription, tariff_id="blue-monthly", as_of=at("2026-04-11 12:00"), actor="Anna"
    )
    assert "Nothing while the trial lasts. From 18 April 2026 on $7.00 a month more." in text(
        anna, f"{blue.address}people/invite/"
    )


def test_b2_the_twenty_first_is_refused_before_and_when_it_is_tried(signed_in: SignIn) -> None:
    blue = team("2026-04-10 12:00", "2026-04-11 12:00", trial=None)
    blue.party.activate(19, at("2026-04-11 12:00"), "client")
    anna = signed_in(blue.anna)
    address = f"{blue.address}people/invite/"
    assert "Up to 20 people can take part in the trial: choose a tariff to add more." in text(anna, address)
    answer = anna.post(address, {"email": "new@romashka.example", "role": "client"})
    assert answer.status_code == 422
    assert Member.objects.filter(instance=blue.party.instance).count() == 20


def test_the_list_says_how_many_seats_there_are_and_what_comes(signed_in: SignIn) -> None:
    blue = team()
    page = text(signed_in(blue.anna), f"{blue.address}people/")
    assert "Now 1 seat: $7.00 per seat a month. Free roles cost nothing. The next charge: $7.00 on 1 May 2026." in page


def test_people_cost_nothing_where_they_are_not_counted(signed_in: SignIn) -> None:
    build = shop("cyberos", "build")
    page = text(signed_in(build.anna), f"{build.address}people/invite/")
    assert "Costs nothing: people are not what this plan counts." in page

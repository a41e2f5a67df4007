"""Romashka pays in advance: her instance of any product, Anna its owner, Vera somebody else's, at noon of 12 May 2026."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from django.test import Client

from accounts.models import User
from tests.support import people
from tests.support.page_text import words
from tests.support.people import Party, at, stand_at
from tests.support.story import person

NOON = at("2026-05-12 12:00")


@dataclass
class Shop:
    party: Party
    anna: User
    vera: User

    @property
    def address(self) -> str:
        return f"/instances/{self.party.instance.public_id}/"


def shop(
    product: str,
    tariff_id: str,
    start: datetime = NOON,
    *,
    quantity: int | None = None,
    trial: bool | None = None,
    currency: str = "RUB",
) -> Shop:
    people.installation()
    stand_at(start)
    party = people.party(
        now=start, product=product, tariff_id=tariff_id, quantity=quantity, trial=trial, currency=currency
    )
    people.party("lavanda", start)
    return Shop(party, person("anna@romashka.example", "Anna"), person("anna@lavanda.example", "Vera"))


def now(shop: Shop, when: str) -> None:
    """The clock stands at ``when``, and what fell due on the way has happened to the account."""
    stand_at(at(when))
    shop.party.now_is(at(when))


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return words(answer)


def fields(client: Client, address: str) -> dict[str, str]:
    """What the form that agrees would send: every hidden field, and the first choice that is picked."""
    page = unescape(client.get(address).content.decode())
    form = page[page.rindex('<form class="card form" method="post"') :]
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))
    picked = re.search(r'name="when"\s+value="(\w+)"\s+checked', form)
    return hidden | ({"when": picked[1]} if picked else {})

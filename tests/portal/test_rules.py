"""The billing rules as a page: public, kept by caches, an anchor for each; refusals lead to theirs."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.errors import BillingError
from billing.rulebook import url_of
from billing.wording.refusals import explain_refusal
from tests.support.page_text import shown_text
from tests.support.shops import shop

SignIn = Callable[..., Client]


@pytest.fixture
def page(db: None) -> str:
    return unescape(Client().get("/rules/", headers={"accept-language": "en"}).content.decode())


def test_everybody_reads_it_and_a_cache_may_keep_it(db: None) -> None:
    Client().get("/rules/")
    with CaptureQueriesContext(connection) as asked:
        answer = Client().get("/rules/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=300")
    assert len(asked) <= 1  # the sandbox's clock, which the footer shows
    assert Client().post("/rules/").status_code == 405


def test_m8_stands_at_its_anchor_with_its_example_and_source(page: str) -> None:
    part = shown_text(page[page.index('<h3 id="M8"') : page.index('<h3 id="M9"')])
    assert part.startswith("M8 Fourteen days, then read-only An invoice is due 14 calendar days after its issue date")
    assert "issued on 1 May, due on 15 May" in part
    assert "From: METEOR, «Срок оплаты»" in part
    row = shown_text(page[page.index('<tr id="M-e"') : page.index('<tr id="M-f"')])
    assert row == "M-e 5 000.00 topped up, the 10th user balance −990.00; invoice with 990.00 due"


def test_what_is_not_kept_yet_says_so(page: str) -> None:
    text = shown_text(page)
    assert "agreed, being built These six are agreed and being built: an installation may not keep them yet." in text
    assert "Business continuity Agreed, being built. A customer can take everything along" in text


def test_an_id_in_the_text_leads_to_its_rule_and_russian_is_marked_as_such(page: str) -> None:
    part = page[page.index('<h3 id="B8"') : page.index("Examples of B")]
    assert '<a class="rules__id" href="#B4">B4</a>' in part
    assert '(<span lang="ru">лицевой счёт</span>)' in page
    assert "<style" not in page
    assert not re.search(r' (style|on\w+)="', page)


def test_the_language_of_the_frame_is_chosen_in_the_address(db: None) -> None:
    page = Client().get("/rules/?lang=ru").content.decode()
    assert '<html lang="ru"' in page
    assert "Правила расчётов" in page
    assert '<article class="rules__text" lang="en">' in page


@pytest.mark.parametrize("address", ["/prices/", "/rules/"])
def test_every_page_leads_there_from_its_foot(db: None, address: str) -> None:
    foot = Client().get(address, headers={"accept-language": "en"}).content.decode().split('<footer class="foot">')[1]
    assert '<a href="/rules/">Billing rules</a>' in foot


def test_e4_a_refusal_leads_to_its_rule(signed_in: SignIn, db: None) -> None:
    driver = shop("evotor-driver", "driver", quantity=30)
    answer = signed_in(driver.anna).get(f"{driver.address}change/?tariff=driver&quantity=29")
    assert answer.status_code == 422
    assert '<a class="rule-link" href="/rules/#E4" target="_blank">Rule E4</a>' in answer.content.decode()


def test_a_refusal_without_a_rule_leads_nowhere_and_what_people_wrote_stays_text() -> None:
    assert explain_refusal(BillingError("There is no such thing.")) == "There is no such thing."
    refusal = explain_refusal(BillingError("<b>Romashka</b> owes.", rule="M14"))
    assert refusal.startswith("&lt;b&gt;Romashka&lt;/b&gt; owes. <a ")


def test_an_address_for_programs_is_whole(settings: object) -> None:
    settings.BASE_URL = "https://billing.example"  # type: ignore[attr-defined]
    assert url_of("M14") == "https://billing.example/rules/#M14"

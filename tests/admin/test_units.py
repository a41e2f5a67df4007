"""A product that sells its own units is made by values typed into the admin, and every door then speaks in its words (E5)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Product
from billing.models import Invoice, Seller, Tariff
from billing.operations import api_tokens
from tests.support.callers import REAL, Api
from tests.support.goods import ALARM, EDITOR, STORAGE, Good
from tests.support.page_text import read, shown_text
from tests.support.people import at, party
from tests.support.story import Story, person
from tests.support.tariff_forms import ADD, fill_tariff_form, rows_of, step

SignIn = Callable[[str], Client]
PRODUCT = "admin:accounts_product_add"


@pytest.fixture
def operator(db: None) -> Api:
    return Api(api_tokens.create_token(scope="operator", at=REAL, actor="test", label="crm")[1])


def product_form(good: Good, **changes: str) -> dict[str, str]:
    no_roles = {"roles-TOTAL_FORMS": "0", "roles-INITIAL_FORMS": "0"}
    named = {"code": good.code, "name": good.code.title(), "name_ru": "", "kind": good.kind}
    return named | good.unit_values | no_roles | changes


def typed_tariff(story: Story, good: Good) -> dict[str, Any]:
    """The terms of the good as the tariff's editor posts them."""
    terms = {name: value for name, value in good.terms.items() if name != "steps"}
    terms = {name: "" if value is None else value for name, value in terms.items()}
    steps = [{"from": str(row["from"]), "unit_price": row["unit_price"]} for row in good.terms.get("steps", [])]
    prices = {"unit_price": "", **terms, **rows_of("steps", *steps)}
    return fill_tariff_form(
        story,
        product=Product.objects.get(code=good.code).pk,
        seller=Seller.objects.get(code="rub").pk,
        tariff_id=good.tariff_id,
        name=good.code.title(),
        included_quantity="0",
        **prices,
    )


def make(good: Good, story: Story, signed_in: SignIn) -> Tariff:
    """Product and role by the product manager, the tariff by them and the reviewer: forms alone."""
    author, reviewer = signed_in("product manager"), signed_in("reviewer")
    answer = author.post(reverse(PRODUCT), product_form(good))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    product = Product.objects.get(code=good.code)
    role = {"product": product.pk, "code": "owner", "name": "Owner", "is_administrator": "on", "position": "0"}
    assert author.post(reverse("admin:accounts_role_add"), role).status_code == 302
    answer = author.post(reverse(ADD), typed_tariff(story, good))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft = Tariff.objects.latest("pk")
    step(author, "submit", draft)
    assert step(reviewer, "publish", draft).status_code == 302
    draft.refresh_from_db()
    return draft


@pytest.mark.parametrize(
    ("good", "english", "russian", "question", "five"),
    [
        (EDITOR, "per licence, once", "за лицензию, разово", "How many licences", "5 licences"),
        (ALARM, "per device a month", "за устройство в месяц", "How many devices", "5 devices"),
        (STORAGE, "per gigabyte a month", "за гигабайт в месяц", "How many gigabytes", "5 gigabytes"),
    ],
    ids=["licences", "devices", "gigabytes"],
)
def test_e5_a_product_of_values_speaks_in_its_own_words(
    story: Story, signed_in: SignIn, operator: Api, good: Good, english: str, russian: str, question: str, five: str
) -> None:
    tariff = make(good, story, signed_in)
    assert tariff.status == "published"
    assert english in read(f"/prices/{good.code}/")
    assert russian in read(f"/prices/{good.code}/", "ru")
    assert question in read(f"/prices/{good.code}/")
    assert question in read(f"/sign-up/?product={good.code}&tariff={good.tariff_id}")
    [offered] = operator.get(f"tariffs?product={good.code}")[1]["items"]
    assert tuple(offered["unit"].values()) == good.unit[:5]
    bought = party("buyer", at("2026-05-12 12:00"), product=good.code, tariff_id=good.tariff_id, quantity=5)
    anna = Client(headers={"accept-language": "en"})
    anna.cookies["django_language"] = "en"
    anna.force_login(person("anna@buyer.example", "Anna"), backend="django.contrib.auth.backends.ModelBackend")
    page = anna.get(f"/instances/{bought.instance.public_id}/")
    assert five in shown_text(page.content.decode())
    asked = anna.get(f"/instances/{bought.instance.public_id}/change/")
    assert question in shown_text(asked.content.decode())
    invoice = Invoice.objects.get(account=bought.account)
    assert "терминал" not in " ".join(invoice.lines.values_list("description", flat=True))
    support = signed_in("support").get(reverse("admin:billing_subscription_change", args=(bought.subscription.pk,)))
    assert five in shown_text(support.content.decode())


def test_e5_the_page_of_the_product_counts_as_sentences_do(story: Story, signed_in: SignIn) -> None:
    manager = signed_in("product manager")
    assert manager.post(reverse(PRODUCT), product_form(EDITOR)).status_code == 302
    shown = manager.get(reverse("admin:accounts_product_change", args=(Product.objects.get(code="editor").pk,)))
    text = shown_text(shown.content.decode())
    assert "1 licence, 2 licences, 5 licences, 21 licences, from 10 licences, from 21 licences, per licence" in text
    assert "1 лицензия, 2 лицензии, 5 лицензий, 21 лицензия, от 10 лицензий, от 21 лицензии, за лицензию" in text


def test_e5_half_a_name_is_refused_beside_the_form_that_is_missing(story: Story, signed_in: SignIn) -> None:
    answer = signed_in("product manager").post(reverse(PRODUCT), product_form(EDITOR, unit_name_many_ru=""))
    assert answer.context["adminform"].form.errors["unit_name_many_ru"] == [
        "Enter all forms of the unit's name, or none of them: then it is called a unit."
    ]
    assert not Product.objects.filter(code="editor").exists()
